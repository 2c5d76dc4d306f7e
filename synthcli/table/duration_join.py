"""Two dates drawn together, so that the later one lies as long after the earlier as the row's code for that says.

A row has a code for each date, perhaps with a weekday, a month and an hour, and one for how far they are apart. The
codes have the last word; inside them the duration has it: a cell of the duration is drawn first, then the earlier date
where its code leaves room for the later one, then the later date among those that are a duration of the cell away.
Weekdays, months and hours are kept as far as they can be.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from synthcli.marginal import Codes, StructuralZeros
from synthcli.table.calendar import HOUR, Part
from synthcli.table.calendar_join import Calendar, Coded, fewer_and_fewer, keys_of, part_of, pieces_of
from synthcli.table.duration import DurationEncoder
from synthcli.table.duration_mass import pairs_apart
from synthcli.table.grid_encoder import multiple_between
from synthcli.table.windowed import Whole, Windowed

_WEEK = 7

_ROUNDS = 16
"""So often is the earlier date drawn anew, where the later one would not have its weekday, month and hour."""


@dataclass(frozen=True)
class Extents:
    """The least and the greatest position of each code; codes without a value have none."""

    least: Whole
    most: Whole

    @property
    def present(self) -> NDArray[np.bool_]:
        """Which codes have values."""
        return np.asarray(self.least <= self.most)


def extents(column: Coded, least: Whole, most: Whole, drawn: bool) -> Extents:
    """Of the cells of a code, each of which reaches so far; `drawn`: of those alone that are drawn for it."""
    merge, cells = column.merge, len(least)
    groups = np.arange(cells) if merge is None else merge.groups[:cells]
    kept = np.ones(cells, dtype=np.bool_)
    if drawn and merge is not None:
        weights = merge.weights[:cells]
        kept = (weights > 0) | (np.bincount(groups, weights)[groups] <= 0)
    limits = np.iinfo(np.int64)
    first, last = np.full(column.size, limits.max), np.full(column.size, limits.min)
    np.minimum.at(first, groups[kept], least[kept])
    np.maximum.at(last, groups[kept], most[kept])
    return Extents(first, last)


def _of_dates(column: Coded, drawn: bool) -> Extents:
    edges = column.encoder.edges
    return extents(column, edges[:-1], edges[1:] - 1, drawn)


class _Line:
    """One of the two dates: its pieces, drawn inside windows by code and by what comes back in it."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar, self.name = calendar, calendar.column.name
        self.extents = _of_dates(calendar.column, drawn=True)
        self._parts = {part_of(coded): coded for coded in calendar.parts}
        self._pieces = pieces_of(calendar.column, HOUR, True) if calendar.tells_hours else calendar.pieces
        self._drawn: dict[tuple[Part, ...], Windowed] = {}

    def wanted(self, codes: Mapping[str, Whole], rng: np.random.Generator) -> dict[Part, Whole]:
        """The numbers of the parts that rows have."""
        return {part: self.calendar.numbers(coded, codes[coded.name], rng) for part, coded in self._parts.items()}

    def fallbacks(self) -> Iterator[tuple[Part, ...]]:
        """All parts, then one less …, and in the end none."""
        return fewer_and_fewer(tuple(self._parts))

    def draw(
        self,
        group: Whole,
        wanted: Mapping[Part, Whole],
        first: Whole,
        beyond: Whole,
        rng: np.random.Generator,
    ) -> tuple[Whole, NDArray[np.bool_]]:
        """A position in [first, beyond) of each row's code and of the wanted parts; and where there is one."""
        drawn = self._by(tuple(wanted))
        piece = drawn.draw(keys_of(group, list(wanted.values())), first, beyond, rng)
        found = piece >= 0
        low, high = np.maximum(drawn.low[piece], first)[found], np.minimum(drawn.high[piece], beyond)[found]
        places = np.zeros(len(group), dtype=np.int64)
        places[found] = multiple_between(low, high, self.calendar.column.encoder.grain, rng)
        return places, found

    def _by(self, parts: tuple[Part, ...]) -> Windowed:
        if parts not in self._drawn:
            pieces, kind = self._pieces, self.calendar.column.encoder.type
            key = keys_of(pieces.group, [part.of(pieces.low, kind) for part in parts])
            self._drawn[parts] = Windowed(pieces.low, pieces.high, key, pieces.mass)
        return self._drawn[parts]


@dataclass(frozen=True, eq=False)
class DurationJoin:
    """The columns of two dates, each with its parts, and the attribute that says how far they are apart."""

    since: Calendar
    until: Calendar
    duration: Coded

    @property
    def columns(self) -> tuple[str, str]:
        """The earlier and the later one."""
        return self.since.column.name, self.until.column.name

    def zeros(self, drawn: bool = False) -> Iterator[StructuralZeros]:
        """Which codes of both dates leave room for which durations; `drawn`: for values that are drawn for them.

        The duration is missing where either date is. Two weekdays are so many days apart, or some weeks more. The
        cliques have the earlier date, or its weekday, the later one, and the duration.
        """
        yield self._room(drawn)
        weekdays = [c for calendar in (self.since, self.until) for c in calendar.parts if part_of(c) is Part.WEEKDAY]
        if len(weekdays) == 2:
            yield self._weekdays(*weekdays)

    def _room(self, drawn: bool) -> StructuralZeros:
        low, high = (_of_dates(calendar.column, drawn) for calendar in (self.since, self.until))
        there = extents(self.duration, *self._encoder.elapsed(), drawn).present
        both = low.present[:, None, None] & high.present[:, None]
        possible = both & there
        for unit, fewest, most in self._encoder.measures():
            apart = extents(self.duration, fewest, most, drawn)
            nearest = (high.least // unit)[:, None] - (low.most // unit)[:, None, None]
            furthest = (high.most // unit)[:, None] - (low.least // unit)[:, None, None]
            possible &= (nearest <= apart.most) & (furthest >= apart.least)
        possible |= ~both & ~there
        mass = None if drawn else pairs_apart(self.since, self.until, self.duration)
        return StructuralZeros((*self.columns, self.duration.name), possible, gradual=True, mass=mass)

    def _weekdays(self, one: Coded, other: Coded) -> StructuralZeros:
        first, last = self._encoder.days_apart()
        fine = np.zeros((one.encoder.size, other.encoder.size, self._encoder.size), dtype=np.int64)
        for number in range(_WEEK):
            for later in range(_WEEK):
                fine[number, later, : len(first)] = last - first >= (later - number - first) % _WEEK
        fine[:, :, len(first) :] = 1
        for axis, coded in enumerate((one, other, self.duration)):
            fine = fine if coded.merge is None else coded.merge.aggregate(fine, axis)
        return StructuralZeros((one.name, other.name, self.duration.name), fine > 0, gradual=True)

    @cached_property
    def _lines(self) -> tuple[_Line, _Line]:
        return _Line(self.since), _Line(self.until)

    @cached_property
    def _apart(self) -> Windowed:
        """The cells of the duration, by code."""
        edges, merge, cells = self._encoder.edges, self.duration.merge, self._encoder.cells
        groups = np.arange(cells) if merge is None else merge.groups[:cells]
        weights = np.diff(edges).astype(np.float64) if merge is None else merge.weights[:cells]
        return Windowed(edges[:-1], edges[1:], groups, weights)

    @property
    def _encoder(self) -> DurationEncoder:
        assert isinstance(self.duration.encoder, DurationEncoder)
        return self.duration.encoder

    def draw(self, codes: Codes, rng: np.random.Generator) -> tuple[NDArray[np.intp], Whole, Whole]:
        """The rows for which both dates were found, and their positions.

        Left out are rows in which one is missing, and those whose codes hold no pair of values that are drawn.
        """
        start, end = self._lines
        rows = np.flatnonzero(start.extents.present[codes[start.name]] & end.extents.present[codes[end.name]])
        here = {name: codes[name][rows].astype(np.int64) for name in self._needs}
        wishes, others = start.wanted(here, rng), end.wanted(here, rng)
        one, other = np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows), dtype=np.int64)
        found = np.zeros(len(rows), dtype=np.bool_)
        for of_one, of_other in self._tries():
            left = np.flatnonzero(~found)
            if not len(left):
                break
            mine = {name: of_row[left] for name, of_row in here.items()}
            cell = self._cells(mine, rng)
            one[left], room = self._earlier(mine, {part: wishes[part][left] for part in of_one}, cell, rng)
            wanted = {part: others[part][left] for part in of_other}
            other[left], there = end.draw(mine[end.name], wanted, *self._encoder.window(cell, one[left]), rng)
            found[left] = room & there
        return rows[found], one[found], other[found]

    def _tries(self) -> Iterator[tuple[tuple[Part, ...], tuple[Part, ...]]]:
        """Which parts both dates are to have: all, many times; then fewer of the later one, and of the earlier one."""
        start, end = (tuple(line.fallbacks()) for line in self._lines)
        yield from [(start[0], end[0])] * _ROUNDS
        yield from ((start[0], parts) for parts in end[1:])
        yield from ((parts, end[-1]) for parts in start[1:] for _ in range(_ROUNDS))

    @cached_property
    def _needs(self) -> frozenset[str]:
        of_dates = (c.name for calendar in (self.since, self.until) for c in (calendar.column, *calendar.parts))
        return frozenset((*of_dates, self.duration.name))

    def _cells(self, codes: Mapping[str, Whole], rng: np.random.Generator) -> NDArray[np.intp]:
        """A cell of each row's duration for which its dates leave room; -1 where there is none."""
        (start, end), edges = self._lines, self._encoder.edges
        begin, finish = codes[start.name], codes[end.name]
        left, right = np.zeros(len(begin), dtype=np.intp), np.full(len(begin), self._encoder.cells - 1)
        for unit, fewest, most in self._encoder.measures():
            nearest = end.extents.least[finish] // unit - start.extents.most[begin] // unit
            furthest = end.extents.most[finish] // unit - start.extents.least[begin] // unit
            left = np.maximum(left, np.minimum(np.searchsorted(most, nearest), len(most) - 1))
            right = np.minimum(right, np.searchsorted(fewest, furthest, side="right") - 1)
        least = end.extents.least[finish] - start.extents.most[begin]
        first = np.clip(least, edges[left], edges[left + 1] - 1)
        beyond = np.minimum(end.extents.most[finish] - start.extents.least[begin] + 1, edges[right + 1])
        return self._apart.draw(codes[self.duration.name], first, np.maximum(beyond, edges[right] + 1), rng)

    def _earlier(
        self,
        codes: Mapping[str, Whole],
        wishes: Mapping[Part, Whole],
        cell: NDArray[np.intp],
        rng: np.random.Generator,
    ) -> tuple[Whole, NDArray[np.bool_]]:
        """The earlier date, where the code of the later one leaves room for it; with these parts if it can be."""
        (start, end), limits = self._lines, np.iinfo(np.int64)
        first, beyond = np.full(len(cell), limits.min), np.full(len(cell), limits.max)
        for unit, fewest, most in self._encoder.measures():
            least, last = (ends[codes[end.name]] // unit for ends in (end.extents.least, end.extents.most))
            first = np.maximum(first, (least - most[cell]) * unit)
            beyond = np.minimum(beyond, (last - fewest[cell] + 1) * unit)
        places, found = np.zeros(len(cell), dtype=np.int64), cell < 0
        for parts in fewer_and_fewer(tuple(wishes)):
            left = np.flatnonzero(~found)
            if not len(left):
                break
            wanted = {part: wishes[part][left] for part in parts}
            group = codes[start.name][left]
            places[left], found[left] = start.draw(group, wanted, first[left], beyond[left], rng)
        return places, found & (cell >= 0)
