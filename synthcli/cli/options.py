"""The options that more than one command has, declared once."""

from pathlib import Path
from typing import Annotated

import typer

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but warnings and errors.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say more: choices made, files used.")]
Debug = Annotated[
    bool,
    typer.Option(
        "--debug", envvar="SYNTHCLI_DEBUG", help="On failure, print the traceback, which may quote values of the table."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, also on failure.")]
NoProgress = Annotated[bool, typer.Option("--no-progress", envvar="SYNTHCLI_NO_PROGRESS", help="Show no progress.")]

Ledger = Annotated[
    str | None,
    typer.Option(
        "--ledger",
        metavar="PLACE",
        envvar="SYNTHCLI_LEDGER",
        help="The ledger's SQLite file or database URL. Default: ledger.sqlite in the user's data folder.",
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite the output file.")]

Delimiter = Annotated[str | None, typer.Option("--delimiter", metavar="CHAR", help="CSV: what separates the fields.")]
Encoding = Annotated[str | None, typer.Option("--encoding", metavar="NAME", help="CSV: the file's encoding.")]
Quote = Annotated[
    str | None, typer.Option("--quote", metavar="CHAR", help="CSV: what encloses a field; '' for nothing.")
]
Header = Annotated[
    bool | None, typer.Option("--header/--no-header", help="CSV: whether the first line names the columns.")
]

Model = Annotated[Path, typer.Option("--model", metavar="MODEL", help="The model that the rows were drawn from.")]
