"""Values that stand for something else, such as -9999 for a reading that failed: cells of their own, at no cost.

People write them far from all other values, and write the same ones everywhere. So an octave (of dates: a year) that
stands clear of the noise, with nothing beside it and other values elsewhere, is taken for one of these public values,
which get a cell each in the fine grid. What was counted before chooses the octave, and the list is the same for every
table: nothing more is asked of the rows.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from synthcli.discovery.grid import ALONE, Edges
from synthcli.table.calendar import DAY, parts_of_kind
from synthcli.table.schema import Kind

_DIGITS = 9
_PLACES = 2
_EMPTY = 3.0
"""A neighbour that shows fewer sigmas may be empty: one that is shows more once in 700."""
_TIMES = 6.0
"""And one that holds so many times less is nothing beside it."""
_MOST = 0.5
"""Of the counted values, an octave of stand-ins holds so many at most."""


def stand_ins(octaves: Edges, counts: NDArray[np.float64], sigma: float, kind: Kind, unit: float | None) -> Edges:
    """The values that get a cell of their own. `counts` (n) of the `octaves` (n + 1), with noise of deviation `sigma`.

    Numbers that are no multiples of `unit` are left out. Of datetimes, the midnights that begin the days.
    """
    alone = np.flatnonzero(_is_alone(counts, sigma))
    if parts_of_kind(kind):
        day = 1 if kind is Kind.DATE else DAY
        return np.unique(np.concatenate([octaves[alone], octaves[alone + 1] - day]))
    usual = _usual(kind)
    if unit is not None:
        usual = usual[np.abs(usual / unit - np.rint(usual / unit)) < 1e-6]
    octave = np.searchsorted(octaves, usual, side="right") - 1
    return usual[np.isin(octave, alone)].astype(octaves.dtype)


def with_stand_ins(edges: Edges, values: Edges, kind: Kind) -> Edges:
    """The edges of dates with a cell for the day of each of these values that lies between them."""
    day = 1 if kind is Kind.DATE else DAY
    both = np.concatenate([values, values + day])
    return np.union1d(edges, both[(both > edges[0]) & (both < edges[-1])])


def _is_alone(counts: NDArray[np.float64], sigma: float) -> NDArray[np.bool_]:
    """The cells that stand clear of the noise between two that do not, and hold less than half of what all clear do."""
    is_clear = counts > ALONE * sigma
    padded = np.pad(counts, 1)
    beside = np.maximum(padded[:-2], padded[2:])
    is_apart = beside < np.maximum(_EMPTY * sigma, counts / _TIMES)
    return np.asarray(is_clear & is_apart & (counts < _MOST * float(counts[is_clear].sum())))


@cache
def _usual(kind: Kind) -> NDArray[np.float64]:
    """What people write: 9, 99, 999 … with 98 and 97, 88 and 77, also below zero; of numbers, 9.9, 99.9, 9.99 … too."""
    powers = 10.0 ** np.arange(1, _DIGITS + 1)
    ones = (powers - 1) / 9
    found = [powers - 1, powers - 2, powers - 3, 8 * ones, 7 * ones]
    if kind is Kind.NUMBER:
        found += [np.round(powers - 10.0**-places, places) for places in range(1, _PLACES + 1)]
    values = np.concatenate(found)
    return np.unique(np.concatenate([-values, values]))
