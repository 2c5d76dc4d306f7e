"""Times of a day kept to some of its hours: how likely that is in a piece of a day, and times inside.

Where the hour is an attribute, a piece that has the row's hour has its times there; everywhere else times are as even
as the unit that they are told in.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthcli.table.calendar import DAY, HOUR, HOURS
from synthcli.table.grid_encoder import multiple_between

Whole = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class HoursWithin:
    """Pieces [low, high) of days, told in multiples of `grain` microseconds, and the hours that times may be in."""

    low: Whole
    high: Whole
    grain: int
    wanted: NDArray[np.bool_]
    """By hour."""

    @cached_property
    def _slots(self) -> tuple[Whole, Whole]:
        """Pieces × hours: the part of each piece in each hour; from a place to the same one where there is none."""
        start = (self.low // DAY * DAY)[:, None] + np.arange(HOURS) * HOUR
        first = np.maximum(self.low[:, None], start)
        return first, np.maximum(np.minimum(self.high[:, None], start + HOUR), first)

    @cached_property
    def _values(self) -> Floats:
        """Pieces × hours: how many of the values that are drawn in a piece lie in each hour."""
        first, beyond = self._slots
        multiples = -(-beyond // self.grain) - -(-first // self.grain)
        return np.where(multiples.sum(axis=1, keepdims=True) > 0, multiples, beyond - first).astype(np.float64)

    @cached_property
    def even(self) -> Floats:
        """By piece: the chance of a wanted hour where times are even."""
        shares: Floats = self._values[:, self.wanted].sum(axis=1) / self._values.sum(axis=1)
        return shares

    def by_hour(self) -> Floats:
        """Pieces × hours, and one for no hour at all: the chance of a wanted one, given the row's attribute."""
        first, beyond = self._slots
        return np.column_stack([np.where(beyond > first, self.wanted, self.even[:, None]), self.even])

    def draw(self, piece: NDArray[np.intp], hour: NDArray[np.integer[Any]] | None, rng: np.random.Generator) -> Whole:
        """A time of each row's piece, in a wanted hour: in the row's own, if that is known and the piece has it."""
        masses = np.cumsum(np.where(self.wanted, self._values, 0.0), axis=1)
        slot = (masses[piece] <= (rng.random(len(piece)) * masses[piece, -1])[:, None]).sum(axis=1)
        slot = np.minimum(slot, HOURS - 1)
        first, beyond = self._slots
        if hour is not None:
            own = np.minimum(hour, HOURS - 1).astype(np.intp)
            slot = np.where((hour < HOURS) & (beyond > first)[piece, own], own, slot)
        return multiple_between(first[piece, slot], beyond[piece, slot], self.grain, rng)
