"""Raw files -> canonical record batches: one pass after another over the same table."""

import glob
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from errno import ENOENT
from os import strerror
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import pyarrow as pa

from synthcli.errors import InputError
from synthcli.files import STANDARD_STREAM, cannot
from synthcli.table.csv_files import CsvFiles
from synthcli.table.csv_source import CsvReader
from synthcli.table.dialect import Dialect
from synthcli.table.held import ColumnGatherer, HeldTable
from synthcli.table.parse import parse
from synthcli.table.provenance import Claim, claims_of, is_sidecar
from synthcli.table.raw_file import RaggedRows, RawFile, spool_stdin
from synthcli.table.schema import Column, Schema
from synthcli.table.validation import ColumnTally, Problem, refuse

__all__ = ["Source", "Validation", "open_source", "refuse_absent", "table_files", "validate"]

_TABLE = re.compile(r"\.(parquet|(csv|tsv)(\.(gz|bz2|zst))?)$", re.IGNORECASE)
"""What a folder's tables are called."""


@dataclass(frozen=True, kw_only=True)
class Validation:
    """A table that matches its schema: how many rows it has, and the table itself if it was to be held."""

    rows: int
    held: HeldTable | None = None


class Reader(Protocol):
    """One file format: names of columns, and batches of raw cells."""

    columns: tuple[str, ...]
    duplicates: tuple[str, ...]
    unreadable: tuple[str, ...]

    def read(self, columns: Collection[str], ragged: RaggedRows) -> Iterator[pa.RecordBatch]:
        """The raw cells of these columns, from the start; ragged rows are left out and counted."""
        ...


class Source:
    """A table that can be streamed any number of times; closing it removes input that was spooled."""

    def __init__(self, reader: Reader, files: tuple[RawFile, ...], name: str) -> None:
        self._reader = reader
        self._files = files
        self.name = name

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What the files say of themselves, if they say that their rows are synthetic."""
        return claims_of(file.path for file in self._files)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, in the order of the file."""
        return self._reader.columns

    @property
    def duplicates(self) -> tuple[str, ...]:
        """The names that more than one column has."""
        return self._reader.duplicates

    @property
    def unreadable(self) -> tuple[str, ...]:
        """The names of columns with nested or binary values: they can be left out, and nothing else."""
        return self._reader.unreadable

    @property
    def dialect(self) -> Dialect | None:
        """How the file is written, if it is CSV."""
        return self._reader.dialect if isinstance(self._reader, CsvReader | CsvFiles) else None

    def raw_batches(self, columns: Collection[str], ragged: RaggedRows | None = None) -> Iterator[pa.RecordBatch]:
        """Cells as they are in the file: text by dictionary (CSV), or Parquet's own types."""
        return self._reader.read(columns, RaggedRows() if ragged is None else ragged)

    def batches(self, schema: Schema, columns: Collection[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Canonical batches of these columns (by default the modelled ones), in schema order, null for missing.

        Raises `InputError` (counts) for cells that cannot be read as the schema says, and ragged rows.
        """
        wanted = list(schema.modelled) if columns is None else [c for c in schema.columns if c.name in columns]
        absent = [c.name for c in wanted if c.name not in self.columns]
        refuse([_absent(name) for name in absent], self.name)
        ragged = RaggedRows()
        for raw in self.raw_batches([c.name for c in wanted], ragged):
            if ragged.count:
                raise _ragged(ragged, self.name)
            yield self._canonical(raw, wanted, schema)
        if ragged.count:
            raise _ragged(ragged, self.name)

    def _canonical(self, raw: pa.RecordBatch, wanted: list[Column], schema: Schema) -> pa.RecordBatch:
        arrays, problems = [], []
        for column in wanted:
            cells = parse(raw.column(column.name), column, schema.missing_values_of(column))
            if cells.unreadable.any() or cells.infinite.any():
                tally = ColumnTally(Column(name=column.name, kind=column.kind, format=column.format))
                tally.add(cells, raw.num_rows)
                problems += tally.problems()
            arrays.append(cells.rows())
        refuse(problems, self.name)
        return pa.RecordBatch.from_arrays(arrays, names=[column.name for column in wanted])

    def raw_chunks(self) -> Iterator[bytes]:
        """The bytes of the files as they lie on the disk."""
        for file in self._files:
            yield from file.raw_chunks()

    def close(self) -> None:
        """Remove what was spooled from standard input."""
        for file in self._files:
            if file.name == "standard input":
                file.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_source(path: str, dialect: Dialect | None = None) -> Source:
    """Open a CSV file (also gzip, bz2, zstd) or a Parquet file, a folder or glob of either, or `-` for standard input.

    Raises `InputError` where there is nothing to read, for what is no regular file, and for several files that are not
    one table.
    """
    if path == STANDARD_STREAM:
        return _open_file(spool_stdin(), dialect)
    place = Path(path)
    if place.is_dir():
        return _open_files(table_files(path), path, dialect, place)
    if not place.exists() and glob.has_magic(path):
        return _open_files(table_files(path), path, dialect)
    return _open_file(RawFile(place, path), dialect)


def table_files(path: str) -> list[Path]:
    """The files that a table's path means, which need not be there; of `-`, what standard input is."""
    if path == STANDARD_STREAM:
        return [Path("/dev/stdin")]
    place = Path(path)
    if place.is_dir():
        tables = (p for p in place.rglob("*") if _TABLE.search(p.name) and not p.name.startswith(("_", ".")))
        return sorted(tables)
    if not place.exists() and glob.has_magic(path):
        return sorted(map(Path, glob.glob(path, recursive=True)))  # noqa: PTH207
    return [place]


def refuse_absent(path: str) -> None:
    """`InputError` where there is no such file or folder, and nothing that the glob means; nothing is opened."""
    if not Path(path).exists() and next(glob.iglob(path, recursive=True), None) is None:  # noqa: PTH207
        raise cannot("read", path, FileNotFoundError(ENOENT, strerror(ENOENT)))


def _open_file(file: RawFile, dialect: Dialect | None) -> Source:
    _refuse_stream(file)
    if file.is_parquet:
        return _of_parquet((file,), file.name)
    return Source(CsvReader(file, dialect), (file,), file.name)


def _open_files(places: list[Path], name: str, dialect: Dialect | None, folder: Path | None = None) -> Source:
    """Several files as one table: all Parquet, or all CSV."""
    files = tuple(RawFile(place, str(place)) for place in places if not (place.is_dir() or is_sidecar(place)))
    for file in files:
        _refuse_stream(file)
    kinds = {file.is_parquet for file in files}
    if not kinds:
        raise InputError(f"there are no Parquet or CSV files in {name}", "name a folder with such files, or a pattern")
    if kinds == {True, False}:
        raise InputError(f"{name} holds both Parquet and CSV files", "name those of one kind by a pattern")
    if kinds == {False}:
        return Source(CsvFiles(files, dialect), files, name)
    return _of_parquet(files, name, folder)


def _refuse_stream(file: RawFile) -> None:
    """`InputError` for what is there and is no file: to open a named pipe would wait for its writer."""
    if file.path.exists() and not file.path.is_file():
        raise InputError(
            f"{file.name} is not a regular file, and a table is read more than once",
            "write it to a file, or pipe it: ... | synthcli profile - --name NAME",
        )


def _of_parquet(files: tuple[RawFile, ...], name: str, folder: Path | None = None) -> Source:
    from synthcli.table.parquet_source import ParquetReader  # it brings pandas with it: a quarter of a second

    return Source(ParquetReader([file.path for file in files], name, folder), files, name)


def validate(source: Source, schema: Schema, hold: int = 0) -> Validation:
    """One pass over all declared columns; `InputError` lists whatever does not match, with counts and edits.

    Dropped, surrogate and computed columns may be absent. Facts that were only observed are not held against the rows.
    A table that takes at most `hold` bytes comes back with the result.
    """
    columns = [c for c in schema.modelled if c.name in source.columns]
    if not columns:  # what passes for names may be the cells of a first row: they are not told
        raise InputError(
            f"{source.name} has no column of the schema's: its first row may not be a header",
            "set --header or --no-header, or --delimiter, or give the schema of this table",
        )
    problems = _header_problems(source, schema)
    gatherers = {c.name: ColumnGatherer(ColumnTally(c), schema.missing_values_of(c), hold > 0) for c in columns}
    ragged, rows = RaggedRows(), 0
    for raw in source.raw_batches(list(gatherers), ragged):
        rows += raw.num_rows
        for name, gatherer in gatherers.items():
            gatherer.add(raw.column(name))
        if hold and sum(gatherer.bytes for gatherer in gatherers.values()) > hold:
            hold = 0
            for gatherer in gatherers.values():
                gatherer.let_go()
    held = {name: gatherer.finish() for name, gatherer in gatherers.items()}
    if ragged.count:
        problems.append(Problem(_ragged(ragged, source.name).message, _ragged(ragged, source.name).hint))
    for gatherer in gatherers.values():
        problems += gatherer.tally.problems()
    if not rows and not ragged.count:
        problems.append(Problem(f"{source.name} has no rows", "give a file with rows below its header"))
    refuse(problems, source.name)
    pa.default_memory_pool().release_unused()
    kept = {name: column for name, column in held.items() if column is not None}
    return Validation(rows=rows, held=HeldTable(kept, rows) if hold else None)


def _header_problems(source: Source, schema: Schema) -> list[Problem]:
    declared = {column.name for column in schema.columns}
    return [
        *(Problem(f"more than one column is named {name!r}", "rename them in the file") for name in source.duplicates),
        *(_absent(column.name) for column in schema.modelled if column.name not in source.columns),
        *(
            Problem(f"column {name!r} is not in the schema", "add a field for it (synthcli:role: drop leaves it out)")
            for name in source.columns
            if name not in declared
        ),
    ]


def _absent(name: str) -> Problem:
    return Problem(f"column {name!r} of the schema is not in the table", "correct the name of the field, or delete it")


def _ragged(ragged: RaggedRows, name: str) -> InputError:
    return InputError(
        f"{name} has {ragged.count:,} row(s) with another number of fields than the header",
        "correct the rows, or set --delimiter or --quote",
    )
