"""Audit: attack a synthetic file with the rows that the coins kept out, and judge it against a policy."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from synthcli.artifact import load
from synthcli.audit.coins import Coins
from synthcli.audit.coins_file import load_coins
from synthcli.audit.experiment import Experiment, prepare
from synthcli.audit.focus import Focus, focus_on
from synthcli.audit.release import run_audit as attack
from synthcli.audit.result import AuditResult
from synthcli.conclusion import error_share, with_breakdowns, with_claims, with_shadows
from synthcli.engine.interface import RowMask
from synthcli.engine.units import units_of
from synthcli.errors import InputError, InvalidAudit, Remark
from synthcli.files import atomic_write, held_outputs
from synthcli.gate import Policy, Spare, Verdict, judge, load_policy
from synthcli.privacy.ledger import ledger_folder
from synthcli.quality.compare import compare
from synthcli.quality.result import Quality
from synthcli.report.document import to_document
from synthcli.report.public_audit import PublicAudit
from synthcli.synthesizer import Synthesizer
from synthcli.table.content import content_of
from synthcli.table.dialect import declared
from synthcli.table.persons import events_schema
from synthcli.table.schema import Role
from synthcli.table.source import Source, open_source
from synthcli.table.validation import Problem, refuse
from synthcli.workflow.coins_place import coins_place
from synthcli.workflow.controls import refuse_blindness
from synthcli.workflow.controls_record import remembered
from synthcli.workflow.public_audit import charged
from synthcli.workflow.requests import AuditRequest, Progress, silent
from synthcli.workflow.shadows import refuse_number, shadow_attack
from synthcli.workflow.standing import Standing, take_standing


@dataclass(frozen=True, kw_only=True)
class AuditOutcome:
    """What the audit found and what the gate says of it; `document` is the audit file, private like the rows.

    `public` is what may be told, where it was asked and paid for.
    """

    verdict: Verdict
    result: AuditResult
    quality: Quality
    document: Mapping[str, Any]
    public: PublicAudit | None = None


def run_audit(request: AuditRequest, progress: Progress = silent) -> AuditOutcome:
    """Attack, compare, judge, and write the audit file (mode 0600).

    Raises `InvalidAudit` for a set-up that cannot give a valid answer, `InputError` for files that cannot be read,
    `BudgetRefused` where the budget does not hold a public result; no row is read then.
    """
    with held_outputs(request.outputs, request.force, request.inputs):
        return _audit(request, progress)


def _audit(request: AuditRequest, progress: Progress) -> AuditOutcome:
    policy = load_policy(request.policy)
    refuse_number(request, policy)
    synthesizer = load(request.model)
    focus = focus_on(synthesizer, request.secrets, request.link, request.subgroups, request.by)
    coins = _coins(request, synthesizer)
    progress("trying the audit on planted leaks", 0.0)
    refuse_blindness()
    with (
        charged(request, synthesizer.statement.dataset) as charge,
        open_source(request.data, declared(request.dialect, synthesizer.schema.encoding)) as real,
        open_source(request.synthetic) as synthetic,
    ):
        coins.verify_data([_content(synthesizer, real)])
        _refuse_other_columns(synthesizer, synthetic)
        _refuse_half(synthesizer, synthetic)
        _refuse_unreadable(synthesizer, synthetic)
        shadow = shadow_attack(request, synthesizer, coins, real, synthetic)
        standing = _recorded(take_standing(request, policy, synthesizer, synthetic), request)
        experiment = _experiment(synthesizer, coins, focus, real, synthetic)
        result = attack(
            experiment,
            shadow,
            confidence=policy.confidence,
            min_nonmembers=policy.min_nonmembers,
            seed=request.seed,
            share=error_share(standing.attempt),
            progress=progress,
        )
        progress("comparing marginals", 0.0)
        quality = _quality(synthesizer, coins, real, synthetic)
        public = charge.publish(experiment, synthesizer.statement, policy, standing.attempt) if charge else None
    result = replace(result, setup={**result.setup, "attempt": standing.attempt})
    outcome = replace(_judged(policy, synthesizer, result, quality, standing, experiment.subgroups), public=public)
    if request.output is not None:
        atomic_write(request.output, json.dumps(outcome.document, indent=1).encode(), mode=0o600)
    return outcome


def _recorded(standing: Standing, request: AuditRequest) -> Standing:
    """With what is remembered of this build's controls."""
    record = remembered(request.ledger)
    return replace(standing, notes=(*standing.notes, record)) if record else standing


def _experiment(synthesizer: Synthesizer, coins: Coins, focus: Focus, real: Source, synthetic: Source) -> Experiment:
    schema, names = synthesizer.schema, synthesizer.codec.names
    return prepare(
        synthesizer,
        coins,
        real=lambda: real.batches(schema, names),
        synthetic=lambda: synthetic.batches(schema, names),
        focus=focus,
    )


def _content(synthesizer: Synthesizer, real: Source) -> bytes:
    """What the coins are bound to: values, however they are written down. What cannot be read is another table."""
    try:
        return content_of(real, synthesizer.schema, synthesizer.statement.unit_column)
    except InputError:
        return b""


def _refuse_other_columns(synthesizer: Synthesizer, synthetic: Source) -> None:
    """A column that the model does not write (an index that was kept, a real identifier) is attacked by nothing."""
    written = {c.name for c in synthesizer.schema.columns if c.role is not Role.DROP}
    others = [name for name in synthetic.columns if name not in written]
    if others and len(others) < len(synthetic.columns):
        raise InvalidAudit(
            f"{synthetic.name} has {len(others):,} column(s) that the model does not write: "
            f"{', '.join(map(repr, others[:5]))}",
            "remove them (an index or an identifier tells who is who), or audit the file that synthcli sample wrote",
        )


def _refuse_half(synthesizer: Synthesizer, synthetic: Source) -> None:
    """Of persons and their events in two files, neither is what the attacks compare with real rows."""
    schema = synthesizer.schema
    absent = {column.name for column in schema.modelled} - set(synthetic.columns)
    events = {column.name for column in events_schema(schema).columns}
    if synthesizer.persons is not None and absent and absent in ({*schema.of_persons}, events):
        raise InvalidAudit(
            f"{synthetic.name} holds {'persons' if absent == events else 'events'} alone",
            "audit both in one file: synthcli sample with the same seed, and without --persons, writes the same rows",
        )


def _refuse_unreadable(synthesizer: Synthesizer, synthetic: Source) -> None:
    """What the synthetic file tells by itself, before the attempt is counted: that no attack could read it."""
    schema, names = synthesizer.schema, synthesizer.codec.names
    hint = "audit the file that synthcli sample wrote"
    try:
        absent = (name for name in names if name not in synthetic.columns)
        refuse([Problem(f"{synthetic.name} has no column {name!r}", hint) for name in absent], synthetic.name)
        if not sum(batch.num_rows for batch in synthetic.batches(schema, names)):
            raise InvalidAudit(f"{synthetic.name} has no rows", "draw some with: synthcli sample")
    except (InputError, InvalidAudit) as error:
        error.add_note(Remark(f"{synthetic.name} is the file to be audited; no attempt was counted"))
        raise


def _quality(synthesizer: Synthesizer, coins: Coins, real: Source, synthetic: Source) -> Quality:
    """How useful the rows are."""
    schema, codec = synthesizer.schema, synthesizer.codec
    trained = _training(real, synthesizer, coins)
    return compare(codec, schema, trained, synthetic.batches(schema, codec.names))


def _judged(
    policy: Policy,
    synthesizer: Synthesizer,
    result: AuditResult,
    quality: Quality,
    standing: Standing,
    subgroups: Sequence[str],
) -> AuditOutcome:
    shadows = int(result.setup["shadow_fits"])
    verdict = judge(result.endpoints, policy, shadows, subgroups, _spare(result.setup))
    verdict = with_breakdowns(verdict, result.breakdowns)
    verdict = with_shadows(verdict, shadows, policy.min_shadows)
    verdict = standing.applied(with_claims(verdict, result.claims, result.ceilings))
    document = to_document(result, quality, verdict, policy, asdict(synthesizer.statement))
    return AuditOutcome(verdict=verdict, result=result, quality=quality, document=document)


def _spare(setup: Mapping[str, Any]) -> Spare:
    """How many more candidates there could be: as many as tossed no coin, or as an audit still compares."""
    left, room = int(setup["without_coin"]), max(0, int(setup["most_candidates"]) - int(setup["candidates"]))
    return Spare(min(left, room), is_most=room < left)


def _coins(request: AuditRequest, synthesizer: Synthesizer) -> Coins:
    """The coins of this very fit."""
    statement = synthesizer.statement.coins
    if statement is None:
        raise InvalidAudit(
            "the model was fitted without audit coins: no row is known to be outside its training data",
            "fit again with --audit-coins 0.1",
        )
    coins = load_coins(request.coins or coins_place(ledger_folder(request.ledger), statement.commitment))
    coins.verify(statement.commitment)
    return coins


def _training(source: Source, synthesizer: Synthesizer, coins: Coins) -> Iterator[pa.RecordBatch]:
    """The real rows that the release stands for: those that the model was fitted on, or all rows of its persons."""
    keep = coins.keep if synthesizer.persons is None else _rows_of_persons(source, synthesizer, coins)
    start = 0
    for batch in source.batches(synthesizer.schema, synthesizer.codec.names):
        yield batch.filter(pa.array(keep(start, batch.num_rows)))
        start += batch.num_rows


def _rows_of_persons(source: Source, synthesizer: Synthesizer, coins: Coins) -> RowMask:
    """The rows of persons who train, those beyond the bound among them: persons are drawn with as many."""
    column = str(synthesizer.statement.unit_column)
    units = units_of(source, synthesizer.schema, column)[:, 0]
    trains = ~np.isin(units, units[coins.non_members])
    return lambda start, count: trains[start : start + count]
