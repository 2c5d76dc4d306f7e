"""Canonical values -> text as the schema spells it: decimals, date formats, declared categories."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthcli.table.axis import positions
from synthcli.table.category_encoder import CategoryEncoder
from synthcli.table.schema import Column, Kind
from synthcli.table.temporal import TimeFormat

_PLAIN_DECIMALS = 6
"""Arrow writes decimals with more places after the point in scientific notation, where they are small."""

_EXACT = 1e15


def spell(values: pa.Array, column: Column, missing: tuple[str, ...]) -> pa.Array:
    """Text for every value; missing values get the first of the `missing` spellings, or nothing."""
    return pc.fill_null(_spell(values, column), missing[0] if missing else "")


def _spell(values: pa.Array, column: Column) -> pa.Array:
    if column.categories is not None and column.kind is not Kind.STRING:
        return _as_declared(values, column)
    if column.kind is Kind.BOOLEAN:
        return pc.if_else(values, column.true_values[0], column.false_values[0])
    if column.kind is Kind.NUMBER:
        return _number(values, column.decimals)
    if column.kind.has_format:
        places, absent = positions(values, column.kind)
        text = TimeFormat.of(column).spell(places)
        return pc.if_else(pa.array(absent), None, text)
    return values.cast(pa.string())


def _as_declared(values: pa.Array, column: Column) -> pa.Array:
    """The spelling of a number in the list of categories ('01' for 1); plain digits for others."""
    listed = column.categories or ()
    encoder = CategoryEncoder(values=listed, type=column.kind, missing=True, other=True)
    index = encoder.encode(values).astype(np.int64)
    declared = pa.array(listed, pa.string()).take(pa.array(index, mask=index >= len(listed)))
    return pc.coalesce(declared, values.cast(pa.string()))


def _number(values: pa.Array, decimals: int | None) -> pa.Array:
    """Fixed decimals; without a rule, the shortest text that reads back as the same number."""
    if decimals is None:
        return values.cast(pa.string())
    numbers = np.asarray(values.fill_null(0.0))
    units = np.rint(numbers * 10.0**decimals)
    if decimals > _PLAIN_DECIMALS or not np.all(np.abs(units) <= _EXACT):
        return _number_by_number(values, decimals)
    whole = np.empty((len(units), 2), dtype="<i8")
    whole[:, 0] = units
    whole[:, 1] = whole[:, 0] >> 63
    exact = pa.Array.from_buffers(pa.decimal128(18, decimals), len(units), [None, pa.py_buffer(whole)])
    text = exact.cast(pa.string())
    return pc.if_else(values.is_valid(), text, None) if values.null_count else text


def _number_by_number(values: pa.Array, decimals: int) -> pa.Array:
    encoded = pc.dictionary_encode(values)
    text = [
        None if v is None else f"{v + 0.0:.{decimals}f}" for v in pc.round(encoded.dictionary, decimals).to_pylist()
    ]
    return pa.array(text, pa.string()).take(encoded.indices)
