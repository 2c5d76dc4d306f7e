"""Audits where units have several rows, much alike: units are compared, not rows. Fixed seeds: no false alarms."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest

from synthcli.audit import notes
from synthcli.audit.arms import choose
from synthcli.audit.block import Block, concatenate
from synthcli.audit.coins import Coins, flip_units
from synthcli.audit.experiment import Experiment
from synthcli.audit.release import run_audit
from synthcli.gate import Outcome, judge, load_policy
from synthcli.privacy.bounding import Bounding
from tests.audit.simulation import PAIRS, SHAPE, Population, block, chunked, fit, measure

MOST = 3
PERSONS = 2500


@dataclass(frozen=True)
class Persons:
    """A table of persons with one to six rows each, which differ in the last column alone."""

    rows: Block
    unit: np.ndarray
    coins: Coins
    experiment: Experiment


@pytest.fixture(scope="module")
def persons() -> Iterator[Persons]:
    rng = np.random.default_rng(31)
    population = Population()
    unit = rng.permutation(np.repeat(np.arange(PERSONS), rng.integers(1, 7, PERSONS)))
    codes = population.draw(PERSONS, rng)[unit]
    codes[:, -1] = rng.integers(0, SHAPE[-1], len(unit))
    rows = block(codes, rng)
    bounding = Bounding(MOST)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets, "token_bytes", rng.bytes)
        bounding.add(np.stack([unit.astype(np.uint64)] * 2, axis=1))
        coins = flip_units(bounding.finish(), 0.5)
    measured = measure(rows[coins.keep(0, len(rows))].codes, PAIRS, 12.0 * MOST, rng)
    experiment = Experiment(
        coins=coins,
        real=chunked(rows),
        synthetic=chunked(block(population.draw(5000, rng), rng)),
        model=fit(measured),
        measurements=measured,
        spans=(0,) * len(SHAPE),
        epsilon=1.0,
        delta=1e-9,
    )
    yield Persons(rows, unit, coins, experiment)


def test_every_unit_is_compared_by_one_row(persons: Persons) -> None:
    chosen = choose(persons.coins, np.random.default_rng(0))
    units = persons.unit[chosen.numbers]
    assert len(set(units.tolist())) == len(units) == PERSONS
    assert np.count_nonzero(chosen.candidate) == len(persons.coins.candidates)
    assert np.array_equal(persons.coins.keep(0, len(persons.rows))[chosen.numbers], chosen.trains)


def test_a_fresh_draw_passes(persons: Persons) -> None:
    result = run_audit(persons.experiment)
    assert judge(result.endpoints, load_policy(None)).outcome is not Outcome.FAIL
    assert notes.UNITS in result.notes
    assert result.setup["members"] + result.setup["non_members"] <= PERSONS
    assert all(m.low_strict is not None and m.low_strict <= 0 for m in result.endpoints if m.id.startswith("copies"))


def test_copies_are_found_though_a_unit_s_own_rows_are_near(persons: Persons) -> None:
    """One training row in ten is stolen. Its unit's other rows are within one column of it, and crowd it not."""
    rng = np.random.default_rng(32)
    training = persons.rows[persons.coins.keep(0, len(persons.rows))]
    stolen = training[rng.choice(len(training), len(training) // 10, replace=False)]
    fresh = concatenate([stolen, *persons.experiment.synthetic()])
    result = run_audit(replace(persons.experiment, synthetic=chunked(fresh)))
    failed = {c.limit.metric for c in judge(result.endpoints, load_policy(None)).checks if c.outcome is Outcome.FAIL}
    assert failed >= {"copies.exact.excess", "copies.raw.excess"}


def test_a_model_that_remembers_units_fails(persons: Persons) -> None:
    """Three-way tables with next to no noise."""
    rng = np.random.default_rng(33)
    names = persons.experiment.model.domain.attributes
    cliques = [tuple(names[i : i + 3]) for i in range(0, len(SHAPE), 3)]
    measured = measure(persons.rows[persons.coins.keep(0, len(persons.rows))].codes, cliques, 0.3, rng)
    result = run_audit(replace(persons.experiment, model=fit(measured), measurements=measured))
    failed = {c.limit.metric for c in judge(result.endpoints, load_policy(None)).checks if c.outcome is Outcome.FAIL}
    assert failed >= {"membership.likelihood.auc", "membership.shift.auc"}
