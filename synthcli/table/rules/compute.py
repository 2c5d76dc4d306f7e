"""Columns that follow from others: worked out on the values as they will be written, never modelled."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from synthcli.table.axis import ARROW_TYPES
from synthcli.table.parse import Cells, parse
from synthcli.table.rules.kinds import Determines, Rule, Sum
from synthcli.table.schema import Column, Kind, Schema

LARGEST = 10**15
"""Numbers are exact up to so many units of their last place."""


def in_order(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """The computing rules, each after those whose columns it reads. `ValueError` for a cycle."""
    left = [rule for rule in rules if rule.computes is not None]
    done: list[Rule] = []
    while left:
        waiting = {rule.computes for rule in left}
        ready = [rule for rule in left if not waiting.intersection(rule.reads)]
        if not ready:
            raise ValueError("columns follow from each other in a circle")
        done += ready
        left = [rule for rule in left if rule not in ready]
    return tuple(done)


class Computed:
    """The computed columns of a schema, added to batches of the modelled ones."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._rules = in_order(schema.rules)
        self._tables = {rule.column: _Table(rule, schema) for rule in self._rules if isinstance(rule, Determines)}

    def add(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with the computed columns at its end; the others may come as dictionaries."""
        if not self._rules:
            return batch
        columns = dict(zip(batch.schema.names, batch.columns, strict=True))
        for rule in self._rules:
            if isinstance(rule, Sum):
                columns |= {name: as_written(columns[name], self._schema[name]) for name in rule.parts}
                columns[rule.total] = self._sum(rule, columns)
            elif isinstance(rule, Determines):
                columns[rule.column] = self._tables[rule.column].of(columns[rule.by])
        return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))

    def _sum(self, rule: Sum, columns: Mapping[str, pa.Array]) -> pa.Array:
        places = max(decimals_of(self._schema[name]) for name in rule.parts)
        units, missing = np.zeros(len(columns[rule.parts[0]]), dtype=np.int64), np.zeros((), dtype=bool)
        for name in rule.parts:
            own, absent = units_of(_plain(columns[name]), self._schema[name])
            units, missing = units + own * 10 ** (places - decimals_of(self._schema[name])), missing | absent
        total = self._schema[rule.total]
        mask = np.broadcast_to(missing, units.shape)
        sums = units / 10.0**places if total.kind is Kind.NUMBER else units
        return pa.array(sums, ARROW_TYPES[total.kind], mask=mask)


def as_written(values: pa.Array, column: Column) -> pa.Array:
    """The values that a file will hold: numbers rounded to their declared decimals, half to even."""
    if column.kind is not Kind.NUMBER or column.decimals is None or column.categories is not None:
        return values
    if pa.types.is_dictionary(values.type):
        return pa.DictionaryArray.from_arrays(values.indices, as_written(values.dictionary, column), safe=False)
    units, missing = units_of(values, column)
    return pa.array(units / 10.0**column.decimals, pa.float64(), mask=missing)


def _plain(values: pa.Array) -> pa.Array:
    return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values


def decimals_of(column: Column) -> int:
    """The places after the point that its values are written with."""
    return (column.decimals or 0) if column.kind is Kind.NUMBER else 0


def units_of(values: pa.Array, column: Column) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The values in units of their last written place, and which are missing."""
    missing = values.is_null(nan_is_null=True).to_numpy(zero_copy_only=False)
    numbers = pc.if_else(pa.array(missing), pa.scalar(0, values.type), values)
    if column.kind is Kind.NUMBER:
        return np.rint(numbers.to_numpy(zero_copy_only=False) * 10.0 ** decimals_of(column)).astype(np.int64), missing
    return numbers.to_numpy(zero_copy_only=False).astype(np.int64), missing


class _Table:
    """A declared table, typed: looked up by canonical values."""

    def __init__(self, rule: Determines, schema: Schema) -> None:
        by, column = schema[rule.by], schema[rule.column]
        self._keys = typed([key for key, _ in rule.table], by, schema)
        self._values = typed([value for _, value in rule.table], column, schema)

    def of(self, values: pa.Array) -> pa.Array:
        """The value that belongs to each key, null where the table has none; dictionaries stay dictionaries."""
        if pa.types.is_dictionary(values.type):
            return pa.DictionaryArray.from_arrays(values.indices, self.of(values.dictionary), safe=False)
        place = pc.index_in(values, value_set=self._keys)
        place = pc.if_else(values.is_valid(), place, pa.scalar(None, place.type))
        return self._values.take(place)


def typed(texts: list[str], column: Column, schema: Schema) -> pa.Array:
    """Texts as the column's canonical values, null for its spellings of missing; `ValueError` for unreadable ones."""
    cells = _parsed(texts, column, schema)
    if cells.unreadable.any() or cells.infinite.any():
        raise ValueError("a value does not fit its column")
    return cells.values


def unreadable(texts: list[str], column: Column, schema: Schema) -> int:
    """How many texts are no values of the column."""
    cells = _parsed(texts, column, schema)
    return int(np.count_nonzero(cells.unreadable | cells.infinite))


def _parsed(texts: list[str], column: Column, schema: Schema) -> Cells:
    place = pa.array(range(len(texts)), pa.int32())
    known = pa.DictionaryArray.from_arrays(place, pa.array(texts, pa.string()))
    return parse(known, column, ("", *schema.missing_values_of(column)))
