"""What a score tells apart: AUC with its variance, the ROC curve, and the hits at a threshold fixed beforehand."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from synthcli.audit.rates import normal_quantile

Scores = NDArray[np.float64]
_AT_ONCE = 64
"""Tosses of all coins that are held at a time."""


@dataclass(frozen=True)
class Auc:
    """The probability that a member scores above a non-member (ties count half), with its standard error."""

    value: float
    standard_error: float

    def bounds(self, confidence: float) -> tuple[float, float]:
        """One-sided normal bounds, inside 0 … 1."""
        width = normal_quantile(confidence) * self.standard_error
        return max(0.0, self.value - width), min(1.0, self.value + width)


def auc(members: Scores, non_members: Scores) -> Auc:
    """The area under the ROC curve with DeLong's variance (DeLong, DeLong and Clarke-Pearson, 1988).

    Computed from mid-ranks (Sun and Xu, 2014). The standard error is at least half a row of the smaller arm: at
    perfect separation DeLong's variance is zero, which no finite audit can claim. Both arms have two rows or more.
    """
    n, m = len(members), len(non_members)
    ranks = stats.rankdata(np.concatenate([members, non_members]))
    above = (ranks[:n] - stats.rankdata(members)) / m
    below = 1 - (ranks[n:] - stats.rankdata(non_members)) / n
    variance = float(above.var(ddof=1)) / n + float(below.var(ddof=1)) / m
    return Auc(float(above.mean()), max(math.sqrt(variance), 0.5 / min(n, m)))


def roc_curve(members: Scores, non_members: Scores, points: int = 200) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """False- and true-positive rates at falling thresholds, thinned to about `points`; from (0, 0) to (1, 1)."""
    thresholds = np.unique(np.concatenate([members, non_members]))
    if len(thresholds) > points:
        thresholds = np.unique(np.quantile(thresholds, np.linspace(0, 1, points), method="nearest"))
    true = 1 - np.searchsorted(np.sort(members), thresholds[::-1], side="left") / len(members)
    false = 1 - np.searchsorted(np.sort(non_members), thresholds[::-1], side="left") / len(non_members)
    return (0.0, *map(float, false)), (0.0, *map(float, true))


def hits_at(rate: float, members: Scores, non_members: Scores, rng: np.random.Generator) -> tuple[int, int, int, int]:
    """Members and fresh non-members above the threshold that a random half of the non-members fixes.

    The threshold is the (1 - rate) quantile of that half. Returns hits and trials of the members, then of the other
    half: an honest false-positive rate, since no row both sets and tests the threshold.
    """
    order = rng.permutation(len(non_members))
    calibration, fresh = np.array_split(non_members[order], 2)
    threshold = np.quantile(calibration, 1 - rate, method="higher")
    return int((members > threshold).sum()), len(members), int((fresh > threshold).sum()), len(fresh)


def permutation_p(
    columns: NDArray[np.float64], is_member: NDArray[np.bool_], rng: np.random.Generator, repeats: int = 999
) -> float:
    """p-value of "no score, of any of the attacks, tells members apart": the largest AUC against re-tossed coins.

    `columns`: rows × attacks. Exact, since under the null every re-assignment of the labels is equally likely
    (Westfall and Young's max-T, with the identity counted in).
    """
    ranks: NDArray[Any] = stats.rankdata(columns, axis=0)  # multiples of one half, whose sums are exact
    observed = float(ranks[is_member].sum(axis=0).max())
    reached = 0
    for start in range(0, repeats, _AT_ONCE):
        labels = np.broadcast_to(is_member, (min(_AT_ONCE, repeats - start), len(is_member)))
        sums = rng.permuted(labels, axis=1).astype(np.float64) @ ranks
        reached += int(np.sum(sums.max(axis=1) >= observed))
    return (1 + reached) / (1 + repeats)
