"""Rules on codes: which cells of a codec's domain no row may have."""

from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthcli.marginal import StructuralZeros
from synthcli.table.axis import to_axis
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.encoders import CategoryEncoder, GridEncoder
from synthcli.table.rules.kinds import Condition, Impossible, Missing, Rule
from synthcli.table.schema import Kind

Met = NDArray[np.bool_]


def condition_zeros(rules: Sequence[Rule], codec: Codec) -> Iterator[StructuralZeros]:
    """What conditions exclude, as structural zeros. `ValueError` where a cell holds rows of two minds."""
    columns = {column.name: column for column in codec.columns}
    return (_zeros(conditions, columns) for rule in rules for conditions in impossible_together(rule))


def impossible_together(rule: Rule) -> Iterator[tuple[Condition, ...]]:
    """The conditions that no row may meet together; several such sets for one rule, or none."""
    if isinstance(rule, Impossible):
        yield rule.conditions
    if isinstance(rule, Missing):
        yield (*rule.when, Condition(column=rule.column, missing=True, is_not=True))
        if rule.only:
            for condition in rule.when:
                yield condition.opposite(), Condition(column=rule.column, missing=True)


def _names(conditions: tuple[Condition, ...]) -> tuple[str, ...]:
    return tuple(condition.column for condition in conditions)


def _zeros(conditions: tuple[Condition, ...], columns: dict[str, ColumnCodec]) -> StructuralZeros:
    order = [name for name in columns if name in _names(conditions)]
    met = {condition.column: shares_met(columns[condition.column], condition) for condition in conditions}
    together = [reduce(np.logical_and.outer, [met[name][which] for name in order]) for which in (0, 1)]
    if np.any(together[0] != together[1]):
        raise ValueError("a cell holds rows that a rule excludes, and others")
    return StructuralZeros(tuple(order), ~np.asarray(together[0]))


def shares_met(column: ColumnCodec, condition: Condition) -> tuple[Met, Met]:
    """Which of the column's codes meet a condition with all of their values, and which with some."""
    fine = fine_met_by(column.encoder, condition)
    if column.merge is None:
        return fine, fine
    counts = np.bincount(column.merge.groups, fine, column.size)
    return counts == np.bincount(column.merge.groups, minlength=column.size), counts > 0


def fine_met_by(encoder: Any, condition: Condition) -> Met:
    """The same for the codes of an encoder alone."""
    met = np.zeros(encoder.size, dtype=np.bool_)
    if encoder.missing:
        met[-1] = condition.missing
    if isinstance(encoder, CategoryEncoder):
        met[: len(encoder.values)] = [value in condition.values for value in encoder.typed]
        if encoder.other and not encoder.values:  # decoded as missing
            met[0] = condition.missing
    elif isinstance(encoder, GridEncoder):
        met[: encoder.cells] = _cells_met(encoder, condition)
    return met ^ condition.is_not


def _cells_met(encoder: GridEncoder, condition: Condition) -> Met:
    low, last = encoder.edges[:-1], last_of(encoder)
    met = np.zeros(encoder.cells, dtype=np.bool_)
    for first, beyond in intervals(condition, encoder.type):
        inside, touched = (low >= first) & (last < beyond), (last >= first) & (low < beyond)
        if np.any(touched & ~inside):
            raise ValueError("a cell holds values that meet a rule's condition, and others")
        met |= inside
    return met


def last_of(encoder: GridEncoder) -> NDArray[Any]:
    """The last value of each cell."""
    edges = encoder.edges
    if encoder.type is not Kind.NUMBER:
        return np.asarray(edges[1:] - 1)
    last = np.nextafter(edges[1:], -np.inf)
    last[-1] = max(edges[-1], edges[-2]) if last[-1] > edges[-2] else last[-1]
    return np.asarray(last)


def intervals(condition: Condition, kind: Kind) -> list[tuple[float | int, float | int]]:
    """The values of a condition as half-open intervals of positions on the number line."""
    ends: list[tuple[float | int, float | int]] = []
    for value in condition.values:
        place = to_axis(value, kind)  # type: ignore[arg-type]
        ends.append((place, float(np.nextafter(place, np.inf)) if kind is Kind.NUMBER else int(place) + 1))
    if condition.within is not None:
        low, high = condition.within.low, condition.within.high
        first = -np.inf if low is None else to_axis(low, kind)  # type: ignore[arg-type]
        ends.append((first, np.inf if high is None else to_axis(high, kind)))  # type: ignore[arg-type]
    return ends
