"""`synthcli fit`: learn a model under differential privacy."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from synthcli.cli.console import Console
from synthcli.cli.csv_options import CsvOptions
from synthcli.cli.fit_options import FitOptions
from synthcli.cli.fit_plan import Left, show_plan
from synthcli.cli.options import AUDIT_COINS, DELTA, EPSILON, MECHANISM, POLICY_HELP, Force, MechanismName
from synthcli.errors import BudgetRefused, ExitCode, UsageError

if TYPE_CHECKING:
    from synthcli.workflow.fit import FitResult
    from synthcli.workflow.plan import FitPlan
    from synthcli.workflow.requests import FitRequest


def _where_audited(context: typer.Context, policy: Path | None) -> Path | None:
    """The release file's policy is for its audit: a fit without coins passes over it, and refuses its own option."""
    source = context.get_parameter_source("policy")
    is_default = source is not None and source.name == "DEFAULT_MAP"
    return None if is_default and not context.params.get("audit_coins") else policy


_Policy = Annotated[Path | None, typer.Option("--policy", metavar="FILE", callback=_where_audited, help=POLICY_HELP)]
_Output = Annotated[Path | None, typer.Option("--output", "-o", metavar="MODEL", help="Where the model goes.")]
_Refit = Annotated[bool, typer.Option("--refit", help="Spend again, though the same inputs have been fitted before.")]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the plan; read no rows and spend nothing.")]


def fit(
    console: Console,
    data: Annotated[str, typer.Argument(metavar="INPUT", help="CSV or Parquet: a file, a folder, a glob; - for CSV.")],
    schema: Annotated[Path, typer.Option("--schema", metavar="FILE", help="The table's schema (see profile).")],
    epsilon: Annotated[str, EPSILON],
    delta: Annotated[str, DELTA] = "1e-9",
    mechanism: Annotated[MechanismName, MECHANISM] = MechanismName.SIEVE,
    audit_coins: Annotated[float, AUDIT_COINS] = 0.0,
    policy: _Policy = None,
    *,
    options: FitOptions,
    output: _Output = None,
    force: Force = False,
    refit: _Refit = False,
    dry_run: _DryRun = False,
    csv: CsvOptions,
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
    from synthcli.workflow.requests import FitRequest

    request = FitRequest(
        data=data,
        schema=schema,
        output=output or Path(),
        epsilon=epsilon,
        delta=delta,
        mechanism=mechanism.value,
        audit_coins=audit_coins,
        policy=policy,
        dialect=csv.dialect(),
        force=force,
        refit=refit,
        **options.said(),
    )
    return _show_what_would_be(console, request) if dry_run else _fit(console, request)


def _fit(console: Console, request: "FitRequest") -> ExitCode:
    from synthcli.workflow.fit import run_fit

    with console.progress() as progress:
        result = run_fit(request, progress, console.warn)
    _show_result(console, result)
    return ExitCode.DONE


def _show_what_would_be(console: Console, request: "FitRequest") -> ExitCode:
    """The plan of a fit, and whether the budget allows it."""
    from synthcli.workflow.plan import plan_fit

    plan = plan_fit(request)
    left, refusal = _standing(request, plan)
    show_plan(console, plan, left, refusal)
    if refusal is not None and not console.json:
        raise refusal
    return ExitCode.DONE if refusal is None else ExitCode.BUDGET


def _standing(request: "FitRequest", plan: "FitPlan") -> tuple[Left, BudgetRefused | None]:
    """What the ledger holds for the data set, None without a budget; and why it would refuse. Begins no ledger."""
    from synthcli.privacy.amounts import spell
    from synthcli.privacy.ledger import NoLedger, open_ledger

    try:
        ledger = open_ledger(request.ledger, begin=False, reads=True)
    except NoLedger:
        return None, None
    left = ledger.account(plan.dataset).left
    return left and (spell(left[0]), spell(left[1])), ledger.refusal(plan.dataset, request.epsilon, request.delta)


def _size(result: "FitResult") -> str:
    """How large the table was, by noisy counts."""
    if result.persons is None:
        return f"{result.rows} rows"
    return f"{result.persons} persons, {result.rows} rows counted"


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
            "persons": result.persons,
            "cliques": result.cliques,
            "cells": result.cells,
            "unlisted": dict(result.unlisted),
            "unclear": list(result.unclear),
            "coins": str(result.coins) if result.coins else None,
        }
        console.say(
            f"model: {result.model} ({result.cliques} cliques, {result.cells} cells, about {_size(result)})\n"
            f"spent: epsilon {statement.epsilon:g}, delta {statement.delta:g} of {result.dataset}"
        )
        for spend in statement.spends:
            console.detail(f"  {spend.stage}: rho {spend.rho:.6g}")
        if result.coins:
            console.detail(f"  audit coins (private): {result.coins}")
    console.document(body)
