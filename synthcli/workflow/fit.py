"""Fit: reserve → read → draw noise → write the model → commit. A crash anywhere counts as spent."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from synthcli import __version__
from synthcli.artifact import save
from synthcli.audit.coins import Coins
from synthcli.audit.coins_file import VERSION, VERSION_OF_UNITS, save_coins
from synthcli.errors import InputError, remarking
from synthcli.files import held_outputs
from synthcli.privacy.amounts import delta_amount, epsilon_amount, spell
from synthcli.privacy.ledger import Ledger, Reservation, open_ledger
from synthcli.synthesizer import PrivacyStatement, Synthesizer
from synthcli.table.content import content_of
from synthcli.table.dialect import Dialect, declared
from synthcli.table.held import HeldTable
from synthcli.table.source import Source, open_source
from synthcli.workflow.coins_place import coins_place
from synthcli.workflow.fit_warnings import warnings_of
from synthcli.workflow.guesses import refuse_guesses
from synthcli.workflow.learn import learn
from synthcli.workflow.plan import FitPlan, plan_fit
from synthcli.workflow.released import look
from synthcli.workflow.requests import FitRequest, Progress, Warn, mute, silent
from synthcli.workflow.training_rows import training_rows


@dataclass(frozen=True, kw_only=True)
class FitResult:
    """What came of a fit. `up_to_date`: the same inputs were fitted before, and nothing was spent."""

    model: Path
    dataset: str
    up_to_date: bool
    statement: PrivacyStatement | None = None
    rows: int = 0
    persons: int | None = None
    cliques: int = 0
    cells: int = 0
    coins: Path | None = None
    unlisted: Mapping[str, float] = field(default_factory=dict)
    """By column: the share of rows whose value is none of those that the budget could tell."""
    unclear: tuple[str, ...] = ()
    """The columns of numbers and dates of which the budget could not tell where the values lie."""


def run_fit(request: FitRequest, progress: Progress = silent, warn: Warn = mute) -> FitResult:
    """Fit a model and write it. Warns of a data set without a budget before it reads a row.

    Raises `BudgetRefused` before any data is read; `InputError` for data that do not match the schema, `InvalidAudit`
    for fewer coins than an audit needs (the reservation is given back, since no noise was drawn); `UsageError` for a
    request that means nothing.
    """
    plan = plan_fit(request)
    ledger = open_ledger(request.ledger)
    asked = _fingerprint(request, plan)
    if request.output.is_file() and not request.refit and _is_up_to_date(request, plan, ledger, asked):
        return FitResult(model=request.output, dataset=plan.dataset, up_to_date=True)
    with held_outputs((request.output,), request.force or request.refit, request.inputs):
        return _fit(request, plan, ledger, asked, progress, warn)


def _fit(request: FitRequest, plan: FitPlan, ledger: Ledger, asked: str, progress: Progress, warn: Warn) -> FitResult:
    """Reserve, read, draw, write, commit."""
    note = f"unit {plan.unit.column}, at most {plan.unit.rows} rows each" if plan.unit else ""
    reservation = ledger.reserve(plan.dataset, request.epsilon, request.delta, mechanism=plan.mechanism_name, note=note)
    with ExitStack() as stack:
        with _refundable(ledger, reservation):
            if reservation.unbudgeted:
                warn(f"{plan.dataset} has no budget; set one: {ledger.command('init', plan.dataset)}")
            source = stack.enter_context(open_source(request.data, _said(request, plan)))
            refuse_guesses(source, _said(request, plan) or Dialect())
            generation = _generation(request, ledger, source, progress)
            as_read = ledger.digest(source.raw_chunks())
            rows = training_rows(plan, source, progress)
            content = _content(plan, source, rows.held)
            request_digest = _request_digest(ledger, asked, content)
            coins_file = None if rows.coins is None else _keep_coins(ledger, rows.coins.bind([content]))
        stack.enter_context(remarking(stays_spent(reservation)))
        synthesizer = learn(plan, source, rows, progress, generation)
        if ledger.digest(source.raw_chunks()) != as_read:
            raise InputError(
                f"{source.name} changed while it was read: the model is worthless", "fit a copy that nobody writes to"
            )
        save(synthesizer, request.output)
        stack.enter_context(remarking(_is_unrecorded(request.output)))
        ledger.commit(
            reservation,
            request_digest=request_digest,
            artifact_digest=ledger.digest(request.output.read_bytes()),
            rho=sum(spend.rho for spend in synthesizer.statement.spends),
        )
    result = _result(request, plan, synthesizer, coins_file)
    for text in warnings_of(synthesizer):
        warn(text)
    return result


def _result(request: FitRequest, plan: FitPlan, synthesizer: Synthesizer, coins_file: Path | None) -> FitResult:
    return FitResult(
        model=request.output,
        dataset=plan.dataset,
        up_to_date=False,
        statement=synthesizer.statement,
        rows=synthesizer.default_rows,
        persons=synthesizer.persons.default_persons if synthesizer.persons else None,
        cliques=len(synthesizer.model.potentials),
        cells=synthesizer.model.tree.cells,
        coins=coins_file,
        unlisted=synthesizer.unlisted,
        unclear=synthesizer.unclear,
    )


def stays_spent(reservation: Reservation) -> str:
    """What to say when something fails after noise may have been drawn."""
    amounts = f"epsilon {spell(reservation.epsilon)} and delta {spell(reservation.delta)}"
    return f"{amounts} of {reservation.dataset} stay spent: noise may have been drawn, and nobody can take it back"


def _is_unrecorded(model: Path) -> str:
    """What to say when the ledger cannot note what came of it: to remove the model would give nothing back."""
    return (
        f"the model {model} is whole and may be used, since its cost is counted; but the ledger does not know the "
        "file, and the same fit once more would spend once more"
    )


def _keep_coins(ledger: Ledger, coins: Coins) -> Path:
    """Write the private coins file before anything is learnt."""
    place = coins_place(ledger.folder, coins.commitment())
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    save_coins(coins, place)
    return place


@contextmanager
def _refundable(ledger: Ledger, reservation: Reservation) -> Iterator[None]:
    """What fails in here has drawn no noise: the reservation is given back."""
    try:
        yield
    except BaseException:
        ledger.cancel(reservation)
        raise


def _said(request: FitRequest, plan: FitPlan) -> Dialect | None:
    return declared(request.dialect, plan.facts.schema.encoding)


def _generation(request: FitRequest, ledger: Ledger, source: Source, progress: Progress) -> int:
    """1 for real rows; one more than theirs for synthetic ones, which `InputError` refuses unless they are allowed."""
    progress("checking the table", 0.0)
    found = look(source, ledger)
    if found and not request.allow_synthetic:
        raise InputError(
            f"{source.name} holds synthetic rows: {found[0].why}",
            "fit the real table; a model of synthetic rows drifts away from it. If it is meant: --allow-synthetic",
            tuple(finding.why for finding in found[1:]),
        )
    return 1 + max((finding.generation for finding in found), default=0)


def _is_up_to_date(request: FitRequest, plan: FitPlan, ledger: Ledger, asked: str) -> bool:
    """Whether the file at the output is the committed outcome of this very request on these very data."""
    model = ledger.digest(request.output.read_bytes())
    if not any(spend.artifact_digest == model for spend in ledger.history(plan.dataset)):
        return False
    with open_source(request.data, _said(request, plan)) as source:
        try:
            done = ledger.find_committed(plan.dataset, _request_digest(ledger, asked, _content(plan, source)))
        except InputError:  # what cannot be read now is another table; what is wrong with it, a fit tells
            return False
    return done is not None and done.artifact_digest == model


def _request_digest(ledger: Ledger, asked: str, content: bytes) -> str:
    """A keyed digest of settings and data: a plain one of the data would be a leak."""
    return ledger.digest([asked.encode(), content])


def _content(plan: FitPlan, source: Source, held: HeldTable | None = None) -> bytes:
    return content_of(source, plan.facts.schema, plan.unit.column if plan.unit else None, held)


def _fingerprint(request: FitRequest, plan: FitPlan) -> str:
    """What the outcome depends on beside the data: the schema, how the file is read, budget and settings."""
    settings = [
        repr(plan.facts.schema),
        repr(_said(request, plan) or Dialect()),
        spell(epsilon_amount(request.epsilon)),
        spell(delta_amount(request.delta)),
        repr(plan.mechanism),
        repr(plan.audit_coins),
        *([f"coins file {VERSION_OF_UNITS if plan.unit else VERSION}"] if plan.audit_coins else []),
        repr((plan.target, sorted(plan.workload.weights.items()))),
        repr(plan.unit),
        *(["persons"] if plan.persons else []),
        *([repr(sorted(plan.named.items()))] if plan.persons and plan.named else []),
        __version__,
    ]
    return hashlib.sha256(json.dumps(settings).encode()).hexdigest()
