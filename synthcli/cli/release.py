"""`synthcli release`: the whole chain, gated, published atomically."""

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from synthcli.cli.config import DEFAULT_FILE, apply_environment
from synthcli.cli.console import Console
from synthcli.cli.csv_options import CsvOptions
from synthcli.cli.fit_options import FitOptions
from synthcli.cli.options import AUDIT_COINS, DELTA, EPSILON, MECHANISM, MechanismName, Policy
from synthcli.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from synthcli.workflow.release import ReleaseResult


class Format(StrEnum):
    """How the rows are published."""

    PARQUET = "parquet"
    CSV = "csv"


def release(
    console: Console,
    data: Annotated[
        str | None,
        typer.Argument(metavar="INPUT", help="CSV or Parquet: a file, a folder, a glob.", show_default=False),
    ] = None,
    schema: Annotated[
        Path | None, typer.Option("--schema", metavar="FILE", help="The table's schema, which somebody has read.")
    ] = None,
    accept_profile: Annotated[
        bool,
        typer.Option(
            "--accept-profile",
            help="Take types, formats and roles of the columns from the rows, unseen: epsilon does not cover them.",
        ),
    ] = False,
    epsilon: Annotated[str | None, EPSILON] = None,
    delta: Annotated[str | None, DELTA] = None,
    mechanism: Annotated[MechanismName | None, MECHANISM] = None,
    audit_coins: Annotated[float | None, AUDIT_COINS] = None,
    policy: Policy = None,
    *,
    options: FitOptions,
    rows: Annotated[
        int | None,
        typer.Option(
            "--rows", "-n", metavar="COUNT", min=1, help="How many, or how many persons. Default: the noisy count."
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="NUMBER", min=0, help="Draw the same rows again; not the noise.")
    ] = None,
    format: Annotated[Format | None, typer.Option("--format", help="How the rows are published.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FOLDER", help="Where releases that pass appear.")
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="What the release is called. Default: like the table."),
    ] = None,
    work: Annotated[
        Path | None,
        typer.Option("--work", metavar="FOLDER", help="Private: model, audit. Default: .synthcli/NAME beside FOLDER."),
    ] = None,
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

    given = {
        ("data", "path"): data,
        ("data", "schema"): schema,
        ("data", "accept_profile"): accept_profile or None,
        ("fit", "epsilon"): epsilon,
        ("fit", "delta"): delta,
        ("fit", "mechanism"): mechanism and mechanism.value,
        ("fit", "audit_coins"): audit_coins,
        ("sample", "rows"): rows,
        ("sample", "seed"): seed,
        ("sample", "format"): format and format.value,
        ("audit", "policy"): policy,
        ("publish", "folder"): output,
        ("publish", "name"): name,
        ("publish", "work"): work,
    }
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
