"""Which rows have another one within a Hamming distance: joins on hashes that leave columns out, no scan of all pairs.

Two rows differ in at most k columns if, and only if, some choice of k columns makes them equal once these are left
out. A row's hash is the sum of its cells' random 64-bit numbers, so leaving a column out is one subtraction. For d
columns and distance 2 that is d (d - 1) / 2 joins of sorted numbers.
"""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from synthcli.table.row_hash import mix

Hashes = NDArray[np.uint64]
"""Rows × columns: a 64-bit number per cell, equal where the cells are equal (within a column)."""

_FILTER = np.uint64((1 << 20) - 1)


def cell_hashes(codes: NDArray[np.integer]) -> Hashes:
    """Random-looking numbers for integer codes, each column with its own (SplitMix64 of code and column)."""
    with np.errstate(over="ignore"):
        return mix(codes.astype(np.uint64) + _streams(codes.shape[1]))


def column_hashes(spelled: Hashes, first: int = 0) -> Hashes:
    """The same for cells that are hashes already: equal spellings in different columns get different numbers.

    `first`: the number of the first of these columns, where those before it were hashed apart.
    """
    with np.errstate(over="ignore"):
        return mix(spelled + _streams(first + spelled.shape[1])[first:])


def _streams(columns: int) -> Hashes:
    """A different offset for each column."""
    return np.arange(1, columns + 1, dtype=np.uint64) * np.uint64(0xD1342543DE82EF95)


def near(rows: Hashes, others: Hashes, distance: int) -> NDArray[np.bool_]:
    """Which of `rows` have one among `others` within the Hamming distance (0: an equal one)."""
    found = np.zeros(len(rows), dtype=np.bool_)
    sums, other_sums = _sums(rows), _sums(others)
    for left_out in _choices(rows.shape[1], distance):
        missing = np.flatnonzero(~found)
        if not len(missing) or not len(others):
            break
        wanted = _without(sums[missing], rows[missing], left_out)
        found[missing] = _in(wanted, _without(other_sums, others, left_out))
    return found


def crowded(rows: Hashes, distance: int) -> NDArray[np.bool_]:
    """Which of `rows` have another one of them within the Hamming distance."""
    found = np.zeros(len(rows), dtype=np.bool_)
    sums = _sums(rows)
    for left_out in _choices(rows.shape[1], distance):
        _, place, count = np.unique(_without(sums, rows, left_out), return_inverse=True, return_counts=True)
        found |= count[place] > 1
    return found


def _choices(columns: int, distance: int) -> Iterator[tuple[int, ...]]:
    return combinations(range(columns), min(distance, columns))


def _sums(rows: Hashes) -> Hashes:
    """The rows' own hashes."""
    total: Hashes = rows.sum(axis=1, dtype=np.uint64)
    return total


def _without(sums: Hashes, rows: Hashes, left_out: tuple[int, ...]) -> Hashes:
    """The hashes of the rows with some columns left out."""
    for column in left_out:
        sums = sums - rows[:, column]
    return sums


def _in(wanted: Hashes, stream: Hashes) -> NDArray[np.bool_]:
    """`np.isin`, after a filter of one bit per 20-bit suffix has thinned the stream."""
    wanted_suffix = np.zeros(int(_FILTER) + 1, dtype=np.bool_)
    wanted_suffix[wanted & _FILTER] = True
    return np.isin(wanted, stream[wanted_suffix[stream & _FILTER]])
