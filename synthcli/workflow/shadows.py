"""Shadow fits of an audit: as the release was fitted, by what its model says of itself, on other rows of its table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthcli.audit.coins import Coins
from synthcli.audit.shadow import LEAST_SHADOWS, MOST_SHADOWS
from synthcli.audit.shadow.attack import ShadowAttack
from synthcli.audit.shadow.tosses import game_of
from synthcli.discovery.budget import plan_discovery
from synthcli.discovery.facts import FACTS, Facts
from synthcli.engine.interface import BatchSource, RowMask
from synthcli.engine.local import LocalEngine
from synthcli.errors import InvalidAudit, UsageError
from synthcli.gate import Policy
from synthcli.marginal import Clique
from synthcli.mechanisms.names import mechanism_named
from synthcli.privacy.bounding import PrivacyUnit
from synthcli.privacy.budget import Budget
from synthcli.synthesizer import Synthesizer
from synthcli.table.codec import Codec
from synthcli.table.held import HELD_BYTES, HeldTable
from synthcli.table.source import Source, validate
from synthcli.workflow.learn import learn
from synthcli.workflow.plan import FitPlan, plan_fit
from synthcli.workflow.requests import AuditRequest, FitRequest, silent
from synthcli.workflow.training_rows import TrainingRows
from synthcli.workflow.workloads import workload_of


def plan_again(synthesizer: Synthesizer) -> FitPlan:
    """The plan that a model was fitted by, from what the model says of itself; coins are none of its business.

    `InvalidAudit` for a model that does not say all of it, and for models of persons.
    """
    if synthesizer.persons is not None:
        raise InvalidAudit("a model of persons is not fitted again by an audit", "audit it without --deep")
    statement, schema = synthesizer.statement, synthesizer.schema
    learnt = {name: tuple(f for f in facts if f in FACTS) for name, facts in statement.learnt.items()}
    facts = Facts(  # `names` and `likely` are of parts of a schema alone, as the table of persons is one
        schema=schema,
        declared=statement.declared,
        public_by_steward=statement.public_by_steward,
        to_learn={name: found for name, found in learnt.items() if found},
        accepted=statement.accepted,
    )
    mechanism = mechanism_named(statement.mechanism, statement.max_cells)
    needs = plan_discovery(facts, binned=bool(schema.rules) or not mechanism.coarsens)
    named, delta = dict(statement.named), statement.delta
    plan = FitPlan(
        dataset=statement.dataset,
        schema=schema,
        facts=facts,
        needs=needs,
        mechanism=mechanism,
        mechanism_name=statement.mechanism,
        budget=Budget.of(statement.epsilon, delta, delta / 2 if needs.categories else 0.0),
        audit_coins=0.0,
        audited_rows=0,
        policy="",
        workload=workload_of(schema, named, statement.target),
        named=named,
        target=statement.target,
        max_cells=statement.max_cells,
        unit=PrivacyUnit(statement.unit_column, statement.rows_per_unit) if statement.unit_column else None,
    )
    if len(plan.workload.weights) != statement.marginals or plan.learnt != statement.learnt:
        raise InvalidAudit(
            "the model does not say by which settings it was fitted, so that it cannot be fitted again",
            "audit without --deep, or fit again with this version",
        )
    return plan


@dataclass(frozen=True, eq=False)
class Refits:
    """Fits of a table's rows by one plan, and exact counts of them; satisfies what the audit asks of a laboratory."""

    plan: FitPlan
    source: BatchSource
    held: HeldTable | None = None

    def fit(self, trains: RowMask) -> Synthesizer:
        """A model of these rows, with noise of its own; nothing of it is written down."""
        return learn(self.plan, self.source, TrainingRows(keep=trains, held=self.held), silent)

    def count(self, rows: RowMask, codec: Codec, cliques: Sequence[Clique]) -> Mapping[Clique, NDArray[np.int64]]:
        """The exact tables of these rows."""
        return LocalEngine(self.source, self.plan.facts.schema, keep=rows, held=self.held).count(codec, cliques)


def refuse_number(request: AuditRequest, policy: Policy) -> None:
    """`UsageError` for shadow fits from which nothing could be learnt, and for more than tell anything new.

    `InvalidAudit` for fewer than the policy asks for: such an audit could not pass, and would count as an attempt.
    """
    count = f"{request.shadows} shadow fit{'' if request.shadows == 1 else 's'}"
    if 0 < request.shadows < LEAST_SHADOWS:
        raise UsageError(f"{count} would tell too little", f"make {LEAST_SHADOWS} or more")
    if request.shadows > MOST_SHADOWS:
        raise UsageError(f"{request.shadows:,} shadow fits are too many", f"make {MOST_SHADOWS:,} or fewer")
    if request.shadows < policy.min_shadows:
        raise InvalidAudit(
            f"the policy asks for {policy.min_shadows:,} shadow fits: an audit with {request.shadows:,} cannot pass",
            f"audit with --shadows {policy.min_shadows}",
        )


def refuse_persons(request: FitRequest, shadows: int) -> None:
    """`UsageError` for shadow fits of a model of persons that is still to be fitted: before its fit is paid for."""
    if shadows and plan_fit(request).persons is not None:
        raise shadows_of_persons()


def shadows_of_persons() -> UsageError:
    """What is wrong with shadow fits of a model of persons."""
    return UsageError(
        "a model of persons is not fitted again by an audit: its release cannot have shadow fits",
        "leave out [audit] deep and min_shadows, or model rows alone with [fit] persons = false",
    )


def shadow_attack(
    request: AuditRequest, synthesizer: Synthesizer, coins: Coins, real: Source, synthetic: Source
) -> ShadowAttack | None:
    """The attack by as many shadow fits as are asked for; None where none is. Reads the table once, to hold it.

    `InvalidAudit` for a model that does not say how it was fitted.
    """
    if not request.shadows:
        return None
    plan, schema, names = plan_again(synthesizer), synthesizer.schema, synthesizer.codec.names
    return ShadowAttack(
        release=synthesizer,
        file=lambda: synthetic.batches(schema, names),
        real=lambda: real.batches(schema, names),
        game=game_of(coins),
        laboratory=Refits(plan, real, validate(real, schema, hold=HELD_BYTES).held),
        shadows=request.shadows,
    )
