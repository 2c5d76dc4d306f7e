"""Lower bounds on epsilon from what a distinguisher achieves, each with its confidence."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from synthcli.audit.ceilings import delta_of
from synthcli.audit.rates import clopper_pearson, normal_quantile
from synthcli.audit.roc import Scores

_FINEST = 1e-9
"""Both of an epsilon and a mu: below it a bound says nothing."""


@dataclass(frozen=True)
class Errors:
    """Upper bounds of a distinguisher's error rates that hold together at `confidence` (Clopper–Pearson, half each).

    `false_positive`: how often "in" is said without the record; `false_negative`: how often it is not said with it.
    """

    false_positive: float
    false_negative: float

    @classmethod
    def of(cls, hits: int, trials: int, false: int, controls: int, confidence: float) -> "Errors":
        """From hits among fits with the record and false alarms among fits without it."""
        each = 1 - (1 - confidence) / 2
        return cls(clopper_pearson(false, controls, each)[1], clopper_pearson(trials - hits, trials, each)[1])

    def epsilon(self, delta: float) -> float:
        """The least epsilon at delta that allows these errors, for any mechanism (Kairouz, Oh and Viswanath 2015)."""
        ways = ((self.false_negative, self.false_positive), (self.false_positive, self.false_negative))
        return max(0.0, *(math.log((1 - miss - delta) / other) if miss + delta < 1 else 0.0 for miss, other in ways))

    def mu(self) -> float:
        """The least mu that allows these errors, for a Gaussian mechanism (Nasr et al. 2023; Dong et al. 2022)."""
        return max(0.0, normal_quantile(1 - self.false_positive) - normal_quantile(self.false_negative))


def epsilon_of_mu(mu: float, delta: float) -> float:
    """The epsilon at delta of mu-Gaussian differential privacy; 0 where delta alone pays for it."""
    if mu < _FINEST or delta_of(0.0, mu) <= delta:
        return 0.0
    top = mu * mu / 2 + mu * normal_quantile(1 - delta / 2) + 1.0
    return float(optimize.brentq(lambda epsilon: delta_of(epsilon, mu) - delta, 0.0, top, xtol=1e-10))


def best_threshold(inside: Scores, outside: Scores) -> float:
    """The threshold with the largest true- minus false-positive rate, "in" being said above it.

    Never the one with the largest epsilon: that lies where there are next to no rows, and its bound collapses.
    """
    values = np.sort(np.concatenate([inside, outside]))
    true = 1 - np.searchsorted(np.sort(inside), values, side="right") / len(inside)
    false = 1 - np.searchsorted(np.sort(outside), values, side="right") / len(outside)
    best = int(np.argmax(true - false))
    return float(values[best])


def mean_shift_excess(inside: Scores, outside: Scores, mu: float) -> tuple[float, float]:
    """The standardised distance of the two means, and the p-value of "at most mu" (for normal scores of one variance).

    The distance d of N and M scores has variance 1/N + 1/M + d^2 / (2 (N + M)) (Hedges 1981, for large samples).
    """
    n, m = len(inside), len(outside)
    pooled = math.sqrt(((n - 1) * float(inside.var(ddof=1)) + (m - 1) * float(outside.var(ddof=1))) / (n + m - 2))
    found = float(inside.mean() - outside.mean()) / pooled
    error = math.sqrt(1 / n + 1 / m + mu * mu / (2 * (n + m)))
    return found, float(stats.norm.sf((found - mu) / error))
