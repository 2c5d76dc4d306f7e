"""A grid cut at a condition's values: where, in the values as drawn, the ones as written pass a given value."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import ceil, floor, inf, nextafter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthcli.table.axis import from_axis
from synthcli.table.codec import ColumnCodec
from synthcli.table.condition.expression import Value
from synthcli.table.encoders import GridEncoder
from synthcli.table.grid_encoder import draws_between
from synthcli.table.lattice import Lattice
from synthcli.table.schema import Column, Kind
from synthcli.table.temporal import unit_of

_EXACT = 2.0**53
_SHOWN = 12


@dataclass(frozen=True, eq=False)
class Split:
    """A grid with more edges: each of its cells lies in one `cell` of the old grid, of whose draws it gets a share.

    `part` counts the bounds at or below it: even numbers lie between two values of a condition, odd ones are a value.
    """

    encoder: GridEncoder
    cell: NDArray[np.intp]
    share: NDArray[np.float64]
    part: NDArray[np.intp]


def split(encoder: GridEncoder, column: Column, values: Iterable[Value], hours: bool = False) -> Split:
    """The grid cut so that each cell lies wholly at, or between, these values (ascending) as they are written.

    `hours`: whether they are drawn apart; the shares of a cell that is cut are then those of its length.
    """
    bounds = [bound for value in values for bound in _bounds(value, column)]
    edges = _edges(encoder)
    within = [bound for bound in bounds if edges[0] < bound < edges[-1]]
    fine = np.unique(np.concatenate([edges, np.array(within, dtype=edges.dtype)]))
    low = fine[:-1]
    cell = np.searchsorted(encoder.edges[1:-1], low, side="right")
    part = np.array([sum(bound <= place for bound in bounds) for place in low.tolist()], dtype=np.intp)
    mass = np.diff(fine).astype(np.float64) if hours else _mass(fine, cell, encoder)
    whole = np.bincount(cell, mass, encoder.cells)[cell]
    members = np.bincount(cell, minlength=encoder.cells)[cell]
    share = np.where(whole > 0, mass / np.where(whole > 0, whole, 1.0), 1.0 / members)
    finer = replace(encoder, edges=fine)
    return Split(finer, cell, share, part)


def beginnings(codec: ColumnCodec) -> tuple[str, ...]:
    """Where the codes of a grid begin, the first few of them."""
    encoder = codec.encoder
    assert isinstance(encoder, GridEncoder)
    groups = np.arange(encoder.cells) if codec.merge is None else codec.merge.groups[: encoder.cells]
    firsts = encoder.edges[:-1][np.diff(groups, prepend=-1) != 0].tolist()
    more = ("…",) if len(firsts) > _SHOWN else ()
    return (*(str(from_axis(place, encoder.type)) for place in firsts[:_SHOWN]), *more)


def _edges(encoder: GridEncoder) -> NDArray[Any]:
    """The edges; of numbers, the upper end that belongs to the last cell as a cell of its own."""
    edges = encoder.edges
    if encoder.type is not Kind.NUMBER or edges[-1] == np.nextafter(edges[-2], np.inf):
        return edges
    return np.append(edges, np.nextafter(edges[-1], np.inf))


def _mass(fine: NDArray[Any], cell: NDArray[np.intp], encoder: GridEncoder) -> NDArray[np.float64]:
    """How much of its old cell's draws each new cell gets, up to a factor of the old cell: counts, or widths."""
    if encoder.type is not Kind.NUMBER:
        return draws_between(fine, cell, encoder)
    whole, parts = Lattice.of(encoder.edges, encoder.decimals), Lattice.of(fine, encoder.decimals)
    counts = np.maximum(parts.last - parts.first + 1, 0).astype(np.float64)
    widths: NDArray[np.float64] = parts.high / 2 - parts.low / 2
    return np.where((whole.first <= whole.last)[cell], counts, widths)


def _bounds(value: Value, column: Column) -> tuple[int | float, int | float]:
    """Drawn values below the first are written below `value`, those from the second on above it."""
    assert not isinstance(value, str)
    if column.kind is Kind.NUMBER:
        return _number_bounds(float(value), column.decimals)
    unit = unit_of(column)
    return -(-ceil(value) // unit) * unit, (floor(value) // unit + 1) * unit


def _number_bounds(value: float, decimals: int | None) -> tuple[float, float]:
    scale = 10.0 ** (decimals or 0)
    if decimals is None or abs(value) * scale >= _EXACT:
        return value, nextafter(value, inf)
    at_least = floor(value * scale) - 1
    while at_least / scale < value:
        at_least += 1
    above = at_least + (at_least / scale == value)
    return _rounding_to(at_least, scale), _rounding_to(above, scale)


def _rounding_to(units: int, scale: float) -> float:
    """The smallest number that is written as so many units of the last place, or more."""
    place = (units - 0.5) / scale
    while round(place * scale) >= units:
        place = nextafter(place, -inf)
    while round(place * scale) < units:
        place = nextafter(place, inf)
    return place
