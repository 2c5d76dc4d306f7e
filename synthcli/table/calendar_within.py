"""Dates kept to some of their days, with what comes back in them: how likely that is given the codes, and draws inside.

A row's codes are a period, and perhaps a weekday and a month, each of which may stand for several. `Calendar` draws its
day by them; kept to a set of days, the chance of a row is the share of these draws that lies inside, and its day is one
of those that do, as often as it would have been drawn. Hours count where they are asked for (`HoursWithin`); where a
set of days ends inside one, times of that day count as even.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from types import MappingProxyType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.marginal import Clique, Codes
from synthcli.table.axis import values_at
from synthcli.table.calendar import HOURS, Part
from synthcli.table.calendar_join import Calendar, Coded, chosen, fewer_and_fewer, part_of
from synthcli.table.hours_within import HoursWithin
from synthcli.table.schema import Kind

Floats = NDArray[np.float64]

NOTHING: Mapping[Part, int] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class CalendarWithin:
    """A calendar, and which of its pieces values may lie in; `missing`: whether they may be missing.

    `hours`: which hours they may be in; None where any will do.
    """

    calendar: Calendar
    inside: NDArray[np.bool_]
    missing: bool
    hours: NDArray[np.bool_] | None = None

    @property
    def clique(self) -> Clique:
        """The attributes that tell how likely a value inside is."""
        asked = () if self.hours is None or self._hour is None else (self._hour.name,)
        return (self.calendar.column.name, *(coded.name for coded in self._days), *asked)

    @cached_property
    def _hour(self) -> Coded | None:
        """The attribute that is the hour, if there is one."""
        return next((coded for coded in self.calendar.parts if part_of(coded) is Part.HOUR), None)

    @cached_property
    def _within(self) -> HoursWithin:
        """The pieces inside, and the hours."""
        pieces, grain = self.calendar.pieces, self.calendar.column.encoder.grain
        wanted = np.ones(HOURS, dtype=np.bool_) if self.hours is None else self.hours
        return HoursWithin(pieces.low[self.inside], pieces.high[self.inside], grain, wanted)

    @cached_property
    def _in_hours(self) -> tuple[Floats, NDArray[np.intp]]:
        """Classes × pieces inside: the chance of a wanted hour; and the class of each code of the hour, if it tells."""
        if self.hours is None:
            return np.ones((1, int(self.inside.sum()))), np.zeros(1, dtype=np.intp)
        if self._hour is None:
            return self._within.even[None, :], np.zeros(1, dtype=np.intp)
        numbers, shares = self._within.by_hour()[:, : self._hour.encoder.size], self._hour.shares
        merge = self._hour.merge
        groups = np.arange(len(shares)) if merge is None else merge.groups
        codes = np.zeros((self._hour.size, len(numbers)))
        np.add.at(codes, groups, (numbers * shares).T)
        chances, classes = np.unique(codes, axis=0, return_inverse=True)
        return chances, classes.reshape(-1)

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
        group, (hours, classes) = self.calendar.pieces.group[self.inside], self._in_hours
        size, days = self.calendar.column.size, self._chances
        rows = [np.bincount(group, of_day * of_time, size) for of_day in days for of_time in hours]
        here = np.stack(rows, axis=1).reshape(size, len(days), len(hours))
        absent = self._absent[:, None, None]
        whole = self.missing * absent + (1.0 - absent) * here[:, :, classes]
        asked = (len(classes),) if len(self.clique) > 1 + len(self._days) else ()
        return np.minimum(whole, 1.0).reshape(size, *self._shape, *asked)

    @property
    def evidence(self) -> dict[Clique, Floats]:
        """What codes tell of a value inside, as factors: days and hours apart, where all days have the same hours."""
        hours, classes = self._in_hours
        if self.hours is None or self._hour is None or self.missing or not np.all(hours == hours[:, :1]):
            return {self.clique: self.weights}
        of_days = replace(self, hours=None)
        return {of_days.clique: of_days.weights, (self._hour.name,): hours[classes].max(axis=1, initial=0.0)}

    def draw(self, codes: Codes, rng: np.random.Generator) -> pa.Array:
        """Canonical values inside, from the codes of the column and its parts."""
        column = self.calendar.column
        own = codes[column.name].astype(np.intp)
        cells = [codes[coded.name].astype(np.intp) for coded in self._days]
        cell = np.ravel_multi_index(cells, self._shape) if cells else np.zeros(len(own), dtype=np.intp)
        whole = self.weights[tuple(codes[name].astype(np.intp) for name in self.clique)]
        missing = rng.random(len(own)) * whole < self.missing * self._absent[own]
        there = np.flatnonzero(~missing)
        classes = self._in_hours[1]
        of_row = classes[codes[self._hour.name][there]] if self._hour and len(classes) > 1 else 0 * there
        place = self._places(own[there], cell[there], of_row, rng)
        places = np.zeros(len(own), dtype=np.int64)
        places[there] = self._times(place, codes, there, rng)
        return values_at(places, missing, column.encoder.type)

    def _places(
        self, own: NDArray[np.intp], cell: NDArray[np.intp], hour: NDArray[np.intp], rng: np.random.Generator
    ) -> NDArray[np.intp]:
        """A piece for every row, numbered among those inside; `hour`: the class of its hour."""
        size, group, (hours, _) = self.calendar.column.size, self.calendar.pieces.group[self.inside], self._in_hours
        mass = self._chances[:, None, :] * hours[None, :, :]
        keys = np.add.outer(np.arange(len(self._chances) * len(hours)) * size, group)
        found = chosen(keys.ravel(), mass.ravel(), (cell * len(hours) + hour) * size + own, rng)
        return found % len(group)

    def _times(
        self, place: NDArray[np.intp], codes: Codes, rows: NDArray[np.intp], rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """The position of each of the rows in its piece."""
        encoder, pieces = self.calendar.column.encoder, self.calendar.pieces
        low, high = pieces.low[self.inside][place], pieces.high[self.inside][place]
        if encoder.type is Kind.DATE:
            return low
        if self.hours is None:
            wanted = (
                None if self._hour is None else self.calendar.numbers(self._hour, codes[self._hour.name][rows], rng)
            )
            return self.calendar.times(low, high, wanted, rng)
        return self._within.draw(place, self._numbers(place, codes, rows, rng), rng)

    def _numbers(
        self, place: NDArray[np.intp], codes: Codes, rows: NDArray[np.intp], rng: np.random.Generator
    ) -> NDArray[np.intp] | None:
        """The hour of each row, one of those that its code stands for and its piece may have."""
        if self._hour is None:
            return None
        merge, chances = self._hour.merge, self._within.by_hour()[:, : self._hour.encoder.size] * self._hour.shares
        groups = np.arange(chances.shape[1]) if merge is None else merge.groups
        mass = np.where(groups == codes[self._hour.name][rows].astype(np.intp)[:, None], chances[place], 0.0)
        below = np.cumsum(mass, axis=1)
        number = (below <= (rng.random(len(rows)) * below[:, -1])[:, None]).sum(axis=1)
        return np.asarray(np.minimum(number, mass.shape[1] - 1))


def _group(coded: Coded, number: int) -> int:
    return number if coded.merge is None else int(coded.merge.groups[number])


def kept(
    everything: Coded, inside: Coded, parts: tuple[Coded, ...], wanted: Mapping[Part, int] = NOTHING
) -> CalendarWithin:
    """A column cut at the ends of a set of values: all of it, and the set alone, whose merges have one encoder.

    `wanted`: the weekdays, months and hours that values may have, as sets whose bits are their numbers, the last one
    missing.
    """
    calendar, encoder = Calendar(everything, parts), everything.encoder
    assert inside.merge is not None
    weights, pieces = inside.merge.weights, calendar.pieces
    kept_to = weights[np.searchsorted(encoder.edges[1:-1], pieces.low, side="right")] > 0
    missing = bool(np.any(weights[encoder.cells :] > 0))
    hours = None
    for part, numbers in wanted.items():
        fits = np.array([numbers >> number & 1 for number in range(len(part.names) + 1)], dtype=np.bool_)
        missing &= bool(fits[-1])
        if part is Part.HOUR:
            hours = fits[:-1]
        else:
            kept_to &= fits[part.of(pieces.low, encoder.type)]
    return CalendarWithin(calendar, kept_to, missing, hours)
