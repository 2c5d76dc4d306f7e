"""Synthetic rows out: CSV or Parquet, streamed, whole or not at all."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet

from synthcli.errors import UsageError
from synthcli.files import STANDARD_STREAM, atomic_file, cannot, claim_output, held_outputs
from synthcli.table.axis import ARROW_TYPES, positions, values_at
from synthcli.table.csv_text import CsvText, csv_rows
from synthcli.table.provenance import PARQUET_KEY, is_provenance, sidecar_of
from synthcli.table.schema import Column, Kind, Role, Schema
from synthcli.table.spell import spell
from synthcli.table.surrogate import SurrogateColumn, distinct_columns
from synthcli.table.temporal import unit_of

_PARQUET = (".parquet", ".pq")
_CSV = (".csv", ".tsv", ".txt")


class Writer:
    """Takes canonical batches of the modelled columns; writes all columns but the dropped ones, in schema order."""

    def __init__(
        self, sink: BinaryIO, schema: Schema, parquet_file: bool, delimiter: str, seed: int, provenance: str = ""
    ) -> None:
        self._schema = schema
        self._columns = [column for column in schema.columns if column.role.is_written]
        distinct = distinct_columns(schema)
        self._surrogates = {
            c.name: SurrogateColumn(c.surrogate, np.random.default_rng([seed, place]), c.name in distinct)
            for place, c in enumerate(self._columns)
            if c.role is Role.SURROGATE and c.surrogate is not None
        }
        self._as_text = not parquet_file
        metadata = {PARQUET_KEY: provenance.encode()} if provenance else None
        layout = pa.schema([pa.field(c.name, _stored(c)) for c in self._columns], metadata)
        self._layout, self._sink = layout, sink
        self._parquet: Any = parquet.ParquetWriter(sink, layout, compression="zstd") if parquet_file else None
        if not parquet_file:
            self._text = CsvText(delimiter)
            self._spelt: dict[str, tuple[pa.Array, pa.Array]] = {}
            sink.write(csv_rows([pa.array([c.name]) for c in self._columns], delimiter))

    def write(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Append rows, and return them as they are written; columns may come as dictionaries.

        Identifiers are made up, but for those that come with the batch, as text. `KeyError` for a batch without a
        modelled column.
        """
        arrays = [self._column(column, batch) for column in self._columns]
        if self._as_text:
            self._sink.write(self._text.rows(arrays))
        else:
            self._parquet.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._layout))
        return pa.RecordBatch.from_arrays(arrays, names=[column.name for column in self._columns])

    def _column(self, column: Column, batch: pa.RecordBatch) -> pa.Array:
        if column.name in self._surrogates:
            is_given = column.name in batch.schema.names
            text = batch.column(column.name) if is_given else self._surrogates[column.name].take(batch.num_rows)
            return text if self._as_text else text.cast(_stored(column))
        values = batch.column(column.name)
        if self._as_text:
            return self._spell(values, column)
        if pa.types.is_dictionary(values.type):
            values = values.dictionary_decode()
        if column.kind is Kind.NUMBER and column.decimals is not None:
            return pc.round(values, column.decimals)
        return _as_told(values, column) if column.kind.has_clock else values

    def _spell(self, values: pa.Array, column: Column) -> pa.Array:
        """Text; of a dictionary that came before, the same text."""
        missing = self._schema.missing_values_of(column)
        if not pa.types.is_dictionary(values.type):
            return spell(values, column, missing)
        distinct = values.dictionary
        if column.name not in self._spelt or not self._spelt[column.name][0].equals(distinct):
            self._spelt[column.name] = distinct, spell(distinct, column, missing)
        return pa.DictionaryArray.from_arrays(values.indices, self._spelt[column.name][1], safe=False)

    def close(self) -> None:
        """Finish the file."""
        if self._parquet is not None:
            self._parquet.close()

    def abandon(self) -> None:
        """Let go of a file that was not finished: Arrow's writer must not try to finish it later."""
        if self._parquet is not None:
            with suppress(OSError, ValueError):
                self._parquet.close()
            self._parquet.is_open = False


@contextmanager
def _beside(path: Path, provenance: str, force: bool) -> Iterator[None]:
    """The file beside a CSV file; one that an earlier file left behind is replaced."""
    place = sidecar_of(path)
    claim_output(place, force or is_provenance(place))
    with atomic_file(place) as file:
        yield
        file.write(provenance.encode() + b"\n")


def _as_told(values: pa.Array, column: Column) -> pa.Array:
    """Times without what the column's format does not tell."""
    places, missing = positions(values, column.kind)
    return values_at(places - places % unit_of(column), missing, column.kind)


def _stored(column: Column) -> pa.DataType:
    """The type in a Parquet file; made-up identifiers are text, unless they are a sequence of integers."""
    if column.role is not Role.SURROGATE:
        return ARROW_TYPES[column.kind]
    is_sequence = column.surrogate is not None and column.surrogate.format == "sequence"
    return pa.int64() if is_sequence and column.kind is Kind.INTEGER else pa.string()


@contextmanager
def open_writer(
    path: str,
    schema: Schema,
    *,
    rng: np.random.Generator | None = None,
    delimiter: str | None = None,
    provenance: str = "",
    force: bool = False,
) -> Iterator[Writer]:
    """A writer for CSV (.csv, .tsv, .txt) or Parquet (.parquet, .pq); `-` is CSV on standard output.

    The file shows up, whole, when the block ends without an exception. `rng` makes up identifiers; one number is drawn
    from it, so that rows and identifiers do not disturb each other. `provenance` goes into the metadata of Parquet, and
    into a file beside a CSV file. Raises `UsageError` for another extension or a file that is there already (unless
    `force`), `InputError` where it cannot be written, or another run is at it.
    """
    extension = Path(path).suffix.lower()
    if path != STANDARD_STREAM and extension not in _PARQUET + _CSV:
        raise UsageError(
            f"cannot tell the format of {path} from its extension", f"write to {', '.join(_CSV + _PARQUET)}"
        )
    is_parquet = extension in _PARQUET and path != STANDARD_STREAM
    mark = delimiter or ("\t" if extension == ".tsv" else ",")
    seed = int((rng or np.random.default_rng()).integers(2**63))
    with held_outputs((path,), force), ExitStack() as stack:
        sink = sys.stdout.buffer if path == STANDARD_STREAM else stack.enter_context(atomic_file(path))
        if provenance and not is_parquet and path != STANDARD_STREAM:
            stack.enter_context(_beside(Path(path), provenance, force))  # leaves first: no rows without it
        try:
            writer = Writer(sink, schema, is_parquet, mark, seed, provenance)
            stack.callback(writer.abandon)
            yield writer
            writer.close()
            sink.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise cannot("write", path, error) from error
