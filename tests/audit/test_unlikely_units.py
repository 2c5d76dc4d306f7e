"""Notes about units whose rows are in the file, as no rate of units shows where they are few."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy import stats

from synthcli.audit.arms import Arms, choose, gather
from synthcli.audit.block import Block, concatenate
from synthcli.audit.chance import expected_matches
from synthcli.audit.copies import copy_tests
from synthcli.audit.scan import Synthetic, Wanted, scan_synthetic
from synthcli.audit.unlikely import CHANCE, tail, unlikely_rows, unlikely_units
from synthcli.audit.views import draw_views
from tests.audit.persons import Persons, table_of
from tests.audit.simulation import DOMAIN, SHAPE, Population, synthesise

UNITS, ROWS_EACH, FILES = 400, 25, 40


@pytest.fixture(scope="module")
def coarse() -> Persons:
    """Units with 25 unlike rows each, of so few values that chance matches most units."""
    rng = np.random.default_rng(81)
    unit = rng.permutation(np.repeat(np.arange(UNITS), ROWS_EACH))
    return table_of(unit, Population().draw(len(unit), rng) // 4, ROWS_EACH, 300.0, rng)


@pytest.fixture(scope="module")
def arms(coarse: Persons) -> Arms:
    return gather(coarse.experiment.real(), coarse.coins, choose(coarse.coins, np.random.default_rng(1)))


def seen(file: Block, arms: Arms) -> Synthetic:
    searches = tuple(test.searches(len(SHAPE))[0] for test in copy_tests(len(SHAPE)) if test.name in ("exact", "raw"))
    views = draw_views((0,) * len(SHAPE), np.random.default_rng(0), 1)
    wanted = Wanted(domain=DOMAIN, cliques=(), views=views, searches=(), of_units=searches)
    return scan_synthetic([file], arms, wanted, 1_000, np.random.default_rng(2))


def honest(coarse: Persons, rng: np.random.Generator) -> Block:
    """As many rows of the model's own as there are training rows."""
    return synthesise(coarse.experiment.model, int(coarse.coins.keep(0, coarse.coins.rows).sum()), rng)


def common_rows(coarse: Persons, file: Block, trains: bool) -> Block:
    """Those rows of one unit, which trains or is held out, that chance writes into one file of 1,000 or oftener."""
    keep = coarse.coins.keep(0, coarse.coins.rows)
    rows = coarse.rows[coarse.unit == coarse.unit[np.flatnonzero(keep == trains)[0]]]
    return rows[expected_matches(coarse.experiment.model, rows, len(file)) > 0.001]


def test_one_unit_of_hundreds_whose_rows_are_copied_is_told_of(coarse: Persons, arms: Arms) -> None:
    """None of its rows is rare enough to stand out by itself."""
    file = honest(coarse, np.random.default_rng(82))
    for trains, says in ((True, "of 1 training unit(s) and 0 held-out"), (False, "of 0 training unit(s) and 1 held")):
        found = seen(concatenate([file, common_rows(coarse, file, trains)]), arms)
        assert says in unlikely_units(coarse.experiment, arms, found)
        assert unlikely_rows(coarse.experiment.model, arms, found, 0.95)[1] == ""
        assert not unlikely_units(replace(coarse.experiment, of_persons=True), arms, found)


def test_a_model_s_own_rows_are_seldom_told_of(coarse: Persons, arms: Arms) -> None:
    """Once in a hundred files at most: more than this comes once in a million runs of other seeds."""
    rng, experiment = np.random.default_rng(83), coarse.experiment
    told = sum(unlikely_units(experiment, arms, seen(honest(coarse, rng), arms)) != "" for _ in range(FILES))
    assert told <= stats.binom.isf(1e-6, FILES, CHANCE)


def test_rows_that_are_rare_by_their_spelling_alone_are_told_of(coarse: Persons, arms: Arms) -> None:
    """The codec writes any one value of the last column with a chance of one in 200."""
    ones = [np.ones(size) for size in SHAPE]
    experiment = replace(coarse.experiment, certainty=(*ones[:-1], np.full(SHAPE[-1], 1 / 200)))
    file = honest(coarse, np.random.default_rng(84))
    found = seen(concatenate([file, common_rows(coarse, file, True)[:5]]), arms)
    assert not unlikely_units(coarse.experiment, arms, found)
    assert "of 1 training unit(s)" in unlikely_units(experiment, arms, found)


def test_the_bound_is_one_and_near_the_product_where_all_are_found() -> None:
    """Against all outcomes of nine records of two units."""
    rng = np.random.default_rng(85)
    chance, unit = rng.uniform(0.02, 0.9, 9), np.array([0, 1, 0, 1, 1, 0, 0, 0, 1])
    for found in rng.random((40, 9)) < rng.random((40, 1)):
        bounds = np.exp(tail(found, chance, unit, 2))
        for number in (0, 1):
            own, there = chance[unit == number], found[unit == number]
            outcomes = np.array(list(product((False, True), repeat=len(own))))
            laws = np.where(outcomes, own, 1 - own).prod(axis=1)
            reached = outcomes @ -np.log(own) >= there @ -np.log(own) - 1e-12
            assert laws[reached].sum() <= bounds[number] * (1 + 1e-9) and bounds[number] <= 1
    every = np.exp(tail(np.ones(9, dtype=np.bool_), np.full(9, 0.2), unit, 2))
    assert every == pytest.approx([0.2**5, 0.2**4], rel=0.01)
