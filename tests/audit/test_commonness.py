"""Like rows against like: what may tell them apart, and what it is good for."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.audit.block import Block
from synthcli.audit.commonness import FEWEST, GROUPS, alike, commonness
from synthcli.audit.rates import newcombe, post_stratified

ROWS = 6_000


def crowd(rng: np.random.Generator, columns: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Rows of skewed columns, and which a file of others like them holds."""
    law = 1.0 / np.arange(1, 9) ** 1.5
    rows, others = rng.choice(8, p=law / law.sum(), size=(2, ROWS, columns)).astype(np.uint32)
    places = 8 ** np.arange(columns)
    return rows, np.isin(rows @ places, others[: ROWS // 20] @ places)


def common(spelled: np.ndarray, unit: np.ndarray | None = None) -> np.ndarray:
    """What the codes are does not matter."""
    unit = np.arange(len(spelled), dtype=np.intp) if unit is None else unit
    return commonness(Block(np.zeros(spelled.shape, dtype=np.uint32), spelled.astype(np.uint64)), unit, unit.max() + 1)


@given(st.integers(0, 2**32), st.integers(2, 40), st.integers(1, 5))
@settings(max_examples=60)
def test_commonness_is_the_mean_share_of_pairs_and_a_unit_s_that_of_its_rows(
    seed: int, rows: int, columns: int
) -> None:
    rng = np.random.default_rng(seed)
    cells = rng.integers(0, 3, size=(rows, columns)) * 2**62
    chosen = list(combinations(range(columns), 2)) or [(0,)]
    expected = [np.mean([(cells[:, p] == row[list(p)]).all(axis=1).mean() for p in map(list, chosen)]) for row in cells]
    assert common(cells) == pytest.approx(np.array(expected))
    unit = rng.permutation(np.append(np.arange(1 + rows // 3), rng.integers(0, 1 + rows // 3, rows - 1 - rows // 3)))
    assert common(cells, unit) == pytest.approx(np.bincount(unit, weights=expected))


def test_columns_that_say_nothing_leave_the_others_their_place() -> None:
    """Twenty columns that hardly vary, ten keys, and two of which every eighth pair of values is common."""
    rng = np.random.default_rng(6)
    one = rng.integers(0, 64, ROWS)
    other = np.where(rng.random(ROWS) < 0.5, one, rng.integers(0, 64, ROWS))
    keys = np.stack([rng.permutation(ROWS) for _ in range(10)], axis=1)
    columns = np.column_stack([rng.random((ROWS, 20)) < 0.01, keys, one, other])
    assert np.corrcoef(np.argsort(np.argsort(common(columns))), one == other)[0, 1] > 0.1


def test_much_of_what_chance_matches_can_be_told_beforehand() -> None:
    rows, found = crowd(np.random.default_rng(1))
    assert 0.3 < found.mean() < 0.7
    group = alike(common(rows), np.arange(ROWS) % 3 > 0)
    within = sum(found[group == number].var() * np.mean(group == number) for number in np.unique(group))
    assert within < 0.7 * found.var()


@given(st.integers(0, 2**32), st.integers(2, 3_000), st.floats(0.02, 0.98))
@settings(max_examples=60)
def test_groups_end_where_no_coin_decides(seed: int, rows: int, share: float) -> None:
    """However the same coins are dealt out; and each group has as many rows of either arm as are asked for, about."""
    rng = np.random.default_rng(seed)
    values, trains = rng.integers(0, rng.choice([1, 20, 10_000]), rows).astype(float), rng.random(rows) < share
    group, again = alike(values, trains), alike(values, rng.permutation(trains))
    assert np.array_equal(group, again) or 0 in (group.max(), again.max())
    counts = np.stack([np.bincount(group[side], minlength=group.max() + 1) for side in (trains, ~trains)])
    assert group.max() < GROUPS
    assert len(counts[0]) == 1 or (counts.min() > 0 and np.bincount(group).min() * min(share, 1 - share) > FEWEST / 2)
    order = np.argsort(values, kind="stable")
    assert (np.diff(group[order]) >= 0).all()


def test_a_group_without_an_arm_is_no_group() -> None:
    """One toss in 10^36: all that are held out are of one kind."""
    trains = np.arange(20_000) >= 120
    assert not alike(np.where(np.arange(20_000) < 10_000, 0.2, 0.8), trains).any()


def fours(found: np.ndarray, trains: np.ndarray, group: np.ndarray) -> list[tuple[int, int, int, int]]:
    counts = [np.bincount(group, weights=of) for of in (found & trains, trains, found & ~trains, ~trains)]
    return [(int(a), int(b), int(c), int(d)) for a, b, c, d in zip(*counts, strict=True)]


def excess_of(rows: np.ndarray, found: np.ndarray, trains: np.ndarray) -> float:
    return post_stratified(fours(found, trains, alike(common(rows), trains)), 0.95)[0]


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
        value, low, high = post_stratified(fours(found, trains, alike(common(rows), trains)), 0.95)
        above, below = above + (low > truth), below + (high < truth)
        all_alike = newcombe(*fours(found, trains, np.zeros(ROWS, dtype=np.intp))[0], 0.95)
        widths.append((high - low) / (all_alike[1] - all_alike[0]))
        values.append(value - truth)
    assert max(above, below) <= 47
    assert np.mean(widths) < 0.9
    assert abs(np.mean(values)) < 3.3 * np.std(values) / np.sqrt(len(values))


def test_a_file_that_holds_the_training_rows_is_not_explained_away() -> None:
    """Whatever was learnt by heart: half of the rows of a crowd are matched by chance, all training rows by theft."""
    rng = np.random.default_rng(5)
    rows, chance = crowd(rng)
    trains = rng.random(ROWS) < 0.7
    assert excess_of(rows, chance | trains, trains) == pytest.approx(1 - chance[~trains].mean(), abs=0.02)


@pytest.mark.parametrize(("people", "size", "key"), [(900, 3, False), (3_000, 3, False), (4_000, 20, True)])
def test_whoever_a_copy_matches_does_not_explain_it_away(people: int, size: int, key: bool) -> None:
    """So many people share each record, or all of it but for a key, and one of ten that train is copied: all of them
    are matched. Over 100 tables the excess is that of all rows alike, within 3.3 standard errors and a fiftieth."""
    differences, excesses = [], []
    for seed in range(100):
        rng = np.random.default_rng((14, people, seed))
        families = people // size
        rows = np.repeat(rng.integers(0, 6, (families, 8)), size, axis=0)
        rows = np.column_stack([rows, np.arange(people)]) if key else rows
        trains, chance = rng.random(people) < 0.5, np.repeat(rng.random(families) < 0.3, size)
        copied = (trains & (rng.random(people) < 0.1)).reshape(families, size).any(axis=1)
        found = chance | np.repeat(copied, size)
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
    values, found = np.where(low, 0.05, 0.99), rng.random(4_000) < np.where(low, 0.05, 0.99)
    tossed = [rng.random(4_000) >= held_out for _ in range(1_000)]
    excesses = [post_stratified(fours(found, trains, alike(values, trains)), 0.95)[0] for trains in tossed]
    assert abs(np.mean(excesses)) < 3.3 * np.std(excesses) / np.sqrt(1_000)
