"""`synthcli audit`: attack the synthetic rows, and judge them against a policy."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from synthcli.cli.audit_options import AttackOptions, Outputs
from synthcli.cli.console import Console
from synthcli.cli.csv_options import CsvOptions
from synthcli.cli.options import Force, Ledger, Model
from synthcli.cli.table import Table
from synthcli.errors import ExitCode

if TYPE_CHECKING:
    from synthcli.audit.result import AuditResult
    from synthcli.gate import Check
    from synthcli.workflow.audit import AuditOutcome

_Policy = Annotated[
    Path | None, typer.Option("--policy", metavar="FILE", help="TOML: tolerances that differ from the default ones.")
]
_Coins = Annotated[
    Path | None,
    typer.Option("--coins", metavar="FILE", help="The fit's audit coins. Default: found beside the ledger."),
]
_ExitZero = Annotated[bool, typer.Option("--exit-zero", help="Exit with 0 after a leak or an inconclusive audit, too.")]


def audit(
    console: Console,
    data: Annotated[str, typer.Argument(metavar="DATA", help="The private table that the model was fitted on.")],
    synthetic: Annotated[str, typer.Argument(metavar="SYNTHETIC", help="The synthetic rows, CSV or Parquet.")],
    model: Model,
    policy: _Policy = None,
    coins: _Coins = None,
    ledger: Ledger = None,
    *,
    attacks: AttackOptions,
    outputs: Outputs,
    exit_zero: _ExitZero = False,
    force: Force = False,
    csv: CsvOptions,
) -> ExitCode:
    """Attack synthetic rows, and judge them against a policy.

    \b
    synthcli audit stops.csv synthetic.parquet --model stops.synth -o audit.json
    synthcli audit stops.csv synthetic.parquet --model stops.synth --junit audit.xml
    synthcli audit stops.csv synthetic.parquet --model stops.synth --subgroup 'age >= 65' --by ward
    synthcli audit stops.csv synthetic.parquet --model stops.synth --deep

    The model must have been fitted with --audit-coins, and by the policy that it is to be
    judged by. Exit code 0: every endpoint is shown to be within its tolerance; 10: a
    leak; 11: too few rows to tell; 12: the claimed epsilon is contradicted.
    """
    from synthcli.workflow.audit import run_audit
    from synthcli.workflow.requests import AuditRequest

    request = AuditRequest(
        data=data,
        synthetic=synthetic,
        model=model,
        policy=policy,
        coins=coins,
        ledger=ledger,
        dialect=csv.dialect(),
        force=force,
        **attacks.asked(),
        **outputs.asked(),
    )
    with console.progress() as progress:
        outcome = run_audit(request, progress)
    _show(console, outcome, github=outputs.github)
    outputs.write(outcome)
    _say(console, outcome, outputs.public, outputs.output)
    code = outcome.verdict.outcome.exit_code
    return ExitCode.DONE if exit_zero and code in (ExitCode.LEAK, ExitCode.INCONCLUSIVE) else code


def _show(console: Console, outcome: "AuditOutcome", *, github: bool) -> None:
    """The checks as a table, the document, and what a person should know beside them."""
    from synthcli.audit.notes import contradictions

    result, verdict = outcome.result, outcome.verdict
    console.table(
        Table(
            columns=("endpoint", "value", "low", "high", "tolerance", "detectable", "ceiling", "outcome", "note"),
            rows=tuple(_row(check, result) for check in verdict.checks),
            numeric=frozenset(range(1, 7)),
        )
    )
    console.document(outcome.document)
    if github:
        from synthcli.report.github import render_github

        sys.stderr.write(render_github(result, verdict))
    for note in result.notes:
        console.detail(note)
    for warning in (*verdict.notes, *contradictions(result.endpoints, result.ceilings)):
        console.warn(warning)


def _say(console: Console, outcome: "AuditOutcome", public: Path | None, output: Path | None) -> None:
    """The verdicts, and where the results are."""
    if outcome.public is not None:
        told = outcome.public
        console.say(
            f"public result: {public} ({told.verdict.outcome}; spent: epsilon {told.epsilon:g} of {told.dataset})"
        )
    console.say(f"verdict: {outcome.verdict.outcome}" + (f"; private results: {output}" if output else ""))


def _row(check: "Check", result: "AuditResult") -> tuple[str, ...]:
    metric, limit = check.metric, check.limit
    if metric is None:
        return (limit.metric, "", "", "", f"{limit.at_most:g}", "", "", check.outcome.value, check.note)
    known = (result.detection_limits.get(metric.id), result.ceilings.get(metric.id))
    seen = tuple("" if figure is None else f"{figure:.4f}" for figure in known)
    figures = tuple(f"{figure:.4f}" for figure in (metric.value, metric.low, metric.high))
    return (metric.id, *figures, f"{limit.at_most:g}", *seen, check.outcome.value, check.note)
