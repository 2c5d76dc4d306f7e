"""What a fit would do: everything that can be known without a look at the rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from synthcli.discovery.budget import Discovery, plan_discovery
from synthcli.discovery.facts import Facts, resolve
from synthcli.errors import UsageError
from synthcli.gate import load_policy
from synthcli.marginal import Clique
from synthcli.mechanisms.interface import Mechanism
from synthcli.mechanisms.names import mechanism_named
from synthcli.mechanisms.workload import Workload
from synthcli.privacy.amounts import spendable_delta, spendable_epsilon
from synthcli.privacy.bounding import PrivacyUnit
from synthcli.privacy.budget import Budget
from synthcli.table.calendar import parts_of_kind
from synthcli.table.persons import events_schema
from synthcli.table.schema import Schema
from synthcli.table.schema_file import load_schema
from synthcli.workflow.persons import PersonsPlan, part_of, plan_persons, wants_persons
from synthcli.workflow.privacy_unit import BOUNDS, Noise, category_thresholds, noise_at, resolve_unit
from synthcli.workflow.requests import FitRequest
from synthcli.workflow.workloads import named_marginals, workload_of


@dataclass(frozen=True, kw_only=True)
class FitPlan:
    """Columns, budget and its split. Holds public facts alone."""

    dataset: str
    schema: Schema
    facts: Facts
    needs: Discovery
    """What must be learnt from the rows: of all modelled columns, of the event-level ones where there are persons."""
    mechanism: Mechanism
    mechanism_name: str
    budget: Budget
    audit_coins: float
    audited_rows: int
    """Members, and non-members, without whom the audit would not answer; 0 without coins."""
    policy: str
    """The digest of the policy that the audit is to judge by; '' without coins."""
    workload: Workload
    named: Mapping[Clique, int] = field(default_factory=dict)
    """The marginals of a workload file, with their weights, also those of persons; empty without one."""
    target: str | None = None
    max_cells: int | None = None
    unit: PrivacyUnit | None = None
    """Whose rows are protected together; None where each is protected for itself."""
    persons: PersonsPlan | None = None
    """What is learnt of the table of persons; None where rows alone are modelled."""

    @property
    def rows_per_unit(self) -> int:
        """How many rows of one unit are counted at most."""
        return 1 if self.unit is None else self.unit.rows

    @property
    def noise(self) -> tuple[Noise, ...]:
        """What several bounds on the rows of a unit would cost, this plan's among them; empty without a unit."""
        bounds = sorted({*BOUNDS, self.unit.rows}) if self.unit else ()
        columns = len(self.schema.modelled)
        return tuple(noise_at(rows, self.rows_rho, self.rows_key_delta, self.needs, columns) for rows in bounds)

    @property
    def rows_rho(self) -> float:
        """The part of rho that is for the table of rows."""
        return self.budget.rho * (1.0 - self.persons.share) if self.persons else self.budget.rho

    @property
    def rows_key_delta(self) -> float:
        """The part of the delta for learnt categories that is for those of the table of rows."""
        return self.budget.key_delta * (1.0 - self.persons.key_share) if self.persons else self.budget.key_delta

    @property
    def stages(self) -> Mapping[str, float]:
        """The rho that each stage may spend, in order; the mechanism has the rest."""
        first = self.persons.stages(self.budget.rho, self.mechanism_name) if self.persons else {}
        shares = {stage: share * self.rows_rho for stage, share in self.needs.shares.items()}
        return {**first, **shares, self.mechanism_name: self.rows_rho * (1.0 - self.needs.share)}

    @property
    def learnt(self) -> Mapping[str, tuple[str, ...]]:
        """What the budget pays for, by column: facts that the schema leaves open, grids, parts of dates."""
        open_facts = {**self.facts.to_learn, **(self.persons.facts.to_learn if self.persons else {})}
        both = (self.persons.needs, self.needs) if self.persons else (self.needs,)
        parts = {n: tuple(map(str, parts_of_kind(self.schema[n].kind))) for needs in both for n in needs.parts}
        apart = {pair.until for needs in both for pair in needs.durations}
        gridded = [name for needs in both for name in needs.grids]
        grids = {
            n: (*open_facts.get(n, ()), "grid", *parts.get(n, ()), *(("duration",) if n in apart else ()))
            for n in gridded
        }
        return {**{name: facts for name, facts in open_facts.items() if facts}, **grids}

    @property
    def left_out(self) -> tuple[str, ...]:
        """Columns that do not enter the model (dropped, filled with made-up values, or computed by a rule)."""
        modelled = {column.name for column in self.schema.modelled}
        return tuple(column.name for column in self.schema.columns if column.name not in modelled)


def dataset_name(given: str | None, otherwise: str) -> str:
    """Whose budget is spent; `UsageError` for a name that is given and empty."""
    if given == "":
        raise UsageError("--dataset is empty: no budget goes by that", "name a data set, or leave --dataset out")
    return otherwise if given is None else given


def plan_fit(request: FitRequest) -> FitPlan:
    """Check the request and the schema, and split the budget. Reads no data.

    Raises `UsageError` for an epsilon, delta or share that means nothing, `InputError` for an unusable schema.
    """
    if not 0 <= request.audit_coins < 1:
        raise UsageError("--audit-coins is a share of the rows, from 0 up to 1", "for example --audit-coins 0.1")
    if request.policy is not None and not request.audit_coins:
        raise UsageError(
            "--policy means nothing without --audit-coins: there is no audit to judge",
            "add --audit-coins SHARE (0.1, say), or leave --policy out",
        )
    epsilon, delta = float(spendable_epsilon(request.epsilon)), float(spendable_delta(request.delta))
    mechanism = mechanism_named(request.mechanism, request.max_cells)
    schema = load_schema(request.schema)
    dataset = dataset_name(request.dataset, schema.name)
    unit = resolve_unit(request, schema)
    facts = resolve(schema, request.public_domain)
    wanted = wants_persons(request, schema, unit)
    named = named_marginals(request, schema, unit.column if wanted and unit else None)
    persons = plan_persons(facts, unit, mechanism, (named, request.target)) if wanted and unit else None
    own = part_of(facts, events_schema(facts.schema)) if persons else facts
    needs = plan_discovery(own, binned=bool(schema.rules) or not mechanism.coarsens)
    has_keys = bool(needs.categories) or (persons is not None and bool(persons.needs.categories))
    policy = load_policy(request.policy) if request.audit_coins else None
    plan = FitPlan(
        dataset=dataset,
        schema=schema,
        facts=facts,
        needs=needs,
        mechanism=mechanism,
        mechanism_name=request.mechanism,
        budget=Budget.of(epsilon, delta, delta / 2 if has_keys else 0.0),
        audit_coins=request.audit_coins,
        audited_rows=policy.min_nonmembers if policy else 0,
        policy=policy.digest if policy else "",
        workload=workload_of(schema, named, request.target),
        named=named,
        target=request.target,
        max_cells=request.max_cells,
        unit=unit,
        persons=persons,
    )
    _refuse_small_delta(plan)
    return plan


def _refuse_small_delta(plan: FitPlan) -> None:
    """`UsageError` where delta is too small to learn categories, of rows or of persons: before anything is spent."""
    category_thresholds(plan.rows_per_unit, plan.rows_rho, plan.rows_key_delta, plan.needs)
    if plan.persons is not None:
        rho, key_delta = plan.persons.share * plan.budget.rho, plan.persons.key_share * plan.budget.key_delta
        category_thresholds(1, rho, key_delta, plan.persons.needs)
