"""How far the values of a column reach."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from synthcli.discovery import grid
from synthcli.discovery.reach import Present, present, reach, reach_beyond, reach_evenly
from synthcli.marginal import Measurement
from synthcli.table.schema import Kind


def _reach(edges: np.ndarray, counts: np.ndarray, sigma: float, rows: float | None = None) -> slice:
    values = Present(rows=float(counts.sum()) if rows is None else rows, stddev=sigma)
    return reach(edges, counts, sigma, grid.likely(edges), values)


def test_zeros_are_reached_over_empty_octaves() -> None:
    edges = grid.octaves(Kind.NUMBER, 0)
    counts = np.where((edges[:-1] >= 64) & (edges[1:] <= 1024), 1_000.0, 0.0)
    assert edges[_reach(edges, counts, 50.0).start] == 64
    counts[edges[:-1] == 0] = 150.0
    assert edges[_reach(edges, counts, 50.0).start] == 0


def test_without_a_clue_the_grid_holds_all_that_is_likely() -> None:
    edges = grid.octaves(Kind.INTEGER)
    noise = np.random.default_rng(0).standard_normal((200, len(edges) - 1))
    found = [_reach(edges, counts, 1.0, rows=0.0) for counts in noise]
    whole = sum((edges[f.start], edges[f.stop]) == (0, 1024) for f in found)
    assert whole == 200, "a run of noise passes for mass once in 100,000 columns"


def _octave(edges: np.ndarray, low: int) -> int:
    return int(np.searchsorted(edges, low))


def test_values_that_must_be_somewhere_are_looked_for_far_away() -> None:
    """Joint incomes of few: no octave is clear, nor are four together (4.2 sigma), but 2,100 values there are."""
    edges = grid.octaves(Kind.INTEGER)
    counts = 250.0 * np.random.default_rng(3).standard_normal(len(edges) - 1)
    counts[np.abs(counts) > 500] = 0.0
    counts[_octave(edges, 2**15) : _octave(edges, 2**19)] = 525.0
    found = _reach(edges, counts, 250.0, rows=2_100.0)
    assert edges[found.start] <= 2**16 and edges[found.stop] >= 2**18
    assert edges[found.stop] <= 2**30
    unseen = _reach(edges, counts, 250.0, rows=200.0)
    assert (edges[unseen.start], edges[unseen.stop]) == (0, 1024)


def test_values_that_the_range_does_not_hold_lie_beside_it() -> None:
    """Nine tenths are zero, and the noise of an octave hides each of the others."""
    edges = grid.octaves(Kind.INTEGER)
    counts = np.zeros(len(edges) - 1)
    counts[_octave(edges, 0)] = 9_000.0
    counts[_octave(edges, 64) : _octave(edges, 2048)] = 200.0
    counts[_octave(edges, 1)] = counts[_octave(edges, -1)] = -10.0
    assert edges[_reach(edges, counts, 200.0, rows=9_100.0).stop] == 1
    assert edges[_reach(edges, counts, 200.0, rows=10_000.0).stop] >= 1024


def test_all_columns_together_tell_how_many_values_each_has() -> None:
    """Two columns of 1,000 rows; 300 values of the second are missing. The sums have variances of 3 and 4 cells."""
    seen = {
        "a": Measurement(("a",), np.array([500, 400, 107]), 10.0),
        "b": Measurement(("b",), np.array([300, 200, 193, 300]), 10.0),
    }
    found = present(seen, {"a": 3, "b": 3})
    total = (1_007 / 300 + 993 / 400) / (1 / 300 + 1 / 400)
    assert found["a"].rows == pytest.approx(total)
    assert found["b"].rows == pytest.approx(total - 300)
    assert found["a"].stddev == pytest.approx((1 / (1 / 300 + 1 / 400)) ** 0.5)
    assert found["b"].stddev == pytest.approx((1 / (1 / 300 + 1 / 400) + 100) ** 0.5)


def _years(first: int, beyond: int, rows: float, sigma: float) -> np.ndarray:
    """Noisy counts of 400 years, of which some hold so many rows each."""
    full = np.zeros(400)
    full[first:beyond] = rows
    return full + sigma * np.random.default_rng().standard_normal(400)


def test_many_years_of_few_rows_are_reached_together() -> None:
    """80 years of 150 rows each under noise of 70: none stands clear. Of 4,000 tables five had an end off by 8 years or
    more, and none by 12: the chance falls to 0.4 of itself a year, to one in a million at 16.
    """
    for _ in range(20):
        found = reach_evenly(_years(120, 200, 150.0, 70.0), 70.0, slice(150, 151), Present(12_000.0, 300.0))
        assert abs(found.start - 120) < 16
        assert abs(found.stop - 200) < 16


def test_a_range_that_accounts_for_all_values_stays() -> None:
    for _ in range(20):
        counts = _years(150, 151, 8_000.0, 70.0)
        assert reach_evenly(counts, 70.0, slice(150, 151), Present(8_000.0, 300.0)) == slice(150, 151)


def test_nothing_is_reached_where_no_count_tells_of_it() -> None:
    assert reach_evenly(np.zeros(400), 70.0, slice(150, 151), Present(8_000.0, 300.0)) == slice(150, 151)


def test_of_known_years_noise_does_not_make_centuries() -> None:
    """1,500 dates of one year among 400, noise 137: their number is told as 4,663 more than that once in 120 fits."""
    counts = np.tile([137.0, -137.0], 200) + 4_663.0 / 400
    counts[200] = 1_500.0
    assert reach_evenly(counts, 137.0, slice(200, 201), Present(6_163.0, 1_943.0)) == slice(200, 201)


def test_of_no_known_years_a_run_of_noise_makes_none() -> None:
    """Once in 100 columns at most; of 300, more than 15 once in a million."""
    some = slice(120, 240)
    noise = 137.0 * np.random.default_rng().standard_normal((300, 400))
    kept = [reach_evenly(counts, 137.0, some, Present(5_000.0, 1_943.0)) == some for counts in noise]
    assert kept.count(False) <= 15


@given(arrays(np.float64, 12, elements=st.floats(-4, 4)), st.integers(1, 11), st.sets(st.integers(0, 11)))
def test_a_number_of_rows_reaches_beyond_what_counts_only_where_it_is_clear(
    noise: np.ndarray, near: int, full: set[int]
) -> None:
    """Noise of up to three deviations makes none, though runs of it are clearer than one octave must be."""
    counts = np.where(np.isin(np.arange(12), list(full)), 6.0, np.minimum(noise, 3.0))
    found = reach_beyond(10.0 * counts, 10.0, np.arange(12) < near)
    assert (found.start, found.stop) == (0, max(near, *(i + 1 for i in full), 1))
