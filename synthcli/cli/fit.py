"""`synthcli fit`: learn a model under differential privacy."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from synthcli.cli.console import Console
from synthcli.cli.dialect import dialect_of
from synthcli.cli.fit_plan import Left, show_plan
from synthcli.cli.options import Delimiter, Encoding, Force, Header, Ledger, Quote
from synthcli.errors import BudgetRefused, ExitCode, UsageError

if TYPE_CHECKING:
    from synthcli.workflow.fit import FitResult
    from synthcli.workflow.plan import FitPlan
    from synthcli.workflow.requests import FitRequest


class MechanismName(StrEnum):
    """The select–measure–estimate strategies."""

    SIEVE = "sieve"
    AIM = "aim"
    MST = "mst"
    INDEPENDENT = "independent"


def fit(
    console: Console,
    data: Annotated[str, typer.Argument(metavar="INPUT", help="CSV or Parquet: a file, a folder, a glob; - for CSV.")],
    schema: Annotated[Path, typer.Option("--schema", metavar="FILE", help="The table's schema (see profile).")],
    epsilon: Annotated[
        str, typer.Option("--epsilon", metavar="NUMBER", help="The privacy budget to spend. There is no default.")
    ],
    delta: Annotated[
        str,
        typer.Option(
            "--delta", metavar="NUMBER", help="The chance that the guarantee fails; never taken from the rows."
        ),
    ] = "1e-9",
    mechanism: Annotated[
        MechanismName, typer.Option("--mechanism", help="How to choose what to measure.")
    ] = MechanismName.SIEVE,
    public_domain: Annotated[
        list[str] | None,
        typer.Option(
            "--public-domain",
            metavar="COL[,COL...]|all",
            help="Columns whose observed facts (bounds, categories) you declare to be public knowledge.",
        ),
    ] = None,
    audit_coins: Annotated[
        float,
        typer.Option("--audit-coins", metavar="SHARE", help="Share of the rows to keep as audit candidates, e.g. 0.1."),
    ] = 0.0,
    policy: Annotated[
        Path | None, typer.Option("--policy", metavar="FILE", help="The audit's policy: it is registered in the model.")
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option("--dataset", metavar="NAME", help="Whose budget to spend. Default: the schema's name."),
    ] = None,
    ledger: Ledger = None,
    max_cells: Annotated[
        int | None,
        typer.Option("--max-cells", metavar="COUNT", min=1, help="The model's largest size, in table cells."),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option("--target", metavar="COLUMN", help="What the rows are to predict: favour its marginals."),
    ] = None,
    workload: Annotated[
        Path | None,
        typer.Option("--workload", metavar="FILE", help="TOML: the marginals that matter. Default: all pairs."),
    ] = None,
    privacy_unit: Annotated[
        str | None,
        typer.Option(
            "--privacy-unit", metavar="COLUMN", help="Protect all rows with one value of this column together."
        ),
    ] = None,
    max_rows_per_unit: Annotated[
        int | None,
        typer.Option(
            "--max-rows-per-unit", metavar="K", min=1, help="Count at most K rows of a unit; noise grows with K."
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="MODEL", help="Where the model goes.")
    ] = None,
    force: Force = False,
    refit: Annotated[
        bool, typer.Option("--refit", help="Spend again, though the same inputs have been fitted before.")
    ] = False,
    allow_synthetic: Annotated[
        bool,
        typer.Option("--allow-synthetic", help="Fit though the table is known to be synthetic; the model says so."),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan; read no rows and spend nothing.")] = False,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    quote: Quote = None,
    header: Header = None,
) -> ExitCode:
    """Learn a model of a table, spending privacy budget once.

    \b
    synthcli fit stops.csv --schema schema.yaml --epsilon 1 -o stops.synth
    synthcli fit stops.csv --schema schema.yaml --epsilon 1 --dry-run
    synthcli fit visits.csv --schema schema.yaml --epsilon 1 --max-rows-per-unit 5 -o visits.synth

    The same inputs with the same output are up to date, and spend nothing.
    """
    if output is None and not dry_run:
        raise UsageError("a fit needs a place for its model", "add -o MODEL, or --dry-run to see the plan")
    from synthcli.workflow.fit import run_fit
    from synthcli.workflow.plan import plan_fit
    from synthcli.workflow.requests import FitRequest

    request = FitRequest(
        data=data,
        schema=schema,
        output=output or Path(),
        epsilon=epsilon,
        delta=delta,
        mechanism=mechanism.value,
        public_domain=tuple(name for names in public_domain or () for name in names.split(",") if name),
        audit_coins=audit_coins,
        policy=policy,
        dataset=dataset,
        ledger=ledger,
        dialect=dialect_of(delimiter, encoding, quote, header),
        max_cells=max_cells,
        target=target,
        workload=workload,
        privacy_unit=privacy_unit,
        max_rows_per_unit=max_rows_per_unit,
        force=force,
        refit=refit,
        allow_synthetic=allow_synthetic,
    )
    if dry_run:
        plan = plan_fit(request)
        left, refusal = _standing(request, plan)
        show_plan(console, plan, left, refusal)
        if refusal is not None and not console.json:
            raise refusal
        return ExitCode.DONE if refusal is None else ExitCode.BUDGET
    with console.progress() as progress:
        result = run_fit(request, progress, console.warn)
    _show_result(console, result)
    return ExitCode.DONE


def _standing(request: "FitRequest", plan: "FitPlan") -> tuple[Left, BudgetRefused | None]:
    """What the ledger holds for the data set, None without a budget; and why it would refuse. Begins no ledger."""
    from synthcli.privacy.amounts import spell
    from synthcli.privacy.ledger import NoLedger, open_ledger

    try:
        ledger = open_ledger(request.ledger, begin=False)
    except NoLedger:
        return None, None
    left = ledger.account(plan.dataset).left
    return left and (spell(left[0]), spell(left[1])), ledger.refusal(plan.dataset, request.epsilon, request.delta)


def _show_result(console: Console, result: "FitResult") -> None:
    statement = result.statement
    body: dict[str, Any] = {"model": str(result.model), "dataset": result.dataset, "up_to_date": result.up_to_date}
    if statement is None:
        console.say(f"up to date: {result.model} is the outcome of this very fit; nothing was spent")
    else:
        body |= {
            "epsilon": statement.epsilon,
            "delta": statement.delta,
            "rho": statement.rho,
            "mechanism": statement.mechanism,
            "rows": result.rows,
            "cliques": result.cliques,
            "cells": result.cells,
            "coins": str(result.coins) if result.coins else None,
        }
        console.say(
            f"model: {result.model} ({result.cliques} cliques, {result.cells} cells, about {result.rows} rows)\n"
            f"spent: epsilon {statement.epsilon:g}, delta {statement.delta:g} of {result.dataset}"
        )
        for spend in statement.spends:
            console.detail(f"  {spend.stage}: rho {spend.rho:.6g}")
        if result.coins:
            console.detail(f"  audit coins (private): {result.coins}")
    console.document(body)
