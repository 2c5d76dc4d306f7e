"""`synthcli release`: the whole chain, gated, published atomically."""

from pathlib import Path
from typing import Annotated

import typer

from synthcli.cli.console import Console
from synthcli.errors import ExitCode


def release(
    console: Console,
    config: Annotated[
        Path,
        typer.Option("--config", metavar="FILE", envvar="SYNTHCLI_CONFIG", help="The release file; see the README."),
    ] = Path("synthcli.toml"),
) -> ExitCode:
    """Run the whole chain; publish only if the gate passes.

    \b
    synthcli release --config synthcli.toml

    A second run with the same inputs is up to date, and spends nothing.
    """
    from synthcli.workflow.release import run_release

    with console.progress() as progress:
        result = run_release(config, progress, console.warn)
    if result.spent:
        console.say(f"spent: epsilon {result.spent:g} of {result.dataset}")
    state = "up to date" if result.up_to_date else f"gate: {result.outcome}"
    place = f"published {result.published}" if result.published else "nothing was published"
    tell = console.say if result.published else console.warn  # a quiet cron job speaks when a person is needed
    tell(f"{state}; {place}\nprivate report: {result.report}")
    console.document(
        {
            "outcome": result.outcome.value,
            "up_to_date": result.up_to_date,
            "dataset": result.dataset,
            "epsilon_spent": result.spent,
            "published": str(result.published) if result.published else None,
            "audit": str(result.audit),
            "report": str(result.report),
        }
    )
    return result.outcome.exit_code
