"""What a table says, whatever its file is like: a digest of values, which format and other columns leave alone."""

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthcli.table.held import HeldTable
from synthcli.table.schema import Schema
from synthcli.table.source import Source

_ROWS = 1 << 17


class Content:
    """Takes canonical batches in the order of the rows, columns together or apart, however they are cut."""

    def __init__(self) -> None:
        self._hashes: dict[str, list[Any]] = {}

    def add(self, batches: Iterable[pa.RecordBatch]) -> "Content":
        """More rows of these columns."""
        for batch in batches:
            for name, cells in zip(batch.schema.names, batch.columns, strict=True):
                for digest, part in zip(self._of(name), _parts(cells), strict=True):
                    digest.update(part)
        return self

    def _of(self, name: str) -> list[Any]:
        return self._hashes.setdefault(name, [hashlib.blake2b(digest_size=32) for _ in range(3)])

    def digest(self) -> bytes:
        """32 bytes. Without a key, and so as private as the rows."""
        whole = hashlib.blake2b(digest_size=32)
        for name in sorted(self._hashes):
            whole.update(hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=32).digest())
            for digest in self._hashes[name]:
                whole.update(digest.digest())
        return whole.digest()


def content_of(source: Source, schema: Schema, unit: str | None, held: HeldTable | None = None) -> bytes:
    """The digest of what a fit rests on: the values of modelled columns, and whose rows are whose (column `unit`).

    `held` is the same table in memory. `InputError` for a file that cannot be read as the schema says.
    """
    content = Content().add(source.batches(schema) if held is None else batches_of(held, schema))
    return content.add(() if unit is None else source.batches(schema, [unit])).digest()


def _parts(cells: pa.Array) -> tuple[Any, Any, Any]:
    """Which cells are missing, how long texts are, and the values one after the other."""
    plain = cells.dictionary_decode() if pa.types.is_dictionary(cells.type) else cells
    missing = plain.is_null().to_numpy(zero_copy_only=False)
    if not pa.types.is_string(plain.type):
        numbers = pc.fill_null(_as_numbers(plain), 0).to_numpy(zero_copy_only=False)
        return missing.tobytes(), b"", np.ascontiguousarray(numbers).tobytes()
    if not len(plain):
        return b"", b"", b""
    text = plain.fill_null("")
    offsets = np.frombuffer(text.buffers()[1], dtype=np.int32)[text.offset : text.offset + len(text) + 1]
    data = memoryview(text.buffers()[2] or b"")[offsets[0] : offsets[-1]]
    return missing.tobytes(), np.diff(offsets).tobytes(), data


def _as_numbers(cells: pa.Array) -> pa.Array:
    """Dates in days, datetimes in microseconds, truth values as 0 and 1; numbers as they are."""
    if pa.types.is_temporal(cells.type):
        return cells.view(pa.int32() if pa.types.is_date32(cells.type) else pa.int64())
    return cells.cast(pa.int8()) if pa.types.is_boolean(cells.type) else cells


def batches_of(held: HeldTable, schema: Schema) -> Iterable[pa.RecordBatch]:
    """The modelled columns of a table in memory, as batches."""
    names = [column.name for column in schema.modelled]
    for start in range(0, held.rows, _ROWS):
        columns = [held.columns[name] for name in names]
        arrays = [c.values.take(pa.array(c.index[start : start + _ROWS])) for c in columns]
        yield pa.RecordBatch.from_arrays(arrays, names=names)
