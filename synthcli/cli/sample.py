"""`synthcli sample`: write rows from a model."""

from pathlib import Path
from typing import Annotated

import typer

from synthcli.cli.console import Console
from synthcli.cli.options import Force
from synthcli.errors import UsageError


def sample(
    console: Console,
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A model that fit wrote.")],
    rows: Annotated[
        int | None,
        typer.Option("--rows", "-n", metavar="COUNT", min=1, help="How many. Default: the model's noisy row count."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="NUMBER", min=0, help="The same seed gives the same rows.")
    ] = None,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="A .csv or .parquet file; - for CSV on stdout.")
    ] = "-",
    force: Force = False,
) -> None:
    """Write synthetic rows drawn from a model. Costs no budget.

    \b
    synthcli sample stops.synth -n 50000 --seed 7 -o synthetic.parquet
    synthcli sample stops.synth -n 10
    """
    if output == "-" and console.json:
        raise UsageError("rows and --json cannot both go to stdout", "add -o FILE")
    from synthcli.workflow.requests import SampleRequest
    from synthcli.workflow.sample import run_sample

    with console.progress() as progress:
        result = run_sample(SampleRequest(model=model, output=output, rows=rows, seed=seed, force=force), progress)
    if output != "-":
        console.say(f"rows: {result.output} ({result.rows} rows, seed {result.seed})")
    console.document({"output": result.output, "rows": result.rows, "seed": result.seed})
