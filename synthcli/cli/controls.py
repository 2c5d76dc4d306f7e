"""`synthcli audit controls`: does the audit see planted leaks, and leave honest files alone?"""

from pathlib import Path
from typing import Annotated, Any

import typer

from synthcli.cli.console import Console
from synthcli.cli.csv_options import CsvOptions
from synthcli.cli.options import Force, Ledger, MaxRowsPerUnit, PrivacyUnit
from synthcli.cli.table import Table
from synthcli.errors import ExitCode

_Data = Annotated[
    str | None, typer.Option("--data", metavar="DATA", help="A table of yours. Default: simulated tables.")
]
_Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where the outcomes go, as JSON (private).")
]


def controls(
    console: Console,
    data: _Data = None,
    schema: Annotated[Path | None, typer.Option("--schema", metavar="SCHEMA", help="Its schema.")] = None,
    repeats: Annotated[int, typer.Option("--repeats", metavar="NUMBER", min=1, help="How often each is tried.")] = 5,
    privacy_unit: PrivacyUnit = None,
    max_rows_per_unit: MaxRowsPerUnit = None,
    output: _Output = None,
    ledger: Ledger = None,
    force: Force = False,
    *,
    csv: CsvOptions,
) -> ExitCode:
    """Try the audit on files known to leak, or not to.

    \b
    synthcli audit controls
    synthcli audit controls --data stops.csv --schema schema.yaml --repeats 20

    Fits a table, makes files of which it is known whether they leak, and audits each.
    No budget is charged: models and files are forgotten, but what is printed compares
    with real rows, as every audit does. Exit code 0: all as expected; 11: a leak was
    missed, or honest files were accused more often than chance explains.
    """
    from synthcli.files import held_outputs
    from synthcli.privacy.ledger import ledger_file
    from synthcli.workflow.controls import run_controls
    from synthcli.workflow.controls_record import controls_document, remember
    from synthcli.workflow.requests import ControlsRequest

    request = ControlsRequest(
        data=data,
        schema=schema,
        repeats=repeats,
        dialect=csv.dialect(),
        privacy_unit=privacy_unit,
        max_rows_per_unit=max_rows_per_unit,
    )
    with held_outputs((output,), force, (*request.inputs, ledger_file(ledger))), console.progress() as progress:
        found = run_controls(request, progress)
        document = controls_document(found, "simulated tables" if data is None else "a table of the user's")
        if output is not None:
            _keep(document, output)
    _show(console, document)
    console.detail(f"record: {remember(document, ledger)}")
    for control in found.failed:
        console.warn(f"{control.id} ({control.title}) was not always {control.expected}")
    return ExitCode.INCONCLUSIVE if found.failed else ExitCode.DONE


def _keep(document: dict[str, Any], output: Path) -> None:
    import json

    from synthcli.files import atomic_write

    atomic_write(output, json.dumps({"schema_version": 1, **document}, indent=1).encode(), mode=0o600)


def _show(console: Console, document: dict[str, Any]) -> None:
    names = ("control", "title", "expected", "as expected", "low", "high", "outcomes")
    console.table(Table(columns=names, rows=tuple(map(_row, document["controls"])), numeric=frozenset({3, 4, 5})))
    console.document(document)


def _row(entry: dict[str, Any]) -> tuple[str, ...]:
    outcomes = ", ".join(f"{name} {count}" for name, count in entry["outcomes"].items())
    share = f"{entry['as_expected']}/{entry['repeats']}"
    bounds = (f"{entry['low']:.3f}", f"{entry['high']:.3f}")
    return (entry["id"], entry["title"], entry["expected"], share, *bounds, outcomes)
