"""What a fit promises, and what its facts rest on: the statement that the model file carries."""

from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from synthcli import __version__
from synthcli.audit.coins import Coins
from synthcli.synthesizer import CoinStatement, PrivacyStatement, Spend
from synthcli.workflow.plan import FitPlan


def statement_of(plan: FitPlan, spends: tuple[Spend, ...], coins: Coins | None, generation: int) -> PrivacyStatement:
    """The statement of a fit that spent so much. `coins` are those that were tossed, if any."""
    return PrivacyStatement(
        dataset=plan.dataset,
        epsilon=plan.budget.epsilon,
        delta=plan.budget.delta,
        rho=plan.budget.rho,
        key_delta=plan.budget.key_delta,
        mechanism=plan.mechanism_name,
        spends=spends,
        created=datetime.now(UTC).date().isoformat(),
        declared=plan.facts.declared,
        learnt=plan.learnt,
        public_by_steward=plan.facts.public_by_steward,
        accepted=plan.facts.accepted,
        target=plan.target,
        marginals=len(plan.workload.weights),
        named=tuple(plan.named.items()),
        max_cells=plan.max_cells,
        generation=generation,
        **_unit_of(plan),
        coins=CoinStatement(share=plan.audit_coins, commitment=coins.commitment(), policy=plan.policy)
        if coins
        else None,
        versions={"synthcli": __version__, "opendp": version("opendp"), "numpy": version("numpy")},
    )


def _unit_of(plan: FitPlan) -> dict[str, Any]:
    """Who is protected, in the words of the statement; what it says of the row is its default."""
    if plan.unit is None:
        return {}
    column, rows = plan.unit.column, plan.unit.rows
    number = ", and how many there are" if plan.persons else ""
    neighbours = f"add or remove all rows with one value of {column} (counted: {rows} of them at most{number})"
    return {"unit": "privacy unit", "unit_column": column, "rows_per_unit": rows, "neighbours": neighbours}
