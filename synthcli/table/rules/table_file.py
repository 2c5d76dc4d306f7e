"""A public table beside the schema: a CSV file whose columns bear the names of the rule's."""

import csv
from collections.abc import Sequence
from pathlib import Path

_MAX_BYTES = 16 << 20


class TableFault(ValueError):
    """What is wrong with the file, in a line."""


def read_table(file: str, folder: Path | None, by: str, column: str) -> tuple[tuple[str, str], ...]:
    """The pairs (value of `by`, value of `column`) of a UTF-8 CSV file: `read_columns` of two."""
    return tuple((row[0], row[1]) for row in read_columns(file, folder, (by, column)))


def read_columns(file: str, folder: Path | None, names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The values of these columns of a UTF-8 CSV file, once for each value of the first; others are left out.

    `TableFault` for a file that cannot be read, lacks a column, or gives a value of the first one two of another.
    """
    if folder is None:
        raise TableFault(f"the table {file} lies nowhere: write its entries into the schema")
    rows = _rows(folder / file, file)
    header = rows[0] if rows else []
    for name in names:
        if header.count(name) != 1:
            raise TableFault(f"the header of {file} must name column {name!r} once")
    places = [header.index(name) for name in names]
    found: dict[str, tuple[str, ...]] = {}
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise TableFault(f"line {number} of {file} has another number of fields than its header")
        values = tuple(row[place] for place in places)
        for name, before, now in zip(names, found.setdefault(values[0], values), values, strict=True):
            if before != now:
                raise TableFault(f"line {number} of {file} gives a value of {names[0]!r} a second value of {name!r}")
    if not found:
        raise TableFault(f"{file} has no rows below its header")
    return tuple(found.values())


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
