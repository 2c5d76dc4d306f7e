"""CSV as a stream of record batches of text."""

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.csv as arrow_csv

from synthcli.errors import InputError
from synthcli.table.dialect import Dialect, detect, records
from synthcli.table.encoding import decode_sample, undecodable
from synthcli.table.quotes import CheckedText, Quotes
from synthcli.table.raw_file import RaggedRows, RawFile

_BLOCK = 4 << 20
_HEADER_BYTES = 8 << 20
_TEXT = pa.dictionary(pa.int32(), pa.string())


class CsvReader:
    """A CSV file, compressed or not. `dialect` has everything filled in."""

    def __init__(self, file: RawFile, dialect: Dialect | None = None) -> None:
        """Detects what the dialect leaves open, and reads the header. `InputError` for an empty file."""
        self._file = file
        self.dialect = detect(file, dialect)
        found = records(decode_sample(file, _HEADER_BYTES, self.dialect.encoding or "utf-8"), self.dialect)
        if not found:
            raise InputError(f"{file.name} is empty", "give a file with a header and rows")
        self._names = _names(found[0]) if self.dialect.header else [f"field{i + 1}" for i in range(len(found[0]))]
        self.columns = tuple(dict.fromkeys(self._names))
        self.unreadable: tuple[str, ...] = ()
        self.duplicates = tuple(name for name, count in Counter(self._names).items() if count > 1)

    def read(self, columns: Collection[str], ragged: RaggedRows) -> Iterator[pa.RecordBatch]:
        """The cells of these columns as text, by dictionary; ragged rows are left out and counted.

        `InputError` where a quote is not closed, as soon as that is read.
        """
        places = {name: str(self._names.index(name)) for name in columns}
        quote, delimiter = self.dialect.quote, self.dialect.delimiter or ","
        quotes = Quotes(self._file.name, ord(quote), ord(delimiter)) if quote else None
        try:
            with self._file.open() as stream, self._open(stream, quotes, list(places.values()), ragged) as reader:
                for batch in reader:
                    yield pa.RecordBatch.from_arrays(batch.columns[: len(places)], names=list(places))
        except UnicodeError as error:
            raise self._undecodable() from error
        except pa.ArrowInvalid as error:
            raise self._explain(str(error), quotes.opened if quotes else 0) from error
        except OSError as error:
            raise InputError(f"{self._file.name} cannot be read to its end", "make the file again") from error

    def _open(self, stream: Any, quotes: Quotes | None, places: list[str], ragged: RaggedRows) -> Any:
        def skip(row: Any) -> str:
            ragged.count += 1
            return "skip"

        dialect, names = self.dialect, [str(i) for i in range(len(self._names))]
        return arrow_csv.open_csv(
            CheckedText(stream, _python_encoding(dialect.encoding or "utf-8"), quotes),
            read_options=arrow_csv.ReadOptions(
                column_names=names,
                skip_rows_after_names=1 if dialect.header else 0,
                block_size=_BLOCK,
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=dialect.delimiter or ",",
                quote_char=dialect.quote or False,
                newlines_in_values=bool(dialect.quote),
                ignore_empty_lines=len(names) > 1,  # in a table of one column, an empty line is a missing value
                invalid_row_handler=skip,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, _TEXT), include_columns=places or names[:1], strings_can_be_null=False
            ),
        )

    def _explain(self, message: str, opened: int) -> InputError:
        """Arrow's message may quote cells: it is read, not passed on. `opened`: the line of a quote that is open."""
        if "UTF8" in message:
            return self._undecodable()
        if "straddling" in message:
            return InputError(
                f"{self._file.name} has a row longer than {_BLOCK >> 20} MB"
                + (f": the quote that is opened in line {opened:,} may not be closed" if opened else ""),
                "correct the file, or set --quote",
            )
        return InputError(f"{self._file.name} cannot be read as CSV", "set --delimiter, --quote or --encoding")

    def _undecodable(self) -> InputError:
        return undecodable(self._file, self.dialect.encoding or "utf-8")


def _python_encoding(name: str) -> str:
    return "utf8" if name.lower().replace("_", "-") in ("utf-8", "utf8", "utf-8-sig", "ascii") else name


def _names(header: list[str]) -> list[str]:
    """The header's names; a column without one is called by its place."""
    return [name.strip() or f"field{i + 1}" for i, name in enumerate(header)]
