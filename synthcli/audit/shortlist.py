"""Which synthetic rows are nearest to a row if some of its columns are left out, for many choices of them at once."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from synthcli.audit.distance import column_gower

NEIGHBOURS = 10
_SHORTLISTED = 128
"""Rows near a row, at least, among which those are looked for that are nearest with a column left out."""
_ROUNDING = 1e-3
"""Beyond what single precision loses of sums of distances."""

Codes = NDArray[np.uint32]
Distances = NDArray[np.float32]
Places = NDArray[np.intp]


def column_distances(
    rows: Codes, synthetic: Codes, spans: Sequence[int], step: int
) -> Iterator[tuple[slice, Distances]]:
    """For `step` rows at a time: columns × rows × synthetic rows, the distances (0 … 1, as in `gower`) by column."""
    others = np.ascontiguousarray(synthetic.T)
    for start in range(0, len(rows), step):
        place = slice(start, start + step)
        found = np.empty((len(spans), len(rows[place]), len(synthetic)), dtype=np.float32)
        for column, span in enumerate(spans):
            column_gower(rows[place, column], others[column], span, found[column])
        yield place, found


def nearest(distances: Distances) -> Places:
    """The places of the `NEIGHBOURS` least distances along the last axis, in no order."""
    count = min(NEIGHBOURS, distances.shape[-1])
    return np.argpartition(distances, count - 1, axis=-1)[..., :count]


class Shortlist:
    """The synthetic rows nearest to each row by all columns. The nearest without some columns are mostly among them.

    What lies w or more beyond a row of the list comes no nearer than it by leaving w columns out, whose distances are
    at most one each. Where that proves nothing, all synthetic rows are searched: the answer is exact.
    """

    def __init__(self, columns: Distances, total: Distances) -> None:
        """`columns` as in `column_distances`; `total`: their sum (rows × synthetic rows), ties broken."""
        count = min(total.shape[1], max(_SHORTLISTED, total.shape[1] // 32))
        self._columns, self._total = columns, total
        self._places = np.argpartition(total, count - 1, axis=1)[:, :count]
        self._near = np.take_along_axis(total, self._places, axis=1)
        flat = self._places + np.arange(len(total))[:, None] * total.shape[1]
        self._listed = columns.reshape(len(columns), -1).take(flat, axis=1)
        is_all = count == total.shape[1]
        self._reach = np.full(len(total), np.inf) if is_all else self._near.max(axis=1) - _ROUNDING

    def nearest_without(self, choices: Sequence[Sequence[int]]) -> tuple[Places, Distances]:
        """Choices × rows × neighbours: the nearest synthetic rows by all columns but those chosen, and how far."""
        distances = np.stack([self._near - sum(self._listed[column] for column in chosen) for chosen in choices])
        found = nearest(distances)
        gaps = np.take_along_axis(distances, found, axis=2)
        near = self._places[np.arange(len(self._places))[:, None], found]
        widths = np.array([len(chosen) for chosen in choices])[:, None]
        doubtful = gaps.max(axis=2) > self._reach - widths
        for choice, (chosen, rows) in enumerate(zip(choices, doubtful, strict=True)):
            if rows.any():
                rest = self._total[rows] - sum(self._columns[column, rows] for column in chosen)
                near[choice, rows] = _nearest_within(rest, gaps[choice, rows].max(axis=1))
                gaps[choice, rows] = np.take_along_axis(rest, near[choice, rows], axis=1)
        return near, gaps


def _nearest_within(distances: Distances, bound: Distances) -> Places:
    """As `nearest`, of rows that have as many neighbours or more within `bound`: few others are looked at."""
    row, place = np.divmod(np.flatnonzero(distances <= bound[:, None]), distances.shape[1])
    count = np.bincount(row)
    column = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    few = np.full((len(distances), count.max()), np.inf, dtype=np.float32)
    places = np.zeros(few.shape, dtype=np.intp)
    few[row, column], places[row, column] = distances[row, place], place
    return np.take_along_axis(places, nearest(few), axis=1)
