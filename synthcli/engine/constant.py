"""Columns that never vary between the rows of a privacy unit: for the steward's eyes, as private as the rows."""

import secrets
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthcli.engine.interface import BatchSource
from synthcli.table.digest import digests
from synthcli.table.schema import Schema


def constant_columns(source: BatchSource, schema: Schema, unit: str, columns: Sequence[str]) -> tuple[str, ...]:
    """Those of the columns that have one value (or none) in all rows of every unit; none if no unit has two rows.

    One pass; memory grows with the units. Columns that vary are forgotten as soon as they do.
    """
    key, left = secrets.token_bytes(32), list(range(len(columns)))
    parts: list[pa.Table] = []
    waiting = 0
    for batch in source.batches(schema, [unit, *columns]):
        hashed = {str(i): digests(batch.column(columns[i]), key)[:, 0] for i in left}
        of_unit = digests(batch.column(unit), key)[:, 0]
        parts.append(pa.table({"unit": of_unit, "rows": np.ones(batch.num_rows, np.int64), **hashed}))
        waiting += batch.num_rows
        if waiting > parts[0].num_rows:
            seen, left = _merged(parts, left)
            parts, waiting = [seen], 0
    if not parts or not left:
        return ()
    seen, left = _merged(parts, left)
    if not seen.num_rows or pc.max(seen.column("rows")).as_py() < 2:
        return ()
    return tuple(columns[i] for i in left)


def _merged(parts: Sequence[pa.Table], left: Sequence[int]) -> tuple[pa.Table, list[int]]:
    """One row for each unit, and those of the columns that do not vary within one."""
    names = [str(i) for i in left]
    whole = pa.concat_tables([part.select(["unit", "rows", *names]) for part in parts])
    found = whole.group_by("unit").aggregate([("rows", "sum"), *((n, how) for n in names for how in ("min", "max"))])
    same = [n for n in names if found.column(f"{n}_min").equals(found.column(f"{n}_max"))]
    columns = {"unit": found.column("unit"), "rows": found.column("rows_sum")}
    return pa.table(columns | {n: found.column(f"{n}_min") for n in same}), [int(n) for n in same]
