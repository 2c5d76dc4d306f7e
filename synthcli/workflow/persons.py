"""What a fit of persons with several rows each learns beside the rows: decided without a look at them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from synthcli.discovery.budget import Discovery, plan_discovery
from synthcli.discovery.facts import Facts
from synthcli.errors import InputError, UsageError
from synthcli.marginal import Clique
from synthcli.mechanisms.interface import Mechanism
from synthcli.mechanisms.workload import Workload
from synthcli.privacy.bounding import PrivacyUnit
from synthcli.table.persons import events_schema, faults, persons_schema, rows_column
from synthcli.table.schema import Schema
from synthcli.workflow.requests import FitRequest
from synthcli.workflow.workloads import workload_of_persons


@dataclass(frozen=True, kw_only=True)
class PersonsPlan:
    """The table of persons: its columns, the share of rho that it gets, and of the delta for learnt categories.

    `facts` are those of the person-level columns and of the number of rows, which `counted` names.
    """

    facts: Facts
    needs: Discovery
    share: float
    key_share: float
    counted: str
    workload: Workload

    def stages(self, rho: float, mechanism: str) -> Mapping[str, float]:
        """The part of rho that each stage may spend, in order."""
        own = self.share * rho
        shares = {f"persons: {stage}": share * own for stage, share in self.needs.shares.items()}
        return {**shares, f"persons: {mechanism}": own * (1.0 - self.needs.share)}


def wants_persons(request: FitRequest, schema: Schema, unit: PrivacyUnit | None) -> bool:
    """Whether persons are to be modelled: asked for, or marked in the schema. `UsageError` where nobody says whose rows
    are whose."""
    wanted = bool(schema.of_persons) if request.persons is None else request.persons
    if wanted:
        refuse_nobody(unit, "--persons means nothing" if request.persons else "person-level columns mean nothing")
    return wanted


def refuse_nobody(unit: PrivacyUnit | None, means_nothing: str) -> None:
    """`UsageError` where persons are asked for, and there is no unit."""
    if unit is None:
        raise UsageError(
            f"{means_nothing} without a privacy unit: nothing says which rows belong to one person",
            "name its column with --privacy-unit, or model rows alone with --no-persons",
        )


def plan_persons(
    facts: Facts, unit: PrivacyUnit, mechanism: Mechanism, asked: tuple[Mapping[Clique, int], str | None]
) -> PersonsPlan:
    """Split the columns and the budget. `asked`: the marginals that are named, and the target.

    Where nothing tells how many rows persons have, none has more than count.
    Rho goes to both tables in proportion to their attributes: the relative noise of one-way counts, whose squares grow
    with these, is then least in sum. `InputError` for rules that persons would break.
    """
    schema = facts.schema
    if problems := list(faults(schema, unit.column)):
        hint = "edit the places named below, or model rows alone with --no-persons"
        raise InputError(
            f"the schema gives no persons: {len(problems)} thing(s) stand against it", hint, tuple(problems)
        )
    counted = rows_column(unit.column)
    own = part_of(facts, persons_schema(schema, unit.column))
    own = replace(own, likely={counted: (1, unit.rows + 1)})
    needs = plan_discovery(own, binned=bool(own.schema.rules) or not mechanism.coarsens)
    names = tuple(column.name for column in own.schema.modelled)
    events = plan_discovery(part_of(facts, events_schema(schema)))
    keys, others = len(needs.categories), len(events.categories)
    return PersonsPlan(
        facts=own,
        needs=needs,
        share=len(names) / (len(names) + len(schema.modelled)),
        key_share=keys / max(1, keys + others),
        counted=counted,
        workload=workload_of_persons(own.schema, counted, *asked),
    )


def part_of(facts: Facts, schema: Schema) -> Facts:
    """The facts of some columns; of one that no file has (the number of rows) the maximum is learnt, if it is open."""
    names = {column.name for column in schema.columns}
    known = {column.name for column in facts.schema.columns}
    new = {c.name: ("maximum",) for c in schema.columns if c.name not in known and c.maximum is None}
    kept = {name: found for name, found in facts.to_learn.items() if name in names}
    every = facts.names | {column.name for column in facts.schema.columns}
    return replace(facts, schema=schema, to_learn=kept | new, names=every)
