"""What a fit would do: everything that can be known without a look at the rows."""

from collections.abc import Mapping
from dataclasses import dataclass

from synthcli.discovery.budget import Discovery, plan_discovery
from synthcli.discovery.facts import Facts, resolve
from synthcli.errors import UsageError
from synthcli.mechanisms.interface import Mechanism
from synthcli.mechanisms.names import mechanism_named
from synthcli.privacy.amounts import delta_amount, epsilon_amount
from synthcli.privacy.budget import Budget
from synthcli.table.schema import Role, Schema
from synthcli.table.schema_file import load_schema
from synthcli.workflow.requests import FitRequest


@dataclass(frozen=True, kw_only=True)
class FitPlan:
    """Columns, budget and its split. Holds public facts alone."""

    dataset: str
    schema: Schema
    facts: Facts
    needs: Discovery
    mechanism: Mechanism
    mechanism_name: str
    budget: Budget
    audit_coins: float

    @property
    def stages(self) -> Mapping[str, float]:
        """The rho that each stage may spend, in order; the mechanism has the rest."""
        shares = {stage: share * self.budget.rho for stage, share in self.needs.shares.items()}
        return {**shares, self.mechanism_name: self.budget.rho * (1.0 - self.needs.share)}

    @property
    def learnt(self) -> Mapping[str, tuple[str, ...]]:
        """What the budget pays for, by column: facts that the schema leaves open, and the grid of a number line."""
        open_facts = self.facts.to_learn
        grids = {name: (*open_facts.get(name, ()), "grid") for name in self.needs.grids}
        return {**{name: facts for name, facts in open_facts.items() if facts}, **grids}

    @property
    def left_out(self) -> tuple[str, ...]:
        """Columns that do not enter the model (dropped, or filled with made-up values)."""
        return tuple(c.name for c in self.schema.columns if c.role is not Role.MODEL)


def plan_fit(request: FitRequest) -> FitPlan:
    """Check the request and the schema, and split the budget. Reads no data.

    Raises `UsageError` for an epsilon, delta or share that means nothing, `InputError` for an unusable schema.
    """
    if not 0 <= request.audit_coins < 1:
        raise UsageError("--audit-coins is a share of the rows, from 0 up to 1", "for example --audit-coins 0.1")
    epsilon, delta = float(epsilon_amount(request.epsilon)), float(delta_amount(request.delta))
    mechanism = mechanism_named(request.mechanism, request.max_cells)
    schema = load_schema(request.schema)
    facts = resolve(schema, request.public_domain)
    needs = plan_discovery(facts)
    return FitPlan(
        dataset=request.dataset or schema.name,
        schema=schema,
        facts=facts,
        needs=needs,
        mechanism=mechanism,
        mechanism_name=request.mechanism,
        budget=Budget.of(epsilon, delta, delta / 2 if needs.categories else 0.0),
        audit_coins=request.audit_coins,
    )
