"""Numbers of both signs: what reaches far to either side of zero is found on both."""

import numpy as np
import pytest

from synthcli.discovery import grid
from synthcli.discovery.coarse import _tell
from synthcli.discovery.facts import resolve
from synthcli.discovery.reach import Present, lacks_many, reach
from synthcli.table.schema import Column, Kind, Schema

_TRIALS = 200


def _lost(values: np.ndarray, kind: Kind, decimals: int | None, sigma: float) -> np.ndarray:
    """Over trials: which share of the values lies outside of the range that noisy counts give."""
    edges = grid.octaves(kind, decimals)
    exact = np.histogram(values, edges)[0].astype(float)
    rng, found = np.random.default_rng(7), []
    for _ in range(_TRIALS):
        counts = exact + sigma * rng.standard_normal(len(exact))
        known = Present(rows=len(values) + 0.3 * sigma * rng.standard_normal(), stddev=0.3 * sigma)
        inside = reach(edges, counts, sigma, grid.likely(edges), known)
        found.append(np.mean((values < edges[inside.start]) | (values >= edges[inside.stop])))
    return np.array(found)


def _normal(mean: float, stddev: float, rows: int, decimals: int) -> np.ndarray:
    return np.random.default_rng(5).normal(mean, stddev, rows).round(decimals)


@pytest.mark.parametrize("kind", [Kind.NUMBER, Kind.INTEGER])
def test_what_is_even_on_both_sides_of_zero_loses_neither(kind: Kind) -> None:
    """1,400 rows, of which no octave holds more than 225, under noise of 69: no octave and no run stands clear.

    One trial in sixteen loses more than a twentieth; with one side of them alone it would be all.
    """
    decimals = 1 if kind is Kind.NUMBER else 0
    lost = _lost(_normal(0, 50, 1_400, decimals), kind, decimals or None, 69.0)
    assert np.mean(lost > 0.25) < 0.05
    assert lost.mean() < 0.05


def test_a_clear_side_brings_the_other() -> None:
    lost = _lost(_normal(0, 5_000, 3_000, 0), Kind.INTEGER, None, 120.0)
    assert np.mean(lost > 0.25) < 0.05, "one side alone in nine of ten, where only neighbours are looked at"


def test_few_below_zero_are_found_where_rows_are_lacking() -> None:
    """A tenth of 5,000; they are found in two trials of five, and in one of twenty by what lies beside the others."""
    assert np.mean(_lost(_normal(100, 80, 5_000, 2), Kind.NUMBER, 2, 69.0) < 0.05) > 0.2


@pytest.mark.parametrize("values", [np.arange(1_400) % 100, np.random.default_rng(2).gamma(2, 500, 1_400).round()])
def test_what_is_never_negative_seldom_reaches_below_zero(values: np.ndarray) -> None:
    """No oftener than before there was a look at the other side: one trial in ten, where zeros or noise lie beside."""
    edges = grid.octaves(Kind.INTEGER)
    exact = np.histogram(values, edges)[0].astype(float)
    noise = 69.0 * np.random.default_rng(3).standard_normal((_TRIALS, len(exact)))
    found = [reach(edges, exact + off, 69.0, grid.likely(edges), Present(rows=1_400.0, stddev=20.0)) for off in noise]
    assert np.mean([edges[inside.start] < 0 for inside in found]) < 0.2


@pytest.mark.parametrize("bounds", [(0, None), (1, None), (None, 0), (-1, None)])
def test_where_the_grid_ends_at_zero_nothing_is_looked_for_beyond(bounds: tuple[int | None, int | None]) -> None:
    """The mass is on the side that there is; rows that are lacking may lie beside it, within what is looked at."""
    edges = grid.clip(grid.octaves(Kind.INTEGER), *bounds)
    counts = np.zeros(len(edges) - 1)
    inside = (np.abs(edges[:-1]) >= 64) & (np.abs(edges[1:]) >= 64) & (np.abs(edges[:-1] + edges[1:]) < 2_000)
    counts[inside] = 1_000.0
    counts[int(np.flatnonzero(np.abs(edges) == 2**40)[0])] = 150.0
    found = reach(edges, counts, 30.0, grid.likely(edges), Present(rows=counts.sum(), stddev=10.0))
    assert max(abs(edges[found.start]), abs(edges[found.stop])) < 2**30


def test_without_values_no_run_of_noise_passes_for_both_signs() -> None:
    """Noise in their number is eleven times that of an octave, as of all rows of a wide table: nothing is sure."""
    edges = grid.octaves(Kind.INTEGER)
    rng = np.random.default_rng(1)
    for _ in range(8_000):
        counts = rng.standard_normal(len(edges) - 1)
        found = reach(edges, counts, 1.0, grid.likely(edges), Present(rows=11.0 * rng.standard_normal(), stddev=11.0))
        assert -1024 <= edges[found.start] < edges[found.stop] <= 1024


def test_a_range_lacks_many_where_a_tenth_must_lie_outside() -> None:
    counts = np.array([0.0, 500.0, 400.0, 0.0])
    inside = slice(1, 3)
    assert not lacks_many(counts, 10.0, inside, Present(rows=1_000.0, stddev=10.0)), "a tenth, less what noise hides"
    assert lacks_many(counts, 10.0, inside, Present(rows=1_100.0, stddev=10.0))
    assert not lacks_many(counts, 10.0, inside, Present(rows=1_100.0, stddev=100.0))


def test_clear_counts_tell_nothing_where_many_values_are_lacking() -> None:
    """Unless it is public where all of them lie."""
    counts = np.where(np.arange(20) == 9, 1_000.0, 0.0)
    for bounds, told in (({}, False), ({"minimum": 0, "maximum": 9}, True)):
        column = Column(name="x", kind=Kind.INTEGER, **bounds)
        facts = resolve(Schema(name="t", columns=(column,)))
        assert _tell(facts, column, counts, 10.0, lacks=False)
        assert _tell(facts, column, counts, 10.0, lacks=True) is told
