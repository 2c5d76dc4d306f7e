"""Which rows of a canonical batch satisfy a condition, by their values as they stand in the file."""

from functools import reduce
from operator import eq, ge, gt, le, lt, ne
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from synthcli.table.axis import axis_dtype, positions
from synthcli.table.condition.expression import (
    Among,
    And,
    Comparison,
    Expression,
    Leaf,
    Missing,
    Not,
    Operator,
    Or,
    Value,
)
from synthcli.table.rules.ranks import ranks_of
from synthcli.table.schema import Column, Kind, Schema

Mask = NDArray[np.bool_]

_HOLDS = {
    Operator.EQUAL: eq,
    Operator.UNEQUAL: ne,
    Operator.LESS: lt,
    Operator.AT_MOST: le,
    Operator.GREATER: gt,
    Operator.AT_LEAST: ge,
}


def satisfying(expression: Expression, batch: pa.RecordBatch, schema: Schema, negated: bool = False) -> Mask:
    """A mask of the rows; a missing value satisfies no comparison, and no negated one either."""
    if isinstance(expression, Not):
        return satisfying(expression.part, batch, schema, not negated)
    if isinstance(expression, And | Or):
        parts = [satisfying(part, batch, schema, negated) for part in expression.parts]
        is_all = isinstance(expression, And) != negated
        start = np.full(batch.num_rows, is_all)
        return reduce(np.logical_and if is_all else np.logical_or, parts, start)
    values, column = batch.column(expression.column), schema[expression.column]
    missing: Mask = values.is_null(nan_is_null=True).to_numpy(zero_copy_only=False)
    if isinstance(expression, Missing):
        return ~missing if negated else missing
    return ~missing & (_holds(expression, values, column) ^ negated)


def _holds(leaf: Leaf, values: pa.Array, column: Column) -> Mask:
    """For the rows whose value is there."""
    assert isinstance(leaf, Among | Comparison)
    asked = leaf.values if isinstance(leaf, Among) else (leaf.value,)
    if leaf.part is not None:
        ranks, wanted = leaf.part.of(positions(values, column.kind)[0], column.kind), list(asked)
    else:
        ranks, wanted = _ranks(values, column), [_rank(value, column) for value in asked]
    if isinstance(leaf, Among):
        return np.isin(ranks, wanted)
    return np.asarray(_HOLDS[leaf.operator](ranks, wanted[0]), dtype=np.bool_)


def _ranks(values: pa.Array, column: Column) -> NDArray[Any]:
    """Numbers in the order of the values: text by the declared categories, other text as itself."""
    if column.kind.has_axis:
        return ranks_of(positions(values, column.kind)[0], column)
    if column.kind is Kind.BOOLEAN:
        return np.asarray(values.fill_null(False).to_numpy(zero_copy_only=False)).astype(np.int64)
    if column.categories and column.ordered:
        found = pc.index_in(values, value_set=pa.array(column.categories, pa.string()))
        return np.asarray(found.fill_null(len(column.categories)).to_numpy(zero_copy_only=False))
    return np.asarray(values.fill_null("").to_numpy(zero_copy_only=False)).astype(str)


def _rank(value: Value, column: Column) -> Any:
    """The same of one value."""
    if column.kind.has_axis:
        return ranks_of(np.array([value], dtype=axis_dtype(column.kind)), column)[0]
    if column.kind is Kind.BOOLEAN:
        return int(value)
    if column.categories and column.ordered:
        return column.categories.index(str(value)) if value in column.categories else len(column.categories)
    return str(value)
