"""Row order: does the place of a row in the synthetic file tell where its nearest training row stands in the table?

Rows that keep the order of the training rows can be matched with them by place, and with whatever else is in that
order (Spearman's correlation of the places). Where table and file are both sorted, by a date say, the places of the
second-nearest rows correlate just as well: only what goes beyond that is evidence.
"""

from collections.abc import Sequence
from math import atanh, sqrt, tanh

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from synthcli.audit.arms import Arms
from synthcli.audit.attack import Levels
from synthcli.audit.distance import gower
from synthcli.audit.rates import normal_quantile
from synthcli.audit.scan import Synthetic
from synthcli.metric import Metric

MAX_ROWS = 2_000
"""Synthetic rows whose nearest training row is looked for."""
_PERMUTATIONS = 999
_CHUNK = 64


def order_excess(
    arms: Arms, synthetic: Synthetic, spans: Sequence[int], levels: Levels, rng: np.random.Generator
) -> Metric | None:
    """|correlation| with the nearest training rows' places minus that with the second-nearest rows'; None for few rows.

    Bounds by Fisher's z. The lower ones lie above zero only where a permutation test of the first correlation (exact:
    without a leak or a common order, every order of the file is equally likely) agrees.
    """
    count = min(len(synthetic.sample), MAX_ROWS)
    rows = np.flatnonzero(arms.chosen.trains)
    if count < 50 or len(rows) < 2:
        return None
    chosen = np.sort(rng.choice(len(synthetic.sample), count, replace=False))
    nearest = _two_nearest(synthetic.sample.codes[chosen], arms.block.codes[rows], spans, rng)
    numbers = arms.chosen.numbers[rows[nearest]]
    first, second = (_ranked(synthetic.places[chosen], column) for column in numbers.T)
    p, found, control = _chance(first, rng), _size(first), _size(second)
    low, high = _difference(found, control, count, levels.confidence)
    strict = _difference(found, control, count, levels.strict)[0]
    return Metric(
        id="order.excess",
        value=found - control,
        low=low if p <= 1 - levels.confidence else min(low, 0.0),
        high=high,
        low_strict=strict if p == 1 / (_PERMUTATIONS + 1) else min(strict, 0.0),
        n=count,
        title="Order of the rows (correlation with the places of training rows)",
        note=f"correlation {found:.3f} with the nearest rows' places (p = {p:.2g}), {control:.3f} with the next",
    )


def detectable_order(excess: Metric, levels: Levels) -> float:
    """The least excess that fails with 90 % power."""
    width = (normal_quantile(levels.strict) + normal_quantile(0.9)) * sqrt(2 / (excess.n - 3))
    return min(1.0, width)


Ranks = tuple[NDArray[np.float64], NDArray[np.float64]]


def _two_nearest(
    rows: NDArray[np.uint32], others: NDArray[np.uint32], spans: Sequence[int], rng: np.random.Generator
) -> NDArray[np.intp]:
    """The nearest and the second-nearest of the others to each row; chance decides between equally near ones."""
    found = []
    for start in range(0, len(rows), _CHUNK):
        table = gower(rows[start : start + _CHUNK], others, spans)
        table += 1e-5 * rng.random(table.shape, dtype=np.float32)
        found.append(np.argpartition(table, 1, axis=1)[:, :2])
    return np.concatenate(found)


def _ranked(places: NDArray[np.int64], numbers: NDArray[np.int64]) -> Ranks:
    """Both ranked, centred and scaled: their product is Spearman's correlation."""
    centred = [ranks - ranks.mean() for ranks in (stats.rankdata(places), stats.rankdata(numbers))]
    one, other = (ranks / max(float(np.linalg.norm(ranks)), 1e-12) for ranks in centred)
    return one, other


def _size(ranks: Ranks) -> float:
    return abs(float(ranks[0] @ ranks[1]))


def _chance(ranks: Ranks, rng: np.random.Generator) -> float:
    """The p-value of the correlation's size under permutations."""
    one, other = ranks
    reached = sum(_size((one, rng.permutation(other))) >= _size(ranks) for _ in range(_PERMUTATIONS))
    return (1 + reached) / (1 + _PERMUTATIONS)


def _difference(found: float, control: float, count: int, confidence: float) -> tuple[float, float]:
    """One-sided bounds of a difference of correlations, from those of each (as Newcombe's of two rates)."""
    width = normal_quantile(confidence) / sqrt(count - 3)
    (low, high), (control_low, control_high) = (
        (tanh(atanh(min(r, 0.999999)) - width), tanh(atanh(min(r, 0.999999)) + width)) for r in (found, control)
    )
    difference = found - control
    return (
        max(-1.0, difference - sqrt((found - low) ** 2 + (control_high - control) ** 2)),
        min(1.0, difference + sqrt((high - found) ** 2 + (control - control_low) ** 2)),
    )
