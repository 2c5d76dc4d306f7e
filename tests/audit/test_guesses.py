import numpy as np
import pytest

from synthcli.audit.attack import Levels
from synthcli.audit.guesses import Guesses, advantages
from synthcli.audit.rates import newcombe

LEVELS = Levels(0.95, 0.999)


def guesses(rows: int, each: int, rng: np.random.Generator, together: bool) -> Guesses:
    """Half the rows train; a row's guesses are right together, or each for itself."""
    row = np.repeat(np.arange(rows), each)
    right = rng.random(rows)[row] < 0.5 if together else rng.random(rows * each) < 0.5
    return Guesses(unit=row, trains=row % 2 == 0, confidence=rng.random(len(row)), right=right)


def test_one_guess_a_row_is_judged_by_newcombe() -> None:
    found = guesses(1000, 1, np.random.default_rng(0), together=False)
    metric = {m.id: m for m, _ in advantages("a", "A", found, LEVELS)}["a.advantage_at_100pct"]
    inside, outside = int(found.right[found.trains].sum()), int(found.right[~found.trains].sum())
    assert metric.value == pytest.approx((inside - outside) / 500)
    assert (metric.low, metric.high) == pytest.approx(newcombe(inside, 500, outside, 500, 0.95), abs=2e-4)


def test_guesses_that_are_right_together_count_once() -> None:
    rng = np.random.default_rng(1)
    (alone,) = [m for m, _ in advantages("a", "A", guesses(1000, 1, rng, True), LEVELS) if "100" in m.id]
    (together,) = [m for m, _ in advantages("a", "A", guesses(1000, 20, rng, True), LEVELS) if "100" in m.id]
    assert together.high - together.low == pytest.approx(alone.high - alone.low, rel=0.02)


def test_bounds_cover_nothing_as_often_as_they_say() -> None:
    """300 honest audits with clustered guesses: 5 % of the upper bounds lie below zero (false alarm 1e-5)."""
    rng = np.random.default_rng(2)
    missed = 0
    for _ in range(300):
        rates = np.repeat(rng.beta(1, 3, 400), 5)
        row = np.repeat(np.arange(400), 5)
        found = Guesses(row, row % 2 == 0, np.zeros(len(row)), rng.random(len(row)) < rates)
        missed += advantages("a", "A", found, LEVELS)[-1][0].high < 0
    assert missed <= 33


def test_the_surest_are_taken_from_both_arms_alike() -> None:
    rng = np.random.default_rng(3)
    found = guesses(2000, 5, rng, together=False)
    surest = found.surest_first()[:1000]
    assert len(surest.unit) == 1000 and surest.confidence.min() >= np.sort(found.confidence)[-1000]


def test_few_guesses_are_not_estimable() -> None:
    found = guesses(2000, 1, np.random.default_rng(4), together=False)
    assert [m.id for m, _ in advantages("a", "A", found, LEVELS)] == ["a.advantage_at_10pct", "a.advantage_at_100pct"]


@pytest.mark.parametrize(("inside", "outside"), [(1, 500), (500, 1), (2, 3), (19, 500), (500, 19)])
def test_many_guesses_about_few_units_are_not_judged(inside: int, outside: int) -> None:
    """A hundred guesses about each unit; those of one arm may all be about a single one."""
    unit = np.repeat(np.arange(inside + outside), 100)
    right = np.random.default_rng(5).random(len(unit)) < 0.5
    assert not advantages("a", "A", Guesses(unit, unit < inside, np.zeros(len(unit)), right), LEVELS)


@pytest.mark.parametrize(("each", "judged"), [(1, False), (2, True)])
def test_few_guesses_are_not_judged(each: int, judged: bool) -> None:
    unit = np.repeat(np.arange(60), each)  # 30 units an arm
    right = np.random.default_rng(7).random(len(unit)) < 0.5
    found = advantages("a", "A", Guesses(unit, unit < 30, np.zeros(len(unit)), right), LEVELS)
    assert bool(found) is judged


def test_the_surest_guesses_may_be_about_too_few_units() -> None:
    """About a tenth of the training units all are surer than about any other: their tenth is 16 units of 160."""
    unit = np.repeat(np.arange(320), 10)
    trains = unit < 160
    right = np.random.default_rng(6).random(len(unit)) < 0.5
    found = advantages("a", "A", Guesses(unit, trains, np.where(unit % 160 < 16, 1.0, 0.0), right), LEVELS)
    assert [metric.id for metric, _ in found] == ["a.advantage_at_100pct"] and found[0][0].n == 320
