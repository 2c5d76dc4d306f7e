"""Counting on this machine, one block of codes at a time: from a table in memory, or from the source again."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from synthcli.engine.interface import BatchSource, RowMask
from synthcli.errors import InputError
from synthcli.marginal import Clique, Codes, Tally
from synthcli.privacy.exact import Coding
from synthcli.table.held import HeldTable, Index
from synthcli.table.schema import Schema

BLOCK_ROWS = 1 << 19
"""Batches are gathered into blocks of about this many rows, so that emptying large tables costs less than counting."""


class LocalEngine:
    """A private table on this machine: satisfies `PrivateTable`. Memory does not grow with the number of rows.

    A table that is `held` in memory is not read again; the source is where it came from.
    """

    def __init__(
        self, source: BatchSource, schema: Schema, keep: RowMask | None = None, held: HeldTable | None = None
    ) -> None:
        self._source = source
        self._schema = schema
        self._keep = keep
        self._held = held

    def count(self, codec: Coding, cliques: Sequence[Clique]) -> dict[Clique, NDArray[np.int64]]:
        """The exact table of every clique, in one pass over the rows."""
        attributes = {attribute for clique in cliques for attribute in clique}
        columns = self._columns_for(attributes)
        tally = Tally(codec.domain, cliques)
        for block in self._held_blocks(codec, attributes, columns) or self._read_blocks(codec, columns):
            tally.add(block)
        return tally.tables()

    def keys(self, column: str) -> dict[str, int]:
        """How often each value of a column occurs; values as canonical strings, missing ones left out."""
        counts: Counter[str] = Counter()
        if self._held is not None:
            held = self._held.columns[column]
            places = (held.index[rows] for rows in self._held_rows(self._held.rows))
            times = sum((np.bincount(p, minlength=len(held.values)) for p in places), np.zeros(len(held.values), int))
            counts.update(_spelt(held.values.filter(pa.array(times > 0)), times[times > 0]))
            return dict(counts)
        for batch in self._batches([column]):
            found = pc.value_counts(batch.column(column))
            counts.update(_spelt(found.field("values"), found.field("counts").to_numpy()))
        return dict(counts)

    def _read_blocks(self, codec: Coding, columns: Sequence[str]) -> Iterator[Codes]:
        return _blocks(codec.encode(batch) for batch in self._batches(columns))

    def _held_blocks(self, codec: Coding, attributes: set[str], columns: Sequence[str]) -> Iterator[Codes] | None:
        """Blocks of the table in memory: each distinct value is encoded once. None if they must be read.

        What is made of several columns is encoded row by row. Where a value has no code, the rows that are read tell.
        """
        if self._held is None:
            return None
        codes: dict[str, tuple[Index, Index]] = {}
        for name in columns:
            column = self._held.columns[name]
            try:
                encoded = codec.encode(pa.RecordBatch.from_arrays([column.values], names=[name]))
            except InputError:
                return None
            codes |= {
                a: (of_value, column.index) for a, of_value in encoded.items() if a in attributes or not attributes
            }
        joins = {a: names for a, names in codec.joins.items() if a in attributes}
        if not attributes <= codes.keys() | joins.keys():
            return None
        return (
            {a: v[i[rows]] for a, (v, i) in codes.items()} | self._joined(codec, joins, rows)
            for rows in self._held_rows(self._held.rows)
        )

    def _joined(
        self, codec: Coding, joins: Mapping[str, tuple[str, ...]], rows: slice | NDArray[np.intp]
    ) -> dict[str, NDArray[np.unsignedinteger]]:
        """The codes of what is made of several columns, for rows of the table in memory."""
        if self._held is None or not joins:
            return {}
        names = sorted({name for several in joins.values() for name in several})
        held = [self._held.columns[name] for name in names]
        columns = [column.values.take(pa.array(column.index[rows])) for column in held]
        codes = codec.encode(pa.RecordBatch.from_arrays(columns, names=names))
        return {attribute: codes[attribute] for attribute in joins}

    def _held_rows(self, count: int) -> Iterator[slice | NDArray[np.intp]]:
        """The rows that count, a block at a time."""
        for start in range(0, count, BLOCK_ROWS):
            rows = min(BLOCK_ROWS, count - start)
            kept = None if self._keep is None else self._keep(start, rows)
            yield slice(start, start + rows) if kept is None or kept.all() else start + np.flatnonzero(kept)

    def _columns_for(self, attributes: set[str]) -> list[str]:
        """The columns that these attributes need; all modelled ones if an attribute is not itself a column."""
        modelled = [column.name for column in self._schema.modelled]
        if not attributes or not attributes.issubset(modelled):
            return modelled
        return [name for name in modelled if name in attributes]

    def _batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The rows that count."""
        start = 0
        for batch in self._source.batches(self._schema, columns):
            rows = batch.num_rows
            kept = None if self._keep is None else self._keep(start, rows)
            start += rows
            yield batch if kept is None or kept.all() else batch.filter(pa.array(kept))


def _spelt(values: pa.Array, times: NDArray[np.int64]) -> dict[str, int]:
    """How often each value that is not missing occurs, as text."""
    counts: Counter[str] = Counter()
    if pa.types.is_floating(values.type):
        values = pc.add(values, 0.0)  # minus zero is zero, and must not be a key beside it
    for key, count in zip(pc.cast(values, pa.string()).to_pylist(), times.tolist(), strict=True):
        if key is not None:
            counts[key] += count
    return counts


def _blocks(parts: Iterator[Codes]) -> Iterator[Codes]:
    """Gather small parts into blocks of `BLOCK_ROWS` rows or a little more."""
    gathered: list[Codes] = []
    rows = 0
    for part in parts:
        gathered.append(part)
        rows += len(next(iter(part.values())))
        if rows >= BLOCK_ROWS:
            yield _joined(gathered)
            gathered, rows = [], 0
    if gathered:
        yield _joined(gathered)


def _joined(parts: Sequence[Codes]) -> Codes:
    if len(parts) == 1:
        return parts[0]
    return {attribute: np.concatenate([part[attribute] for part in parts]) for attribute in parts[0]}
