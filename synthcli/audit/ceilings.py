"""What the claimed (epsilon, delta) itself allows an attacker, and what an audit of this size can see."""

import math
from bisect import bisect_left
from collections.abc import Callable

from scipy import optimize, stats

from synthcli.audit.rates import clopper_pearson, excess_bound, fisher, normal_quantile


def delta_of(epsilon: float, mu: float) -> float:
    """The delta at epsilon of mu-Gaussian differential privacy (Dong, Roth and Su 2022, Corollary 2.13)."""
    tail = stats.norm.logcdf(-epsilon / mu - mu / 2)
    return float(stats.norm.cdf(-epsilon / mu + mu / 2) - math.exp(epsilon + tail))


def gaussian_mu(epsilon: float, delta: float) -> float:
    """The mu of the Gaussian mechanism that just meets (epsilon, delta); both positive, delta below one."""
    return float(optimize.brentq(lambda mu: delta_of(epsilon, mu) - delta, 1e-6, 200.0, xtol=1e-12))


def auc_ceiling(mu: float) -> float:
    """The largest AUC that mu-GDP allows."""
    return float(stats.norm.cdf(mu / math.sqrt(2)))


def advantage_ceiling(mu: float, rate: float) -> float:
    """The largest true-positive rate minus `rate` that mu-GDP allows at the false-positive rate `rate`."""
    return float(stats.norm.cdf(stats.norm.ppf(rate) + mu)) - rate


def largest_advantage(mu: float) -> float:
    """The largest true-positive rate minus false-positive rate, at any threshold, that mu-GDP allows."""
    return float(2 * stats.norm.cdf(mu / 2) - 1)


def detectable_auc(members: int, non_members: int, confidence: float = 0.95) -> float:
    """The smallest AUC that a one-sided test finds with 90 % power (Mann–Whitney's null variance)."""
    spread = math.sqrt((members + non_members + 1) / (12 * members * non_members))
    return min(1.0, 0.5 + (normal_quantile(confidence) + normal_quantile(0.90)) * spread)


def detectable_excess(trials: int, control_trials: int, control_rate: float, confidence: float) -> float:
    """The smallest excess of a rate over the control rate that is found (bound above zero) with 90 % power.

    For a pessimistic draw: both arms at the 10 % quantile, in the unlucky direction, of their counts.
    """

    def found(hits: int, control: int) -> bool:
        return excess_bound(hits, trials, control, control_trials, confidence) > 0

    return _detectable(trials, control_trials, control_rate, found)


def detectable_hits(trials: int, control_trials: int, control_rate: float, confidence: float) -> float:
    """The same where Fisher's exact test alone decides."""

    def found(hits: int, control: int) -> bool:
        return fisher(hits, trials, control, control_trials) <= 1 - confidence

    return _detectable(trials, control_trials, control_rate, found)


def _detectable(trials: int, control_trials: int, control_rate: float, found: Callable[[int, int], bool]) -> float:
    """The smallest excess at which 90 % of the draws have as many hits as are `found`; 1 where none are."""
    control = int(stats.binom.ppf(0.9, control_trials, control_rate))
    hits = bisect_left(range(trials + 1), True, key=lambda hits: found(hits, control))
    if hits > trials:
        return 1.0
    rate = clopper_pearson(hits - 1, trials, 0.9)[1] if hits else 0.0  # P[fewer than `hits`] is 10 % there
    return min(1.0, max(0.0, rate - control_rate))
