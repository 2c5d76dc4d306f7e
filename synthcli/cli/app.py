"""The application: its commands, in the order of the work."""

from typing import Annotated

import typer

from synthcli import __version__
from synthcli.cli import audit, conformance, controls, fit, ledger, profile, release, report, sample
from synthcli.cli.command import SETTINGS, command
from synthcli.cli.group import Commands

app = typer.Typer(
    name="synthcli",
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=SETTINGS,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"synthcli {__version__}")
        raise typer.Exit


@app.callback()
def synthcli(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and exit.")
    ] = False,
) -> None:
    """Release a synthetic table instead of a private one.

    \b
    synthcli profile stops.csv -o schema.yaml
    synthcli fit stops.csv --schema schema.yaml --epsilon 1 -o stops.synth
    synthcli sample stops.synth -o synthetic.parquet
    synthcli audit stops.csv synthetic.parquet --model stops.synth
    synthcli report --model stops.synth --audit audit.json -o report.html

    \b
    All of it, published only if the audit passes:
    synthcli release stops.csv --schema schema.yaml --epsilon 1 -o public/

    \b
    Exit codes: 0 done, 1 a bug, 2 usage, 3 input cannot be used, 4 the budget
    refuses, 10 the audit found a leak, 11 the audit is inconclusive, 12 the
    claimed epsilon is contradicted, 13 the audit's set-up is invalid.
    """


app.command(context_settings=SETTINGS)(command(profile.profile, prints=True))
for run in (fit.fit, sample.sample):
    app.command(context_settings=SETTINGS)(command(run))
app.command(context_settings=SETTINGS)(command(audit.audit, prints=True))
app.command("audit conformance", context_settings=SETTINGS)(command(conformance.conformance, prints=True))
app.command("audit controls", context_settings=SETTINGS)(command(controls.controls, prints=True))
app.command(context_settings=SETTINGS)(command(report.report))
app.command(context_settings=SETTINGS)(command(release.release, reads_defaults=False))
app.add_typer(ledger.app, name="ledger")
