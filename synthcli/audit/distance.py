"""Nearest-neighbour distances (DCR, NNDR): what people ask for. Diagnostics alone, they never gate.

An average distance hides the copies of a few rows and knows no attacker (Ganev and De Cristofaro, S&P 2025); beside the
endpoints of copies and membership it shows the same thing less sharply.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthcli.audit.rates import normal_quantile
from synthcli.audit.result import Histogram
from synthcli.audit.roc import auc
from synthcli.metric import Metric

MAX_ROWS = 1_000
"""Rows of each arm that are compared with the synthetic sample, to bound the time."""
_CHUNK = 128


@dataclass(frozen=True, eq=False)
class Nearest:
    """Distances from each row to its nearest and second-nearest synthetic row, and back: from each synthetic row."""

    first: NDArray[np.float64]
    second: NDArray[np.float64]
    back: NDArray[np.float64]

    @property
    def ratio(self) -> NDArray[np.float64]:
        """Nearest over second-nearest distance; 1 where both are zero (a tie tells nothing)."""
        both = self.second > 0
        return np.divide(self.first, self.second, out=np.ones(len(self.first)), where=both)


def gower(
    rows: NDArray[np.unsignedinteger], others: NDArray[np.unsignedinteger], spans: Sequence[int]
) -> NDArray[np.float32]:
    """Mean over the columns of |a - b| / span where a column is ordered (span > 0), of a ≠ b elsewhere (span 0)."""
    total = np.zeros((len(rows), len(others)), dtype=np.float32)
    one = np.empty_like(total)
    for column, span in enumerate(spans):
        total += column_gower(rows[:, column], others[:, column], span, one)
    total /= np.float32(len(spans))
    return total


def column_gower(
    rows: NDArray[np.unsignedinteger], others: NDArray[np.unsignedinteger], span: int, out: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The distances of one column, rows × others, written to `out`."""
    a, b = rows.astype(np.float32)[:, None], others.astype(np.float32)
    if not span:
        return np.not_equal(a, b, out=out)
    np.subtract(a, b, out=out)
    np.abs(out, out=out)
    return np.divide(out, np.float32(span), out=out)


def nearest(rows: NDArray[np.unsignedinteger], synthetic: NDArray[np.unsignedinteger], spans: Sequence[int]) -> Nearest:
    """All pairs, a chunk of rows at a time. A single synthetic row is its own second."""
    pairs, back = [], np.full(len(synthetic), np.inf, dtype=np.float32)
    for start in range(0, len(rows), _CHUNK):
        table = gower(rows[start : start + _CHUNK], synthetic, spans)
        back = np.minimum(back, table.min(axis=0))
        place = min(1, table.shape[1] - 1)
        pairs.append(np.partition(table, place, axis=1)[:, [0, place]])
    both = np.concatenate(pairs)
    return Nearest(both[:, 0].astype(np.float64), both[:, 1].astype(np.float64), back.astype(np.float64))


def diagnose(members: Nearest, non_members: Nearest, confidence: float) -> tuple[Metric, ...]:
    """How well distances tell members apart, and the classical share of synthetic rows that lie nearer to members.

    Both arms have the same number of rows; 50 % is what an honest file gives for all three.
    """
    nearer = (members.back < non_members.back) + 0.5 * (members.back == non_members.back)
    share, width = float(nearer.mean()), normal_quantile(confidence) * float(nearer.std()) / len(nearer) ** 0.5
    found = [
        Metric(
            id="distance.dcr.share",
            value=share,
            low=max(0.0, share - width),
            high=min(1.0, share + width),
            n=len(nearer),
            title="Synthetic rows nearer to a member than to a non-member (DCR share)",
            note="the interval counts the synthetic rows' spread alone",
        )
    ]
    scores = {"dcr": (-members.first, -non_members.first), "nndr": (-members.ratio, -non_members.ratio)}
    for name, (inside, outside) in scores.items():
        area = auc(inside, outside)
        low, high = area.bounds(confidence)
        title = f"Members told apart by {name.upper()} (AUC)"
        n = len(inside) + len(outside)
        found.append(Metric(id=f"distance.{name}.auc", value=area.value, low=low, high=high, n=n, title=title))
    return tuple(found)


def histograms(members: Nearest, non_members: Nearest, bins: int = 30) -> tuple[Histogram, ...]:
    """Both arms' distances to the closest synthetic row, and their ratios, over common bins."""
    series = {
        "distance.dcr": ("Distance to the closest synthetic row", members.first, non_members.first),
        "distance.nndr": ("Closest over second-closest distance", members.ratio, non_members.ratio),
    }
    found = []
    for name, (title, inside, outside) in series.items():
        top = float(max(inside.max(), outside.max())) or 1.0
        edges = np.linspace(0.0, top, bins + 1)
        shares = {
            arm: tuple(map(float, np.histogram(values, edges)[0] / len(values)))
            for arm, values in (("members", inside), ("non-members", outside))
        }
        found.append(Histogram(id=name, title=title, edges=tuple(map(float, edges)), series=shares))
    return tuple(found)
