"""Scales against OpenDP's maps, and the law of the noise.

Every statistical test here fails by chance with a probability of at most 1e-6 (stated at each).
"""

import math

import numpy as np
import opendp.prelude as dp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from synthcli.errors import UsageError
from synthcli.privacy import noise
from synthcli.privacy.exact import ExactCounts, View
from synthcli.privacy.transformations import Candidate, marginals, scores
from tests.privacy.private_rows import Plain, Rows

RHO = st.floats(1e-10, 100)


@given(rho=RHO, cliques=st.integers(1, 5000), rows=st.integers(1, 50))
def test_sigma_costs_what_it_may_and_no_less_than_it_must(rho, cliques, rows):
    l2 = math.sqrt(cliques) * rows
    sigma = noise.sigma_for(rho, l2)
    assert dp.m.make_gaussian(noise.COUNTS, noise.L2, scale=sigma).map(l2) <= rho
    assert sigma == pytest.approx(l2 / math.sqrt(2 * rho), rel=1e-9)


@given(rho=RHO, weight=st.integers(1, 10**6))
def test_the_maximums_scale_is_the_exponential_mechanisms(rho, weight):
    scale = noise.max_scale_for(rho, 16 * weight)
    assert dp.m.make_noisy_max(noise.COUNTS, noise.LINF, noise.ZCDP, scale=scale).map(16 * weight) <= rho
    epsilon = math.sqrt(8 * rho)
    assert scale == pytest.approx(2 * 16 * weight / epsilon, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(rho=st.floats(1e-6, 1), exponent=st.floats(-14, -2), units=st.integers(1, 5))
def test_the_threshold_is_the_smallest_that_keeps_delta(rho, exponent, units):
    delta = 10**exponent
    scale, threshold = noise.keys_scales_for(rho, delta, units)

    def cost(threshold):
        measurement = dp.m.make_noise_threshold(
            noise.KEYED_COUNTS, noise.KEYED, noise.APPROXIMATE_ZCDP, scale=scale, threshold=threshold
        )
        return measurement.map((units, units, units))

    assert cost(threshold)[0] <= rho and cost(threshold)[1] <= delta
    assert threshold == units or cost(threshold - 1)[1] > delta


def test_a_delta_that_cannot_be_certified_is_refused():
    with pytest.raises(UsageError, match="delta is too small"):
        noise.keys_scales_for(0.01, 1e-18, 1)


@pytest.mark.parametrize("rho", [0.0, -1.0, math.nan, math.inf])
def test_a_query_has_a_cost(rho):
    with pytest.raises(ValueError, match="positive"):
        noise.sigma_for(rho, 1.0)


def _draws(sigma: float, size: int) -> np.ndarray:
    """Noise alone: the marginal of no rows over `size` cells."""
    query = marginals(View(Plain()), [("x", "y", "z")] * (size // 24))
    return np.asarray(noise.gaussian(query, sigma)(ExactCounts(Rows([]))))


@pytest.mark.parametrize("sigma", [0.7, 3.0, 41.5])
def test_the_noise_is_the_discrete_gaussian(sigma):
    """Chi-square against P(k) ~ exp(-k^2 / 2 sigma^2) on bins of expected count >= 20; false alarm 1e-7."""
    draws = _draws(sigma, 24 * 500)
    assert draws.dtype == np.int64
    span = np.arange(-int(12 * sigma) - 2, int(12 * sigma) + 3)
    law = np.exp(-(span**2) / (2 * sigma**2))
    expected = len(draws) * law / law.sum()
    observed = np.bincount(draws - span[0], minlength=len(span))
    order = np.argsort(expected, kind="stable")  # the rarest values share a bin, the others have their own
    bins = np.empty(len(span), dtype=int)
    bins[order] = ((np.cumsum(expected[order]) - expected[order]) // 20).astype(int)
    expected, observed = np.bincount(bins, expected), np.bincount(bins, observed)
    keep = expected > 0
    assert np.all(expected[keep] >= 5) and keep.sum() >= 5
    statistic = (((observed - expected) ** 2)[keep] / expected[keep]).sum()
    assert stats.chi2.sf(statistic, keep.sum() - 1) > 1e-7


def test_two_answers_never_share_their_noise():
    """400 draws at sigma 1000 twice: equal by chance with a probability below 1e-1000."""
    assert not np.array_equal(_draws(1000.0, 480), _draws(1000.0, 480))


def test_the_maximum_is_drawn_from_the_exponential_mechanism():
    """Frequencies over 4,000 draws against softmax(epsilon score / 2 sensitivity), chi-square; false alarm 1e-7."""
    table = ExactCounts(Rows([(0, 0, 0)] * 6 + [(1, 2, 1)] * 3))
    view = View(Plain())
    estimates = [("x", 3), ("y", 4), ("z", 2)]
    asked = [Candidate((a,), np.full(n, 9.0 / n), w) for (a, n), w in zip(estimates, (1, 2, 1), strict=True)]
    query, epsilon, sensitivity = scores(view, asked), 0.4, 16 * 2
    measurement = noise.noisy_max(query, noise.max_scale_for(epsilon**2 / 8, sensitivity))
    picks = np.bincount([measurement(table) for _ in range(4000)], minlength=3)
    law = np.exp(epsilon * np.asarray(query(table), dtype=float) / (2 * sensitivity))
    assert stats.chisquare(picks, 4000 * law / law.sum()).pvalue > 1e-7
    assert law.max() / law.sum() < 0.9, "the test has something to tell apart"
