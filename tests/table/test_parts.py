"""Codes that lie partly inside a set of values: the share inside, and decoding that stays there."""

from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.marginal import Merge
from synthcli.table.codec import ColumnCodec
from synthcli.table.condition.expression import Among, Comparison, Missing, Operator
from synthcli.table.encoders import CategoryEncoder, GridEncoder
from synthcli.table.parts import Parts, Restriction, parts_of
from synthcli.table.rules.compute import as_written
from synthcli.table.schema import Column, Kind

RNG = np.random.default_rng(3)


def _drawn(restriction: Restriction, rows: int = 400) -> pa.Array:
    """Values decoded from every code that has a share inside."""
    codes = np.repeat(np.flatnonzero(restriction.weights > 0), rows)
    return restriction.codec.decode(codes, np.random.default_rng(1))


def _number(edges: list[float], decimals: int | None, values: list[float], declared: bool = True) -> Parts:
    encoder = GridEncoder(type=Kind.NUMBER, edges=np.array(edges), decimals=decimals, missing=True)
    column = Column(name="x", kind=Kind.NUMBER, decimals=decimals if declared else None)
    return parts_of(column, ColumnCodec("x", encoder), values)


def test_an_even_cell_counts_with_its_width() -> None:
    parts = _number([0.0, 1.0, 4.0], None, [2.5])
    below = parts.restrict(parts.satisfying(Comparison("x", Operator.LESS, 2.5)))
    assert np.allclose(below.weights, [1.0, 0.5, 0.0], atol=1e-12)
    assert max(_drawn(below).to_pylist()) < 2.5
    assert not parts.restrict(parts.satisfying(Comparison("x", Operator.EQUAL, 2.5))).weights.any()
    whole = parts.restrict(parts.everything).weights
    assert np.allclose(whole, 1.0)
    assert parts.restrict(parts.satisfying(Missing("x"))).weights.tolist() == [0, 0, 1]


def test_an_atom_and_the_upper_end_of_the_grid_are_values_of_their_own() -> None:
    parts = _number([0.0, 1.0, float(np.nextafter(1.0, 2.0)), 3.0], 1, [1.0, 3.0])
    one = parts.restrict(parts.satisfying(Comparison("x", Operator.EQUAL, 1.0)))
    assert one.weights.tolist() == [0, 1, 0, 0]
    top = parts.restrict(parts.satisfying(Comparison("x", Operator.AT_LEAST, 3.0)))
    assert np.allclose(top.weights, [0, 0, 1 / 20, 0])
    assert set(_drawn(top).to_pylist()) == {3.0}
    rest = parts.restrict(parts.satisfying(Comparison("x", Operator.GREATER, 1.0)))
    assert set(_drawn(rest, 2_000).to_pylist()) == {k / 10 for k in range(11, 31)}


def test_a_cell_without_a_written_number_is_judged_by_what_is_written() -> None:
    """Even draws between 0.3 and 0.7 are written as 0 or 1."""
    parts = _number([0.3, 0.7, 1.4], 0, [1.0])
    one = parts.restrict(parts.satisfying(Comparison("x", Operator.EQUAL, 1.0)))
    assert np.allclose(one.weights, [0.5, 1.0, 0.0])
    written = as_written(_drawn(one), Column(name="x", kind=Kind.NUMBER, decimals=0))
    assert set(written.to_pylist()) == {1.0}


@given(
    st.lists(st.integers(-300, 300), min_size=2, max_size=5, unique=True),
    st.sampled_from([None, 0, 1, 2]),
    st.lists(st.integers(-3_000, 3_000), min_size=1, max_size=3),
    st.sampled_from(Operator),
    st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_written_numbers_satisfy_and_shares_add_up(
    edges: list[int], decimals: int | None, thousandths: list[int], operator: Operator, declared: bool
) -> None:
    values = [t / 1000 for t in thousandths]
    parts = _number([e / 100 for e in sorted(edges)], decimals, values, declared)
    leaf = Comparison("x", operator, values[0])
    chosen = parts.satisfying(leaf)
    inside, outside = parts.restrict(chosen), parts.restrict(parts.present & ~chosen)
    assert np.allclose(inside.weights[:-1] + outside.weights[:-1], 1.0)
    column = Column(name="x", kind=Kind.NUMBER, decimals=decimals if declared else None)
    compare = {"==": pc.equal, "!=": pc.not_equal, "<": pc.less, "<=": pc.less_equal}
    compare |= {">": pc.greater, ">=": pc.greater_equal}
    if inside.weights.any():
        assert pc.all(compare[operator.value](as_written(_drawn(inside, 60), column), values[0])).as_py()
    if outside.weights.any():
        assert not pc.any(compare[operator.value](as_written(_drawn(outside, 60), column), values[0])).as_py()


def test_datetimes_count_as_they_are_spelt() -> None:
    """A format without seconds spells 10:30:59 as 10:30."""
    minute = 60_000_000
    encoder = GridEncoder(type=Kind.DATETIME, edges=np.array([0, 2 * minute, 4 * minute]), decimals=None, missing=False)
    column = Column(name="t", kind=Kind.DATETIME, format="%Y-%m-%d %H:%M")
    parts = parts_of(column, ColumnCodec("t", encoder), [2 * minute])
    until = parts.restrict(parts.satisfying(Comparison("t", Operator.AT_MOST, 2 * minute)))
    assert np.allclose(until.weights, [1.0, 0.5])
    written = pc.floor_temporal(_drawn(until, 3_000), unit="minute")
    assert set(written.to_pylist()) == {datetime(1970, 1, 1, 0, m) for m in range(3)}


def test_shares_are_those_of_the_decoders_draws() -> None:
    """A merged code of unequal parts: 40,000 draws, to within 6 standard errors (false alarm below 1e-6)."""
    encoder = GridEncoder(type=Kind.INTEGER, edges=np.array([0, 3, 10, 11, 30]), decimals=None, missing=True)
    codec = ColumnCodec("x", encoder, Merge(np.array([0, 0, 0, 1, 0]), np.array([1.0, 5.0, 2.0, 0.0, 1.0])))
    parts = parts_of(Column(name="x", kind=Kind.INTEGER), codec, [2, 7, 15])
    drawn = codec.decode(np.repeat([0, 1], 40_000), np.random.default_rng(2)).to_pylist()
    for leaf, holds in (
        (Comparison("x", Operator.LESS, 7), lambda v: v is not None and v < 7),
        (Among("x", (2, 7, 15)), lambda v: v in (2, 7, 15)),
        (Missing("x"), lambda v: v is None),
    ):
        weights = parts.restrict(parts.satisfying(leaf)).weights
        for code in (0, 1):
            seen = np.mean([holds(v) for v in drawn[40_000 * code : 40_000 * (code + 1)]])
            assert abs(seen - weights[code]) <= 6 * np.sqrt(weights[code] * (1 - weights[code]) / 40_000) + 1e-12
        assert all(holds(v) for v in _drawn(parts.restrict(parts.satisfying(leaf))).to_pylist())


@pytest.mark.parametrize("weights", [None, (0.0, 0.0, 0.0), (1.0, 0.0, 3.0)])
def test_other_is_drawn_among_the_listed_values_inside(weights: tuple[float, ...] | None) -> None:
    encoder = CategoryEncoder(values=("a", "b", "c"), type=Kind.STRING, missing=True, other=True, weights=weights)
    parts = parts_of(Column(name="x", kind=Kind.STRING), ColumnCodec("x", encoder), ["a", "b"])
    found = parts.restrict(parts.satisfying(Among("x", ("a", "b"))))
    shares = np.array([1, 0, 3]) / 4 if weights and any(weights) else np.full(3, 1 / 3)
    assert np.allclose(found.weights, [1, 1, 0, shares[:2].sum(), 0])
    assert set(found.codec.decode(np.full(500, 3), RNG).to_pylist()) == set(np.array(["a", "b"])[shares[:2] > 0])


def test_other_without_listed_values_is_missing() -> None:
    encoder = CategoryEncoder(values=(), type=Kind.STRING, missing=True, other=True)
    parts = parts_of(Column(name="x", kind=Kind.STRING), ColumnCodec("x", encoder), [])
    assert parts.restrict(parts.missing).weights.tolist() == [1, 1]
    assert parts.restrict(parts.present).weights.tolist() == [0, 0]
