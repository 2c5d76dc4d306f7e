"""Column by column: the shares of each value, few enough to draw as bars."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from synthcli.quality.counts import Counts
from synthcli.quality.distances import total_variation
from synthcli.quality.result import ColumnComparison
from synthcli.table.codec import ColumnCodec
from synthcli.table.schema import Column

MAX_BARS = 40
_MISSING = "(missing)"


def compare_column(codec: ColumnCodec, column: Column, real: Counts, synthetic: Counts) -> ColumnComparison:
    """One column's shares over at most `MAX_BARS` labels; the distance is that of the full resolution."""
    ours, theirs = real.singles[(codec.name,)], synthetic.singles[(codec.name,)]
    ordered = column.kind.has_axis or column.ordered
    groups, labels = bars(codec.labels(), ours + theirs, ordered)
    return ColumnComparison(
        name=codec.name,
        kind=column.kind.value,
        labels=labels,
        real=_shares(ours, groups),
        synthetic=_shares(theirs, groups),
        tvd=total_variation(ours, theirs),
    )


def bars(labels: tuple[str, ...], counts: NDArray[np.int64], ordered: bool) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """Which bar each code belongs to, and the bars' labels.

    Ordered codes join their neighbours; of others the rarest join into one bar. Missing values keep a bar of their own.
    """
    if len(labels) <= MAX_BARS:
        return np.arange(len(labels)), labels
    missing = labels[-1] == _MISSING
    values = len(labels) - missing
    groups, names = (_neighbours if ordered else _frequent)(labels[:values], counts[:values], MAX_BARS - missing)
    if missing:
        return np.append(groups, len(names)), (*names, _MISSING)
    return groups, names


def _neighbours(
    labels: tuple[str, ...], counts: NDArray[np.int64], most: int
) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """Runs of about equally many codes, named by their first and last."""
    groups = np.arange(len(labels)) * most // len(labels)
    edges = np.searchsorted(groups, np.arange(most + 1))
    runs = [labels[start:stop] for start, stop in pairwise(edges)]
    return groups, tuple(run[0] if len(run) == 1 else f"{run[0]} … {run[-1]}" for run in runs)


def _frequent(
    labels: tuple[str, ...], counts: NDArray[np.int64], most: int
) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """The most frequent codes in their order, then all the others together."""
    kept = np.sort(np.argsort(-counts, kind="stable")[: most - 1])
    groups = np.full(len(labels), most - 1, dtype=np.intp)
    groups[kept] = np.arange(len(kept))
    return groups, (*(labels[code] for code in kept), f"({len(labels) - len(kept)} others)")


def _shares(counts: NDArray[np.int64], groups: NDArray[np.intp]) -> tuple[float, ...]:
    summed = np.bincount(groups, counts)
    return tuple(map(float, summed / max(1, summed.sum())))
