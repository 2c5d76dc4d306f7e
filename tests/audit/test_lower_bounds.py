"""Bounds against published figures, each other, and known laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.audit.ceilings import gaussian_mu
from synthcli.audit.lower_bounds import (
    Errors,
    best_threshold,
    epsilon_of_mu,
    mean_shift_excess,
)


@pytest.mark.parametrize(("fits", "cap"), [(100, 3.28), (500, 4.91), (1000, 5.60), (5000, 7.21)])
def test_many_runs_largest_bound(fits: int, cap: float) -> None:
    assert Errors.of(fits, fits, 0, fits, 0.95).epsilon(0.0) == pytest.approx(cap, abs=0.005)


@given(epsilon=st.floats(0.05, 30), exponent=st.floats(-9, -2))
def test_epsilon_and_mu_are_each_other_s_inverse(epsilon: float, exponent: float) -> None:
    delta = 10**exponent
    assert epsilon_of_mu(gaussian_mu(epsilon, delta), delta) == pytest.approx(epsilon, rel=1e-6)


def test_a_mu_that_delta_pays_for_costs_no_epsilon() -> None:
    assert epsilon_of_mu(0.0, 1e-5) == 0.0
    assert epsilon_of_mu(0.01, 0.1) == 0.0


@given(st.integers(0, 200), st.integers(0, 200), st.floats(0, 1e-3))
def test_no_distinguisher_no_bound(hits: int, false: int, delta: float) -> None:
    errors = Errors.of(hits, 200, false, 200, 0.95)
    assert errors.epsilon(delta) >= 0 and errors.mu() >= 0
    if hits <= false + 8:  # 9 hits beside no false alarm in 200 already say something
        assert errors.mu() == 0


def test_the_threshold_lies_where_the_rates_differ_most() -> None:
    outside, inside = np.array([0.0, 1.0, 2.0, 9.0]), np.array([1.5, 3.0, 4.0, 5.0])
    threshold = best_threshold(inside, outside)
    assert (inside > threshold).mean() - (outside > threshold).mean() == 0.5
    assert threshold in (2.0, 1.0)


def test_the_distance_of_two_normals_is_judged_at_its_level() -> None:
    """2,000 tests of a true null at 5 %: 3 to 7 % reject (false alarm below 1e-4); twice mu is found."""
    rng = np.random.default_rng(5)
    p = [mean_shift_excess(rng.normal(0.7, 1, 300), rng.normal(0, 1, 300), 0.7)[1] for _ in range(2000)]
    assert 0.03 < np.mean(np.array(p) < 0.05) < 0.07
    assert mean_shift_excess(rng.normal(1.4, 1, 300), rng.normal(0, 1, 300), 0.7)[1] < 1e-4
