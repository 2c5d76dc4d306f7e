"""Randomised rounding: whole rows, within one of the share, right on average, in random order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.marginal import Merge
from synthcli.marginal.rounding import Shares, shuffled_by_group

WEIGHTS = st.lists(st.just(0.0) | st.floats(1e-12, 1e6), min_size=1, max_size=9)


@given(st.lists(WEIGHTS, min_size=1, max_size=6), st.data(), st.integers(0, 2**32))
@settings(deadline=None)
def test_cells_get_their_share_to_within_a_row(groups: list[list[float]], data: st.DataObject, seed: int) -> None:
    rows = np.array(data.draw(st.lists(st.integers(0, 10**6), min_size=len(groups), max_size=len(groups))))
    group_of = np.repeat(np.arange(len(groups)), [len(g) for g in groups])
    counts = Shares(group_of, np.concatenate(groups)).counts(rows, np.random.default_rng(seed))
    for group, weights in enumerate(groups):
        found, total = counts[group_of == group], sum(weights)
        even = [1 / len(weights)] * len(weights)
        shares = np.array([w / total for w in weights] if total > 0 else even)
        assert found.sum() == rows[group]
        assert np.all(found >= 0)
        assert np.all(np.abs(found - shares * rows[group]) < 1 + 1e-5)
        assert not np.any(found[shares == 0])


def test_rounding_is_right_on_average() -> None:
    """Means over 20,000 roundings, within 6 standard errors of at most 1/2 row: false alarm below 1e-7 for 8 cells."""
    shares = Shares(np.array([0, 0, 0, 1, 1, 1, 1, 1]), np.array([0.2, 0.3, 0.5, 5.0, 1.0, 1.0, 0.0, 3.1]))
    rng, rows = np.random.default_rng(5), np.array([1, 7])
    mean = np.mean([shares.counts(rows, rng) for _ in range(20_000)], axis=0)
    expected = np.array([0.2, 0.3, 0.5, *(np.array([5.0, 1.0, 1.0, 0.0, 3.1]) * 7 / 10.1)])
    assert np.all(np.abs(mean - expected) <= 6 * 0.5 / np.sqrt(20_000))


@given(st.lists(st.integers(0, 300), max_size=200), st.integers(0, 2**32))
@settings(deadline=None)
def test_every_row_once_group_after_group(group: list[int], seed: int) -> None:
    of_row = np.array(group, dtype=np.uint16)
    order = shuffled_by_group(of_row, 301, len(group), np.random.default_rng(seed))
    assert sorted(order.tolist()) == list(range(len(group)))
    assert np.all(np.diff(of_row[order].astype(int)) >= 0)
    alone = shuffled_by_group(None, 1, len(group), np.random.default_rng(seed))
    assert sorted(alone.tolist()) == list(range(len(group)))


@pytest.mark.parametrize("grouped", [True, False])
def test_all_orders_are_alike(grouped: bool) -> None:
    """Chi-square over the 24 orders of four rows in 24,000 draws, below its 1 - 1e-7 quantile (23 degrees: 73)."""
    rng = np.random.default_rng(9)
    group = np.array([1, 0, 1, 1, 0, 1], dtype=np.uint8) if grouped else None
    seen: dict[tuple[int, ...], int] = {}
    for _ in range(24_000):
        order = tuple(shuffled_by_group(group, 2, 6, rng)[2:] if grouped else shuffled_by_group(None, 1, 4, rng))
        seen[order] = seen.get(order, 0) + 1
    assert len(seen) == 24
    assert sum((count - 1000) ** 2 / 1000 for count in seen.values()) < 73


@given(st.lists(st.integers(0, 4), min_size=1, max_size=12), st.integers(0, 500), st.integers(0, 2**32))
@settings(deadline=None)
def test_fine_codes_lie_in_their_groups_and_follow_the_weights(raw: list[int], rows: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups = np.unique(raw, return_inverse=True)[1]
    merge = Merge(groups, rng.choice([0.0, 1.0, 0.3], len(groups)))
    codes = rng.integers(0, merge.coarse_size, rows).astype(np.uint8)
    fine = merge.refine(codes, rng)
    assert fine.dtype == np.uint8
    assert np.array_equal(groups[fine], codes)
    for group in range(merge.coarse_size):
        members = np.flatnonzero(groups == group)
        weights = merge.weights[members]
        shares = weights / weights.sum() if weights.sum() > 0 else np.full(len(members), 1 / len(members))
        found = np.bincount(fine[codes == group], minlength=len(groups))[members]
        assert np.all(np.abs(found - shares * np.sum(codes == group)) < 1 + 1e-6)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.integers(0, 60), st.integers(1, 9), st.integers(0, 99))
def test_parts_of_a_stock_are_even_and_take_all_of_it(members: list[int], rows: int, parts: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    group_of = np.repeat(np.arange(len(members)), members)
    stock = Shares(group_of, rng.random(len(group_of))).stock(np.full(len(members), rows), rng)
    everything, left = stock.counts, stock.counts
    assert np.array_equal(np.bincount(group_of, everything), np.full(len(members), rows))
    taken = np.zeros_like(everything)
    for asked in np.diff(np.linspace(0, rows, parts + 1).astype(int)):
        part = stock.take(np.full(len(members), asked), rng)
        share = left / np.maximum(np.bincount(group_of, left), 1)[group_of]
        assert np.all(np.bincount(group_of, part) == asked)
        assert np.all(np.abs(part - share * asked) < 1 + 1e-9)
        assert np.all(part >= 0)
        taken, left = taken + part, left - part
    assert np.array_equal(taken, everything)
    assert not stock.counts.any()
