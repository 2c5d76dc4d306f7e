"""The privacy units of a table's rows: bounded for a fit, or counted for the steward. Only one column is read."""

import secrets
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.engine.interface import BatchSource
from synthcli.errors import InputError
from synthcli.privacy.bounding import BoundedRows, Bounding, PrivacyUnit, Units
from synthcli.table.digest import digests
from synthcli.table.schema import Schema


def bound(source: BatchSource, schema: Schema, unit: PrivacyUnit) -> BoundedRows:
    """One pass over the unit's column: which rows count. Memory grows with the rows that are kept (40 bytes each).

    Cells are read as the schema says: 007 and 7 are one integer, and two texts. `InputError` where a unit is missing.
    """
    bounding = Bounding(unit.rows)
    for units in _digests(source, schema, unit.column):
        bounding.add(units)
    return bounding.finish()


def units_of(source: BatchSource, schema: Schema, column: str) -> Units:
    """The unit of every row of the table (16 bytes each). `InputError` where a unit is missing."""
    return np.concatenate([np.empty((0, 2), np.uint64), *_digests(source, schema, column)])


def rows_of_units(source: BatchSource, schema: Schema, column: str) -> NDArray[np.int64]:
    """How many rows each unit has, units in any order: as private as the rows. `InputError` where a unit is missing."""
    parts: list[pa.Table] = []
    waiting = 0
    for cells in _cells(source, schema, column):
        part = pa.table({"unit": cells}).group_by("unit").aggregate([([], "count_all")])
        parts.append(part.rename_columns(["unit", "rows"]))
        waiting += part.num_rows
        if waiting > parts[0].num_rows:
            parts, waiting = [_merged(parts)], 0
    return np.asarray(_merged(parts).column("rows").to_numpy(), dtype=np.int64) if parts else np.empty(0, np.int64)


def _merged(parts: list[pa.Table]) -> pa.Table:
    summed = pa.concat_tables(parts).group_by("unit").aggregate([("rows", "sum")])
    return summed.rename_columns(["unit", "rows"])


def _digests(source: BatchSource, schema: Schema, column: str) -> Iterator[Units]:
    """The units, batch by batch: keyed anew each time, equal within a pass alone."""
    key = secrets.token_bytes(32)
    for cells in _cells(source, schema, column):
        yield digests(cells, key, words=2)


def _cells(source: BatchSource, schema: Schema, column: str) -> Iterator[pa.Array]:
    for batch in source.batches(schema, [column]):
        cells = batch.column(column)
        if cells.null_count:
            raise InputError(
                f"rows without a value of {column!r} belong to no privacy unit",
                "fill the column in, or leave such rows out of the table",
            )
        yield cells
