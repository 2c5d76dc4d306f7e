"""The one-run bound: the published value, monotony, validity at the claim, and that it can refute."""

import math

import numpy as np
import pytest
from scipy import stats

from synthcli.audit.attack import Levels
from synthcli.audit.one_run import epsilon_bound, one_run, p_value


def test_the_p_value_is_that_of_the_paper_s_formula() -> None:
    assert p_value(100, 100, 75, math.log(3), 0.0) == pytest.approx(0.553, abs=5e-4)
    assert p_value(100, 100, 75, math.log(3), 0.0) == pytest.approx(stats.binom.sf(74, 100, 0.75))
    assert p_value(10, 0, 0, 1.0, 1e-5) == 1.0


def brute_alpha(guesses: int, right: int, epsilon: float) -> float:
    """max over i of P[right > Binomial >= right - i] / i, term by term (Theorem 5.2)."""
    accuracy = 1 / (1 + math.exp(-epsilon))
    return max(
        sum(stats.binom.pmf(right - j, guesses, accuracy) for j in range(1, i + 1)) / i for i in range(1, right + 1)
    )


@pytest.mark.parametrize(("guesses", "right", "epsilon", "delta"), [(40, 30, 0.5, 1e-3), (200, 150, 1.0, 1e-5)])
def test_delta_enters_as_in_the_paper(guesses: int, right: int, epsilon: float, delta: float) -> None:
    extra = p_value(1000, guesses, right, epsilon, delta) - p_value(1000, guesses, right, epsilon, 0.0)
    assert extra == pytest.approx(2 * 1000 * delta * brute_alpha(guesses, right, epsilon))


def test_the_bound_solves_the_equation_and_grows_with_the_guesses() -> None:
    bounds = [epsilon_bound(1000, 200, right, 1e-9, 0.95) for right in range(100, 201, 10)]
    assert bounds == sorted(bounds)
    assert bounds[0] == 0.0
    assert p_value(1000, 200, 180, bounds[8], 1e-9) == pytest.approx(0.05, abs=1e-4)
    assert bounds[-1] == pytest.approx(4.2, abs=0.1)


def noisy(epsilon: float, coins: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Every coin told by randomised response of that epsilon: the very case that the bound is exact for."""
    heads = rng.random(coins) < 0.5
    told = np.where(rng.random(coins) < 1 / (1 + math.exp(-epsilon)), heads, ~heads)
    return told + 1e-3 * rng.random(coins), heads


def test_a_true_claim_is_seldom_refuted_and_a_false_one_is() -> None:
    """400 releases at the claimed epsilon: the bound exceeds it in at most 5 %, beyond 7.5 % once in a hundred."""
    rng = np.random.default_rng(4)
    levels = Levels(0.95, 0.999)
    true = [one_run(*noisy(1.0, 1000, rng), 1e-9, levels).low for _ in range(400)]
    assert np.mean(np.array(true) > 1.0) <= 0.075
    assert max(true) > 0.7
    broken = [one_run(*noisy(3.0, 1000, rng), 1e-9, levels) for _ in range(20)]
    assert min(metric.low_strict or 0 for metric in broken) > 1.0
    assert all(metric.low_strict <= metric.low <= metric.value for metric in broken)
