"""Counting on this machine: one stream over the source, one block of codes in memory at a time."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from synthcli.engine.interface import BatchSource, RowMask
from synthcli.marginal import Clique, Codes, Tally
from synthcli.privacy.exact import Coding
from synthcli.table.schema import Schema

BLOCK_ROWS = 1 << 18
"""Batches are gathered into blocks of about this many rows, so that emptying large tables costs less than counting."""


class LocalEngine:
    """A private table on this machine: satisfies `PrivateTable`. Memory does not grow with the number of rows."""

    def __init__(self, source: BatchSource, schema: Schema, keep: RowMask | None = None) -> None:
        self._source = source
        self._schema = schema
        self._keep = keep

    def count(self, codec: Coding, cliques: Sequence[Clique]) -> dict[Clique, NDArray[np.int64]]:
        """The exact table of every clique, in one pass over the rows."""
        attributes = {attribute for clique in cliques for attribute in clique}
        tally = Tally(codec.domain, cliques)
        for block in _blocks(codec.encode(batch) for batch in self._batches(self._columns_for(attributes))):
            tally.add(block)
        return tally.tables()

    def keys(self, column: str) -> dict[str, int]:
        """How often each value of a column occurs; values as canonical strings, missing ones left out."""
        counts: Counter[str] = Counter()
        for batch in self._batches([column]):
            values = batch.column(column)
            if pa.types.is_floating(values.type):
                values = pc.add(values, 0.0)  # minus zero is zero, and must not be a key beside it
            values = pc.cast(values, pa.string()).drop_null()
            found = pc.value_counts(values)
            keys, times = found.field("values").to_pylist(), found.field("counts").to_pylist()
            for key, count in zip(keys, times, strict=True):
                counts[key] += count
        return dict(counts)

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
