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

Delimiter = Annotated[str | None, typer.Option("--delimiter", metavar="CHAR", help="CSV: what separates the fields.")]
Encoding = Annotated[str | None, typer.Option("--encoding", metavar="NAME", help="CSV: the file's encoding.")]
Quote = Annotated[
    str | None, typer.Option("--quote", metavar="CHAR", help="CSV: what encloses a field; '' for nothing.")
]
Header = Annotated[
    bool | None, typer.Option("--header/--no-header", help="CSV: whether the first line names the columns.")
]

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
"""Options of a fit with a default of its own in each command; those without one follow."""

PublicDomain = Annotated[
    list[str] | None,
    typer.Option(
        "--public-domain",
        metavar="COL[,COL...]|all",
        help="Columns whose observed facts (bounds, categories) you declare to be public knowledge.",
    ),
]
Policy = Annotated[
    Path | None, typer.Option("--policy", metavar="FILE", help="The audit's policy: it is registered in the model.")
]
Dataset = Annotated[
    str | None,
    typer.Option("--dataset", metavar="NAME", help="Whose budget to spend. Default: the schema's name."),
]
MaxCells = Annotated[
    int | None,
    typer.Option("--max-cells", metavar="COUNT", min=1, help="The model's largest size, in table cells."),
]
Target = Annotated[
    str | None,
    typer.Option("--target", metavar="COLUMN", help="What the rows are to predict: favour its marginals."),
]
Workload = Annotated[
    Path | None,
    typer.Option("--workload", metavar="FILE", help="TOML: the marginals that matter. Default: all pairs."),
]
PrivacyUnit = Annotated[
    str | None,
    typer.Option("--privacy-unit", metavar="COLUMN", help="Protect all rows with one value of this column together."),
]
MaxRowsPerUnit = Annotated[
    int | None,
    typer.Option("--max-rows-per-unit", metavar="K", min=1, help="Count at most K rows of a unit; noise grows with K."),
]
Persons = Annotated[
    bool | None,
    typer.Option(
        "--persons/--no-persons",
        help="Model persons (units) with several rows each. Default: if the schema marks person-level columns.",
    ),
]
AllowSynthetic = Annotated[
    bool,
    typer.Option("--allow-synthetic", help="Fit though the table is known to be synthetic; the model says so."),
]


def listed(names: list[str] | None) -> tuple[str, ...]:
    """The names of an option that is given more than once, or with commas."""
    return tuple(name for text in names or () for name in text.split(",") if name)
