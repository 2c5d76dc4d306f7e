"""Values as whole numbers in the order of what is written: what rules of order compare.

Integers as they are, dates in days, datetimes and times in the unit that their format spells, numbers in units of their
last declared decimal; numbers without declared decimals by their place among all floating-point numbers.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthcli.table.schema import Column, Kind
from synthcli.table.temporal import unit_of

Ranks = NDArray[np.int64]


def ranks_of(places: NDArray[Any], column: Column) -> Ranks:
    """The ranks of positions on the column's number line."""
    if column.kind is not Kind.NUMBER:
        return np.asarray(places, dtype=np.int64) // unit_of(column)
    numbers = np.asarray(places, dtype=np.float64) + 0.0  # minus zero is zero
    if column.decimals is not None:
        return np.rint(numbers * 10.0**column.decimals).astype(np.int64)
    bits = numbers.view(np.int64)
    return np.where(bits < 0, np.int64(-(2**63)) - bits, bits)


def ranks_between(first: NDArray[Any], last: NDArray[Any], column: Column) -> tuple[Ranks, Ranks]:
    """The least and the greatest rank of the values that are written from `first` to `last`, both included.

    Of numbers with declared decimals these are the multiples that lie between: what lies below 5 is written as 4.9 at
    most, not as 5.0. Where none lies between, the nearest ones.
    """
    least, most = ranks_of(first, column), ranks_of(last, column)
    if column.kind is not Kind.NUMBER or column.decimals is None:
        return least, most
    inside = least + (places_of(least, column) < first), most - (places_of(most, column) > last)
    some = inside[0] <= inside[1]
    return np.where(some, inside[0], least), np.where(some, inside[1], most)


def places_of(ranks: Ranks, column: Column) -> NDArray[Any]:
    """A position of each rank: the first one, or the number itself."""
    if column.kind is not Kind.NUMBER:
        return ranks * unit_of(column)
    if column.decimals is not None:
        return ranks / 10.0**column.decimals
    return np.where(ranks < 0, np.int64(-(2**63)) - ranks, ranks).view(np.float64)
