"""`synthcli release`: the whole chain, gated, published atomically."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from synthcli.cli.config import DEFAULT_FILE, apply_environment
from synthcli.cli.console import Console
from synthcli.cli.csv_options import CsvOptions
from synthcli.cli.fit_options import FitOptions
from synthcli.cli.release_options import ChainOptions, PublishOptions
from synthcli.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from synthcli.workflow.release import ReleaseResult


def release(
    console: Console,
    data: Annotated[
        str | None,
        typer.Argument(metavar="INPUT", help="CSV or Parquet: a file, a folder, a glob.", show_default=False),
    ] = None,
    *,
    chain: ChainOptions,
    options: FitOptions,
    publish: PublishOptions,
    csv: CsvOptions,
    no_config: Annotated[bool, typer.Option("--no-config", help="Read no release file.", is_eager=True)] = False,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            envvar="SYNTHCLI_CONFIG",
            is_eager=True,
            callback=apply_environment,
            help="The release file; ./synthcli.toml if it is there. Options go before what it says.",
        ),
    ] = None,
) -> ExitCode:
    """Run the whole chain; publish only if the gate passes.

    \b
    synthcli release stops.csv --schema schema.yaml --epsilon 1 -o public/
    synthcli release stops.csv --accept-profile --epsilon 1 -o public/
    synthcli release --config synthcli.toml

    A second run with the same inputs is up to date, and spends nothing. A profile that
    was accepted stands: a table that changes is held against it.
    """
    from synthcli.workflow.release import run_release
    from synthcli.workflow.release_config import load_release_config

    given = {("data", "path"): data, **chain.said(), **publish.said()}
    given |= {("data", key): value for key, value in asdict(csv).items()}
    given |= {("fit", key): value for key, value in options.said().items()}
    said = {key: value for key, value in given.items() if value is not None}
    file = _file(config, no_config, data)
    with console.progress() as progress:
        result = run_release(load_release_config(file, said), progress, console.warn)
    _show(console, result)
    return result.outcome.exit_code


def _file(config: Path | None, no_config: bool, data: str | None) -> Path | None:
    """The release file to read: the one that is named, or the usual one, which may be absent if a table is named.

    What the usual one says of another table would be taken for this one's: its name, its budget, its schema.
    """
    from synthcli.workflow.release_config import is_about

    if config is not None and no_config:
        raise UsageError("--config and --no-config exclude each other")
    if config is not None or no_config:
        return config
    if data is None and not DEFAULT_FILE.exists():
        hint = "synthcli release INPUT names it, --config FILE a release file that does; the README has an example"
        raise UsageError(f"INPUT is missing: nothing says what to release, and there is no {DEFAULT_FILE} here", hint)
    if data is None or not DEFAULT_FILE.is_file():
        return None if data else DEFAULT_FILE
    if not is_about(DEFAULT_FILE, data):
        hint = f"--no-config leaves it out; --config {DEFAULT_FILE} takes its name, budget and schema for this table"
        raise UsageError(f"{DEFAULT_FILE} is about another table", hint)
    return DEFAULT_FILE


def _show(console: Console, result: "ReleaseResult") -> None:
    if result.spent:
        console.say(f"spent: epsilon {result.spent:g} of {result.dataset}")
    state = "up to date" if result.up_to_date else f"gate: {result.outcome}"
    place = f"published {result.published}" if result.published else "nothing was published"
    tell = console.say if result.published else console.warn  # a quiet cron job speaks when a person is needed
    tell(f"{state}; {place}\nprivate report: {result.report}")
    body: dict[str, Any] = {
        "outcome": result.outcome.value,
        "up_to_date": result.up_to_date,
        "dataset": result.dataset,
        "epsilon_spent": result.spent,
        "schema": str(result.schema),
        "published": str(result.published) if result.published else None,
        "audit": str(result.audit),
        "report": str(result.report),
    }
    console.document(body)
