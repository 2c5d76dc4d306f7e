"""What comes back in dates: the unit of times of day, and the months, weekdays and hours that are not alike."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.discovery import grid
from synthcli.discovery.survey import View
from synthcli.marginal import Measurement
from synthcli.marginal.ends import trim
from synthcli.table.axis import positions
from synthcli.table.calendar import DAY, GRAINS, Part, PartEncoder, parts_of_kind
from synthcli.table.calendar_join import pieces_of
from synthcli.table.codec import ColumnCodec
from synthcli.table.schema import Column, Kind

_DAYS = 14
"""A grid over fewer days tells hours and weekdays by itself."""

_CLEAR = 3.0
"""A part is uneven if chi-square (noise, and chance in even rows) lies so many standard deviations above its mean."""

_EMPTIER = 3.0
"""An end of the days is cut off if it lacks so many standard deviations of what even days would hold."""

_VISIBLE = 0.005
"""And if a share is off by so much: less is left to the period alone."""


@dataclass(frozen=True)
class TimeUnits:
    """In which of `GRAINS` a datetime or time is told; missing values have the first."""

    kind: Kind = Kind.DATETIME
    size: int = len(GRAINS)

    def encode(self, values: pa.Array) -> NDArray[np.uint8]:
        """The coarsest unit of which the value is a multiple."""
        places, missing = positions(values, self.kind)
        units = np.full(len(places), len(GRAINS) - 1, dtype=np.uint8)
        for unit in range(len(GRAINS) - 2, -1, -1):
            units[places % GRAINS[unit] == 0] = unit
        units[missing] = 0
        return units


def refined(edges: grid.Edges, counts: NDArray[np.float64], sigma: float, cells: int, kind: Kind) -> grid.Edges:
    """Fine cells, as `grid.refine` cuts them; those of datetimes over many days begin at midnight."""
    if kind is not Kind.DATETIME or not _spans_days(edges, kind):
        return grid.refine(edges, counts, sigma, cells)
    inner = (edges[1:-1] + DAY // 2) // DAY
    days = np.array([edges[0] // DAY, *inner, -(-edges[-1] // DAY)], dtype=np.int64)
    if np.any(np.diff(days) < 1):
        days, counts = days[[0, -1]], np.ones(1)
    fine = grid.refine(days, counts, sigma, cells) * DAY
    fine[0], fine[-1] = edges[0], edges[-1]
    return fine


def trim_days(counts: NDArray[np.float64], sigma: float, rows: float) -> slice:
    """As `trim`, but an end stays unless it is clearly emptier than what lies between the ends: most years are full."""
    kept = trim(counts, sigma, rows)
    density = float(counts[kept].mean())

    def is_emptier(cut: NDArray[np.float64]) -> bool:
        return density * len(cut) - float(cut.sum()) > _EMPTIER * sigma * sqrt(len(cut))

    first = kept.start if is_emptier(counts[: kept.start]) else 0
    return slice(first, kept.stop if is_emptier(counts[kept.stop :]) else len(counts))


def bins(
    edges: grid.Edges,
    counts: NDArray[np.float64],
    sigma: float,
    wanted: int,
    kind: Kind,
    expected: NDArray[np.float64],
) -> NDArray[np.intp]:
    """Adjacent cells grouped as by `grid.bins`; where cells are days, to whole weeks: weekdays are alike in all.

    A day that holds a bin's mass by itself stays a group of its own, and parts its week.
    """
    day = {Kind.DATE: 1, Kind.DATETIME: DAY}.get(kind, 0)
    if len(counts) < 2 * _DAYS or np.any(np.diff(edges)[1:-1] != day):
        return grid.bins(counts, sigma, wanted, expected)
    week = np.arange(len(counts)) // 7
    by_week, expected = (np.bincount(week, of_day).astype(np.float64) for of_day in (counts, expected))
    weeks = grid.bins(by_week, sigma * sqrt(7), wanted, expected)[week]
    atoms = counts > max(float(counts.sum()) / wanted, 5.0 * sigma)
    alone = np.cumsum(atoms | np.roll(atoms, 1))
    return np.cumsum(np.diff(np.stack([weeks, alone]), axis=1, prepend=np.stack([weeks[:1], alone[:1]])).any(axis=0))


def _spans_days(edges: grid.Edges, kind: Kind) -> bool:
    return int(edges[-1]) - int(edges[0]) >= _DAYS * (1 if kind is Kind.DATE else DAY)


def views_of(column: Column, edges: grid.Edges, grain: int, taken: Collection[str]) -> dict[str, View]:
    """The parts of a column to look at, by the names of their attributes, none of which is `taken`."""
    if not _spans_days(edges, column.kind):
        return {}
    parts = [part for part in parts_of_kind(column.kind) if not (part is Part.HOUR and grain == DAY)]
    missing = not column.required
    return {
        _named(column.name, part, taken): View(column.name, PartEncoder(part=part, type=column.kind, missing=missing))
        for part in parts
    }


def _named(column: str, part: Part, taken: Collection[str]) -> str:
    name = f"{column} ({part})"
    while name in taken:
        name += "*"
    return name


def uneven_parts(
    column: ColumnCodec, views: Mapping[str, View], seen: Mapping[str, Measurement]
) -> tuple[ColumnCodec, ...]:
    """The parts whose noisy counts differ from what the column alone would give."""
    kept = []
    for name, view in views.items():
        encoder, measured = view.encoder, seen[name]
        assert isinstance(encoder, PartEncoder)
        expected, cells = _expected(column, encoder)
        counts = measured.values[: encoder.ordinal].astype(np.float64)
        total = max(float(counts.sum()), 1.0)
        off = counts - expected * total
        variance = measured.stddev**2 * (1.0 + cells / encoder.ordinal) + total / encoder.ordinal
        if _is_uneven(off, variance, total):
            kept.append(ColumnCodec(name, encoder, part_of=column.name))
    return tuple(kept)


def _expected(column: ColumnCodec, encoder: PartEncoder) -> tuple[NDArray[np.float64], int]:
    """The shares of a part without it, and how many noisy cells tell them.

    Hours are alike. Weekdays are as even as the days of each coarse code, so that those which are not can be linked to
    other columns. Months are what the fine cells give, which are shorter in most tables.
    """
    if encoder.part is Part.HOUR:
        return np.full(encoder.ordinal, 1.0 / encoder.ordinal), 0
    pieces = pieces_of(column)
    mass, cells = pieces.mass, column.encoder.size
    if encoder.part is Part.WEEKDAY:
        width = (pieces.high - pieces.low).astype(np.float64)
        density = np.bincount(pieces.group, mass) / np.maximum(np.bincount(pieces.group, width), 1.0)
        mass, cells = density[pieces.group] * width, 0
    shares: NDArray[Any] = np.bincount(encoder.part.of(pieces.low, encoder.type), mass, encoder.ordinal)
    return np.asarray(shares / max(float(shares.sum()), 1.0)), cells


def _is_uneven(off: NDArray[np.float64], variance: float, total: float) -> bool:
    size = len(off)
    is_clear = float((off**2).sum()) / variance > size + _CLEAR * sqrt(2 * size)
    return is_clear and float(np.abs(off).max()) > _VISIBLE * total
