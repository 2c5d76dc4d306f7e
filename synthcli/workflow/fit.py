"""Fit: reserve → read → draw noise → write the model → commit. A crash anywhere counts as spent."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from synthcli import __version__
from synthcli.artifact import save
from synthcli.audit.coins import Coins, flip, flip_units
from synthcli.audit.coins_file import save_coins
from synthcli.discovery.discover import discover
from synthcli.engine.interface import BatchSource, RowMask
from synthcli.engine.local import LocalEngine
from synthcli.engine.units import bound
from synthcli.errors import InputError, InvalidAudit, remarking
from synthcli.files import claim_output
from synthcli.privacy.amounts import spell
from synthcli.privacy.budget import Budget
from synthcli.privacy.curator import Curator, PrivateTable
from synthcli.privacy.ledger import Ledger, Reservation, open_ledger
from synthcli.synthesizer import PrivacyStatement, Spend, Synthesizer
from synthcli.table.dialect import Dialect, declared
from synthcli.table.held import HELD_BYTES, HeldTable
from synthcli.table.source import Source, open_source, validate
from synthcli.workflow.guesses import refuse_guesses
from synthcli.workflow.plan import FitPlan, plan_fit
from synthcli.workflow.released import look
from synthcli.workflow.requests import FitRequest, Progress, Warn, mute, silent
from synthcli.workflow.statement import statement_of

Appoint = Callable[[PrivateTable, Budget, int], Curator]
"""Makes the curator of a table of whose units so many rows count."""


@dataclass(frozen=True, kw_only=True)
class FitResult:
    """What came of a fit. `up_to_date`: the same inputs were fitted before, and nothing was spent."""

    model: Path
    dataset: str
    up_to_date: bool
    statement: PrivacyStatement | None = None
    rows: int = 0
    cliques: int = 0
    cells: int = 0
    coins: Path | None = None


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
    claim_output(request.output, force=request.force or request.refit)
    note = f"unit {plan.unit.column}, at most {plan.unit.rows} rows each" if plan.unit else ""
    reservation = ledger.reserve(plan.dataset, request.epsilon, request.delta, mechanism=plan.mechanism_name, note=note)
    with ExitStack() as stack:
        with _refundable(ledger, reservation):
            if reservation.unbudgeted:
                warn(f"{plan.dataset} has no budget; set one: {ledger.command('init', plan.dataset)}")
            source = stack.enter_context(open_source(request.data, _said(request, plan)))
            refuse_guesses(source, _said(request, plan) or Dialect())
            generation = _generation(request, ledger, source, progress)
            request_digest = _request_digest(ledger, asked, source)
            rows = _before_noise(plan, source, progress)
            coins_file = _keep_coins(ledger, rows.coins)
        stack.enter_context(remarking(stays_spent(reservation)))
        synthesizer = learn(plan, source, rows, progress, generation)
        if _request_digest(ledger, asked, source) != request_digest:
            raise InputError(
                f"{source.name} changed while it was read: the model is worthless", "fit a copy that nobody writes to"
            )
        save(synthesizer, request.output)
        ledger.commit(
            reservation,
            request_digest=request_digest,
            artifact_digest=ledger.digest(request.output.read_bytes()),
            rho=sum(spend.rho for spend in synthesizer.statement.spends),
        )
    return _result(request, plan, synthesizer, coins_file)


def _result(request: FitRequest, plan: FitPlan, synthesizer: Synthesizer, coins_file: Path | None) -> FitResult:
    return FitResult(
        model=request.output,
        dataset=plan.dataset,
        up_to_date=False,
        statement=synthesizer.statement,
        rows=synthesizer.default_rows,
        cliques=len(synthesizer.model.potentials),
        cells=synthesizer.model.tree.cells,
        coins=coins_file,
    )


def stays_spent(reservation: Reservation) -> str:
    """What to say when something fails after noise may have been drawn."""
    amounts = f"epsilon {spell(reservation.epsilon)} and delta {spell(reservation.delta)}"
    return f"{amounts} of {reservation.dataset} stay spent: noise may have been drawn, and nobody can take it back"


def coins_place(folder: Path, commitment: str) -> Path:
    """Where the coins of a model lie: in the ledger's folder, under their commitment."""
    return folder / "coins" / f"{commitment[:32]}.json"


def _keep_coins(ledger: Ledger, coins: Coins | None) -> Path | None:
    """Write the private coins file before anything is learnt."""
    if coins is None:
        return None
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


@dataclass(frozen=True, kw_only=True)
class TrainingRows:
    """The rows that a model is fitted on: which ones (all, where `keep` is None), and the table if it is held."""

    keep: RowMask | None = None
    coins: Coins | None = None
    held: HeldTable | None = None


def _before_noise(plan: FitPlan, source: Source, progress: Progress) -> TrainingRows:
    """Check the whole table, hold it if it is small enough, bound the rows of each unit, and toss the coins."""
    progress("checking the table", 0.0)
    checked = validate(source, plan.facts.schema, hold=HELD_BYTES)
    bounded = None if plan.unit is None else bound(source, plan.schema, plan.unit)
    if not plan.audit_coins:
        return TrainingRows(keep=None if bounded is None else bounded.as_set().mask, held=checked.held)
    coins = flip(checked.rows, plan.audit_coins) if bounded is None else flip_units(bounded, plan.audit_coins)
    if min(len(coins.members), len(coins.non_members)) < plan.audited_rows:  # how many there are stays private
        raise InvalidAudit(
            f"the audit coins do not give {plan.audited_rows:,} members and as many non-members: no audit would answer",
            "give a larger --audit-coins, or a --policy with a lower min_nonmembers",
        )
    return TrainingRows(keep=coins.keep, coins=coins.bind(source.raw_chunks()), held=checked.held)


def learn(
    plan: FitPlan,
    source: BatchSource,
    rows: TrainingRows,
    progress: Progress,
    generation: int = 1,
    appoint: Appoint = Curator,
) -> Synthesizer:
    """Everything that draws noise: the domain first, then the mechanism with the rest of the budget.

    `appoint` makes the curator; only a test of this build on public tables has another one than `Curator`.
    """
    schema, budget = plan.facts.schema, plan.budget
    engine = LocalEngine(source, schema, keep=rows.keep, held=rows.held)
    curator = appoint(engine, budget, plan.rows_per_unit)
    codec = discover(plan.facts, plan.needs, curator, budget.rho, budget.key_delta, progress)
    discovery_rho, discovery_delta = curator.spent
    marginals = curator.on(codec)
    workload = plan.workload.spread(codec.domain, {c.name: c.column for c in codec.columns})
    fitted = plan.mechanism.run(marginals, workload, curator.remaining_rho, progress)
    mechanism_rho = curator.spent[0] - discovery_rho
    spends = (
        Spend(stage="learning the domain", rho=discovery_rho, delta=discovery_delta),
        Spend(stage=plan.mechanism_name, rho=mechanism_rho),
    )
    return Synthesizer(
        schema=schema,
        codec=codec.merged(fitted.merges),
        model=fitted.model,
        measurements=fitted.measurements,
        statement=statement_of(plan, spends if discovery_rho else spends[1:], rows.coins, generation),
    )


def _is_up_to_date(request: FitRequest, plan: FitPlan, ledger: Ledger, asked: str) -> bool:
    """Whether the file at the output is the committed outcome of this very request on these very data."""
    model = ledger.digest(request.output.read_bytes())
    if not any(spend.artifact_digest == model for spend in ledger.history(plan.dataset)):
        return False
    with open_source(request.data, _said(request, plan)) as source:
        done = ledger.find_committed(plan.dataset, _request_digest(ledger, asked, source))
    return done is not None and done.artifact_digest == model


def _request_digest(ledger: Ledger, asked: str, source: Source) -> str:
    """A keyed digest of settings and data: a plain one of the data would be a leak."""
    return ledger.digest(chain([asked.encode()], source.raw_chunks()))


def _fingerprint(request: FitRequest, plan: FitPlan) -> str:
    """What the outcome depends on beside the data: the schema, how the file is read, budget and settings."""
    settings = [
        repr(plan.facts.schema),
        repr(_said(request, plan) or Dialect()),
        request.epsilon,
        request.delta,
        repr(plan.mechanism),
        repr(plan.audit_coins),
        repr((plan.target, sorted(plan.workload.weights.items()))),
        repr(plan.unit),
        __version__,
    ]
    return hashlib.sha256(json.dumps(settings).encode()).hexdigest()
