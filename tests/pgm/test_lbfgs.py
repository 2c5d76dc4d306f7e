"""The minimiser against closed forms and against scipy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize as reference

from synthcli.pgm.lbfgs import minimise


def _log_sum_exp(n: int, seed: int):
    """A smooth, strongly convex function like the estimator's: log-sum-exp of a linear map, and a little ridge."""
    rng = np.random.default_rng(seed)
    matrix, offset = rng.normal(size=(3 * n, n)), rng.normal(size=3 * n)

    def objective(x):
        scores = matrix @ x + offset
        top = scores.max()
        weights = np.exp(scores - top)
        return float(top + np.log(weights.sum()) + 0.05 * x @ x), matrix.T @ (weights / weights.sum()) + 0.1 * x

    return objective


@settings(max_examples=40)
@given(st.integers(1, 12), st.integers(0, 1000), st.floats(0.1, 30))
def test_it_finds_what_scipy_finds(n: int, seed: int, far: float) -> None:
    objective = _log_sum_exp(n, seed)
    start = np.full(n, far)
    best, used = minimise(objective, start, 500, lambda g: bool(g @ g < 1e-16))
    assert used < 500
    found = reference(objective, start, jac=True, method="BFGS", options={"gtol": 1e-9})
    assert objective(best)[0] <= found.fun + 1e-9


def test_a_badly_scaled_quadratic() -> None:
    scale = np.logspace(0, 4, 50)
    best, _ = minimise(
        lambda x: (0.5 * float(scale @ (x - 1) ** 2), scale * (x - 1)), np.zeros(50), 2000, lambda g: g @ g < 1e-20
    )
    assert best == pytest.approx(np.ones(50), abs=1e-8)


@pytest.mark.parametrize("allowed", [1, 2, 7])
def test_it_keeps_to_its_evaluations_and_never_goes_up(allowed: int) -> None:
    objective = _log_sum_exp(8, 1)
    calls = []

    def counted(x):
        calls.append(1)
        return objective(x)

    start = np.full(8, 5.0)
    best, used = minimise(counted, start, allowed, lambda g: False)
    assert used == len(calls) <= allowed
    assert objective(best)[0] <= objective(start)[0]


def test_the_minimum_itself_is_where_it_stays() -> None:
    best, used = minimise(lambda x: (float(x @ x), 2 * x), np.zeros(3), 100, lambda g: False)
    assert used == 1 and best.tolist() == [0, 0, 0]
