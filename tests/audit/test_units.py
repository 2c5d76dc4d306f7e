"""Audits where units have several rows, much alike: units are compared, not rows. Fixed seeds: no false alarms."""

from dataclasses import replace

import numpy as np
import pytest

from synthcli.audit import arms, notes
from synthcli.audit.arms import choose, gather
from synthcli.audit.attack import Levels
from synthcli.audit.block import concatenate
from synthcli.audit.ceilings import auc_ceiling
from synthcli.audit.experiment import Experiment
from synthcli.audit.guesses import advantages
from synthcli.audit.inference import Knowledge, infer
from synthcli.audit.membership import informed, shift
from synthcli.audit.release import run_audit
from synthcli.audit.roc import Scores, auc
from synthcli.audit.scan import Wanted, scan_synthetic, survey
from synthcli.audit.scoring import score_by_model, score_candidates
from synthcli.audit.singling_out import single_out
from synthcli.audit.views import draw_views
from synthcli.gate import Outcome, judge, load_policy
from synthcli.marginal import Measurement, tabulate
from tests.audit.persons import Persons, table_of
from tests.audit.simulation import DOMAIN, PAIRS, SHAPE, Population, block, chunked, fit, flipped, measure

MOST = 3
PERSONS = 2500


@pytest.fixture(scope="module")
def persons() -> Persons:
    rng = np.random.default_rng(31)
    unit = rng.permutation(np.repeat(np.arange(PERSONS), rng.integers(1, 7, PERSONS)))
    codes = Population().draw(PERSONS, rng)[unit]
    codes[:, -1] = rng.integers(0, SHAPE[-1], len(unit))
    return table_of(unit, codes, MOST, 12.0 * MOST, rng)


def test_every_unit_is_compared_by_one_row(persons: Persons) -> None:
    chosen = choose(persons.coins, np.random.default_rng(0))
    units = persons.unit[chosen.numbers]
    assert len(set(units.tolist())) == len(units) == PERSONS
    assert np.count_nonzero(chosen.candidate) == len(persons.coins.candidates)
    assert persons.coins.could_toss == PERSONS
    assert np.array_equal(persons.coins.keep(0, len(persons.rows))[chosen.numbers], chosen.trains)


def test_of_units_with_many_rows_fewer_are_attacked(persons: Persons, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows that go with their coins are no more than memory is meant for, and all are known to be theirs."""
    monkeypatch.setattr(arms, "MAX_ROWS", 900)
    monkeypatch.setattr(arms, "FEWEST_CAPPED", 100)
    chosen = choose(persons.coins, np.random.default_rng(0))
    attacked = chosen.numbers[chosen.candidate]
    rows, owner = persons.coins.rows_of(attacked)
    assert 750 < len(rows) < 1050 and np.array_equal(np.unique(owner), np.arange(len(attacked)))
    monkeypatch.setattr(arms, "MAX_ROWS", 1)
    assert np.count_nonzero(choose(persons.coins, np.random.default_rng(0)).candidate) == 100


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


@pytest.fixture(scope="module")
def whole() -> Persons:
    """Persons with twelve unlike rows each, all of which count."""
    rng = np.random.default_rng(35)
    unit = rng.permutation(np.repeat(np.arange(1200), 12))
    return table_of(unit, Population().draw(len(unit), rng), 12, 10.0, rng)


def test_rows_that_leak_only_together_are_found(whole: Persons) -> None:
    """One row says too little of a person to any formula, all of them say enough."""
    coins, names = whole.coins, whole.experiment.model.domain.attributes
    own = dict(zip(names, whole.rows.codes[coins.candidates].T, strict=True))
    by_one = shift(own, DOMAIN, whole.experiment.measurements, whole.experiment.model.total).score
    alone = auc(by_one[coins.heads], by_one[~coins.heads])
    assert alone.bounds(0.95)[1] < 0.62
    result = run_audit(whole.experiment)
    found = {metric.id: metric for metric in result.endpoints}
    assert found["membership.shift.auc"].low > 0.68 and found["membership.likelihood.auc"].low > 0.6
    failed = {c.limit.metric for c in judge(result.endpoints, load_policy(None)).checks if c.outcome is Outcome.FAIL}
    assert "membership.shift.auc" in failed


def test_of_a_person_every_row_is_guessed_about(whole: Persons) -> None:
    """A file with halves of training rows: guesses about one row of each person cannot tell, those about all can."""
    rng, experiment = np.random.default_rng(36), whole.experiment
    training = whole.rows.codes[whole.coins.keep(0, len(whole.rows))]
    joined = training[rng.permutation(len(training))[:1500]]
    joined[:, 6:] = training[rng.permutation(len(training))[:1500], 6:]
    file = block(np.concatenate([Population().draw(1500, rng), joined]), rng)
    every = gather(experiment.real(), whole.coins, choose(whole.coins, rng))
    wanted = Wanted(domain=DOMAIN, cliques=(), views=draw_views(experiment.spans, rng), searches=())
    around = survey(experiment.real(), whole.coins, every, wanted)
    synthetic = scan_synthetic([file], every, wanted, 3000, rng)
    assert len(single_out(every, wanted.views, around, synthetic).unit) == len(wanted.views) * len(every.at_stake)
    one = replace(every, every=every.block, unit=np.arange(len(every.first)), first=np.arange(len(every.first)))
    known = Knowledge(tuple((place,) for place in range(len(SHAPE))))
    found = {}
    for name, rows in (("all", every), ("one", one)):
        secrets_guessed, _ = infer(rows, synthetic.sample.codes, experiment.spans, known, np.random.default_rng(2))
        found[name] = advantages("a", "A", secrets_guessed, Levels(0.95, 0.999))[-1][0]
    assert found["all"].n < 640 and found["all"].low_strict > 0
    assert found["one"].low_strict < 0


def test_rows_at_stake_are_looked_for_among_other_units(persons: Persons) -> None:
    """How often a view of them is seen, against counting one by one."""
    experiment, rng = persons.experiment, np.random.default_rng(6)
    found = gather(experiment.real(), persons.coins, choose(persons.coins, rng))
    views = draw_views(experiment.spans, rng, 3)
    around = survey(
        experiment.real(), persons.coins, found, Wanted(domain=DOMAIN, cliques=(), views=views, searches=())
    )
    every = found.chosen.numbers
    for row in rng.choice(len(found.at_stake), 40, replace=False):
        candidate = persons.coins.candidates[found.owner[row]]
        others = persons.rows.codes[every[persons.unit[every] != persons.unit[candidate]]]
        seen = [np.all(view.steps(others) == view.steps(found.at_stake[[row]]), axis=1).sum() for view in views]
        assert around.at_stake_alike[:, row].tolist() == seen


def informed_scores(experiment: Experiment) -> Scores:
    """What the attacker who knows every other row says of each candidate, as the audit computes it."""
    coins, rng = experiment.coins, np.random.default_rng(4)
    found = gather(experiment.real(), coins, choose(coins, rng))
    wanted = Wanted(domain=DOMAIN, cliques=PAIRS, views=draw_views(experiment.spans, rng, 2), searches=())
    around = survey(experiment.real(), coins, found, wanted)
    synthetic = scan_synthetic(experiment.synthetic(), found, wanted, 100, rng)
    by_model = score_by_model(experiment, found, around, rng)
    return score_candidates(DOMAIN, found, around, by_model, synthetic, {}).informed


def by_representatives(persons: Persons, measured: tuple[Measurement, ...]) -> Scores:
    """The same attacker, were he to look at one row of each unit, and take its others to be half there."""
    coins = persons.coins
    tossed, _ = coins.rows_of(coins.candidates)
    others = np.setdiff1d(tossed, coins.candidates)
    known = np.setdiff1d(np.flatnonzero(coins.keep(0, coins.rows)), tossed)
    codes = dict(zip(DOMAIN.attributes, persons.rows.codes.T, strict=True))

    def counted(rows: np.ndarray) -> dict:
        return tabulate({name: column[rows] for name, column in codes.items()}, DOMAIN, PAIRS)

    half = counted(others)
    background = {clique: table + 0.5 * half[clique] for clique, table in counted(known).items()}
    attacked = {name: column[coins.candidates] for name, column in codes.items()}
    return informed(attacked, DOMAIN, measured, background, np.random.default_rng(4)).score


def release(persons: Persons, training: np.ndarray, sigma: float, seed: int) -> Experiment:
    """The audit of measurements of these rows."""
    measured = measure(training, PAIRS, sigma, np.random.default_rng(seed))
    return replace(persons.experiment, measurements=measured)


def test_the_informed_scores_do_not_depend_on_how_the_coins_fell(persons: Persons) -> None:
    """The release stays as it is. Who subtracts the rows of heads from its counts fails here."""
    found = informed_scores(persons.experiment)
    turned = informed_scores(replace(persons.experiment, coins=flipped(persons.coins)))
    assert np.array_equal(found, turned)


def test_of_a_release_that_tells_nothing_the_informed_attacker_knows_nothing(persons: Persons) -> None:
    """Exact counts of others' rows: within four standard errors of one half (1 false alarm in 16,000 seeds)."""
    others = Population().draw(PERSONS, np.random.default_rng(35)).repeat(3, axis=0)
    score, heads = informed_scores(release(persons, others, 1.0, 36)), persons.coins.heads
    area = auc(score[heads], score[~heads])
    assert abs(area.value - 0.5) < 4 * area.standard_error


def honest(persons: Persons, sigma: float) -> Experiment:
    """A release of the rows that should train."""
    return release(persons, persons.rows[persons.coins.keep(0, len(persons.rows))].codes, sigma, 37)


def test_all_rows_of_a_unit_tell_more_than_one(persons: Persons) -> None:
    """Of persons whose rows are unlike. Were one row as good as all, the areas would differ so much by chance in less
    than 1 of 30,000 seeds (four standard errors as of other coins, where these are the same)."""
    rng = np.random.default_rng(38)
    rows = block(Population().draw(len(persons.rows), rng), rng)
    unlike = replace(persons, rows=rows, experiment=replace(persons.experiment, real=chunked(rows)))
    experiment, heads = honest(unlike, 4.0), persons.coins.heads
    scores = informed_scores(experiment), by_representatives(unlike, experiment.measurements)
    whole, one = (auc(score[heads], score[~heads]) for score in scores)
    assert one.value > 0.5 + 4 * one.standard_error
    assert whole.value > one.value + 4 * np.hypot(whole.standard_error, one.standard_error)


def test_all_rows_of_a_unit_tell_what_the_claim_lets_them_and_no_more(persons: Persons) -> None:
    """A unit moves each pair by three at most, and comes near that where its rows are alike; four standard errors."""
    sigma, heads = 12.0, persons.coins.heads
    score = informed_scores(honest(persons, sigma))
    area, ceiling = auc(score[heads], score[~heads]), auc_ceiling(MOST * len(PAIRS) ** 0.5 / sigma)
    assert 0.5 + 0.6 * (ceiling - 0.5) < area.value < ceiling + 4 * area.standard_error
