"""The CSV options of the commands that read the private table."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from synthcli.table.dialect import Dialect


def dialect_of(delimiter: str | None, encoding: str | None, quote: str | None, header: bool | None) -> "Dialect | None":
    """The dialect that the options set, None if all of it is to be detected."""
    if (delimiter, encoding, quote, header) == (None, None, None, None):
        return None
    from synthcli.table.dialect import Dialect

    return Dialect.of(delimiter=delimiter, encoding=encoding, quote=quote, header=header)
