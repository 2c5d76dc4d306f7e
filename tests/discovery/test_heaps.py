"""Values that many rows share, found inside the cells of a grid."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.discovery.heaps import PARTS, hides, opened
from synthcli.table.lattice import Lattice
from synthcli.table.schema import Column, Kind
from tests.discovery.rows import Rows, drawn_from, learn


def test_incomes_told_as_501_and_more_stay_501() -> None:
    """Cells are two wide there; spread over one, half of them would be 500."""
    rng = np.random.default_rng(0)
    ratio = np.minimum(rng.gamma(2.0, 220.0, 20_000).astype(np.int64), 501)
    rows = Rows(ratio=pa.array(ratio))
    codec, _ = learn(rows, Column(name="ratio", kind=Kind.INTEGER), epsilon=1.0, binned=False)
    drawn = drawn_from(codec, rows)["ratio"].to_numpy()
    for value in (499, 500, 501):
        assert np.mean(drawn == value) == pytest.approx(np.mean(ratio == value), abs=0.005)


def test_a_place_that_comes_back_among_coordinates_is_found_in_two_looks() -> None:
    """A cell holds hundreds of its neighbours, told in five decimals."""
    rng = np.random.default_rng(0)
    latitude = np.round(40.0 + 20.0 * rng.random(20_000), 5)
    latitude[:2_000] = 52.51627
    rows = Rows(lat=pa.array(latitude))
    codec, _ = learn(rows, Column(name="lat", kind=Kind.NUMBER), epsilon=1.0, binned=False)
    drawn = drawn_from(codec, rows)["lat"].to_numpy()
    assert np.mean(drawn == 52.51627) == pytest.approx(0.1, abs=0.005)


def test_noise_is_no_heap() -> None:
    """200 columns of 192 cells: a false heap in any of them comes once in 40 runs of this test."""
    rng = np.random.default_rng()
    edges = np.arange(0, 1921, 10)
    found = [len(opened(edges, 400.0 + 50.0 * rng.standard_normal(192), 50.0, 1.0)[0]) for _ in range(200)]
    assert sum(size > len(edges) for size in found) < 4, "four or more, once in 7e7 runs"


@given(st.integers(-(10**6), 10**6), st.integers(2, 2_000), st.integers(0, 39), st.integers(0, 6), st.booleans())
def test_a_split_cell_holds_one_value_in_each_part(
    start: int, span: int, cell: int, decimals: int, whole: bool
) -> None:
    unit = 1.0 if whole else 10.0**-decimals
    edges = start + np.arange(41) * span if whole else (start + np.arange(41) * span + 0.3) * unit
    counts = np.where(np.arange(40) == cell, 1_000.0, 0.0)
    after, more = opened(edges, counts, 10.0, unit)
    assert set(edges) <= set(after)
    assert np.all(np.diff(after) > 0)
    inside = after[(after >= edges[cell]) & (after <= edges[cell + 1])]
    assert len(inside) - 1 == min(span, PARTS)
    assert more == (span > PARTS) == bool(hides(inside, unit).any())
    if not whole:
        lattice = Lattice.of(after, decimals)
        assert np.all(lattice.first <= lattice.last), "each part has a value"


def test_without_a_unit_nothing_hides() -> None:
    assert not hides(np.array([0.0, 1.0, 7.0]), None).any()
    assert hides(np.array([0.0, 1.0, 7.0]), 1.0).tolist() == [False, True]
    assert hides(np.array([0, 1, 7]), 1.0).tolist() == [False, True]
