"""Budgets: OpenDP's conversion, rounding against us, splits that never add up to more."""

import math
from fractions import Fraction
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.errors import UsageError
from synthcli.privacy.budget import Budget, epsilon_of, split


def _epsilon_by_definition(rho: float, delta: float) -> float:
    """min over alpha > 1 of Canonne, Kamath, Steinke 2020 (arXiv 2004.00010), corollary 13, on a fine grid."""
    grid = (1 + math.exp(t / 500) for t in range(-8000, 8000))
    return min(alpha * rho + math.log(1 / (alpha * delta)) / (alpha - 1) + math.log(1 - 1 / alpha) for alpha in grid)


@pytest.mark.parametrize(
    ("epsilon", "delta", "rho"), [(1, 1e-5, 0.030557), (1, 1e-6, 0.024356), (1, 1e-9, 0.014973), (10, 1e-9, 1.090786)]
)
def test_rho_is_the_tight_conversions(epsilon, delta, rho):
    assert Budget.of(epsilon, delta).rho == pytest.approx(rho, rel=1e-4)


@settings(max_examples=20, deadline=None)
@given(epsilon=st.floats(1e-3, 50), exponent=st.floats(-30, -1), share=st.sampled_from([0.0, 0.5, 0.1, 0.999]))
def test_rho_is_the_largest_that_keeps_the_promise(epsilon, exponent, share):
    delta = 10**exponent
    budget = Budget.of(epsilon, delta, delta * share)
    rest = delta - budget.key_delta
    assert epsilon_of(budget.rho, rest) <= epsilon
    assert epsilon_of(budget.rho * (1 + 1e-6), rest * (1 - 1e-12)) > epsilon
    assert _epsilon_by_definition(budget.rho, rest) == pytest.approx(epsilon, rel=1e-3)


@pytest.mark.parametrize(
    ("epsilon", "delta", "key_delta"),
    [(0, 1e-9, 0), (-1, 1e-9, 0), (math.nan, 1e-9, 0), (math.inf, 1e-9, 0), (1e6, 1e-9, 0)]
    + [(1, d, 0) for d in (0, 1, -1e-9, 2, math.nan, math.inf)]
    + [(1, 1e-9, k) for k in (1e-9, 2e-9, -1e-10, math.nan)],
)
def test_promises_that_mean_nothing_are_refused_with_a_hint(epsilon, delta, key_delta):
    with pytest.raises(UsageError) as refused:
        Budget.of(epsilon, delta, key_delta)
    assert refused.value.hint


def test_a_budget_cannot_claim_more_rho_than_it_has():
    honest = Budget.of(1, 1e-9)
    with pytest.raises(ValueError, match="larger"):
        Budget(epsilon=1, delta=1e-9, rho=honest.rho * 1.01)
    with pytest.raises(ValueError, match="larger"):
        Budget(epsilon=1, delta=1e-9, rho=honest.rho, key_delta=5e-10)


@given(
    rho=st.floats(1e-12, 1e3),
    weights=st.lists(st.floats(0, 1e6), min_size=1, max_size=300).filter(lambda w: sum(w) > 0),
    order=st.randoms(use_true_random=False),
)
def test_shares_never_add_up_to_more_in_any_order(rho, weights, order):
    shares = list(split(rho, weights))
    order.shuffle(shares)
    assert list(accumulate(shares))[-1] <= rho
    assert sum(map(Fraction, shares)) <= Fraction(rho)
    assert math.fsum(shares) == pytest.approx(rho, rel=1e-12)


@given(rho=st.floats(1e-6, 10), weights=st.lists(st.floats(0.1, 10), min_size=1, max_size=20))
def test_shares_are_proportional(rho, weights):
    for share, weight in zip(split(rho, weights), weights, strict=True):
        assert share == pytest.approx(rho * weight / sum(weights), rel=1e-12)


@pytest.mark.parametrize("weights", [[], [0.0], [1.0, -1.0], [math.nan], [math.inf]])
def test_weights_that_mean_nothing(weights):
    with pytest.raises(ValueError, match="weights"):
        split(1.0, weights)
