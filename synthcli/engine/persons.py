"""The persons of a table: for each privacy unit one of its rows, and how many rows it has."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.engine.interface import BatchSource, RowMask
from synthcli.engine.local import LocalEngine
from synthcli.privacy.bounding import BoundedRows
from synthcli.table.held import HeldColumn, HeldTable
from synthcli.table.schema import Schema

_BATCH = 1 << 17


@dataclass(frozen=True, eq=False)
class PersonRows:
    """For each person the number of the row that stands for it, ascending, and how many rows the person has in all."""

    rows: NDArray[np.int64]
    times: NDArray[np.int64]

    @staticmethod
    def of(bounded: BoundedRows, keep: RowMask) -> "PersonRows":
        """The persons whose rows are counted. Each is represented by one of its rows, drawn at random in bounding."""
        first = bounded.kept[bounded.first]
        order = np.argsort(first)
        order = order[keep(0, bounded.rows)[first[order]]]
        return PersonRows(first[order], bounded.times[order])


@dataclass(frozen=True)
class OnePerPerson:
    """The rows that stand for a person as a source of batches, with the column `counted` beside those of the file."""

    source: BatchSource
    persons: PersonRows
    counted: str

    def batches(self, schema: Schema, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Batches of these columns, all of the schema's by default."""
        wanted = [column.name for column in schema.modelled] if columns is None else list(columns)
        read = [name for name in wanted if name != self.counted]
        for batch, times in self._read(schema, read) if read else self._counts():
            arrays = [pa.array(times) if name == self.counted else batch.column(name) for name in wanted]
            yield pa.RecordBatch.from_arrays(arrays, names=wanted)

    def _read(self, schema: Schema, columns: Sequence[str]) -> Iterator[tuple[pa.RecordBatch, NDArray[np.int64]]]:
        start = 0
        for batch in self.source.batches(schema, columns):
            low, high = np.searchsorted(self.persons.rows, (start, start + batch.num_rows))
            yield batch.take(pa.array(self.persons.rows[low:high] - start)), self.persons.times[low:high]
            start += batch.num_rows

    def _counts(self) -> Iterator[tuple[pa.RecordBatch, NDArray[np.int64]]]:
        nothing = pa.RecordBatch.from_arrays([], names=[])
        for start in range(0, len(self.persons.rows), _BATCH):
            yield nothing, self.persons.times[start : start + _BATCH]


def persons_engine(
    source: BatchSource, schema: Schema, persons: PersonRows, counted: str, held: HeldTable | None
) -> LocalEngine:
    """The table of persons, which `schema` describes; in memory where the table of rows is."""
    if held is None:
        return LocalEngine(OnePerPerson(source, persons, counted), schema)
    columns = {
        name: HeldColumn(column.values, column.index[persons.rows])
        for name, column in held.columns.items()
        if name in {c.name for c in schema.modelled}
    }
    values, place = np.unique(persons.times, return_inverse=True)
    index = place.astype(np.min_scalar_type(max(len(values) - 1, 0)))
    columns[counted] = HeldColumn(pa.array(values), index)
    return LocalEngine(OnePerPerson(source, persons, counted), schema, held=HeldTable(columns, rows=len(persons.rows)))
