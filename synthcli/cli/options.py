"""The options that more than one command has, declared once."""

from enum import StrEnum
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

Model = Annotated[Path, typer.Option("--model", metavar="MODEL", help="The model that the rows were drawn from.")]


class MechanismName(StrEnum):
    """The select–measure–estimate strategies."""

    SIEVE = "sieve"
    AIM = "aim"
    MST = "mst"
    INDEPENDENT = "independent"


EPSILON = typer.Option("--epsilon", metavar="NUMBER", help="The privacy budget to spend. There is no default.")
DELTA = typer.Option(
    "--delta", metavar="NUMBER", help="The chance that the guarantee fails; never taken from the rows."
)
MECHANISM = typer.Option("--mechanism", help="How to choose what to measure.")
AUDIT_COINS = typer.Option(
    "--audit-coins", metavar="SHARE", help="Share of the rows to keep as audit candidates, e.g. 0.1."
)
"""Options of a fit with a default of its own in each command; the others are `FitOptions`."""

POLICY_HELP = "The audit's policy: it is registered in the model."
Policy = Annotated[Path | None, typer.Option("--policy", metavar="FILE", help=POLICY_HELP)]
PrivacyUnit = Annotated[
    str | None,
    typer.Option("--privacy-unit", metavar="COLUMN", help="Protect all rows with one value of this column together."),
]
MaxRowsPerUnit = Annotated[
    int | None,
    typer.Option("--max-rows-per-unit", metavar="K", min=1, help="Count at most K rows of a unit; noise grows with K."),
]
