"""How far two dates are apart that a rule puts in order: a public grid, looked at with the dates' own cells."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthcli.table.calendar import DAY
from synthcli.table.duration import SHORT, DurationEncoder
from synthcli.table.rules.kinds import Order
from synthcli.table.schema import Column, Kind, Schema
from synthcli.table.temporal import unit_of

_EXACT = 16
"""So many of the smallest units have a cell each; every octave beyond has half as many."""

_DAYS = 16
"""And so many days: what is counted in days has weekdays to keep."""


@dataclass(frozen=True)
class Pair:
    """Two columns of dates, of which the first is at most the second; below it, if `strict`."""

    since: str
    until: str
    strict: bool


def pairs_of(schema: Schema, dates: Collection[str]) -> tuple[Pair, ...]:
    """Neighbours in the schema's rules of order, both among these columns; each column is in one pair at most.

    Of earlier rules first, and of a rule the last neighbours first: of birth, admission and discharge it is the stay
    that is worth knowing. Where the first neighbours first make more pairs, those.
    """
    rules = [rule for rule in schema.rules if isinstance(rule, Order)]
    chains = [[Pair(*two, rule.strict) for two in pairwise(rule.columns) if set(two).issubset(dates)] for rule in rules]
    from_first, from_last = _disjoint(chains), _disjoint([pairs[::-1] for pairs in chains])
    return from_first if len(from_first) > len(from_last) else from_last


def _disjoint(chains: Iterable[Iterable[Pair]]) -> tuple[Pair, ...]:
    """One after the other, those that share no column with any before."""
    found: list[Pair] = []
    taken: set[str] = set()
    for pair in chain.from_iterable(chains):
        if taken.isdisjoint((pair.since, pair.until)):
            found.append(pair)
            taken |= {pair.since, pair.until}
    return tuple(found)


def named(pair: Pair, taken: Collection[str]) -> str:
    """What the attribute is called; none of the names that are `taken`."""
    name = f"{pair.since} to {pair.until}"
    while name in taken:
        name += "*"
    return name


def encoder_of(
    pair: Pair, columns: tuple[Column, Column], edges: tuple[NDArray[Any], NDArray[Any]], grains: Sequence[int]
) -> DurationEncoder | None:
    """A grid from the least distance that the rule allows up to the largest that both dates' grids do.

    None where they leave no room for any. `grains`: the units that times of the two are told in.
    """
    kind = columns[0].kind
    least = (unit_of(columns[1]) if kind is Kind.DATETIME else 1) if pair.strict else 0
    beyond = int(edges[1][-1]) - int(edges[0][0])
    if beyond <= least:
        return None
    cells = _edges(kind, min(grains), beyond)
    last = int(cells[cells >= beyond][0])
    inner = cells[(cells > least) & (cells < last)]
    missing = not (columns[0].required and columns[1].required)
    return DurationEncoder(type=kind, since=pair.since, edges=np.array([least, *inner, last]), missing=missing)


def _edges(kind: Kind, grain: int, beyond: int) -> NDArray[np.int64]:
    """Octaves of the unit, each in equal cells, up to a day; whole days from there on, each alone for two weeks."""
    day = DAY if kind is Kind.DATETIME else 1
    days = np.concatenate([np.arange(1, _DAYS), _octaves(_DAYS, -(-beyond // day))]) * day
    if grain >= day:
        return days
    within = np.concatenate([np.arange(_EXACT), _octaves(_EXACT, -(-day // grain))]) * grain
    return np.unique(np.concatenate([within[within < day], [SHORT], days]).astype(np.int64))


def _octaves(first: int, beyond: int) -> NDArray[np.int64]:
    """From a power of two on, cells that double in width with every octave, up to and with the first one `beyond`."""
    starts = first * 2 ** np.arange(max(1, (beyond // first).bit_length()), dtype=np.int64)
    half = _EXACT // 2
    steps = starts[:, None] // half * np.arange(half)
    return np.append((starts[:, None] + steps).ravel(), 2 * starts[-1])


KNOWN = 5.0
"""Cells share a mass until it is so many standard deviations of their noise."""


def tapering(edges: NDArray[np.int64], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """How cells share a mass that is only known of all together: far beyond the median, each octave holds a fourth.

    Where durations have a long tail, even cells would spread what little is seen of it over years.
    """
    mass = np.cumsum(np.maximum(counts, 0.0))
    median = max(1.0, float(edges[np.searchsorted(mass, mass[-1] / 2.0)]))
    beyond = (1.0 + edges / median) ** -2.0
    return np.asarray(beyond[:-1] - beyond[1:])
