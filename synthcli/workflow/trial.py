"""One trial of the audit's controls: a known table, cut at random, fits of it, and audits of files about it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from synthcli.audit.audited_table import AuditedTable, look_at_table
from synthcli.audit.coins import Coins, flip, flip_units
from synthcli.audit.controls.battery import Bench, Control, Outcome, is_as_expected
from synthcli.audit.controls.simulated import simulated_table
from synthcli.audit.experiment import prepare
from synthcli.audit.release import attack_file
from synthcli.conclusion import with_claims
from synthcli.engine.units import bound
from synthcli.errors import InputError, InvalidAudit
from synthcli.gate import judge, load_policy
from synthcli.synthesizer import Synthesizer
from synthcli.table.dialect import Dialect
from synthcli.table.schema import Schema
from synthcli.table.schema_file import load_schema
from synthcli.table.source import open_source
from synthcli.workflow.learn import learn
from synthcli.workflow.plan import FitPlan, plan_fit
from synthcli.workflow.requests import FitRequest, silent
from synthcli.workflow.training_rows import TrainingRows

COINS = 0.6
"""The share of the rows that are candidates: few rows have to tell much."""
FRESH = 0.4
"""The share of the table that neither a fit nor an audit sees: where fresh rows come from."""
ROWS = 5_000
"""Rows of a repeat at most, or privacy units with all their rows."""
FEWEST = 2_000
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


@dataclass(frozen=True, eq=False)
class Trial:
    """A table of which everything is known, cut at random into rows to fit and audit, and fresh ones.

    Where rows of one privacy unit belong together, units are cut, and toss the coins.
    """

    request: FitRequest
    real: pa.Table
    fresh: pa.Table
    rng: np.random.Generator

    def tried(self, controls: Sequence[Control]) -> Iterator[Tried]:
        """Each control; those of one epsilon share a fit."""
        for epsilon in sorted({control.epsilon for control in controls}):
            fit = self._fit(epsilon)
            for control in controls:
                if control.epsilon == epsilon:
                    yield Tried(control=control, outcome=fit.outcome(control))

    def _fit(self, epsilon: float) -> "_Fit":
        plan, held = _plan(self.request, epsilon), _Held(self.real)
        unit = plan.unit
        coins = flip(self.real.num_rows, COINS) if unit is None else flip_units(bound(held, plan.schema, unit), COINS)
        synthesizer = learn(plan, held, TrainingRows(keep=coins.keep, coins=coins), silent)
        return _Fit(self, synthesizer, coins)


@dataclass(frozen=True, eq=False)
class _Held:
    """Canonical rows in memory, as a source of batches."""

    rows: pa.Table

    def batches(self, schema: Schema, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        names = [column.name for column in schema.modelled] if columns is None else list(columns)
        yield from self.rows.select(names).to_batches()


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
        real, fresh = self.trial.real.select(names), self.trial.fresh.select(names)
        return Bench(real=real, trains=trains, honest=honest, fresh=fresh, rng=self.trial.rng)

    @cached_property
    def table(self) -> AuditedTable:
        """What the audits of all files see of the real rows."""
        honest = prepare(self.synthesizer, self.coins, self.trial.real.to_batches, self.bench.honest.to_batches)
        return look_at_table(honest, load_policy(None).min_nonmembers, self.trial.rng)

    def outcome(self, control: Control) -> Outcome:
        """What the default policy says of the control's file."""
        statement = self.synthesizer.statement
        claimed = replace(statement, epsilon=control.claimed or statement.epsilon)
        file = control.file(self.bench)
        try:
            experiment = prepare(
                replace(self.synthesizer, statement=claimed), self.coins, self.trial.real.to_batches, file.to_batches
            )
            result = attack_file(experiment, self.table, self.trial.rng)
        except InvalidAudit:
            return "invalid"
        verdict = with_claims(judge(result.endpoints, load_policy(None)), result.claims, result.ceilings)
        return verdict.outcome.value


def _plan(request: FitRequest, epsilon: float) -> FitPlan:
    return plan_fit(replace(request, epsilon=repr(epsilon)))


def _request(schema: Path, mechanism: str = "sieve", unit: str | None = None, most: int | None = None) -> FitRequest:
    return FitRequest(
        data="unused",
        schema=schema,
        output=schema.with_suffix(".synth"),
        epsilon="1",
        delta=repr(DELTA),
        mechanism=mechanism,
        audit_coins=COINS,
        privacy_unit=unit,
        max_rows_per_unit=most,
        persons=False,
    )


def simulated_trials(folder: Path, repeats: range, rows: int = ROWS, mechanism: str = "sieve") -> Iterator[Trial]:
    """Fresh simulated tables; their files lie in the folder. A repeat's number seeds its rows."""
    schema, data = folder / "schema.yaml", folder / "table.csv"
    for repeat in repeats:
        rng = np.random.default_rng(repeat)
        table = simulated_table(rows, rng)
        schema.write_text(table.schema, "utf-8")
        data.write_text(table.rows, "utf-8")
        read = _read(schema, str(data), None, None)
        fresh = round(FRESH * read.num_rows)
        yield Trial(_request(schema, mechanism), read.slice(fresh), read.slice(0, fresh), rng)


def trials_of(
    data: str,
    schema: Path,
    dialect: Dialect | None,
    repeats: range,
    unit: str | None = None,
    most: int | None = None,
    size: int = ROWS,
) -> Iterator[Trial]:
    """The user's table, `size` of its rows drawn and cut anew each time; `unit` and `most` as in `FitRequest`."""
    request = _request(schema, unit=unit, most=most)
    named = _plan(request, 1.0).unit
    table = _read(schema, data, dialect, None if named is None else named.column)
    units = np.arange(table.num_rows) if named is None else _units(table[named.column])
    count = int(units.max(initial=-1)) + 1
    if count < FEWEST:
        what = "rows" if named is None else "privacy units"
        raise InputError(
            f"the table is too small for controls: they need {FEWEST:,} {what} or more", "run them without --data"
        )
    for repeat in repeats:
        rng = np.random.default_rng(repeat)
        place = rng.permutation(count)[units]
        cut = round(FRESH * min(size, count))
        real, fresh = ((place >= cut) & (place < size)).nonzero()[0], (place < cut).nonzero()[0]
        yield Trial(request, _rows(table, real, rng), _rows(table, fresh, rng), rng)


def _rows(table: pa.Table, rows: NDArray[np.intp], rng: np.random.Generator) -> pa.Table:
    return table.take(pa.array(rng.permutation(rows)))


def _units(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Rows' units as numbers from 0; a missing one is one of its own, which the fit refuses."""
    codes = pc.dictionary_encode(column, null_encoding="encode").combine_chunks().indices
    return np.asarray(codes.to_numpy(zero_copy_only=False), dtype=np.int64)


def _read(schema: Path, data: str, dialect: Dialect | None, unit: str | None) -> pa.Table:
    declared = load_schema(schema)
    names = [column.name for column in declared.modelled] + ([] if unit is None else [unit])
    with open_source(data, dialect) as source:
        return pa.Table.from_batches(source.batches(declared, names))
