"""Copies of privacy units: one is copied if any of its rows is. Seeds are fixed: what is asserted holds or does not."""

from dataclasses import replace

import numpy as np
import pytest

from synthcli.audit.arms import Arms, choose, gather
from synthcli.audit.attack import Levels
from synthcli.audit.block import Block, concatenate
from synthcli.audit.chance import expected_matches, weight_p
from synthcli.audit.copies import Copied, CopyTest, copy_tests, count_copies, excess, find_copies
from synthcli.audit.matches import IMPROBABLE, Matches, too_few, weighed
from synthcli.audit.order import order_excess
from synthcli.audit.scan import Surroundings, Synthetic, Wanted, scan_synthetic
from synthcli.audit.views import draw_views
from synthcli.gate import Outcome, judge, load_policy
from tests.audit.persons import Persons, table_of
from tests.audit.simulation import DOMAIN, SHAPE, Population, block, synthesise

UNITS, ROWS_EACH = 1_500, 5
EXACT, NEAR = copy_tests(len(SHAPE))[:2]
LEVELS = Levels(0.95, 1 - 0.01 / 6)


@pytest.fixture(scope="module")
def persons() -> Persons:
    """Five unlike rows each."""
    rng = np.random.default_rng(41)
    unit = rng.permutation(np.repeat(np.arange(UNITS), ROWS_EACH))
    return table_of(unit, Population().draw(len(unit), rng), ROWS_EACH, 60.0, rng)


@pytest.fixture(scope="module")
def coarse() -> Persons:
    """Rows of so few values that chance matches many, some of them equal within a unit; one to nine rows each."""
    rng = np.random.default_rng(42)
    unit = rng.permutation(np.repeat(np.arange(UNITS), rng.integers(1, 10, UNITS)))
    return table_of(unit, Population().draw(len(unit), rng) // 4, 9, 60.0, rng)


def of_persons(persons: Persons) -> Arms:
    return gather(persons.experiment.real(), persons.coins, choose(persons.coins, np.random.default_rng(1)))


def represented(arms: Arms) -> Arms:
    """One row of each unit alone."""
    places = np.arange(len(arms.first))
    return replace(arms, every=arms.block, unit=places, first=places)


def seen(file: Block, arms: Arms) -> Synthetic:
    wanted = Wanted(
        domain=DOMAIN,
        cliques=(),
        views=draw_views((0,) * len(SHAPE), np.random.default_rng(0), 1),
        searches=(),
        of_units=(*EXACT.searches(len(SHAPE)), *NEAR.searches(len(SHAPE))),
    )
    return scan_synthetic([file], arms, wanted, 2_000, np.random.default_rng(2))


def counted(persons: Persons, arms: Arms, file: Block) -> Copied:
    none: Surroundings = None  # type: ignore[assignment]  # the model weighs these matches
    rng = np.random.default_rng(3)
    found = find_copies(EXACT, persons.experiment, arms, none, seen(file, arms), rng)
    return count_copies(found, arms, 1 - LEVELS.strict, rng)


def honest(persons: Persons, seed: int) -> Block:
    """As many rows of the model's own as there are training rows."""
    rows = int(persons.coins.keep(0, persons.coins.rows).sum())
    return synthesise(persons.experiment.model, rows, np.random.default_rng(seed))


def with_copies(persons: Persons, share: float, rows_of_each: int) -> Block:
    """The model's own rows, and so many rows, at random, of a share of the units that train."""
    rng = np.random.default_rng(43)
    training = rng.permutation(np.flatnonzero(persons.coins.keep(0, persons.coins.rows)))
    units = np.unique(persons.unit[training])
    stolen = rng.choice(units, round(share * len(units)), replace=False)
    rows = [training[persons.unit[training] == unit][:rows_of_each] for unit in stolen]
    return concatenate([persons.rows[np.concatenate(rows)], honest(persons, 44)])


def test_a_single_row_of_a_unit_is_found_whichever_it_is(persons: Persons) -> None:
    """Of three units in a hundred one row of five is copied: one row of each would show it of a fifth of them."""
    arms, file = of_persons(persons), with_copies(persons, 0.03, 1)
    found = counted(persons, arms, file)
    assert found.what == "units" and found.training == len(
        np.unique(persons.unit[persons.coins.keep(0, len(arms.every))])
    )
    assert found.p <= 1 - LEVELS.strict and found.hits / found.training == pytest.approx(0.03, abs=0.002)
    one = counted(persons, represented(arms), file)
    assert one.p > 1 - LEVELS.strict and one.hits < 0.5 * found.hits


def test_units_that_are_copied_whole_are_found_as_well_as_ever(persons: Persons, coarse: Persons) -> None:
    for table, share in ((persons, 0.03), (coarse, 0.08)):
        arms, file = of_persons(table), with_copies(table, share, 9)
        found, one = counted(table, arms, file), counted(table, represented(arms), file)
        assert found.p <= min(one.p, 1 - LEVELS.strict)
        assert found.hits >= one.hits


def test_copies_of_single_rows_fail_and_the_model_s_own_rows_pass(persons: Persons) -> None:
    policy = load_policy(None)
    for file, outcome in ((with_copies(persons, 0.03, 1), Outcome.FAIL), (honest(persons, 45), Outcome.PASS)):
        endpoint = excess(EXACT, counted(persons, of_persons(persons), file), LEVELS)
        limits = tuple(limit for limit in policy.limits if limit.among([endpoint]))
        assert judge([endpoint], replace(policy, limits=limits)).outcome is outcome


def matches(persons: Persons, arms: Arms, test: CopyTest) -> Matches:
    return weighed(
        test.searches(len(SHAPE)), persons.experiment, arms, seen(honest(persons, 46), arms), np.random.default_rng(4)
    )


def test_coins_tossed_anew_for_units_raise_few_alarms(coarse: Persons) -> None:
    """The model's own rows, much matched by chance, against 400 tosses: p <= 0.1 in a tenth of them at most. More than
    0.16 comes by chance in 1 of 10,000 runs (of other seeds)."""
    arms, rng = of_persons(coarse), np.random.default_rng(5)
    for test in (EXACT, NEAR):
        found = matches(coarse, arms, test)
        assert found.found.mean() > 0.05
        tosses = (rng.permutation(arms.chosen.trains) for _ in range(400))
        ps = [weight_p(found.weights, trains, 0.05, rng, found.largest) for trains in tosses]
        assert np.mean(np.array(ps) <= 0.1) <= 0.16


def test_in_a_crowd_like_units_are_compared_with_like(coarse: Persons) -> None:
    """Chance matches most units: what is left of the difference is bounded a little more narrowly than by all alike."""
    arms = of_persons(coarse)
    found = matches(coarse, arms, NEAR)
    count = count_copies(found, arms, 1 - LEVELS.strict, np.random.default_rng(5))
    assert count.crowded and 0.3 < count.chance / count.held_out < 0.95 and len(count.groups) > 2
    assert tuple(map(sum, zip(*count.groups, strict=True))) == count.four
    narrow, wide = excess(NEAR, count, LEVELS), excess(NEAR, replace(count, groups=()), LEVELS)
    assert narrow.high - narrow.low < 0.95 * (wide.high - wide.low)
    assert f"like rows against like ({len(count.groups)} groups; " in narrow.note and "like rows" not in wide.note


def test_units_are_compared_alike_where_all_are_matched_and_outside_a_crowd(
    coarse: Persons, monkeypatch: pytest.MonkeyPatch
) -> None:
    arms = of_persons(coarse)
    everybody = weighed(
        NEAR.searches(len(SHAPE)), coarse.experiment, arms, seen(coarse.rows, arms), np.random.default_rng(4)
    )
    assert everybody.found.all() and too_few(everybody.telling) and everybody.common is None
    assert matches(coarse, arms, NEAR).common is not None
    monkeypatch.setattr("synthcli.audit.matches.too_few", lambda telling: False)
    assert matches(coarse, arms, NEAR).common is None


@pytest.mark.parametrize(("test", "ways"), [(EXACT, [None]), (NEAR, list(range(len(SHAPE))))])
def test_matches_of_units_are_those_of_their_different_records(coarse: Persons, test: CopyTest, ways: list) -> None:
    """Against sets of tuples: who matches, and that what counts is rarer than the bound together."""
    arms, file = of_persons(coarse), honest(coarse, 46)
    found = matches(coarse, arms, test)

    def but(codes: np.ndarray, way: int | None) -> list[tuple]:
        return list(map(tuple, (codes if way is None else np.delete(codes, way, axis=1)).tolist()))

    there = [set(but(file.codes, way)) for way in ways]
    seen_as = [but(arms.every.codes, way) for way in ways]
    expected = [expected_matches(coarse.experiment.model, arms.every, len(file), way) for way in ways]
    whole = but(arms.every.codes, None)
    for unit in range(0, len(arms.first), 17):
        different = {whole[row]: row for row in np.flatnonzero(arms.unit == unit)}.values()
        pairs = [
            (float(expected[way][row]), seen_as[way][row] in there[way])
            for row in different
            for way in range(len(ways))
        ]
        assert found.found[unit] == any(is_there for _, is_there in pairs)
        total, counts = 0.0, False
        for chance, is_there in sorted(pairs):
            total += chance
            counts |= total <= (IMPROBABLE if test is EXACT else IMPROBABLE / 2) and is_there
        assert found.tells[unit] == counts
    one = matches(coarse, represented(arms), test)
    assert not np.any(one.found & ~found.found) and np.all(found.weights >= one.weights - 1e-12)


def test_the_order_of_all_rows_of_a_unit_is_looked_at(persons: Persons) -> None:
    """Half of the cells are redrawn, the rows keep their order: where one row of each unit may be named, most rows of
    the file have no original to name."""
    rng, trains = np.random.default_rng(47), persons.coins.keep(0, persons.coins.rows)
    masked = persons.rows.codes[trains]
    redrawn = rng.random(masked.shape) < 0.5
    masked[redrawn] = rng.permuted(masked, axis=0)[redrawn]
    arms = of_persons(persons)
    for file, all_rows in ((block(masked, rng), True), (honest(persons, 48), False)):
        found = [
            order_excess(
                some, seen(file, some), persons.experiment.spans, DOMAIN.attributes, LEVELS, np.random.default_rng(6)
            )
            for some in (arms, represented(arms))
        ]
        (of_all, _), (of_one, _) = (pair for pair in found if pair is not None)
        assert (of_all.low_strict is not None and of_all.low_strict > 0.3) is all_rows
        assert of_all.value > of_one.value + 0.2 if all_rows else of_all.high < 0.1
