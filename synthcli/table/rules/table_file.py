"""A public table beside the schema: a CSV file whose columns bear the names of the rule's."""

import csv
from pathlib import Path

_MAX_BYTES = 16 << 20


class TableFault(ValueError):
    """What is wrong with the file, in a line."""


def read_table(file: str, folder: Path | None, by: str, column: str) -> tuple[tuple[str, str], ...]:
    """The pairs (value of `by`, value of `column`) of a UTF-8 CSV file; further columns are left out.

    `TableFault` for a file that cannot be read, lacks a column, or gives a value two values.
    """
    if folder is None:
        raise TableFault(f"the table {file} lies nowhere: write its entries into the schema")
    rows = _rows(folder / file, file)
    header = rows[0] if rows else []
    for name in (by, column):
        if header.count(name) != 1:
            raise TableFault(f"the header of {file} must name column {name!r} once")
    first, second = header.index(by), header.index(column)
    pairs: dict[str, str] = {}
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise TableFault(f"line {number} of {file} has another number of fields than its header")
        if pairs.setdefault(row[first], row[second]) != row[second]:
            raise TableFault(f"line {number} of {file} gives a value of {by!r} a second value of {column!r}")
    if not pairs:
        raise TableFault(f"{file} has no rows below its header")
    return tuple(pairs.items())


def _rows(path: Path, file: str) -> list[list[str]]:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise TableFault(f"{file} is larger than {_MAX_BYTES >> 20} MB")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise TableFault(f"{file} is not UTF-8") from error
    except OSError as error:
        raise TableFault(f"cannot read {file}: {error.strerror or type(error).__name__}") from error
    try:
        return [row for row in csv.reader(text.splitlines(), strict=True) if row]
    except csv.Error as error:
        raise TableFault(f"{file} is not a CSV file") from error
