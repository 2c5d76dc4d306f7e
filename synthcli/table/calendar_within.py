"""Dates kept to some of their days, with what comes back in them: how likely that is given the codes, and draws inside.

A row's codes are a period, and perhaps a weekday and a month, each of which may stand for several. `Calendar` draws its
day by them; kept to a set of days, the chance of a row is the share of these draws that lies inside, and its day is one
of those that do, as often as it would have been drawn. In the hours of a day, nothing is kept apart: where a set ends
inside a day, times of that day count as even.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from types import MappingProxyType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.marginal import Clique, Codes
from synthcli.table.axis import values_at
from synthcli.table.calendar import Part
from synthcli.table.calendar_join import Calendar, Coded, chosen, fewer_and_fewer, part_of
from synthcli.table.schema import Kind

Floats = NDArray[np.float64]

NOTHING: Mapping[Part, int] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class CalendarWithin:
    """A calendar, and which of its pieces values may lie in; `missing`: whether they may be missing."""

    calendar: Calendar
    inside: NDArray[np.bool_]
    missing: bool

    @property
    def clique(self) -> Clique:
        """The attributes that tell how likely a value inside is."""
        return self.calendar.column.name, *(coded.name for coded in self._days)

    @cached_property
    def _days(self) -> tuple[Coded, ...]:
        """The parts that a day has."""
        return tuple(coded for coded in self.calendar.parts if part_of(coded) is not Part.HOUR)

    @cached_property
    def _shape(self) -> tuple[int, ...]:
        return tuple(coded.size for coded in self._days)

    @cached_property
    def _chances(self) -> Floats:
        """Cells of the parts' codes × pieces inside: P(the piece | these codes, and a value that is there)."""
        found = np.zeros((int(np.prod(self._shape)), int(self.inside.sum())))
        shares = [coded.shares for coded in self._days]
        for numbers in product(*(range(coded.encoder.size) for coded in self._days)):
            codes = [_group(coded, number) for coded, number in zip(self._days, numbers, strict=True)]
            weight = np.prod([share[number] for share, number in zip(shares, numbers, strict=True)])
            cell = int(np.ravel_multi_index(codes, self._shape)) if codes else 0
            found[cell] += weight * self._given(numbers)[self.inside]
        return found

    def _given(self, numbers: tuple[int, ...]) -> Floats:
        """P(a piece | its period and this month and weekday), as `Calendar` draws it."""
        pieces, size = self.calendar.pieces, self.calendar.column.size
        found, open_ = np.zeros(len(pieces.mass)), np.ones(size, dtype=np.bool_)
        wanted = {part_of(coded): number for coded, number in zip(self._days, numbers, strict=True)}
        for used in fewer_and_fewer(tuple(self.calendar.of_pieces)):
            fits = open_[pieces.group]
            for part in used:
                fits = fits & (self.calendar.of_pieces[part] == wanted[part])
            total = np.bincount(pieces.group, pieces.mass * fits, size)
            mass = np.where(total[pieces.group] > 0, pieces.mass, 1.0) * fits
            total = np.bincount(pieces.group, mass, size)
            found += mass / np.where(total > 0, total, 1.0)[pieces.group]
            open_ &= total <= 0
        return found

    @cached_property
    def _absent(self) -> Floats:
        """By period: how often a value is missing."""
        column = self.calendar.column
        missing = np.zeros(column.encoder.size)
        missing[column.encoder.cells :] = 1.0
        if column.merge is None:
            return missing
        return np.bincount(column.merge.groups, column.merge.shares * missing, column.size).astype(np.float64)

    @cached_property
    def weights(self) -> Floats:
        """P(a value inside | the codes), with an axis for each attribute of the clique."""
        group = self.calendar.pieces.group[self.inside]
        here = np.stack([np.bincount(group, row, self.calendar.column.size) for row in self._chances], axis=1)
        absent = self._absent[:, None]
        whole = self.missing * absent + (1.0 - absent) * here
        return np.minimum(whole, 1.0).reshape(self.calendar.column.size, *self._shape)

    def draw(self, codes: Codes, rng: np.random.Generator) -> pa.Array:
        """Canonical values inside, from the codes of the column and its parts."""
        column, pieces = self.calendar.column, self.calendar.pieces
        own = codes[column.name].astype(np.intp)
        cells = [codes[coded.name].astype(np.intp) for coded in self._days]
        cell = np.ravel_multi_index(cells, self._shape) if cells else np.zeros(len(own), dtype=np.intp)
        whole = self.weights.reshape(column.size, -1)[own, cell]
        missing = rng.random(len(own)) * whole < self.missing * self._absent[own]
        there = np.flatnonzero(~missing)
        place = self._places(own[there], cell[there], rng)
        hour = next((c for c in self.calendar.parts if part_of(c) is Part.HOUR), None)
        places = np.zeros(len(own), dtype=np.int64)
        wanted = None if hour is None else self.calendar.numbers(hour, codes[hour.name][there], rng)
        low, high = pieces.low[place], pieces.high[place]
        places[there] = low if column.encoder.type is Kind.DATE else self.calendar.times(low, high, wanted, rng)
        return values_at(places, missing, column.encoder.type)

    def _places(self, own: NDArray[np.intp], cell: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.intp]:
        """A piece inside for every row."""
        inside = np.flatnonzero(self.inside)
        keys = np.add.outer(
            np.arange(len(self._chances)) * self.calendar.column.size, self.calendar.pieces.group[inside]
        )
        found = chosen(keys.ravel(), self._chances.ravel(), cell * self.calendar.column.size + own, rng)
        return inside[found % len(inside)]


def _group(coded: Coded, number: int) -> int:
    return number if coded.merge is None else int(coded.merge.groups[number])


def kept(
    everything: Coded, inside: Coded, parts: tuple[Coded, ...], wanted: Mapping[Part, int] = NOTHING
) -> CalendarWithin:
    """A column cut at the ends of a set of values: all of it, and the set alone, whose merges have one encoder.

    `wanted`: the weekdays and months that values may have, as sets whose bits are their numbers, the last one missing.
    """
    calendar, encoder = Calendar(everything, parts), everything.encoder
    assert inside.merge is not None
    weights, pieces = inside.merge.weights, calendar.pieces
    kept_to = weights[np.searchsorted(encoder.edges[1:-1], pieces.low, side="right")] > 0
    missing = bool(np.any(weights[encoder.cells :] > 0))
    for part, numbers in wanted.items():
        fits = np.array([numbers >> number & 1 for number in range(len(part.names) + 1)], dtype=np.bool_)
        kept_to &= fits[part.of(pieces.low, encoder.type)]
        missing &= bool(fits[-1])
    return CalendarWithin(calendar, kept_to, missing)
