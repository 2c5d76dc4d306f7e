"""Dates joined again from a period and from what comes back in it: the month, the weekday, the hour.

A column's grid is cut into pieces of one day at most. A row's day is drawn among the pieces of its period that have its
month and weekday, as the grid's density says; its time in the piece and the hour. Where a period holds no such day, it
has the last word: the value always lies in the row's cell.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.marginal import Codes, Merge, StructuralZeros
from synthcli.marginal.rounding import Shares, shuffled_by_group
from synthcli.table.axis import positions, values_at
from synthcli.table.calendar import DAY, HOUR, HOURS, Part, PartEncoder
from synthcli.table.grid_encoder import GridEncoder, counts_between, draws_between, multiple_between
from synthcli.table.schema import Kind

Whole = NDArray[np.int64]


class Coded(Protocol):
    """What is needed of a column's codec."""

    @property
    def name(self) -> str:
        """The attribute."""
        ...

    @property
    def encoder(self) -> Any:
        """Values and fine codes."""
        ...

    @property
    def merge(self) -> Merge | None:
        """Fine codes and coarse codes."""
        ...

    @property
    def shares(self) -> NDArray[np.float64]:
        """By fine code: how often it is drawn for its coarse code, of 1."""
        ...

    @property
    def size(self) -> int:
        """How many coarse codes there are."""
        ...


@dataclass(frozen=True)
class Pieces:
    """Parts of a grid's cells that lie in one day: [low, high), the coarse code, and the mass drawn there."""

    low: Whole
    high: Whole
    group: NDArray[np.intp]
    mass: NDArray[np.float64]


def pieces_of(column: Coded, unit: int | None = None, hours: bool = False) -> Pieces:
    """A grid of dates or datetimes cut at every midnight, or at all multiples of a smaller `unit` (microseconds).

    Mass is in proportion to the times that are drawn from, or, where `hours` are drawn apart, to how long pieces are.
    """
    encoder = column.encoder
    assert isinstance(encoder, GridEncoder)
    merge, edges = column.merge, encoder.edges
    unit = unit or (1 if encoder.type is Kind.DATE else DAY)
    midnights = np.arange(int(edges[0]) // unit + 1, -(-int(edges[-1]) // unit), dtype=np.int64) * unit
    cuts = np.union1d(edges, midnights)
    cell = np.searchsorted(edges[1:-1], cuts[:-1], side="right")
    drawn_from = np.diff(cuts).astype(np.float64) if hours else draws_between(cuts, cell, encoder)
    groups = np.arange(encoder.cells) if merge is None else merge.groups[: encoder.cells]
    weights = np.ones(encoder.cells) if merge is None else merge.weights[: encoder.cells]
    group, mass = groups[cell], weights[cell] * drawn_from / np.bincount(cell, drawn_from, encoder.cells)[cell]
    drawn = (mass > 0) | (np.bincount(group, mass)[group] <= 0)  # without any mass, a group is even
    return Pieces(cuts[:-1][drawn], cuts[1:][drawn], group[drawn], mass[drawn])


@dataclass(frozen=True, eq=False)
class Calendar:
    """A column of dates or datetimes with the attributes that are parts of it."""

    column: Coded
    parts: tuple[Coded, ...]

    @property
    def tells_hours(self) -> bool:
        """Whether hours are drawn apart."""
        return Part.HOUR in map(part_of, self.parts)

    @cached_property
    def pieces(self) -> Pieces:
        """What days are drawn from."""
        return pieces_of(self.column, hours=self.tells_hours)

    @cached_property
    def of_pieces(self) -> dict[Part, Whole]:
        """The month and the weekday of each piece."""
        kind, low = self.column.encoder.type, self.pieces.low
        return {p: p.of(low, kind) for p in map(part_of, self.parts) if p is not Part.HOUR}

    def zeros(self) -> Iterator[StructuralZeros]:
        """A missing date has no parts, and a short period not every weekday."""
        for coded in self.parts:
            possible = self._possible(coded)
            if not possible.all():
                yield StructuralZeros((self.column.name, coded.name), possible)

    def _possible(self, coded: Coded) -> NDArray[np.bool_]:
        encoder, part, group = self.column.encoder, coded.encoder, self.pieces.group
        fine = np.zeros((self.column.size, part.size), dtype=np.bool_)
        if part.part is Part.HOUR:
            fine[group, : part.ordinal] = True
        else:
            fine[group, self.of_pieces[part.part]] = True
        if encoder.missing:
            missing = encoder.size - 1 if self.column.merge is None else self.column.merge.groups[-1]
            fine[missing, -1] = True
        return fine if coded.merge is None else coded.merge.aggregate(fine.astype(np.int64), 1) > 0

    def draw(self, codes: Codes, rng: np.random.Generator) -> pa.Array:
        """Canonical values from the codes of the column and its parts."""
        merge, encoder = self.column.merge, self.column.encoder
        own = codes[self.column.name]
        fine = own if merge is None else merge.refine(own, rng)
        there = np.flatnonzero(fine < encoder.cells)
        wanted = {part_of(c): self.numbers(c, codes[c.name][there], rng) for c in self.parts}
        places = np.zeros(len(own), dtype=np.int64)
        piece = self._days(own[there].astype(np.int64), wanted, rng)
        low, high = self.pieces.low[piece], self.pieces.high[piece]
        places[there] = low if encoder.type is Kind.DATE else self.times(low, high, wanted.get(Part.HOUR), rng)
        missing = np.ones(len(own), dtype=np.bool_)
        missing[there] = False
        return values_at(places, missing, encoder.type)

    def _days(self, group: Whole, wanted: Mapping[Part, Whole], rng: np.random.Generator) -> NDArray[np.intp]:
        """A piece for every row: of its group, and of its month and weekday as far as there is one."""
        found = np.full(len(group), -1, dtype=np.intp)
        for used in fewer_and_fewer(tuple(self.of_pieces)):
            rows = np.flatnonzero(found < 0)
            if not len(rows):
                break
            ours = keys_of(self.pieces.group, [self.of_pieces[part] for part in used])
            theirs = keys_of(group[rows], [wanted[part][rows] for part in used])
            found[rows] = chosen(ours, self.pieces.mass, theirs, rng)
        return found

    def times(self, low: Whole, high: Whole, hour: Whole | None, rng: np.random.Generator) -> Whole:
        """Places in the pieces, in the wanted hour where the piece has it, and in the unit that times are told in."""
        return multiple_between(*_in_hour(low, high, hour), self.column.encoder.grain, rng)

    def numbers(self, coded: Coded, codes: NDArray[Any], rng: np.random.Generator) -> Whole:
        """The numbers of a part; those of a missing date lie beyond all others."""
        return (codes if coded.merge is None else coded.merge.refine(codes, rng)).astype(np.int64)

    def log_within(self, values: pa.Array) -> NDArray[np.float64]:
        """By canonical value: log P(it | its coarse code and its parts); 0 for missing ones."""
        encoder, pieces = self.column.encoder, self.pieces
        places, missing = positions(encoder.nearest(values), encoder.type)
        piece = np.clip(np.searchsorted(pieces.low, places, side="right") - 1, 0, len(pieces.low) - 1)
        _, key = np.unique(keys_of(pieces.group, list(self.of_pieces.values())), return_inverse=True)
        mass = np.maximum(pieces.mass, 1e-300)
        logs = np.log(mass / np.bincount(key, mass)[key])[piece]
        if encoder.type is Kind.DATETIME:
            hours = Part.HOUR.of(places, encoder.type) if self.tells_hours else None
            low, high = _in_hour(pieces.low[piece], pieces.high[piece], hours)
            logs = logs - np.log(counts_between(low, high, encoder.grain))
        return np.where(missing, 0.0, logs)


def _in_hour(low: Whole, high: Whole, hour: Whole | None) -> tuple[Whole, Whole]:
    """The part of pieces that lies in an hour, 0 to 23, of their day; all of a piece that lies outside."""
    if hour is None:
        return low, high
    start = low // DAY * DAY + hour * HOUR
    first, last = np.maximum(low, start), np.minimum(high, start + HOUR)
    inside = (first < last) & (hour < HOURS)
    return np.where(inside, first, low), np.where(inside, last, high)


def part_of(coded: Coded) -> Part:
    """Which part of a date it is."""
    assert isinstance(coded.encoder, PartEncoder)
    return coded.encoder.part


def fewer_and_fewer(parts: tuple[Part, ...]) -> Iterator[tuple[Part, ...]]:
    """All of the parts, then one less …, and in the end none."""
    for size in range(len(parts), -1, -1):
        yield from combinations(parts, size)


def keys_of(group: NDArray[np.integer[Any]], parts: Sequence[Whole]) -> Whole:
    """One number for a group and its parts, none of which has more than 31."""
    key = group.astype(np.int64)
    for part in parts:
        key = key * 32 + part
    return key


def chosen(keys: Whole, mass: NDArray[np.float64], wanted: Whole, rng: np.random.Generator) -> NDArray[np.intp]:
    """For every row a piece with the wanted key, in proportion to mass by randomised rounding; -1 if there is none."""
    order = np.argsort(keys, kind="stable")
    known, group_of = np.unique(keys[order], return_inverse=True)
    place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    rows = np.flatnonzero(known[place] == wanted)
    found = np.full(len(wanted), -1, dtype=np.intp)
    if len(rows):
        shares, groups = Shares(group_of, mass[order]), place[rows]
        counts = shares.counts(np.bincount(groups, minlength=len(known)), rng)
        found[rows[shuffled_by_group(groups, len(known), len(rows), rng)]] = np.repeat(order, counts)
    return found
