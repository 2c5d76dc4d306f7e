"""Coarse codes out of noisy one-way marginals."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.marginal import Domain, Measurement, Merge
from synthcli.mechanisms.resolution import BINS, BINS_BETWEEN, Bars, along_hierarchy, coarsen, merged_share, refined


def _coarse(counts: list[int], ordinal: int, stddev: float, pair_stddev: float = 1e-3) -> list[int]:
    domain = Domain(("a",), (len(counts),), ordinal=(ordinal,))
    one_way = Measurement(("a",), np.array(counts), stddev)
    merges = coarsen([one_way], domain, float(sum(counts)), pair_stddev)
    return merges["a"].groups.tolist() if merges else list(range(len(counts)))


def _refined(groups: np.ndarray, ordinal: int, one_way: Measurement) -> Merge:
    domain = Domain(("a",), (len(groups),), ordinal=(ordinal,))
    return refined({"a": groups}, [one_way], domain)["a"]


def test_clear_codes_stay_as_they_are() -> None:
    assert _coarse([500, 400, 300], 0, 5.0) == [0, 1, 2]
    assert _coarse([500, 400, 300], 3, 5.0) == [0, 1, 2]


def test_rare_codes_off_the_scale_become_one() -> None:
    assert _coarse([500, 3, 400, 0, 5], 0, 10.0) == [0, 2, 1, 2, 2]
    assert _coarse([500, 3, 400], 0, 10.0) == [0, 1, 2], "a single one stays itself"


def test_neighbours_on_the_scale_become_bins_and_spikes_stay_alone() -> None:
    groups = _coarse([20, 20, 20, 900, 20, 20, 20], 7, 15.0)
    assert groups == [0, 0, 0, 1, 2, 2, 2]


def test_a_code_beside_the_scale_is_no_neighbour() -> None:
    """The last code stands for missing values."""
    groups = _coarse([300, 2, 1, 1, 40], 4, 10.0)
    assert groups[4] not in groups[:4]


def test_the_noise_of_pairs_bounds_the_bins_of_a_scale() -> None:
    few = max(_coarse([100] * 200, 200, 1.0, pair_stddev=400.0)) + 1
    many = max(_coarse([100] * 200, 200, 1.0, pair_stddev=4.0)) + 1
    assert few < many
    assert few == pytest.approx(BINS * (2 * 20_000 / 400) ** (1 / 3), abs=2)


@pytest.mark.parametrize("most", [20_000, 1_000_000])
def test_rows_beside_a_spike_have_bins_of_their_own(most: int) -> None:
    """However many rows are zero, the 2,000 others are cut as finely as if they were alone."""
    bins = max(_coarse([most, *[20] * 100], 101, 1.0, pair_stddev=60.0))
    assert bins == pytest.approx(BINS_BETWEEN * (2 * 2_000 / 60) ** (1 / 3), abs=2)
    assert max(_coarse([most, *[20] * 100], 101, 200.0, pair_stddev=60.0)) <= 4, "but no code drowns in noise"


def test_the_rows_between_are_those_of_all_codes_below_a_bin_s_mass() -> None:
    bars = Bars(rare=10.0, bin=1_000.0, pair_stddev=60.0)
    counts = np.array([20_000.0, 999.0, 400.0, 5.0, 1_000.0])
    assert bars.bin_of(counts) == pytest.approx(1_404 / (BINS_BETWEEN * (2 * 1_404 / 60) ** (1 / 3)))
    assert bars.bin_of(counts[[0, 4]]) == bars.bin_of(np.empty(0)) == bars.bin, "nothing lies between"
    assert replace(bars, rare=500.0).bin_of(counts) == 500.0


def test_missing_values_are_no_rows_between_spikes() -> None:
    """So many of them that they would stay alone, or not: the scale's bins are the same."""
    few, many = (_coarse([20_000, *[20] * 100, missing], 101, 1.0, 60.0)[:-1] for missing in (300, 400))
    without = _coarse([20_000, *[20] * 100], 101, 1.0, 60.0)
    assert max(few) == max(many) == max(without)


def test_a_scale_without_spikes_is_cut_by_all_its_rows() -> None:
    assert _coarse([100] * 200, 200, 1.0, pair_stddev=40.0) == _coarse([0, *[100] * 200], 201, 1.0, 40.0)[1:]


@settings(max_examples=200)
@given(st.lists(st.integers(-50, 2000), min_size=1, max_size=60), st.data(), st.floats(0.5, 300))
def test_every_merge_is_valid_and_keeps_neighbours_together(
    counts: list[int], data: st.DataObject, stddev: float
) -> None:
    scale = data.draw(st.integers(0, len(counts)))
    domain = Domain(("a",), (len(counts),), ordinal=(scale,))
    merges = coarsen([Measurement(("a",), np.array(counts), stddev)], domain, max(1.0, sum(counts)), stddev)
    for merge in merges.values():
        along = merge.groups[:scale]
        assert np.all(np.isin(np.diff(along), (0, 1)))
        assert not set(along) & set(merge.groups[scale:])
        assert all(merge.weights[merge.groups == g].sum() > 0 for g in range(merge.coarse_size))


def test_odds_are_even_where_noise_hides_the_difference() -> None:
    rng = np.random.default_rng(1)
    noisy = np.rint(30 + rng.normal(0, 20, 50))
    merge = _refined(np.zeros(50, np.intp), 0, Measurement(("a",), noisy, 20.0))
    assert merge.weights.std() < 0.3 * noisy.std()


def test_odds_follow_counts_that_are_clear() -> None:
    counts = np.array([1000, 10, 500, 0])
    merge = _refined(np.zeros(4, np.intp), 0, Measurement(("a",), counts, 1.0))
    assert merge.weights / merge.weights.sum() == pytest.approx(counts / counts.sum(), abs=0.005)


def test_odds_are_cut_where_few_codes_hold_nearly_all() -> None:
    """Evening out would give every empty code a share."""
    rng = np.random.default_rng(2)
    truth = np.where(np.arange(300) < 2, 400.0, 0.0)
    noisy = np.rint(truth + rng.normal(0, 10, 300))
    merge = _refined(np.zeros(300, np.intp), 0, Measurement(("a",), noisy, 10.0))
    assert np.count_nonzero(merge.weights) < 100


def test_the_empty_ends_of_a_scale_have_no_odds() -> None:
    """Cells of a grid that reaches too far: drawn evenly, one row in four would lie an octave beyond all others."""
    counts = np.array([0, 3, -4, 90, 110, 95, 2, -3, 6])
    groups = np.array([0, 0, 0, 0, 0, 1, 1, 1, 2])
    on_scale = _refined(groups, 8, Measurement(("a",), counts, 5.0))
    assert np.flatnonzero(on_scale.weights).tolist() == [3, 4, 5, 8]
    assert np.count_nonzero(_refined(groups, 0, Measurement(("a",), counts, 5.0)).weights) > 4, "no scale, no ends"


def test_a_group_beyond_the_ends_keeps_its_odds() -> None:
    counts = np.array([300, 280, 310, 2, -3])
    merge = _refined(np.array([0, 0, 0, 1, 1]), 5, Measurement(("a",), counts, 10.0))
    assert merge.weights[3:].sum() > 0


def _along(counts: list[int], *levels: list[int], stddev: float = 10.0) -> list[int]:
    domain = Domain(("a",), (len(counts),), levels={"a": np.array(levels)})
    merges = coarsen([Measurement(("a",), np.array(counts), stddev)], domain, float(sum(counts)), 1e-3)
    return merges["a"].groups.tolist() if merges else list(range(len(counts)))


def test_rare_codes_are_merged_with_their_siblings() -> None:
    groups = _along([500, 20, 15, 10, 18, 16], [0, 0, 0, 1, 1, 1])
    assert groups == [0, 1, 1, 2, 2, 2]


def test_groups_that_are_rare_too_are_merged_further_up() -> None:
    groups = _along([500, 20, 15, 9, 9, 8, 9, 2], [0, 1, 1, 2, 2, 3, 3, 4], [0, 0, 0, 1, 1, 1, 1, 2])
    assert groups[1] == groups[2], "a group that reaches the bar"
    assert groups[3] == groups[4] == groups[5] == groups[6], "two that only reach it together"
    assert groups[7] not in groups[:7], "and one that nobody is near to"


def test_there_may_be_more_groups_than_codes() -> None:
    """What reaches the bar in the last group stays apart from what does so nowhere."""
    assert _along([1, 0, 29], [3, 0, 3]) == [0, 1, 0]


def test_a_missing_value_is_in_no_group() -> None:
    assert _along([500, 20, 15, 3], [0, 0, 0, -1]) == [0, 2, 2, 1]


@given(st.data())
def test_a_hierarchy_merges_only_within_its_groups_or_what_is_rare_everywhere(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 12))
    counts = data.draw(st.lists(st.integers(0, 60), min_size=size, max_size=size))
    level = data.draw(st.lists(st.integers(0, 3), min_size=size, max_size=size))
    groups = along_hierarchy(np.array(counts, dtype=float), np.array([level]), 30.0)
    assert set(groups) == set(range(groups.max() + 1))
    for group in range(groups.max() + 1):
        members = np.flatnonzero(groups == group)
        if len(members) > 1:
            assert max(counts[i] for i in members) < 30
            homes = {level[i] for i in members}
            assert len(homes) == 1 or all(sum(counts[i] for i in members if level[i] == h) < 30 for h in homes)


def test_the_share_of_rows_in_merged_codes_is_the_mean_over_attributes() -> None:
    one_ways = [Measurement((a,), np.array([500, 3, 400, 90, 7]), 1.0) for a in "ab"]
    merges = {"a": Merge(np.array([0, 1, 2, 1, 1]), np.ones(5))}
    assert merged_share(one_ways, merges, 1000.0) == pytest.approx(0.1 / 2)
    assert merged_share(one_ways, {}, 1000.0) == 0.0
