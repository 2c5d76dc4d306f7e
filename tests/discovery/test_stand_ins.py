"""Values that stand for something else get cells of their own, where octaves show them; elsewhere no value does."""

import numpy as np
import pyarrow as pa
import pytest

from synthcli.discovery.grid import octaves
from synthcli.discovery.stand_ins import stand_ins, with_stand_ins
from synthcli.table.calendar import DAY
from synthcli.table.schema import Column, Kind
from tests.discovery.rows import Rows, drawn_from, learn

ROWS, SHARE = 20_000, 0.05
FIRST = 14_610
"""1 January 2010, in days since 1970."""


def _counts(edges: np.ndarray, **held: float) -> np.ndarray:
    counts = np.zeros(len(edges) - 1)
    for value, count in held.items():
        counts[np.searchsorted(edges, float(value[1:].replace("m", "-")), side="right") - 1] = count
    return counts


def test_an_octave_apart_from_the_rest_is_taken_for_the_values_that_people_write() -> None:
    edges = octaves(Kind.INTEGER)
    counts = _counts(edges, v20=5_000, v40=3_000, v70=800, v600=400, vm9000=300)
    found = stand_ins(edges, counts, 10.0, Kind.INTEGER, 1.0)
    assert found.dtype == edges.dtype
    assert found.tolist() == [-9999, -9998, -9997, -8888, 777, 888, 997, 998, 999]


def test_a_part_of_the_rest_is_not() -> None:
    """The fullest octave of many, an empty one, the only one, one beside the rest, and most of the rows."""
    edges = octaves(Kind.INTEGER)
    for counts in (
        _counts(edges, v300=3_000, v600=6_000, v1500=5_000),
        _counts(edges, v20=5_000, v40=3_000, v600=54),
        _counts(edges, v600=5_000),
        _counts(edges, v200=5_000, v300=1_000, v600=400),
        _counts(edges, v20=5_000, v600=6_000),
    ):
        assert not len(stand_ins(edges, counts, 10.0, Kind.INTEGER, 1.0))


def test_numbers_are_told_in_their_unit() -> None:
    edges = octaves(Kind.NUMBER)
    counts = _counts(edges, v20=5_000, v40=3_000, v600=400)
    for unit, nines in ((1.0, {999.0}), (0.1, {999.0, 999.9}), (None, {999.0, 999.9, 999.99})):
        found = stand_ins(edges, counts, 10.0, Kind.NUMBER, unit)
        assert {value for value in found.tolist() if value >= 999} == nines


@pytest.mark.parametrize(("kind", "day"), [(Kind.DATE, 1), (Kind.DATETIME, DAY)])
def test_of_a_year_apart_from_the_rest_the_first_and_the_last_day(kind: Kind, day: int) -> None:
    years = octaves(kind)
    counts = np.zeros(400)
    counts[[100, 210, 211, 212]] = 400, 900, 900, 900
    found = stand_ins(years, counts, 10.0, kind, None)
    assert found.tolist() == [int(years[100]), int(years[101]) - day]
    fine = np.array([years[100], years[150], years[213]])
    expected = [years[100], years[100] + day, years[101] - day, years[101], years[150], years[213]]
    assert with_stand_ins(fine, found, kind).tolist() == [int(edge) for edge in expected]


def _with(values: np.ndarray, stand_in: object) -> np.ndarray:
    return np.where(np.arange(ROWS) < SHARE * ROWS, stand_in, values)


def test_what_stands_for_a_missing_number_comes_back_as_it_is() -> None:
    """1,000 rows, beside noise of 24 in a count: one that is empty shows 7 sigmas once in 7e11 fits."""
    rng = np.random.default_rng(0)
    columns = {
        "amount": (_with(np.round(rng.gamma(2.0, 500.0, ROWS), 2), -9999.0), -9999.0),
        "score": (_with(rng.standard_normal(ROWS), -9999.0), -9999.0),
        "percent": (_with(np.round(rng.normal(50.0, 10.0, ROWS), 1), 999.9), 999.9),
    }
    for name, (values, stand_in) in columns.items():
        rows = Rows(**{name: pa.array(values)})
        codec, _ = learn(rows, Column(name=name, kind=Kind.NUMBER), epsilon=1.0, binned=False)
        drawn = drawn_from(codec, rows)[name].to_numpy()
        assert np.mean(drawn == stand_in) == pytest.approx(SHARE, abs=0.005)


def test_a_date_far_ahead_comes_back_as_it_is() -> None:
    days = _with(FIRST + np.random.default_rng(0).integers(0, 2_000, ROWS), 47_481)
    rows = Rows(due=pa.array(days.astype(np.int32)).view(pa.date32()))
    codec, _ = learn(rows, Column(name="due", kind=Kind.DATE), epsilon=1.0, binned=False)
    drawn = drawn_from(codec, rows)["due"].view(pa.int32()).to_numpy()
    assert np.mean(drawn == 47_481) == pytest.approx(SHARE, abs=0.005)
