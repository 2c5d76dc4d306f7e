"""The CSV options of the commands that read the private table."""

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from synthcli.table.dialect import Dialect


@dataclass(frozen=True, kw_only=True)
class CsvOptions:
    """How the table's CSV files are written; what is None is to be detected."""

    delimiter: Annotated[
        str | None, typer.Option("--delimiter", metavar="CHAR", help="CSV: what separates the fields.")
    ] = None
    encoding: Annotated[str | None, typer.Option("--encoding", metavar="NAME", help="CSV: the file's encoding.")] = None
    quote: Annotated[
        str | None, typer.Option("--quote", metavar="CHAR", help="CSV: what encloses a field; '' for nothing.")
    ] = None
    header: Annotated[
        bool | None, typer.Option("--header/--no-header", help="CSV: whether the first line names the columns.")
    ] = None

    def dialect(self) -> "Dialect | None":
        """The dialect that the options set, None if all of it is to be detected. Raises `UsageError`."""
        if set(astuple(self)) == {None}:
            return None
        from synthcli.table.dialect import Dialect

        return Dialect.of(delimiter=self.delimiter, encoding=self.encoding, quote=self.quote, header=self.header)
