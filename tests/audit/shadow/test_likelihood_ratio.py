"""Simulated scores of shadows whose coins are known. Fixed seeds: what is asserted either holds or does not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.audit.roc import auc
from synthcli.audit.shadow import LEAST_SHADOWS
from synthcli.audit.shadow.likelihood_ratio import learn, learn_laws, moderated
from synthcli.audit.shadow.tosses import tosses

CANDIDATES = 600


def simulated(gaps: np.ndarray, spread: np.ndarray, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores (shadows × candidates × 1) normal about each candidate's own centre, and who was in."""
    rng = np.random.default_rng(seed)
    centre = 5 * np.random.default_rng(99).normal(size=len(gaps))
    heads = np.array(list(tosses(len(gaps), count, rng)))
    signs = np.where(heads, 0.5, -0.5)
    return (centre + signs * gaps + spread * rng.normal(size=heads.shape))[:, :, None], heads


def told_apart(gaps: np.ndarray, spread: np.ndarray, shadows: int = 32) -> float:
    """The AUC on 200 further releases, by one discriminant."""
    learnt = learn(*simulated(gaps, spread, shadows, seed=1))
    scores, heads = simulated(gaps, spread, 200, seed=2)
    ratios = np.array([learnt.ratio(release) for release in scores])
    return auc(ratios[heads], ratios[~heads]).value


def best(gaps: np.ndarray, spread: np.ndarray) -> float:
    """What the true likelihood ratios reach."""
    rng = np.random.default_rng(3)
    heads = rng.random((200, len(gaps))) < 0.5
    ratios = (np.where(heads, 0.5, -0.5) * gaps / spread + rng.normal(size=heads.shape)) * gaps / spread
    return auc(ratios[heads], ratios[~heads]).value


ONES = np.ones(CANDIDATES)


@pytest.mark.parametrize(
    ("gaps", "spread"),
    [
        (0.8 * ONES, ONES),
        (0.8 * ONES, np.random.default_rng(5).uniform(0.3, 3.0, CANDIDATES)),
        (np.where(np.arange(CANDIDATES) % 2, 1.5, -1.5), ONES),  # whose presence lowers the score of every second row
        (np.where(np.arange(CANDIDATES) % 10, 0.0, 3.0), ONES),
    ],
    ids=["alike", "unlike variances", "opposite signs", "few remembered"],
)
def test_it_comes_near_the_best_that_can_be_told(gaps: np.ndarray, spread: np.ndarray) -> None:
    optimum = best(gaps, spread)
    assert optimum > 0.53
    assert told_apart(gaps, spread) > 0.5 + 0.85 * (optimum - 0.5)


def test_scores_without_a_leak_tell_nothing() -> None:
    """120,000 tosses: the AUC has a standard error of 0.0017."""
    assert abs(told_apart(0 * ONES, ONES) - 0.5) < 0.007


def test_more_exposed_rows_are_called_so() -> None:
    gaps = np.linspace(0, 3, CANDIDATES)
    learnt = learn(*simulated(gaps, ONES, 32, seed=1))
    assert np.corrcoef(learnt.detectability, gaps)[0, 1] > 0.85


def test_laws_are_the_means_of_either_side() -> None:
    scores, heads = simulated(ONES[:5], ONES[:5], 12, seed=4)
    laws = learn_laws(scores, heads)
    for row in range(5):
        inside, outside = scores[heads[:, row], row, 0], scores[~heads[:, row], row, 0]
        assert laws.centre[row, 0] == pytest.approx((inside.mean() + outside.mean()) / 2)
        assert laws.gap[row, 0] * laws.spread[row, 0] == pytest.approx(inside.mean() - outside.mean())
        assert (laws.inside[row], laws.outside[row]) == (len(inside), len(outside))


@given(st.integers(0, 10_000), st.integers(8, 13))
def test_a_shadow_is_judged_as_if_it_had_taught_nothing(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    scores, heads = rng.normal(size=(count, 3, 2)), np.array(list(tosses(3, count, rng)))
    laws = learn_laws(scores, heads)
    own = int(rng.integers(count))
    found = laws.ratios_without(scores[own], heads[own])
    others, sides = np.delete(scores, own, axis=0), np.delete(heads, own, axis=0)
    for row in range(3):
        inside, outside = (others[side[:, row], row].mean(axis=0) for side in (sides, ~sides))
        gap = laws.shrunk((inside - outside) / laws.spread[row])
        expected = gap * (scores[own, row] - (inside + outside) / 2) / laws.spread[row]
        assert found[row] == pytest.approx(expected)


def test_variances_lean_toward_a_common_one_as_far_as_chance_explains_them() -> None:
    rng = np.random.default_rng(7)
    alike = rng.chisquare(10, 4000) / 10
    assert moderated(alike, 10).std() < 0.1 * alike.std()
    unlike = np.exp(3 * rng.normal(size=4000)) * rng.chisquare(10, 4000) / 10
    assert np.corrcoef(np.log(moderated(unlike, 10)), np.log(unlike))[0, 1] > 0.95
    assert np.all(moderated(np.zeros(3), 10) > 0)


def test_constant_scores_tell_nothing_and_break_nothing() -> None:
    heads = np.array(list(tosses(50, 8, np.random.default_rng(0))))
    learnt = learn(np.ones((8, 50, 2)), heads)
    assert np.ptp(learnt.ratio(np.ones((50, 2)))) < 1e-6 and np.all(np.isfinite(learnt.detectability))


def test_too_few_shadows_are_refused() -> None:
    scores, heads = simulated(ONES, ONES, LEAST_SHADOWS - 1, seed=0)
    with pytest.raises(ValueError, match="8 shadows or more"):
        learn(scores, heads)
