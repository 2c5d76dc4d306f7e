"""The options of `sample`: which rows are drawn, and where they go."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from synthcli.cli.options import Force, Ledger

if TYPE_CHECKING:
    from synthcli.workflow.requests import SampleRequest


@dataclass(frozen=True, kw_only=True)
class SampleOptions:
    """What is asked of a model."""

    rows: Annotated[
        int | None,
        typer.Option(
            "--rows",
            "-n",
            metavar="COUNT",
            min=1,
            help="How many; persons, where the model has these. Default: the model's noisy count.",
        ),
    ] = None
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="NUMBER", min=0, help="The same seed gives the same rows.")
    ] = None
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="CSV (.csv, .txt; .tsv with tabs) or Parquet (.parquet, .pq); - for CSV on stdout.",
        ),
    ] = "-"
    where: Annotated[
        str | None, typer.Option("--where", metavar="CONDITION", help="Only rows, or persons, that satisfy it.")
    ] = None
    balance: Annotated[
        str | None,
        typer.Option(
            "--balance",
            metavar="COLUMN[:V=W,...]",
            help="The column's values equally often, or by the weights W; the other columns follow.",
        ),
    ] = None
    replicates: Annotated[
        int | None,
        typer.Option(
            "--replicates",
            metavar="COUNT",
            min=1,
            help="So many independent files: FILE with a number for {}, or before its ending (rows-1.csv).",
        ),
    ] = None
    persons: Annotated[
        str | None,
        typer.Option(
            "--persons", metavar="FILE", help="Write persons apart; -o then gets their events, linked by a key."
        ),
    ] = None
    ledger: Ledger = None
    force: Force = False

    def request(self, model: Path) -> "SampleRequest":
        """The same as what the job is asked to do."""
        from synthcli.workflow.requests import SampleRequest

        return SampleRequest(model=model, **asdict(self))
