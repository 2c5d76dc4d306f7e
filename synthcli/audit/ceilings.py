"""What the claimed (epsilon, delta) itself allows an attacker, and what an audit of this size can see."""

import math
from collections.abc import Callable

from scipy import optimize, stats

from synthcli.audit.rates import excess_bound, fisher, normal_quantile


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

    Found by bisection on a pessimistic draw: both arms at the 10 % quantile, in the unlucky direction, of their counts.
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
    control = int(stats.binom.ppf(0.9, control_trials, control_rate))
    return _bisect(lambda excess: found(int(stats.binom.ppf(0.1, trials, min(1.0, control_rate + excess))), control))


def _bisect(found: Callable[[float], bool]) -> float:
    """The smallest argument in 0 … 1 for which `found`, to 1e-4; 1 where nothing is."""
    low, high = 0.0, 1.0
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (low, middle) if found(middle) else (middle, high)
    return high
