"""Like rows against like: what the forecast may know, and what it is good for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.audit.block import Block
from synthcli.audit.forecast import FEWEST, GROUPS, ROWS_PER_TERM, alike
from synthcli.audit.forecast import forecast as forecast_of
from synthcli.audit.rates import newcombe, post_stratified

ROWS = 12_000


def crowd(rng: np.random.Generator, columns: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Rows of skewed columns, and which a file of as many others like them holds."""
    law = 1.0 / np.arange(1, 9) ** 1.5
    rows, others = rng.choice(8, p=law / law.sum(), size=(2, ROWS, columns)).astype(np.uint32)
    places = tuple(8**place for place in range(columns))
    return rows, np.isin(rows @ np.array(places), others[: ROWS // 20] @ np.array(places))


def forecast(rows: np.ndarray, unit: np.ndarray, found: np.ndarray, spelled: np.ndarray | None = None) -> np.ndarray:
    """Codes are spelt as they are, or as `spelled`."""
    return forecast_of(Block(rows, (rows if spelled is None else spelled).astype(np.uint64)), unit, found)


def each(rows: np.ndarray) -> np.ndarray:
    return np.arange(len(rows), dtype=np.intp)


def test_neither_a_row_s_own_match_nor_that_of_its_equals_teaches_its_forecast() -> None:
    rows, found = crowd(np.random.default_rng(0))
    before, turned, moved = forecast(rows, each(rows), found), found.copy(), 0
    for row in range(0, 40, 7):
        equal = (rows == rows[row]).all(axis=1)
        turned = np.where(equal, ~found, found)
        after = forecast(rows, each(rows), turned)
        assert np.array_equal(before[equal], after[equal])
        moved += int(not np.array_equal(before, after))
    assert moved > 2


def test_most_of_what_chance_matches_can_be_told_beforehand() -> None:
    rows, found = crowd(np.random.default_rng(1))
    assert 0.3 < found.mean() < 0.7
    group = alike(forecast(rows, each(rows), found), np.arange(ROWS) % 3 > 0)
    within = sum(found[group == number].var() * np.mean(group == number) for number in np.unique(group))
    assert within < 0.6 * found.var()


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
    Twenty columns that hardly vary stand before them, and ten keys."""
    rng = np.random.default_rng(6)
    one = rng.integers(0, 64, ROWS)
    other = np.where(rng.random(ROWS) < 0.5, one, rng.integers(0, 64, ROWS))
    idle = rng.random((ROWS, 20)) < 0.01
    keys = np.stack([rng.permutation(ROWS) for _ in range(10)], axis=1)
    rows = np.column_stack([idle, keys, one, other]).astype(np.uint32)
    found = one == other
    assert np.corrcoef(forecast(rows, each(rows), found), found)[0, 1] > 0.9


def test_what_a_share_means_need_not_rise_with_it() -> None:
    """Matched are neither the commonest values nor the rare ones, but those between."""
    sizes = [*[1_500] * 4, *[150] * 20, *[10] * 300]
    codes = np.random.default_rng(7).permutation(np.repeat(np.arange(len(sizes)), sizes)).astype(np.uint32)
    found = (codes >= 4) & (codes < 24)
    assert np.corrcoef(forecast(codes[:, None], each(codes), found), found)[0, 1] > 0.9


def test_lone_rows_may_come_in_any_order() -> None:
    rows, found = crowd(np.random.default_rng(10))
    order = np.random.default_rng(11).permutation(ROWS)
    assert np.array_equal(forecast(rows, each(rows), found), forecast(rows[order], order, found))


def test_few_rows_are_forecast_alike_and_more_by_more_terms() -> None:
    """Of fifty rows for each term, the first eight terms are those of one column."""
    rng = np.random.default_rng(12)
    rows, found = crowd(rng)
    few = 8 * ROWS_PER_TERM - 1
    assert np.unique(forecast(rows[:few], each(rows[:few]), found[:few])).size == 1
    told = [np.unique(forecast(rows[:n], each(rows[:n]), found[:n]).round(6)).size for n in (few + 1, 3 * few, ROWS)]
    assert 1 < told[0] <= 8 * 5 <= told[1] < told[2], "of eight values, in five folds"


@pytest.mark.parametrize("columns", [1, 2, 30])
def test_any_number_of_columns_will_do(columns: int) -> None:
    rows = np.random.default_rng(3).integers(0, 3, size=(3_000, columns)).astype(np.uint32)
    rows[:, 0] = 0  # a constant
    for found in (np.zeros(3_000, dtype=np.bool_), np.ones(3_000, dtype=np.bool_), rows[:, -1] == 1):
        forecasts = forecast(rows, each(rows), found)
        assert np.isfinite(forecasts).all() and np.abs(forecasts).max() < 1.5


@given(st.integers(0, 2**32), st.integers(2, 3_000), st.floats(0.02, 0.98))
@settings(max_examples=60)
def test_groups_end_where_no_coin_decides(seed: int, rows: int, share: float) -> None:
    """However the same coins are dealt out, and each group has as many rows of either arm as are asked for, about."""
    rng = np.random.default_rng(seed)
    forecasts, trains = rng.normal(0.5, rng.choice([0.01, 0.3, 3.0]), rows), rng.random(rows) < share
    group, again = alike(forecasts, trains), alike(forecasts, rng.permutation(trains))
    assert np.array_equal(group, again) or 0 in (group.max(), again.max())
    counts = np.stack([np.bincount(group[side], minlength=group.max() + 1) for side in (trains, ~trains)])
    assert group.max() < GROUPS
    assert len(counts[0]) == 1 or (counts.min() > 0 and np.bincount(group).min() * min(share, 1 - share) > FEWEST / 2)
    order = np.argsort(forecasts, kind="stable")
    assert (np.diff(group[order]) >= 0).all()


def test_a_group_without_an_arm_is_no_group() -> None:
    """One toss in 10^36: all that are held out are of one kind."""
    trains = np.arange(20_000) >= 120
    assert not alike(np.where(np.arange(20_000) < 10_000, 0.2, 0.8), trains).any()


def fours(found: np.ndarray, trains: np.ndarray, group: np.ndarray) -> list[tuple[int, int, int, int]]:
    counts = [np.bincount(group, weights=of) for of in (found & trains, trains, found & ~trains, ~trains)]
    return [(int(a), int(b), int(c), int(d)) for a, b, c, d in zip(*counts, strict=True)]


def test_bounds_hold_the_excess_and_are_narrower_than_those_of_all_rows_alike() -> None:
    """600 crowds of which 4 % of the training rows are copied. Of 5 % bounds on either side at most 47 may miss: more
    would have a chance of 1e-3."""
    above = below = 0
    widths, values = [], []
    for seed in range(600):
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
    assert max(above, below) <= 47
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


def excess_of(rows: np.ndarray, found: np.ndarray, trains: np.ndarray, spelled: np.ndarray | None = None) -> float:
    group = alike(forecast(rows, each(rows), found, spelled), trains)
    return post_stratified(fours(found, trains, group), 0.95)[0]


def test_a_codec_that_knows_the_training_rows_values_alone_explains_no_copies_away() -> None:
    """Two rows in five have a value of their own. The codec knows those of training rows, and calls others by one code;
    the file holds all training rows that have one."""
    rng = np.random.default_rng(13)
    rows, chance = crowd(rng)
    trains, own = rng.random(ROWS) < 0.9, rng.random(ROWS) < 0.4
    spelled = np.column_stack([rows, np.where(own, 100 + np.arange(ROWS), 0)])
    codes = np.where(own & ~trains, 99, spelled[:, -1]).astype(np.uint32)
    found = (chance & ~own) | (own & trains)
    assert excess_of(np.column_stack([rows, codes]).astype(np.uint32), found, trains, spelled) > 0.37


@pytest.mark.parametrize("people", [900, 3_000])
def test_equals_of_a_copied_row_do_not_explain_it_away(people: int) -> None:
    """Three people share each record, and one of them in ten that train is copied. Over 100 tables the excess is that
    of all rows alike, within 3.3 standard errors and a fiftieth (small groups have a bias of their own)."""
    differences, excesses = [], []
    for seed in range(100):
        rng = np.random.default_rng((14, people, seed))
        records, _ = crowd(rng, 6)
        rows = np.repeat(records[: people // 3], 3, axis=0)
        trains, chance = rng.random(people) < 0.5, np.repeat(rng.random(people // 3) < 0.3, 3)
        copied = trains & (rng.random(people) < 0.1)
        found = chance | np.repeat(copied.reshape(-1, 3).any(axis=1), 3)
        plain = found[trains].mean() - found[~trains].mean()
        differences.append(excess_of(rows, found, trains) - plain)
        excesses.append(plain)
    assert abs(np.mean(differences)) < 3.3 * np.std(differences) / 10 + np.mean(excesses) / 50


@pytest.mark.parametrize("held_out", [0.045, 0.06, 0.1])
def test_groups_favour_no_side(held_out: float) -> None:
    """A quarter of the rows is matched in one case of twenty, the others nearly always; nothing was copied. Of 1,000
    tosses the mean excess is zero, within 3.3 standard errors."""
    rng = np.random.default_rng(15)
    low = np.arange(4_000) % 4 == 0
    forecasts, found = np.where(low, 0.05, 0.99), rng.random(4_000) < np.where(low, 0.05, 0.99)
    tossed = [rng.random(4_000) >= held_out for _ in range(1_000)]
    values = [post_stratified(fours(found, trains, alike(forecasts, trains)), 0.95)[0] for trains in tossed]
    assert abs(np.mean(values)) < 3.3 * np.std(values) / np.sqrt(1_000)
