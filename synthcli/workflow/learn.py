"""Everything that draws noise: between the table as it is counted and the model as it is released."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from synthcli.discovery.discover import discover, learn_columns
from synthcli.discovery.ruled import under_rules
from synthcli.engine.interface import BatchSource
from synthcli.engine.local import LocalEngine
from synthcli.engine.persons import persons_engine
from synthcli.mechanisms.complete import complete
from synthcli.mechanisms.interface import Fit
from synthcli.mechanisms.workload import Workload
from synthcli.privacy.budget import Budget
from synthcli.privacy.curator import Curator, PrivateTable
from synthcli.privacy.exact import TableOfPersons
from synthcli.synthesizer import PersonModel, Spend, Synthesizer
from synthcli.table.codec import Codec, joined
from synthcli.table.persons import events_schema, keyed
from synthcli.table.schema import Schema
from synthcli.workflow.persons import PersonsPlan, part_of
from synthcli.workflow.plan import FitPlan
from synthcli.workflow.requests import Progress
from synthcli.workflow.rows_of_persons import agreeing
from synthcli.workflow.statement import statement_of
from synthcli.workflow.training_rows import TrainingRows

Appoint = Callable[[PrivateTable, Budget, int], Curator]
"""Makes the curator of a table of whose units so many rows count."""


@dataclass
class _Spends:
    """What each stage cost, read off the odometer after it."""

    curator: Curator
    stages: list[Spend] = field(default_factory=list)

    def note(self, stage: str) -> None:
        """All that was spent since the last stage; a stage that cost nothing is passed over."""
        rho, delta = self.curator.spent
        rho -= sum(spend.rho for spend in self.stages)
        delta -= sum(spend.delta for spend in self.stages)
        if rho > 0:
            self.stages.append(Spend(stage=stage, rho=rho, delta=max(delta, 0.0)))


def counted_table(plan: FitPlan, source: BatchSource, rows: TrainingRows) -> PrivateTable:
    """The table that the curator holds: the rows that count, and beside them their persons, if these are modelled."""
    table = LocalEngine(source, plan.facts.schema, keep=rows.keep, held=rows.held)
    if plan.persons is None or rows.persons is None:
        return table
    schema = plan.persons.facts.schema
    return TableOfPersons(table, persons_engine(source, schema, rows.persons, plan.persons.counted, rows.held))


def learn(
    plan: FitPlan,
    source: BatchSource,
    rows: TrainingRows,
    progress: Progress,
    generation: int = 1,
    appoint: Appoint = Curator,
) -> Synthesizer:
    """The domain first, then the mechanism with the rest of the budget; before both, the persons, if there are any.

    `appoint` makes the curator; only a test of this build on public tables has another one than `Curator`.
    """
    schema = plan.facts.schema
    curator = appoint(counted_table(plan, source, rows), plan.budget, plan.rows_per_unit)
    spends = _Spends(curator)
    if plan.persons is None or plan.unit is None:
        persons = None
        codec = discover(plan.facts, plan.needs, curator, plan.budget.rho, plan.budget.key_delta, progress)
    else:
        columns, persons = _learn_persons(plan, plan.persons, plan.unit.column, curator, spends, progress)
        schema = keyed(schema, plan.unit.column)
        facts = part_of(plan.facts, events_schema(schema))
        events = learn_columns(facts, plan.needs, curator, plan.rows_rho, plan.rows_key_delta, progress)
        names = [column.name for column in schema.modelled]
        codec = under_rules(joined((columns, events), names), schema)
    spends.note("learning the domain")
    fitted = _measured(plan, codec, plan.workload, curator, curator.remaining_rho, progress)
    spends.note(plan.mechanism_name)
    codec = _as_fitted(codec, fitted)
    fitted = complete(fitted, _free_gaps(codec, schema, () if persons is None else persons.codec.names))
    return Synthesizer(
        schema=schema,
        codec=codec,
        model=fitted.model,
        measurements=fitted.measurements,
        statement=statement_of(plan, tuple(spends.stages), rows.coins, generation),
        persons=None if persons is None else agreeing(persons, codec, fitted, plan.rows_per_unit),
    )


def _learn_persons(
    plan: FitPlan, persons: PersonsPlan, key: str, curator: Curator, spends: _Spends, progress: Progress
) -> tuple[Codec, PersonModel]:
    """The columns of persons as they were learnt, before rules, and the model of the table of persons.

    Each unit has one row there, whatever the number of its rows in the file is: noise does not grow with that.
    """
    rho, key_delta = persons.share * plan.budget.rho, persons.key_share * plan.budget.key_delta
    own = curator.persons
    columns = learn_columns(persons.facts, persons.needs, own, rho, key_delta, progress)
    codec = under_rules(columns, persons.facts.schema)
    spends.note("persons: learning the domain")
    fitted = _measured(plan, codec, persons.workload, own, rho - curator.spent[0], progress)
    spends.note(f"persons: {plan.mechanism_name}")
    codec = _as_fitted(codec, fitted)
    fitted = complete(fitted, _free_gaps(codec, persons.facts.schema))
    model = PersonModel(key=key, codec=codec, model=fitted.model, measurements=fitted.measurements)
    return columns, model


def _measured(plan: FitPlan, codec: Codec, workload: Workload, curator: Curator, rho: float, progress: Progress) -> Fit:
    """What the mechanism makes of one table."""
    spread = workload.spread(codec.domain, {c.name: c.column for c in codec.columns})
    return plan.mechanism.run(curator.on(codec), spread, rho, progress)


def _free_gaps(codec: Codec, schema: Schema, told: Collection[str] = ()) -> dict[str, int]:
    """The codes of missing values that no rule reads, and nothing else (of `told` columns) says when they are drawn."""
    bound = {*told, *(name for rule in schema.rules for name in rule.reads)}
    return {name: code for name, code in codec.domain.gaps.items() if name not in bound}


def _as_fitted(codec: Codec, fitted: Fit) -> Codec:
    """The codec with the attributes that the model has, and the codes that these have."""
    return codec.with_gaps(fitted.gaps).merged(fitted.merges)
