"""Records that several rows have: who is compared does not hang on the coins, and so chance keeps to its level."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from synthcli.audit.arms import Arms
from synthcli.audit.attack import Levels
from synthcli.audit.audited_table import look_at_table
from synthcli.audit.block import Block
from synthcli.audit.experiment import Experiment
from synthcli.audit.guesses import Guesses, advantage
from synthcli.audit.roc import auc, permutation_p
from tests.audit.simulation import PAIRS, SHAPE, Population, chunked, fit, measure, toss

ALONE, THRICE = 300, 400
REPEATS, LEVEL, TOSSES = 1_500, 0.01, 99
MOST = int(stats.binom.isf(1e-6, REPEATS, LEVEL))
"""More false alarms than this come once in a million runs, if each comes with the probability LEVEL at most."""
MOST_OF_INTERVALS = int(stats.binom.isf(1e-6, REPEATS, 1.5 * LEVEL))
"""The same of DeLong's interval, whose normal law is an approximation: it is given half as much again."""


@pytest.fixture(scope="module")
def record() -> np.ndarray:
    """Which record each row has: 300 have one of their own, the others share one by threes."""
    return np.concatenate([np.arange(ALONE), ALONE + np.repeat(np.arange(THRICE), 3)])


@pytest.fixture(scope="module")
def experiment(record: np.ndarray) -> Experiment:
    """Nearly every row is a candidate."""
    rng = np.random.default_rng(71)
    drawn = np.unique(Population().draw(3 * (ALONE + THRICE), rng), axis=0)
    codes = rng.permutation(drawn)[: ALONE + THRICE][record]
    measured = measure(codes, PAIRS, 12.0, rng)
    return Experiment(
        coins=toss(len(codes), 0.9, rng),
        real=chunked(Block(codes, codes.astype(np.uint64))),
        synthetic=chunked(Block(codes, codes.astype(np.uint64))),
        model=fit(measured),
        measurements=measured,
        spans=(0,) * len(SHAPE),
        epsilon=1.0,
        delta=1e-9,
    )


def looked_at(experiment: Experiment, heads: np.ndarray) -> Arms:
    coins = replace(experiment.coins, heads=heads)
    return look_at_table(replace(experiment, coins=coins), 50, np.random.default_rng(72)).arms


def test_who_is_compared_has_a_record_of_his_own_however_the_coins_fell(experiment, record) -> None:
    """One that shares its record with rows that tossed no coin is not compared, either."""
    rng = np.random.default_rng(73)
    coins = experiment.coins
    for _ in range(3):
        arms = looked_at(experiment, rng.random(len(coins.candidates)) < 0.5)
        compared = np.union1d(arms.members, arms.non_members)
        tossed = arms.chosen.numbers[compared]
        assert np.array_equal(tossed, coins.candidates[record[coins.candidates] < ALONE])
        assert arms.shared == len(coins.candidates) - len(compared)
        assert np.all(arms.chosen.trains[arms.members]) and not np.any(arms.chosen.trains[arms.non_members])


def by_interval(score: np.ndarray, heads: np.ndarray, rng: np.random.Generator) -> bool:
    return auc(score[heads], score[~heads]).bounds(1 - LEVEL)[0] > 0.5


def by_tosses(score: np.ndarray, heads: np.ndarray, rng: np.random.Generator) -> bool:
    return permutation_p(score[:, None], heads, rng, TOSSES) <= LEVEL


def false_alarms(accuses, record: np.ndarray, compared) -> int:
    """How often a file that knows no coin is accused at a level of 1 %. `compared`: from coins to a mask of the
    rows."""
    rng = np.random.default_rng(74)
    found = 0
    for _ in range(REPEATS):
        heads = rng.random(len(record)) < 0.5
        score, rows = rng.normal(size=ALONE + THRICE)[record], compared(heads)
        found += accuses(score[rows], heads[rows], rng)
    return found


def test_chance_keeps_to_its_level_where_many_records_are_equal(experiment, record) -> None:
    own = np.zeros(len(record), dtype=np.bool_)
    arms = looked_at(experiment, experiment.coins.heads)
    own[arms.chosen.numbers] = arms.own
    assert false_alarms(by_tosses, record, lambda heads: own) <= MOST
    assert false_alarms(by_interval, record, lambda heads: own) <= MOST_OF_INTERVALS


def test_coins_that_decide_who_is_compared_would_not_keep_to_it(record) -> None:
    """What is left of records by threes, if those with different coins are dropped, is three equal rows of one arm."""

    def agreed(heads: np.ndarray) -> np.ndarray:
        return ~np.isin(record, np.intersect1d(record[heads], record[~heads]))

    assert false_alarms(by_interval, record, agreed) > MOST_OF_INTERVALS


def test_guesses_about_equal_rows_keep_to_their_level(record: np.ndarray) -> None:
    """Nothing is left out of these: twelve guesses about each row, right or wrong for all rows of a record alike."""
    rng, rows, columns = np.random.default_rng(75), len(record), 12
    levels, repeats, alarms = Levels(1 - LEVEL, 0.999), 600, 0
    for _ in range(repeats):
        right = rng.random((columns, ALONE + THRICE)) < rng.beta(1, 3, ALONE + THRICE)
        about, trains = np.tile(np.arange(rows), columns), np.tile(rng.random(rows) < 0.5, columns)
        guesses = Guesses(about, trains, np.zeros(rows * columns), right[:, record].ravel())
        found = advantage("guesses", "Guesses", guesses, levels)
        assert found is not None
        alarms += found[0].low > 0
    assert alarms <= stats.binom.isf(1e-6, repeats, LEVEL)
