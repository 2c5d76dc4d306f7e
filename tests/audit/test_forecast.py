"""Like rows against like: what the forecast may know, and what it is good for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.audit.forecast import FEWEST, FOLDS, GROUPS, alike, forecast
from synthcli.audit.rates import newcombe, post_stratified

ROWS = 6_000


def crowd(rng: np.random.Generator, columns: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Rows of skewed columns, and which a file of as many others like them holds."""
    law = 1.0 / np.arange(1, 9) ** 1.5
    rows, others = rng.choice(8, p=law / law.sum(), size=(2, ROWS, columns)).astype(np.uint32)
    places = tuple(8**place for place in range(columns))
    return rows, np.isin(rows @ np.array(places), others[: ROWS // 20] @ np.array(places))


def each(rows: np.ndarray) -> np.ndarray:
    return np.arange(len(rows), dtype=np.intp)


def test_no_row_s_own_match_teaches_its_forecast() -> None:
    rows, found = crowd(np.random.default_rng(0))
    turned = found.copy()
    turned[7::FOLDS] ^= True
    before, after = forecast(rows, each(rows), found), forecast(rows, each(rows), turned)
    assert np.array_equal(before[7 % FOLDS :: FOLDS], after[7 % FOLDS :: FOLDS])
    assert not np.allclose(before, after)


def test_most_of_what_chance_matches_can_be_told_beforehand() -> None:
    rows, found = crowd(np.random.default_rng(1))
    assert 0.3 < found.mean() < 0.7
    group = alike(forecast(rows, each(rows), found), np.arange(ROWS) % 3 > 0)
    within = sum(found[group == number].var() * np.mean(group == number) for number in np.unique(group))
    assert within < 0.5 * found.var()


def test_units_are_forecast_by_all_their_rows() -> None:
    """A unit is matched if any of its rows is: who has more rows is oftener."""
    rng = np.random.default_rng(2)
    rows, found = crowd(rng, 5)
    unit = rng.permutation(np.repeat(np.arange(ROWS // 3), np.resize([1, 2, 5], ROWS // 3)))
    of_unit = np.bincount(unit, weights=found[: len(unit)]) > 0
    forecasts = forecast(rows[: len(unit)], unit, of_unit)
    assert np.corrcoef(forecasts, of_unit)[0, 1] > 0.6
    order = rng.permutation(len(unit))
    assert np.allclose(forecasts, forecast(rows[: len(unit)][order], unit[order], of_unit), atol=1e-3)


def test_pairs_of_values_are_looked_at_not_values_alone() -> None:
    """Every value of two columns is as common as any other; every eighth pair of them is common, and those are matched.
    Twenty columns that hardly vary stand before them."""
    rng = np.random.default_rng(6)
    one = rng.integers(0, 64, ROWS)
    other = np.where(rng.random(ROWS) < 0.5, one, rng.integers(0, 64, ROWS))
    idle = rng.random((ROWS, 20)) < 0.01
    rows = np.column_stack([idle, one, other]).astype(np.uint32)
    found = one == other
    assert np.corrcoef(forecast(rows, each(rows), found), found)[0, 1] > 0.9


def test_what_a_share_means_need_not_rise_with_it() -> None:
    """Matched is neither the commonest value nor any of the rare ones."""
    codes = np.repeat(np.arange(21), [2_000, 2_000, *[100] * 19]).astype(np.uint32)[:, None]
    codes = np.random.default_rng(7).permutation(np.concatenate([codes, np.full((1_000, 1), 99, dtype=np.uint32)]))
    found = codes[:, 0] == 99
    assert np.corrcoef(forecast(codes, each(codes), found), found)[0, 1] > 0.9


def test_how_codes_are_numbered_does_not_matter() -> None:
    rows, found = crowd(np.random.default_rng(8))
    for largest in (2**31 - 1, 2**32 - 1):
        names = np.random.default_rng(9).permutation(np.array([0, 1, 2, 3, 4, 5, 6, largest], dtype=np.uint32))
        assert np.array_equal(forecast(rows, each(rows), found), forecast(names[rows], each(rows), found))


def test_lone_rows_may_come_in_any_order() -> None:
    rows, found = crowd(np.random.default_rng(10))
    order = np.random.default_rng(11).permutation(ROWS)
    assert np.array_equal(forecast(rows, each(rows), found), forecast(rows[order], order, found))


@pytest.mark.parametrize("columns", [1, 2, 30])
def test_any_number_of_columns_will_do(columns: int) -> None:
    rows = np.random.default_rng(3).integers(0, 3, size=(500, columns)).astype(np.uint32)
    rows[:, 0] = 0  # a constant
    for found in (np.zeros(500, dtype=np.bool_), np.ones(500, dtype=np.bool_), rows[:, -1] == 1):
        forecasts = forecast(rows, each(rows), found)
        assert np.isfinite(forecasts).all()
        assert forecasts.mean() == pytest.approx(found.mean(), abs=0.05)


@given(st.integers(0, 2**32), st.integers(2, 3_000), st.floats(0.02, 0.98))
@settings(max_examples=60)
def test_every_group_has_enough_of_either_arm(seed: int, rows: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    forecasts, trains = rng.normal(0.5, rng.choice([0.01, 0.3, 3.0]), rows), rng.random(rows) < share
    group = alike(forecasts, trains)
    counts = np.stack([np.bincount(group[side], minlength=group.max() + 1) for side in (trains, ~trains)])
    assert group.max() < GROUPS
    assert len(counts[0]) == 1 or counts.min() >= FEWEST
    order = np.argsort(forecasts, kind="stable")
    assert (np.diff(group[order]) >= 0).all()


def fours(found: np.ndarray, trains: np.ndarray, group: np.ndarray) -> list[tuple[int, int, int, int]]:
    counts = [np.bincount(group, weights=of) for of in (found & trains, trains, found & ~trains, ~trains)]
    return [(int(a), int(b), int(c), int(d)) for a, b, c, d in zip(*counts, strict=True)]


def test_bounds_hold_the_excess_and_are_narrower_than_those_of_all_rows_alike() -> None:
    """1,000 crowds of which 4 % of the training rows are copied. Of 5 % bounds on either side at most 72 may miss: more
    would have a chance of 1e-3."""
    above = below = 0
    widths, values = [], []
    for seed in range(1_000):
        rng = np.random.default_rng((4, seed))
        rows, found = crowd(rng)
        trains, copied = rng.random(ROWS) < 0.7, rng.random(ROWS) < 0.04
        truth = float(np.mean(copied & ~found))
        found = found | copied & trains
        four = fours(found, trains, np.zeros(ROWS, dtype=np.intp))
        value, low, high = post_stratified(fours(found, trains, alike(forecast(rows, each(rows), found), trains)), 0.95)
        above, below = above + (low > truth), below + (high < truth)
        widths.append((high - low) / np.diff(newcombe(*four[0], 0.95))[0])
        values.append(value - truth)
    assert max(above, below) <= 72
    assert np.mean(widths) < 0.8
    assert abs(np.mean(values)) < 3.3 * np.std(values) / np.sqrt(len(values))


def test_a_file_that_holds_the_training_rows_is_not_explained_away() -> None:
    """Whatever was learnt by heart: half of the rows of a crowd are matched by chance, all training rows by theft."""
    rng = np.random.default_rng(5)
    rows, chance = crowd(rng)
    trains = rng.random(ROWS) < 0.7
    found = chance | trains
    value, low, _ = post_stratified(fours(found, trains, alike(forecast(rows, each(rows), found), trains)), 0.999)
    assert value == pytest.approx(1 - chance[~trains].mean(), abs=0.02)
    assert low > 0.9 * value
