"""`synthcli profile`: look at a table, and propose a schema."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from synthcli.cli.console import Console
from synthcli.cli.csv_options import CsvOptions
from synthcli.cli.options import Force, Ledger
from synthcli.cli.table import Table
from synthcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from synthcli.table.profile import Finding, Proposal
    from synthcli.table.rules.breaches import Breach
    from synthcli.table.schema import Bound, Schema
    from synthcli.table.source import Source

_BOUNDS = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)
"""The rows per unit whose cost is shown, up to the largest number that there is."""

_Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where the schema goes: .yaml or .json.")
]
_Name = Annotated[
    str | None, typer.Option("--name", metavar="NAME", help="The data set's name. Default: that of the file or folder.")
]
_Rules = Annotated[
    Path | None, typer.Option("--rules", metavar="SCHEMA", help="Count the rows that break this schema's rules.")
]
_PrivacyUnit = Annotated[
    str | None,
    typer.Option(
        "--privacy-unit", metavar="COLUMN", help="Whose rows are whose: show how many rows a unit has, and mark it."
    ),
]


def profile(
    console: Console,
    data: Annotated[str, typer.Argument(metavar="INPUT", help="CSV or Parquet: a file, a folder, a glob; - for CSV.")],
    output: _Output = None,
    name: _Name = None,
    rules: _Rules = None,
    privacy_unit: _PrivacyUnit = None,
    ledger: Ledger = None,
    force: Force = False,
    *,
    csv: CsvOptions,
) -> None:
    """Propose a schema for a table, for you to read and edit.

    \b
    synthcli profile stops.csv -o schema.yaml
    synthcli profile visits.csv --privacy-unit patient -o schema.yaml

    What is read off the rows is marked as observed: it is private, and fit does not
    use it unless you delete the mark. The output is for your eyes.
    """
    from synthcli.files import atomic_write, held_outputs
    from synthcli.privacy.ledger import ledger_file
    from synthcli.table.dialect import declared
    from synthcli.table.schema_file import dump_schema, load_schema
    from synthcli.table.source import open_source, table_files
    from synthcli.table.table_name import table_name
    from synthcli.workflow.released import existing_ledger, look

    name = name or table_name(data)
    if output is not None:
        _refuse_nameless(output, data, name)
    inputs = (*table_files(data), rules, ledger_file(ledger))
    ruled = load_schema(rules) if rules is not None else None
    said = declared(csv.dialect(), ruled.encoding if ruled is not None else None)
    with (
        held_outputs((output,), force, inputs),
        console.progress() as progress,
        open_source(data, said) as source,
    ):
        progress("reading the table", 0.0)
        seen = _look(source, name or "table", privacy_unit, ruled)
        synthetic = look(source, existing_ledger(ledger, console.warn))
        if output is not None:
            atomic_write(output, dump_schema(seen.proposal.schema, output).encode(), mode=0o600)
    _show(console, seen, _warned(console, [finding.why for finding in synthetic]))
    if output is not None:
        _say_what_next(console, seen, data, output)


def _refuse_nameless(output: Path, data: str, name: str | None) -> None:
    """Make sure, before any work, that the schema has a name, and its file a format."""
    from synthcli.table.schema_file import schema_format

    if not name:
        raise UsageError(f"{data} does not say what the data set is called", "add --name NAME; its budget goes by it")
    schema_format(output)


def _warned(console: Console, reasons: list[str]) -> list[str]:
    """The reasons to take the table for synthetic, once they are told."""
    for why in reasons:
        console.warn(f"{why}; fit refuses synthetic rows")
    return reasons


def _say_what_next(console: Console, seen: "_Seen", data: str, output: Path) -> None:
    console.say(
        f"schema: {output} ({seen.proposal.rows} rows seen; private until you have read it)\n"
        f"next: edit {output}, then synthcli fit {data} --schema {output} --epsilon E"
        f"{' --max-rows-per-unit K' if seen.unit is not None else ''} -o MODEL"
    )


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """What the rows show: `units` are the numbers of rows that the values of `unit` have."""

    proposal: "Proposal"
    breaches: "tuple[Breach, ...]"
    unit: str | None
    units: "NDArray[np.int64] | None"


def _look(source: "Source", name: str, unit: str | None, ruled: "Schema | None") -> _Seen:
    from synthcli.engine.constant import constant_columns
    from synthcli.engine.units import rows_of_units
    from synthcli.table.profile import propose, with_persons
    from synthcli.table.rules.breaches import count_breaches

    proposal, units = propose(source, name, unit), None
    if unit is not None:
        units = rows_of_units(source, proposal.schema, unit)
        modelled = [column.name for column in proposal.schema.modelled]
        proposal = with_persons(proposal, constant_columns(source, proposal.schema, unit, modelled))
    breaches = tuple(count_breaches(source, ruled)) if ruled is not None else ()
    return _Seen(proposal=proposal, breaches=breaches, unit=unit, units=units)


def _show(console: Console, seen: _Seen, synthetic: list[str]) -> None:
    """The columns, the rules that are broken, the units; and all of it as one document."""
    findings = seen.proposal.findings
    names = ("column", "type", "role", "missing", "distinct", "minimum", "maximum", "flags", "note")
    console.table(Table(columns=names, rows=tuple(map(_row, findings)), numeric=frozenset({3, 4})))
    body: dict[str, Any] = {
        "name": seen.proposal.schema.name,
        "rows": seen.proposal.rows,
        "columns": [_entry(finding) for finding in findings],
        "rules": _show_breaches(console, seen.breaches),
        "synthetic": synthetic,
    }
    if seen.unit is not None and seen.units is not None:
        body["privacy_unit"] = _show_units(console, seen.units, seen.unit)
    console.document(body)


def _show_breaches(console: Console, breaches: "Sequence[Breach]") -> list[dict[str, Any]]:
    """How many rows break each rule."""
    broken = [{"rule": str(breach.rule), "rows": breach.rows} for breach in breaches]
    if broken:
        table = tuple((str(entry["rule"]), str(entry["rows"])) for entry in broken)
        console.text("")
        console.table(Table(columns=("rule", "rows that break it"), rows=table, numeric=frozenset({1})))
    return broken


def _show_units(console: Console, rows: "NDArray[np.int64]", column: str) -> dict[str, Any]:
    """How many rows the units have, and what each bound on them would leave out."""
    most = int(rows.max())
    bounds = []
    for bound in sorted({*(b for b in _BOUNDS if b < most), most}):
        beyond = (rows - bound).clip(min=0)
        cut, left_out = int((beyond > 0).sum()), int(beyond.sum())
        bounds.append({"max_rows_per_unit": bound, "units_cut": cut, "rows_left_out": left_out})
    table = tuple((*map(str, entry.values()), f"{entry['rows_left_out'] / rows.sum():.1%}") for entry in bounds)
    console.text("")
    names = ("rows of a unit at most", "units cut", "rows left out", "share")
    console.table(Table(columns=names, rows=table, numeric=frozenset({0, 1, 2, 3})))
    console.say(f"{len(rows)} values of {column}, with {int(rows.sum()) / len(rows):.1f} rows each on average")
    return {"column": column, "units": len(rows), "bounds": bounds}


def _row(finding: "Finding") -> tuple[str, ...]:
    column = finding.column
    return (
        column.name,
        column.kind.value,
        column.role.value,
        "" if finding.missing_share is None else f"{finding.missing_share:.1%}",
        "" if finding.distinct is None else f"{finding.distinct}{'+' if finding.capped else ''}",
        _text(finding.minimum) or "",
        _text(finding.maximum) or "",
        ", ".join(column.flags),
        finding.note,
    )


def _entry(finding: "Finding") -> dict[str, Any]:
    column = finding.column
    return {
        "name": column.name,
        "type": column.kind.value,
        "role": column.role.value,
        "level": column.level.value,
        "missing": finding.missing,
        "distinct": finding.distinct,
        "distinct_capped": finding.capped,
        "minimum": _text(finding.minimum),
        "maximum": _text(finding.maximum),
        "flags": list(column.flags),
        "note": finding.note,
    }


def _text(bound: "Bound | None") -> str | None:
    return None if bound is None else str(bound)
