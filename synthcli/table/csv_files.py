"""Several CSV files with the same columns as one table."""

from collections.abc import Collection, Iterator, Sequence

import pyarrow as pa

from synthcli.errors import InputError
from synthcli.table.csv_source import CsvReader
from synthcli.table.dialect import Dialect
from synthcli.table.raw_file import RaggedRows, RawFile

_NAMED = 10
"""Files that an error lists."""


class CsvFiles:
    """The rows of all files, one file after the other. `dialect` is that of the first, and all are read by it."""

    def __init__(self, files: Sequence[RawFile], dialect: Dialect | None = None) -> None:
        """Reads the headers. `InputError` for an empty file, or one with other columns than the first."""
        first = CsvReader(files[0], dialect)
        self._readers = (first, *(CsvReader(file, first.dialect) for file in files[1:]))
        self.unreadable = first.unreadable
        self.columns, self.duplicates, self.dialect = first.columns, first.duplicates, first.dialect
        other = [
            file.name
            for file, reader in zip(files, self._readers, strict=True)
            if (set(reader.columns), reader.duplicates) != (set(self.columns), self.duplicates)
        ]
        if other:
            raise InputError(
                f"{len(other)} of {len(files)} CSV files have other columns than {files[0].name}",
                "give the files of one table, each with the same header, delimiter and encoding",
                tuple(other[:_NAMED]),
            )

    def read(self, columns: Collection[str], ragged: RaggedRows) -> Iterator[pa.RecordBatch]:
        """The cells of these columns as text, by dictionary; ragged rows are left out and counted."""
        for reader in self._readers:
            yield from reader.read(columns, ragged)
