"""Randomised rounding: rows spread over cells by given shares, to within one row a cell, and otherwise at random."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_ALL_BITS = np.uint64(2**64 - 1)


class Shares:
    """Cells in groups, and each cell's share of its group's rows.

    `group_of[cell]` is the group of each cell, ascending from 0 without gaps; `weights` are not negative. A group
    without weight is even.
    """

    def __init__(self, group_of: NDArray[np.integer[Any]], weights: NDArray[np.float64]) -> None:
        self._group_of = group_of.astype(np.intp)
        self.groups = int(self._group_of[-1]) + 1
        first = np.searchsorted(self._group_of, np.arange(self.groups))
        members = np.bincount(self._group_of)
        mass = np.add.reduceat(weights, first)
        even = mass[self._group_of] <= 0
        within = np.where(even, 1.0 / members[self._group_of], weights / np.where(even, 1.0, mass[self._group_of]))
        self._first = first
        self._up_to = _cumulated(within, first, members)

    def counts(self, rows: NDArray[np.integer[Any]], rng: np.random.Generator) -> NDArray[np.intp]:
        """How many rows of each group go to each cell: systematic rounding, within one of the share, right on average.

        The points 0, 1, 2 … of a ruler that is laid at random along a group's cumulated shares fall into its cells.
        """
        reached = self._up_to * rows[self._group_of]
        reached += rng.random(self.groups)[self._group_of]
        whole = np.minimum(reached.astype(np.intp), rows[self._group_of])
        counts: NDArray[np.intp] = np.diff(whole, prepend=0)
        counts[self._first] = whole[self._first]
        return counts

    def stock(self, rows: NDArray[np.integer[Any]], rng: np.random.Generator) -> "Stock":
        """All rows of each group, spread over its cells at once, to be taken out in parts."""
        return Stock(self.counts(rows, rng), self._group_of, self._first)


class Stock:
    """Rows that lie in cells until they are taken out, a few of each group at a time.

    However many parts there are, together they take exactly what lies there: parts that are rounded each for
    themselves would add up the error of each.
    """

    def __init__(self, counts: NDArray[np.intp], group_of: NDArray[np.intp], first: NDArray[np.intp]) -> None:
        self.counts = counts
        self._group_of = group_of
        self._first = first

    def take(self, rows: NDArray[np.integer[Any]], rng: np.random.Generator) -> NDArray[np.intp]:
        """How many of so many rows of each group come from each cell: in proportion to what is left, within one row.

        At most all that are left. Systematic rounding as in `Shares.counts`, in whole numbers.
        """
        held = np.add.reduceat(self.counts, self._first)
        up_to = np.cumsum(self.counts) - (np.cumsum(held) - held)[self._group_of]
        start = rng.integers(0, np.maximum(held, 1))
        whole = (up_to * rows[self._group_of] + start[self._group_of]) // np.maximum(held, 1)[self._group_of]
        taken: NDArray[np.intp] = np.diff(whole, prepend=0)
        taken[self._first] = whole[self._first]
        self.counts = self.counts - taken
        return taken


def _cumulated(shares: NDArray[np.float64], first: NDArray[np.intp], members: NDArray[np.intp]) -> NDArray[np.float64]:
    """Each group's shares added up; exactly one from its last cell with a share onward."""
    total = np.cumsum(shares)
    before = np.repeat(np.where(first > 0, total[first - 1], 0.0), members)
    inside = total - before
    last = np.repeat(inside[first + members - 1], members)
    up_to: NDArray[np.float64] = np.where(inside >= last, 1.0, np.clip(inside / last, 0.0, 1.0))
    return up_to


def shuffled_by_group(
    group: NDArray[np.integer[Any]] | None, groups: int, rows: int, rng: np.random.Generator
) -> NDArray[np.intp]:
    """The numbers of the rows, group after group, in random order inside each. `group` None: all are one.

    One sort of 64-bit keys: group, random bits, row. At least 20 bits are random while rows x groups stays below 2^44;
    rows that draw the same ones keep their order.
    """
    row_bits = max(rows - 1, 0).bit_length()
    low, high = np.uint64(row_bits), np.uint64(64 - max(groups - 1, 0).bit_length())
    key = rng.integers(0, _ALL_BITS, size=rows, dtype=np.uint64, endpoint=True)
    key &= (_ALL_BITS >> (np.uint64(64) - high)) & (_ALL_BITS << low)
    key |= np.arange(rows, dtype=np.uint64)
    if group is not None and groups > 1:
        key |= group.astype(np.uint64) << high
    key.sort()
    key &= ~(_ALL_BITS << low)
    return key.view(np.int64)
