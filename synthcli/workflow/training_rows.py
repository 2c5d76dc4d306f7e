"""Which rows a model is fitted on: bounded by unit and told apart by coins before anything is learnt."""

from dataclasses import dataclass

from synthcli.audit.arms import more_coins_help
from synthcli.audit.coins import Coins, flip, flip_units
from synthcli.engine.interface import RowMask
from synthcli.engine.persons import PersonRows
from synthcli.engine.units import bound
from synthcli.errors import InvalidAudit
from synthcli.privacy.bounding import BoundedRows
from synthcli.table.held import HELD_BYTES, HeldTable
from synthcli.table.source import Source, validate
from synthcli.workflow.plan import FitPlan
from synthcli.workflow.requests import Progress
from synthcli.workflow.told_apart import refuse_alike


@dataclass(frozen=True, kw_only=True)
class TrainingRows:
    """The rows that a model is fitted on: which ones (all, where `keep` is None), and the table if it is held.

    `persons` are those whose rows they are, where the plan asks for them.
    """

    keep: RowMask | None = None
    coins: Coins | None = None
    held: HeldTable | None = None
    persons: PersonRows | None = None


def training_rows(plan: FitPlan, source: Source, progress: Progress) -> TrainingRows:
    """Check the whole table, hold it if it is small enough, bound the rows of each unit, and toss the coins.

    Draws no noise. `InputError` for a table that contradicts its schema, `InvalidAudit` for fewer coins than an audit
    needs, or for rows that it could not tell apart.
    """
    progress("checking the table", 0.0)
    checked = validate(source, plan.facts.schema, hold=HELD_BYTES)
    bounded = None if plan.unit is None else bound(source, plan.schema, plan.unit)
    if not plan.audit_coins:
        keep = None if bounded is None else bounded.as_set().mask
        return TrainingRows(keep=keep, held=checked.held, persons=_persons(plan, bounded, keep))
    coins = flip(checked.rows, plan.audit_coins) if bounded is None else flip_units(bounded, plan.audit_coins)
    if min(len(coins.members), len(coins.non_members)) < plan.audited_rows:  # how many there are stays private
        tossed = len(coins.candidates)
        more = "give a larger --audit-coins, or a --policy with a lower min_nonmembers"
        none = "no --audit-coins gives as many: take a larger table, or a --policy with a lower min_nonmembers"
        raise InvalidAudit(
            f"the audit coins do not give {plan.audited_rows:,} members and as many non-members: no audit would answer",
            more if more_coins_help(coins, tossed, tossed, plan.audited_rows) else none,
        )
    refuse_alike(source, plan.facts.schema, checked.held, coins, max(2, plan.audited_rows))
    persons = _persons(plan, bounded, coins.keep)
    return TrainingRows(keep=coins.keep, coins=coins, held=checked.held, persons=persons)


def _persons(plan: FitPlan, bounded: BoundedRows | None, keep: RowMask | None) -> PersonRows | None:
    if plan.persons is None or bounded is None or keep is None:
        return None
    return PersonRows.of(bounded, keep)
