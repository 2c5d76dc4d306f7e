"""A column cut where a condition's values lie: parts that the condition holds for as a whole, or not at all.

A set of parts is an integer whose bits are the parts; the last part is the missing value. A code that lies only partly
inside a set counts by the share of its mass there, which is the share of the decoder's draws, and rows that are decoded
for the set stay inside: both come from the same finer codec.

What counts is the value as it is written: numbers are rounded to the column's decimals, and datetimes cut to the unit
that its format spells.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from operator import eq, ge, gt, le, lt, ne
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthcli.marginal import Merge
from synthcli.table.calendar import Part
from synthcli.table.category_encoder import CategoryEncoder
from synthcli.table.codec import ColumnCodec
from synthcli.table.condition.expression import Among, Leaf, Missing, Operator, Value
from synthcli.table.cuts import split
from synthcli.table.encoders import GridEncoder
from synthcli.table.schema import Column, Kind

_HOLDS: Mapping[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQUAL: eq,
    Operator.UNEQUAL: ne,
    Operator.LESS: lt,
    Operator.AT_MOST: le,
    Operator.GREATER: gt,
    Operator.AT_LEAST: ge,
}


@dataclass(frozen=True, eq=False)
class Restriction:
    """A column kept to a set of parts: each code's share inside it, and a codec that decodes to values inside it."""

    weights: NDArray[np.float64]
    codec: ColumnCodec


@dataclass(frozen=True, eq=False)
class Parts:
    """The parts of one column, in order. `ranks` orders them; `places` has the rank of each value of a condition."""

    ranks: tuple[int, ...]
    places: Mapping[Value, int]
    kept: Callable[[int], Restriction] | None = None
    """The column kept to a set of parts; None where these are weekdays, months or hours, which the date is kept to."""

    def restrict(self, chosen: int) -> Restriction:
        """The column kept to a set of parts."""
        assert self.kept is not None
        return self.kept(chosen)

    @property
    def missing(self) -> int:
        """The set of the missing value."""
        return 1 << len(self.ranks)

    @property
    def present(self) -> int:
        """The set of all values that are there."""
        return self.missing - 1

    @property
    def everything(self) -> int:
        """The set of all parts."""
        return self.present | self.missing

    def satisfying(self, leaf: Leaf, negated: bool = False) -> int:
        """The parts whose values satisfy one question about the column, or its negation."""
        if isinstance(leaf, Missing):
            return self.present if negated else self.missing
        if isinstance(leaf, Among):
            wanted = {self.places[value] for value in leaf.values}
            chosen = sum(1 << part for part, rank in enumerate(self.ranks) if rank in wanted)
        else:
            holds, place = _HOLDS[leaf.operator], self.places[leaf.value]
            chosen = sum(1 << part for part, rank in enumerate(self.ranks) if holds(rank, place))
        return self.present & ~chosen if negated else chosen


def parts_of(column: Column, codec: ColumnCodec, values: Iterable[Value], hours: bool = False) -> Parts:
    """The parts of a column; the values are those that conditions compare it with.

    `hours`: whether an attribute of their own tells them.
    """
    if isinstance(codec.encoder, GridEncoder):
        return _grid_parts(column, codec, codec.encoder, sorted(set(values)), hours)
    assert isinstance(codec.encoder, CategoryEncoder)
    return _category_parts(column, codec, codec.encoder, set(values))


def numbers_of(part: Part) -> Parts:
    """The weekdays, months or hours themselves, by number."""
    numbers = range(len(part.names))
    return Parts(tuple(numbers), {number: number for number in numbers})


def _category_parts(column: Column, codec: ColumnCodec, encoder: CategoryEncoder, values: set[Value]) -> Parts:
    """One part for each listed value. Text is in the declared order, if it has one."""
    everywhere = np.arange(len(encoder.values))
    listed: list[Any] = encoder.decode(everywhere, np.random.default_rng(0)).to_pylist()
    order = {text: rank for rank, text in enumerate(column.categories or ())}
    by_text = column.kind is Kind.STRING
    known = sorted({*listed, *values}, key=(lambda v: order.get(v, len(order))) if by_text else None)
    places = {value: rank for rank, value in enumerate(known)}
    ranks = tuple(places[value] for value in listed)
    return Parts(ranks, places, lambda chosen: _restrict_categories(codec, encoder, chosen))


def _restrict_categories(codec: ColumnCodec, encoder: CategoryEncoder, chosen: int) -> Restriction:
    listed = len(encoder.values)
    inside = _flags(chosen, listed + 1)
    fine = np.full(encoder.size, inside[-1])
    fine[:listed] = inside[:-1]
    if encoder.other and listed:
        weights = np.ones(listed) if not any(encoder.weights or ()) else np.asarray(encoder.weights)
        kept = weights * inside[:-1]
        fine[listed] = kept.sum() / weights.sum()
        encoder = replace(encoder, weights=tuple(kept.tolist()))
    if codec.merge is None:
        return Restriction(fine, ColumnCodec(codec.name, encoder))
    return _merged(codec.name, encoder, codec.merge.groups, codec.merge.shares * fine)


def _grid_parts(column: Column, codec: ColumnCodec, encoder: GridEncoder, values: list[Value], hours: bool) -> Parts:
    """One part for each value, and one for each gap between two, or beyond the outer ones."""
    cut = split(encoder, column, values, hours)
    missing = [encoder.cells] if encoder.missing else []
    old = np.concatenate([cut.cell, np.array(missing, dtype=np.intp)])
    groups = old if codec.merge is None else codec.merge.groups[old]
    count = 2 * len(values) + 1
    part = np.concatenate([cut.part, np.full(len(missing), count)])
    shares = codec.shares[old] * np.concatenate([cut.share, np.ones(len(missing))])

    def restrict(chosen: int) -> Restriction:
        return _merged(codec.name, cut.encoder, groups, shares * _flags(chosen, count + 1)[part])

    return Parts(tuple(range(count)), {value: 2 * i + 1 for i, value in enumerate(values)}, restrict)


def _merged(name: str, encoder: Any, groups: NDArray[np.intp], weights: NDArray[np.float64]) -> Restriction:
    """Fine codes drawn inside the coarse ones by weights that no longer sum to one."""
    coarse = np.bincount(groups, weights).astype(np.float64)
    return Restriction(coarse, ColumnCodec(name, encoder, Merge(groups, weights)))


def _flags(chosen: int, size: int) -> NDArray[np.float64]:
    return np.array([chosen >> part & 1 for part in range(size)], dtype=np.float64)
