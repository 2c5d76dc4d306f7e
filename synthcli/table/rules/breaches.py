"""How many rows of a table break each rule: as private as the rows are, and for the steward's eyes alone."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from synthcli.table.axis import ARROW_TYPES, positions
from synthcli.table.rules.compute import Computed, as_written
from synthcli.table.rules.kinds import Condition, Order, Rule, Unique
from synthcli.table.rules.on_codes import impossible_together, intervals
from synthcli.table.rules.order import gaps
from synthcli.table.rules.ranks import ranks_of
from synthcli.table.schema import Column, Schema

Mask = NDArray[np.bool_]


class Rows(Protocol):
    """A table that can be streamed: a source."""

    def batches(self, schema: Schema, columns: list[str]) -> Iterator[pa.RecordBatch]:
        """Canonical batches of these columns."""
        ...


@dataclass(frozen=True, kw_only=True)
class Breach:
    """A rule, and how many rows break it."""

    rule: Rule
    rows: int


def count_breaches(rows: Rows, schema: Schema) -> tuple[Breach, ...]:
    """One pass over the columns that rules name. `InputError` for cells that cannot be read as the schema says."""
    named = {n for r in schema.rules for n in (*r.reads, *((r.computes,) if r.computes is not None else ()))}
    counts = [0] * len(schema.rules)
    keys: dict[int, list[pa.RecordBatch]] = {i: [] for i, r in enumerate(schema.rules) if isinstance(r, Unique)}
    for batch in rows.batches(schema, [column.name for column in schema.columns if column.name in named]):
        for i, rule in enumerate(schema.rules):
            if i in keys:
                keys[i].append(batch.select(list(rule.reads)))
            else:
                counts[i] += int(np.count_nonzero(broken(rule, batch, schema)))
    for i, parts in keys.items():
        counts[i] = _repeats(parts)
    return tuple(Breach(rule=rule, rows=count) for rule, count in zip(schema.rules, counts, strict=True))


def _repeats(parts: list[pa.RecordBatch]) -> int:
    """Rows whose values another row has had before."""
    table = pa.Table.from_batches(parts) if parts else None
    return 0 if table is None else table.num_rows - table.group_by(table.column_names).aggregate([]).num_rows


def broken(rule: Rule, batch: pa.RecordBatch, schema: Schema) -> Mask:
    """The rows of a canonical batch that break a rule about single rows."""
    if isinstance(rule, Order):
        return _out_of_order(rule, batch, schema)
    if rule.computes is not None:
        alone = Computed(replace(schema, rules=(rule,))).add(batch.select(list(rule.reads)))
        wanted, there = alone.column(rule.computes), as_written(batch.column(rule.computes), schema[rule.computes])
        same = pc.or_(pc.equal(wanted, there).fill_null(False), pc.and_(wanted.is_null(), there.is_null()))
        return ~_mask(same)
    together = [
        reduce(np.logical_and, [_met(c, batch.column(c.column), schema[c.column]) for c in conditions])
        for conditions in impossible_together(rule)
    ]
    return reduce(np.logical_or, together)


def _met(condition: Condition, values: pa.Array, column: Column) -> Mask:
    missing = _mask(values.is_null(nan_is_null=True))
    if condition.missing:
        met = missing
    elif column.kind.has_axis:
        places = positions(values, column.kind)[0]
        met = np.any([(places >= low) & (places < high) for low, high in intervals(condition, column.kind)], axis=0)
        met &= ~missing
    else:
        met = _mask(pc.is_in(values, value_set=pa.array(condition.values, ARROW_TYPES[column.kind])))
    return met ^ condition.is_not


def _out_of_order(rule: Order, batch: pa.RecordBatch, schema: Schema) -> Mask:
    out = np.zeros(batch.num_rows, dtype=np.bool_)
    for low, high in gaps([rule]):
        (one, absent), (other, missing) = (positions(batch.column(name), schema[name].kind) for name in (low, high))
        ranks, above = ranks_of(one, schema[low]), ranks_of(other, schema[high])
        out |= ~absent & ~missing & ((above <= ranks) if rule.strict else (above < ranks))
    return out


def _mask(values: pa.Array) -> Mask:
    out: Mask = values.to_numpy(zero_copy_only=False).astype(np.bool_)
    return out
