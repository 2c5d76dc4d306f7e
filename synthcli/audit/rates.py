"""Rates with honest intervals: every bound is one-sided, at the confidence given.

Counts are integers, `0 <= hits <= trials` and `trials >= 1`; for Wilson's and Newcombe's they may be effective counts,
which are not whole.
"""

import math
from collections.abc import Sequence

from scipy import special, stats


def normal_quantile(confidence: float) -> float:
    """z such that a standard normal stays below it with this probability."""
    return float(special.ndtri(confidence))


def clopper_pearson(hits: int, trials: int, confidence: float) -> tuple[float, float]:
    """Exact lower and upper bounds of a binomial rate (Clopper and Pearson, 1934)."""
    low = float(stats.beta.ppf(1 - confidence, hits, trials - hits + 1)) if hits else 0.0
    high = float(stats.beta.ppf(confidence, hits + 1, trials - hits)) if hits < trials else 1.0
    return low, high


def wilson(hits: float, trials: float, confidence: float) -> tuple[float, float]:
    """Score bounds of a binomial rate (Wilson, 1927)."""
    z = normal_quantile(confidence)
    rate = hits / trials
    centre = rate + z * z / (2 * trials)
    spread = z * math.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def newcombe(
    hits: float, trials: float, control_hits: float, control_trials: float, confidence: float
) -> tuple[float, float]:
    """Bounds of rate minus control rate from their Wilson scores (Newcombe 1998, method 10)."""
    rate, control = hits / trials, control_hits / control_trials
    low, high = wilson(hits, trials, confidence)
    control_low, control_high = wilson(control_hits, control_trials, confidence)
    difference = rate - control
    return (
        max(-1.0, difference - math.hypot(rate - low, control_high - control)),
        min(1.0, difference + math.hypot(high - rate, control - control_low)),
    )


def post_stratified(groups: Sequence[tuple[int, int, int, int]], confidence: float) -> tuple[float, float, float]:
    """The difference of rates within groups (hits, trials, control hits, controls), weighed by size, and its bounds.

    Newcombe's of every group, put together as those of one are from two arms (MOVER; Zou and Donner 2008).
    """
    every = sum(trials + controls for _, trials, _, controls in groups)
    value = below = above = 0.0
    for hits, trials, control_hits, controls in groups:
        share, difference = (trials + controls) / every, hits / trials - control_hits / controls
        low, high = newcombe(hits, trials, control_hits, controls, confidence)
        value += share * difference
        below, above = math.hypot(below, share * (difference - low)), math.hypot(above, share * (high - difference))
    return value, max(-1.0, value - below), min(1.0, value + above)


def fisher(hits: int, trials: int, control_hits: int, control_trials: int) -> float:
    """Exact one-sided p-value of "hits are no likelier than control hits" (Fisher; given the coins' symmetry)."""
    return float(stats.hypergeom.sf(hits - 1, trials + control_trials, hits + control_hits, trials))


def excess_bound(hits: int, trials: int, control_hits: int, control_trials: int, confidence: float) -> float:
    """Newcombe's lower bound, which lies above zero only where Fisher's exact test agrees at the same level."""
    low, _ = newcombe(hits, trials, control_hits, control_trials, confidence)
    if low > 0 and fisher(hits, trials, control_hits, control_trials) > 1 - confidence:
        return 0.0
    return low
