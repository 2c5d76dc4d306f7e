"""Grids: public constants first, noisy counts after."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from synthcli.discovery import grid
from synthcli.table.lattice import Lattice
from synthcli.table.schema import Kind

COUNTS = arrays(np.float64, st.integers(1, 60), elements=st.floats(-50, 1e6))


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind.has_axis])
def test_octaves_ascend_and_are_whole_where_the_kind_is(kind: Kind) -> None:
    edges = grid.octaves(kind)
    assert np.all(np.diff(edges) > 0)
    assert (edges.dtype == np.int64) == (kind is not Kind.NUMBER)


@given(st.integers(-(10**9), 10**9), st.integers(0, 10**6))
def test_clipping_keeps_the_declared_bounds(low: int, span: int) -> None:
    edges = grid.clip(grid.octaves(Kind.INTEGER), low, low + span + 1)
    assert (edges[0], edges[-1]) == (low, low + span + 1)
    assert np.all(np.diff(edges) > 0)


def test_clipping_an_empty_range_leaves_one_cell() -> None:
    assert len(grid.clip(grid.octaves(Kind.NUMBER), 3.5, 3.5)) == 2


def test_active_range_ignores_noise_and_keeps_the_mass() -> None:
    counts = np.array([3.0, -8, 500, 2, 900, 9, -4])
    assert grid.active(counts, 5.0, np.ones(7, bool)) == slice(2, 6), "a neighbour needs little"
    assert grid.active(np.array([1.0, 3.0, -2.0]), 5.0, np.ones(3, bool)) == slice(1, 2)
    assert grid.active(np.array([25.0, 2, 18, 500, 900, 4, 25]), 5.0, np.ones(7, bool)) == slice(2, 5)
    assert grid.active(np.array([1.0, 3.0, -2.0]), 5.0, np.array([True, False, True])) == slice(0, 1)
    near = np.array([False, True, True, False])
    assert grid.active(np.array([9.0, 3, -2, 9]), 5.0, near, whole=True) == slice(1, 3), "all that is likely"
    assert grid.active(np.array([9.0, 3, -2, 90]), 5.0, near, whole=True) == slice(3, 4), "unless some cell is clear"


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind.has_axis])
def test_without_a_clue_values_are_small(kind: Kind) -> None:
    edges = grid.octaves(kind)
    near = np.flatnonzero(grid.likely(edges))
    assert len(near)
    if kind in (Kind.INTEGER, Kind.NUMBER):
        assert (edges[near[0]], edges[near[-1] + 1]) == (-1024, 1024)
    assert np.all(grid.likely(np.array([2_000, 4_000, 8_000]))), "declared bounds go before"
    assert list(np.flatnonzero(grid.likely(np.array([1, 2, 4, 8, 16]), 1, 6))) == [0, 1, 2]


@pytest.mark.parametrize("decimals", range(10))
def test_numbers_in_decimals_have_no_octaves_below_the_last_place(decimals: int) -> None:
    edges = grid.octaves(Kind.NUMBER, decimals)
    smallest = 10.0**-decimals
    zero = int(np.searchsorted(edges, 0.0))
    assert smallest / 2 < edges[zero + 2] <= smallest, "two steps above zero"
    assert np.all(np.isin(edges, grid.octaves(Kind.NUMBER)))


def test_a_run_may_stand_clear_where_no_cell_does() -> None:
    counts = np.array([-9.0, 8, 33, 36, 31, 4, -6, 7])
    assert grid.active(counts, 10.0, np.ones(8, bool), 1.0) == slice(2, 5)
    beside_zero = np.array([900.0, 2, -9, 7, 35, 38, 40, 6, -3])
    assert grid.active(beside_zero, 10.0, np.ones(9, bool), 1.0) == slice(0, 7), "gains of a tenth of the persons"


@given(COUNTS, st.floats(0.1, 100), st.integers(1, 300))
def test_refined_cells_keep_ends_and_order(counts: np.ndarray, sigma: float, cells: int) -> None:
    for edges in (np.arange(len(counts) + 1) * 7, np.arange(len(counts) + 1) * 0.5):
        fine = grid.refine(edges, counts, sigma, cells)
        assert (fine[0], fine[-1]) == (edges[0], edges[-1])
        assert np.all(np.diff(fine) > 0)
        assert set(edges) <= set(fine)
        assert len(fine) <= 2 * cells + 2 * len(counts) + 1


def test_whole_numbers_are_not_split_below_one_cell_each() -> None:
    fine = grid.refine(np.array([0, 4, 8]), np.array([100.0, 100.0]), 1.0, 1000)
    assert fine.tolist() == list(range(9))


def test_few_rows_get_few_cells() -> None:
    edges, counts = np.array([256, 512, 1024, 2048]), np.array([900.0, 800.0, 700.0])
    assert len(grid.refine(edges, counts, 1.0, 192)) > 190
    assert len(grid.refine(edges, counts, 40.0, 192)) in range(55, 70)
    assert len(grid.refine(edges, counts, 800.0, 192)) in range(20, 30)


@given(COUNTS, st.floats(0.1, 100), st.integers(1, 40))
def test_bins_are_consecutive_and_cover_everything(counts: np.ndarray, sigma: float, wanted: int) -> None:
    groups = grid.bins(counts, sigma, wanted)
    assert groups[0] == 0
    assert np.all(np.isin(np.diff(groups), [0, 1]))


def test_where_noise_hides_a_shape_there_are_six_bins_all_the_same() -> None:
    """1,500 rows over 400 cells of noise 115: a bin that stands clear of its own noise would hold all of them."""
    counts = np.tile([115.0, -107.5], 200)
    groups = grid.bins(counts, 115.0, 8)
    assert np.bincount(groups).tolist() == [67, 66, 67, 67, 66, 67]
    widths = np.repeat([1.0, 3.0], 200)
    assert np.bincount(grid.bins(counts, 115.0, 8, widths)).tolist() == [133, 89, 45, 44, 45, 44], (
        "equal mass, not equal cells"
    )
    assert grid.bins(np.zeros(2), 115.0, 8).tolist() == [0, 1]
    assert grid.bins(np.array([-5.0]), 115.0, 8).tolist() == [0]


def test_a_spike_is_an_atom() -> None:
    counts = np.array([10.0] * 20 + [5000.0] + [10.0] * 20)
    groups = grid.bins(counts, 1.0, 8)
    assert np.count_nonzero(groups == groups[20]) == 1


def test_a_column_of_mostly_zero_keeps_a_shape_beside_it() -> None:
    counts = np.array([9_000.0, *np.full(50, 20.0)])
    assert grid.bins(counts, 2.0, 10).max() >= 7


@given(COUNTS, st.floats(0.1, 100))
def test_projection_keeps_the_sum_and_the_order(counts: np.ndarray, sigma: float) -> None:
    projected = grid.project(counts, sigma)
    assert np.all(projected >= 0)
    if counts.sum() > sigma:
        assert projected.sum() == pytest.approx(counts.sum(), rel=1e-9)
        assert np.all(np.diff(projected[np.argsort(counts)]) >= -1e-9)


def test_what_the_noise_hides_is_smoothed_and_spikes_are_kept() -> None:
    rng = np.random.default_rng(0)
    truth = np.full(100, 40.0)
    truth[60] = 2_000.0
    noisy = truth + rng.normal(0, 40, 100)
    weights = grid.weights(noisy, 40.0, np.ones(100))
    assert np.abs(weights - truth).sum() < 0.5 * np.abs(np.maximum(noisy, 0) - truth).sum()
    assert weights[60] == pytest.approx(2_000, rel=0.1)
    assert weights[59] < 200


def test_density_is_even_inside_a_segment() -> None:
    weights = grid.weights(np.array([1.0, 2.0, 90.0]), 20.0, np.array([1.0, 3.0, 4.0]))
    assert weights == pytest.approx(93 * np.array([1, 3, 4]) / 8)


def test_where_all_is_noise_density_is_what_was_expected() -> None:
    assert grid.weights(np.array([-9.0, 5.0, 2.0]), 20.0, np.array([1.0, 3.0, 4.0])) == pytest.approx([1, 3, 4])


def test_resolved_is_what_fine_cells_can_tell_apart() -> None:
    assert grid.is_resolved(np.array([1.0, 2.0, 4.0, 8.0]), np.array([5.0, 5.0, 5.0]), 100)
    assert not grid.is_resolved(np.array([1.0, 2.0, 4.0, 8.0]), np.array([0.1, 5.0, 5.0]), 100), "all but in two"
    assert not grid.is_resolved(np.array([32.0, 64.0]), np.ones(1), 100)
    assert grid.is_resolved(np.array([32, 64, 128]), np.ones(2), 100), "whole numbers get a cell each"
    assert not grid.is_resolved(np.array([2**20, 2**21]), np.ones(1), 100)
    assert grid.is_resolved(np.array([0.0, np.nextafter(0.0, 1.0)]), np.ones(1), 100), "one number is one number"


@given(st.lists(st.integers(-5_000, 5_000), min_size=2, max_size=40, unique=True), st.integers(0, 2))
def test_every_cell_of_a_grid_of_numbers_holds_a_multiple(ends: list[int], decimals: int) -> None:
    edges = np.sort(np.array(ends)) / 1000
    after, lattice = grid.holding_multiples(edges, decimals), Lattice.of(edges, decimals)
    assert after[[0, -1]].tolist() == edges[[0, -1]].tolist() and set(after) <= set(edges)
    counts = Lattice.of(after, decimals).counts()
    assert np.isfinite(counts).all() or len(after) == 2
    held = lattice.first <= lattice.last
    if held.any():
        assert counts.sum() == lattice.counts()[held].sum()
        assert len(counts) == held.sum(), "cells that hold some stay apart"


def test_a_grid_without_decimals_and_one_of_huge_numbers_stay() -> None:
    fine, huge = np.linspace(0.0, 1.0, 9), np.array([1e17, 2e17, 4e17])
    assert grid.holding_multiples(fine, None) is fine
    assert grid.holding_multiples(huge, 0).tolist() == huge.tolist()
    assert grid.holding_multiples(fine, 0).tolist() == [0.0, 0.875, 1.0]
    assert grid.holding_multiples(np.array([0.0, 5e-324, 0.5, 1.0, 1.5]), 0).tolist() == [0.0, 1.0, 1.5]
