"""What `fit --dry-run` shows."""

from typing import TYPE_CHECKING, Any

from synthcli.cli.console import Console
from synthcli.cli.table import Table
from synthcli.errors import BudgetRefused

if TYPE_CHECKING:
    from synthcli.workflow.plan import FitPlan

Left = tuple[str, str] | None
"""Epsilon and delta that may still be spent."""


def show_plan(console: Console, plan: "FitPlan", left: Left, refusal: BudgetRefused | None) -> None:
    """Columns, stages and rules; what the rows of a unit cost, if there is one; what would be spent."""
    columns = [_column_plan(plan, column.name) for column in plan.schema.columns]
    stages = [{"stage": stage, "share": rho / plan.budget.rho, "rho": rho} for stage, rho in plan.stages.items()]
    console.table(
        Table(
            columns=("column", "type", "role", "declared", "public by your word", "learnt from the budget"),
            rows=tuple(tuple(v if isinstance(v, str) else ", ".join(v) for v in c.values()) for c in columns),
        )
    )
    console.text("")
    console.table(
        Table(
            columns=("stage", "share", "rho"),
            rows=tuple((str(s["stage"]), f"{s['share']:.0%}", f"{s['rho']:.6g}") for s in stages),
            numeric=frozenset({1, 2}),
        )
    )
    unit = _show_noise(console, plan) if plan.unit is not None else None
    console.document(
        {
            "dataset": plan.dataset,
            "mechanism": plan.mechanism_name,
            "epsilon": plan.budget.epsilon,
            "delta": plan.budget.delta,
            "rho": plan.budget.rho,
            "audit_coins": plan.audit_coins,
            "privacy_unit": unit,
            "persons": _show_persons(console, plan),
            "target": plan.target,
            "marginals": len(plan.workload.weights),
            "epsilon_left": left and left[0],
            "delta_left": left and left[1],
            "refused": refusal and refusal.message,
            "stages": stages,
            "columns": columns,
            "rules": [str(rule) for rule in plan.schema.rules],
        }
    )
    toward = f", leaning toward {plan.target}" if plan.target else ""
    for rule in plan.schema.rules:
        console.say(f"in every row: {rule}")
    of_persons = "" if plan.persons is None else f" of rows, {len(plan.persons.workload.weights):,} of persons"
    console.say(f"workload: {len(plan.workload.weights):,} marginals{of_persons}{toward}")
    console.say(
        f"would spend epsilon {plan.budget.epsilon:g} and delta {plan.budget.delta:g} of {plan.dataset}, "
        + (f"which has epsilon {left[0]} and delta {left[1]} left" if left else "which has no budget")
    )


def _show_persons(console: Console, plan: "FitPlan") -> dict[str, Any] | None:
    """What is said of persons, where these are modelled."""
    if plan.persons is None:
        return None
    columns = [column.name for column in plan.persons.facts.schema.modelled]
    said = ", ".join(name for name in columns if name != plan.persons.counted) or "none"
    console.say(
        f"models persons: columns that are the same in all of a person's rows ({said}), and how many rows there are"
    )
    return {"columns": columns, "share": plan.persons.share, "marginals": len(plan.persons.workload.weights)}


def _column_plan(plan: "FitPlan", name: str) -> dict[str, Any]:
    column, facts = plan.schema[name], plan.facts
    return {
        "name": name,
        "type": column.kind.value,
        "role": f"{column.role.value}, person-level" if column.level == "person" else column.role.value,
        "declared": list(facts.declared.get(name, ())),
        "public_by_steward": list(facts.public_by_steward.get(name, ())),
        "learnt": list(plan.learnt.get(name, ())),
    }


def _show_noise(console: Console, plan: "FitPlan") -> dict[str, Any]:
    """What other bounds on the rows of a unit would cost."""
    least = plan.noise[0].stddev
    bounds = [
        {
            "max_rows_per_unit": noise.rows,
            "count_stddev": noise.stddev,
            "relative": noise.stddev / least,
            "category_threshold": noise.category,
        }
        for noise in plan.noise
    ]
    rows = tuple(
        (
            str(noise.rows) + (" (asked for)" if noise.rows == plan.rows_per_unit else ""),
            f"{noise.stddev:.3g}",
            f"{noise.stddev / least:.3g}",
            "–" if noise.category is None else str(noise.category),
        )
        for noise in plan.noise
    )
    names = (
        "rows of a unit at most",
        "noise of a count, in rows",
        "times that of 1",
        "a category needs more rows than",
    )
    console.text("")
    console.table(Table(columns=names, rows=rows, numeric=frozenset({0, 1, 2, 3})))
    unit = plan.unit and plan.unit.column
    console.say(f"protects all rows with one value of {unit} together; rows beyond {plan.rows_per_unit} are left out")
    return {"column": unit, "max_rows_per_unit": plan.rows_per_unit, "bounds": bounds}
