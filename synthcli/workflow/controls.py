"""The audit's own controls: fits of a known table, files that leak or do not, and what the audit says of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa

from synthcli.audit.coins import Coins, flip
from synthcli.audit.controls.battery import CONTROLS, FAST, Bench, Control, Outcome, is_as_expected
from synthcli.audit.controls.simulated import simulated_table
from synthcli.audit.experiment import prepare
from synthcli.audit.rates import clopper_pearson
from synthcli.audit.release import FALSE_ALARM
from synthcli.audit.release import run_audit as attack
from synthcli.conclusion import with_claims
from synthcli.errors import InputError, InvalidAudit, UsageError
from synthcli.gate import judge, load_policy
from synthcli.synthesizer import Synthesizer
from synthcli.table.dialect import Dialect
from synthcli.table.schema import Schema
from synthcli.table.schema_file import load_schema
from synthcli.table.source import open_source
from synthcli.workflow.learn import learn
from synthcli.workflow.plan import FitPlan, plan_fit
from synthcli.workflow.requests import ControlsRequest, FitRequest, Progress, silent
from synthcli.workflow.training_rows import TrainingRows

COINS = 0.6
"""The share of the rows that are candidates: few rows have to tell much."""
FRESH = 0.4
"""The share of the table that neither a fit nor an audit sees: where fresh rows come from."""
ROWS = 5_000
"""Rows of a repeat, at most."""
FAST_ROWS = 3_000
DELTA = 1e-5


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One control on one table: how the audit judged it."""

    control: Control
    outcome: Outcome

    @property
    def as_expected(self) -> bool:
        """Whether it said what it has to say."""
        return is_as_expected(self.control, self.outcome)


@dataclass(frozen=True)
class Controls:
    """All outcomes of a battery."""

    tried: tuple[Tried, ...]

    def of(self, control: Control) -> tuple[Outcome, ...]:
        """What was said of this control, repeat by repeat."""
        return tuple(tried.outcome for tried in self.tried if tried.control is control)

    @property
    def failed(self) -> tuple[Control, ...]:
        """Positives that were ever missed, and negatives accused more often than the level of 1 % explains."""
        return tuple(control for control in CONTROLS if self._is_wrong(control))

    def _is_wrong(self, control: Control) -> bool:
        outcomes = self.of(control)
        wrong = sum(not is_as_expected(control, outcome) for outcome in outcomes)
        if control.expected == "not accused":
            return clopper_pearson(wrong, len(outcomes), 0.99)[0] > FALSE_ALARM
        return wrong > 0


@dataclass(frozen=True, eq=False)
class Trial:
    """A table of which everything is known, cut at random into rows to fit and audit, and fresh ones."""

    schema: Path
    real: pa.Table
    fresh: pa.Table
    mechanism: str
    rng: np.random.Generator

    def tried(self, controls: Sequence[Control]) -> Iterator[Tried]:
        """Each control; those of one epsilon share a fit."""
        for epsilon in sorted({control.epsilon for control in controls}):
            fit = self._fit(epsilon)
            for control in controls:
                if control.epsilon == epsilon:
                    yield Tried(control=control, outcome=fit.outcome(control))

    def _fit(self, epsilon: float) -> "_Fit":
        plan = _plan(self.schema, self.mechanism, epsilon)
        coins = flip(self.real.num_rows, COINS)
        synthesizer = learn(plan, _Held(self.real), TrainingRows(keep=coins.keep, coins=coins), silent)
        return _Fit(self, synthesizer, coins)


@dataclass(frozen=True, eq=False)
class _Held:
    """Canonical rows in memory, as a source of batches."""

    rows: pa.Table

    def batches(self, schema: Schema, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        yield from (self.rows if columns is None else self.rows.select(list(columns))).to_batches()


@dataclass(frozen=True, eq=False)
class _Fit:
    """An honest fit of the trial's rows, and audits of files about it."""

    trial: Trial
    synthesizer: Synthesizer
    coins: Coins

    @cached_property
    def bench(self) -> Bench:
        """What files are made of: as many rows as trained."""
        trains, names = self.coins.keep(0, self.coins.rows), self.synthesizer.codec.names
        honest = pa.Table.from_batches(self.synthesizer.sample(int(trains.sum()), self.trial.rng)).select(names)
        return Bench(real=self.trial.real, trains=trains, honest=honest, fresh=self.trial.fresh, rng=self.trial.rng)

    def outcome(self, control: Control) -> Outcome:
        """What the default policy says of the control's file."""
        statement = self.synthesizer.statement
        claimed = replace(statement, epsilon=control.claimed or statement.epsilon)
        file = control.file(self.bench)
        try:
            experiment = prepare(
                replace(self.synthesizer, statement=claimed),
                self.coins,
                real=lambda: self.trial.real.to_batches(),
                synthetic=lambda: file.to_batches(),
            )
            result = attack(experiment, seed=int(self.trial.rng.integers(2**31)))
        except InvalidAudit:
            return "invalid"
        verdict = with_claims(judge(result.endpoints, load_policy(None)), result.claims, result.ceilings)
        return verdict.outcome.value


@cache
def _plan(schema: Path, mechanism: str, epsilon: float) -> FitPlan:
    request = FitRequest(
        data="unused",
        schema=schema,
        output=schema.with_suffix(".synth"),
        epsilon=repr(epsilon),
        delta=repr(DELTA),
        mechanism=mechanism,
        audit_coins=COINS,
    )
    return plan_fit(request)


def simulated_trials(folder: Path, repeats: range, rows: int = ROWS, mechanism: str = "sieve") -> Iterator[Trial]:
    """Fresh simulated tables; their files lie in the folder. A repeat's number seeds its rows."""
    schema, data = folder / "schema.yaml", folder / "table.csv"
    for repeat in repeats:
        rng = np.random.default_rng(repeat)
        table = simulated_table(rows, rng)
        schema.write_text(table.schema, "utf-8")
        data.write_text(table.rows, "utf-8")
        yield _cut(schema, _read(schema, str(data), None), mechanism, rng)


def trials_of(data: str, schema: Path, dialect: Dialect | None, repeats: range) -> Iterator[Trial]:
    """The user's table, its rows drawn and cut anew each time."""
    table = _read(schema, data, dialect)
    if table.num_rows < 2_000:
        raise InputError("the table is too small for controls: they need 2,000 rows or more", "run them without --data")
    for repeat in repeats:
        rng = np.random.default_rng(repeat)
        rows = rng.choice(table.num_rows, min(ROWS, table.num_rows), replace=False)
        yield _cut(schema, table.take(pa.array(rows)), "sieve", rng)


def _read(schema: Path, data: str, dialect: Dialect | None) -> pa.Table:
    declared = load_schema(schema)
    with open_source(data, dialect) as source:
        return pa.Table.from_batches(source.batches(declared))


def _cut(schema: Path, table: pa.Table, mechanism: str, rng: np.random.Generator) -> Trial:
    fresh = round(FRESH * table.num_rows)
    return Trial(schema, table.slice(fresh), table.slice(0, fresh), mechanism, rng)


def run_controls(request: ControlsRequest, progress: Progress = silent) -> Controls:
    """Every control, so often, on simulated tables or on the user's.

    Models and files are forgotten when their audit is done, and no ledger is charged. What comes out compares with real
    rows, and is as private as they are.
    """
    found: list[Tried] = []
    with TemporaryDirectory(prefix="synthcli-controls-") as folder:
        for done, trial in enumerate(_trials(request, Path(folder))):
            progress(f"repeat {done + 1} of {request.repeats}", done / request.repeats)
            found.extend(trial.tried(CONTROLS))
    return Controls(tuple(found))


def _trials(request: ControlsRequest, folder: Path) -> Iterator[Trial]:
    repeats = range(request.repeats)
    if request.data is None:
        return simulated_trials(folder, repeats)
    if request.schema is None:
        raise UsageError("controls on a table of yours need its schema", "give it with --schema")
    return trials_of(request.data, request.schema, request.dialect, repeats)


@cache
def refuse_blindness() -> None:
    """`InvalidAudit` unless the audit of this build, on this machine, sees planted copies and accuses no fresh rows.

    On a small simulated table, about a second, once in a process. What is wrong is tried again on fresh coins and
    noise, so that chance alone (1 % at most) does not refuse an audit.
    """
    wrong: tuple[Tried, ...] = ()
    chosen = tuple(control for control in CONTROLS if control.id in FAST)
    for _ in range(2):
        with TemporaryDirectory(prefix="synthcli-controls-") as folder:
            (trial,) = simulated_trials(Path(folder), range(1), FAST_ROWS, "independent")
            wrong = tuple(tried for tried in trial.tried(chosen) if not tried.as_expected)
        chosen = tuple(tried.control for tried in wrong)
    if wrong:
        raise InvalidAudit(
            "the audit does not tell planted leaks from honest files: nothing that it says here counts",
            "reinstall synthcli; see what is wrong with: synthcli audit controls",
            tuple(f"control {tried.control.id} ({tried.control.title}): {tried.outcome}" for tried in wrong),
        )
