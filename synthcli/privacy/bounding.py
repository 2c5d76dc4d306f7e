"""At most K rows of a privacy unit count: which ones is drawn at random, before anything is counted.

Every row draws a number of its own from the operating system's secret randomness; of each unit the K rows with the
smallest numbers are kept, so that each K of its rows are as likely as any other K. What is kept of a unit is a
function of the numbers of its own rows alone: not of other units, nor of where its rows stand in the file. Give two
tables that differ by one unit the same numbers for the rows that they share, and the rows kept of all others are the
same: the tables that are counted differ by that unit's rows, K at most, and by nothing else.
"""

import secrets
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthcli.privacy.row_set import RowSet

MOST = 1_000_000
"""The largest bound: every sensitivity stays far inside 64 bits."""

_WINDOW = 1 << 20
"""So many rows are drawn before those beyond the bound are thrown out, at least."""

Units = NDArray[np.uint64]
"""Rows × 2: 128 bits for each row, equal for rows of one unit and, but for one pair in 2^128, for no others."""


@dataclass(frozen=True)
class PrivacyUnit:
    """Who is protected: all rows that share a value of `column`, of whom at most `rows` are counted."""

    column: str
    rows: int

    def __post_init__(self) -> None:
        if not 1 <= self.rows <= MOST:
            raise ValueError(f"of a privacy unit, 1 to {MOST:,} rows are counted")


@dataclass(frozen=True, kw_only=True, eq=False)
class BoundedRows:
    """What is kept of a table of `rows` rows: the numbers of the kept rows, one unit after the other.

    `first` marks the first row of each unit: since a unit's rows stand in the order of their draws, it is one of all
    the unit's rows, each with the same chance. `times`: how many rows each unit has, kept or not.
    """

    rows: int
    kept: NDArray[np.int64]
    first: NDArray[np.bool_]
    times: NDArray[np.int64]

    @property
    def units(self) -> int:
        """How many units there are."""
        return int(np.count_nonzero(self.first))

    @property
    def unit_of(self) -> NDArray[np.int64]:
        """For each kept row the number of its unit, from 0."""
        return np.cumsum(self.first, dtype=np.int64) - 1

    def as_set(self) -> RowSet:
        """The kept rows."""
        return RowSet.of(self.rows, self.kept)


@dataclass(frozen=True, eq=False)
class _Drawn:
    """Rows, their units, and what they drew; `times`: how many rows each stands for, those thrown out for it too."""

    units: Units
    draws: NDArray[np.uint64]
    rows: NDArray[np.int64]
    times: NDArray[np.int64]

    def bounded(self, most: int) -> tuple["_Drawn", NDArray[np.bool_]]:
        """The `most` smallest draws of each unit, in order, and which of them begins a unit.

        Equal draws (one pair in 2^64) keep the order that they came in.
        """
        order = np.lexsort((self.draws, self.units[:, 1], self.units[:, 0]))
        units = self.units[order]
        first = np.ones(len(order), dtype=np.bool_)
        first[1:] = (units[1:] != units[:-1]).any(axis=1)
        place = np.arange(len(order))
        rank = place - np.maximum.accumulate(np.where(first, place, 0))
        kept = rank < most
        times = np.ones(len(order), dtype=np.int64)
        if len(order):
            times[first] += np.add.reduceat(self.times[order] - kept, np.flatnonzero(first))
        return _Drawn(units[kept], self.draws[order][kept], self.rows[order][kept], times[kept]), first[kept]


class Bounding:
    """Reads the units of a table's rows in their order, and holds no more than `most` rows of each (40 bytes a row)."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._rows = 0
        self._waiting = 0
        self._parts: list[_Drawn] = []

    def add(self, units: Units) -> None:
        """The units of the next rows."""
        rows = np.arange(self._rows, self._rows + len(units), dtype=np.int64)
        self._parts.append(_Drawn(units, _draw(len(units)), rows, np.ones(len(units), dtype=np.int64)))
        self._rows += len(units)
        self._waiting += len(units)
        if self._waiting >= max(_WINDOW, len(self._parts[0].rows)):
            self._bound()

    def finish(self) -> BoundedRows:
        """What is kept of the whole table."""
        first = self._bound()
        drawn = self._parts[0]
        times = np.add.reduceat(drawn.times, np.flatnonzero(first)) if len(first) else drawn.times
        return BoundedRows(rows=self._rows, kept=drawn.rows, first=first, times=times)

    def _bound(self) -> NDArray[np.bool_]:
        """Throw out what lies beyond the bound: it would lie beyond it at the end, too."""
        joined = _Drawn(
            np.concatenate([np.empty((0, 2), np.uint64), *(part.units for part in self._parts)]),
            np.concatenate([np.empty(0, np.uint64), *(part.draws for part in self._parts)]),
            np.concatenate([np.empty(0, np.int64), *(part.rows for part in self._parts)]),
            np.concatenate([np.empty(0, np.int64), *(part.times for part in self._parts)]),
        )
        kept, first = joined.bounded(self._most)
        self._parts, self._waiting = [kept], 0
        return first


def _draw(rows: int) -> NDArray[np.uint64]:
    """A number for each row: fresh, secret, independent."""
    return np.frombuffer(secrets.token_bytes(8 * rows), dtype=np.uint64)
