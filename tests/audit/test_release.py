"""An audit must be shown to fire. Simulated tables with fixed seeds: what is asserted either holds or does not."""

from dataclasses import replace

import numpy as np
import pytest

from synthcli.audit.audited_table import look_at_table
from synthcli.audit.block import Block, concatenate
from synthcli.audit.coins import Coins
from synthcli.audit.experiment import Experiment
from synthcli.audit.release import attack_file, run_audit
from synthcli.audit.result import AuditResult
from synthcli.errors import InvalidAudit
from synthcli.gate import Outcome, Verdict, judge, load_policy
from synthcli.metric import Metric
from tests.audit.simulation import (
    DOMAIN,
    PAIRS,
    ROWS,
    SHAPE,
    Population,
    Table,
    block,
    chunked,
    fit,
    measure,
    synthesise,
    toss,
)

PASS, FAIL, INCONCLUSIVE = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE


@pytest.fixture(scope="module")
def population() -> Population:
    return Population()


@pytest.fixture(scope="module")
def table(population) -> Table:
    rng = np.random.default_rng(11)
    return Table(block(population.draw(ROWS, rng), rng), toss(ROWS, 0.2, rng))


@pytest.fixture(scope="module")
def experiment(table, population) -> Experiment:
    """A fit with the noise of about epsilon 1, and a fresh draw from the population as its synthetic file."""
    rng = np.random.default_rng(12)
    measured = measure(table.training.codes, PAIRS, 12.0, rng)
    fresh = block(population.draw(ROWS, rng), rng)
    return Experiment(
        coins=table.coins,
        real=chunked(table.rows),
        synthetic=chunked(fresh),
        model=fit(measured),
        measurements=measured,
        spans=tuple(0 if i % 2 else size - 1 for i, size in enumerate(SHAPE)),
        epsilon=1.0,
        delta=1e-9,
    )


def audited(experiment: Experiment, synthetic: Block | None = None, **changes) -> tuple[AuditResult, Verdict]:
    if synthetic is not None:
        changes["synthetic"] = chunked(synthetic)
    result = run_audit(replace(experiment, **changes))
    return result, judge(result.endpoints, load_policy(None))


def endpoint(result: AuditResult, name: str) -> Metric:
    return next(metric for metric in (*result.endpoints, *result.diagnostics) if metric.id == name)


def failed(verdict: Verdict) -> set[str]:
    return {check.limit.metric for check in verdict.checks if check.outcome is FAIL}


def spiked(table: Table, population: Population, share: float, change=lambda rows, rng: rows) -> Block:
    """A fresh draw, some rows of which are training rows (a share of these), changed or not."""
    rng = np.random.default_rng(21)
    copies = round(share * len(table.training))
    stolen = table.training[rng.choice(len(table.training), copies, replace=False)]
    fresh = block(population.draw(ROWS - copies, rng), rng)
    return concatenate([fresh, change(stolen, rng)])


def test_a_fresh_draw_passes(experiment) -> None:
    result, verdict = audited(experiment)
    assert verdict.outcome is PASS
    assert {metric.id for metric in result.endpoints} >= {limit.metric for limit in load_policy(None).asked_of(0)}
    assert set(result.ceilings) >= {m.id for m in result.endpoints if m.id.startswith("membership")}
    assert {metric.id for metric in result.endpoints} <= set(result.detection_limits)
    assert any("cannot prove its absence" in note for note in result.notes)


def test_an_honest_model_s_own_rows_pass(experiment) -> None:
    result, verdict = audited(experiment, synthesise(experiment.model, ROWS, np.random.default_rng(13)))
    assert verdict.outcome is PASS
    assert endpoint(result, "membership.informed.auc").high < 0.65
    assert not any("suspect" in note for note in result.notes)


def test_copies_of_one_training_row_in_twenty_fail(experiment, table, population) -> None:
    result, verdict = audited(experiment, spiked(table, population, 0.05))
    assert verdict.outcome is FAIL
    assert failed(verdict) >= {"copies.exact.excess", "copies.raw.excess"}
    assert endpoint(result, "copies.raw.excess").value == pytest.approx(0.05, abs=0.005)
    assert endpoint(result, "distance.dcr.share").high < 0.55, "the average that everybody quotes sees nothing"


def test_copies_of_one_training_row_in_a_hundred_fail(experiment, table, population) -> None:
    """72 of 7,200 training rows, with 800 held-out ones to tell them from chance."""
    result, verdict = audited(experiment, spiked(table, population, 0.01))
    assert failed(verdict) >= {"copies.exact.excess", "copies.raw.excess"}
    assert endpoint(result, "copies.exact.excess").value == pytest.approx(0.01, abs=0.002)
    assert any("put there by hand" in note for note in result.notes)


def test_near_copies_fail_though_no_row_is_equal(experiment, table, population) -> None:
    def move(rows: Block, rng) -> Block:
        codes = rows.codes.copy()
        codes[:, 4] = (codes[:, 4] + 1) % SHAPE[4]
        return block(codes, rng)

    result, verdict = audited(experiment, spiked(table, population, 0.05, move))
    assert "copies.near.excess" in failed(verdict) <= {"copies.near.excess", "attribute.advantage_at_10pct"}
    assert endpoint(result, "copies.raw.excess").value == 0


def test_a_bootstrap_of_the_training_rows_fails(experiment, table) -> None:
    rng = np.random.default_rng(14)
    result, verdict = audited(experiment, table.training[rng.integers(0, len(table.training), ROWS)])
    assert failed(verdict) >= {"copies.exact.excess", "copies.raw.excess", "copies.near.excess"}
    assert endpoint(result, "distance.dcr.auc").low > 0.6


def test_a_model_that_remembers_fails_membership(population) -> None:
    """Three-way tables with next to no noise, on a small table; the file alone gives it away, too."""
    rng = np.random.default_rng(15)
    table = Table(block(population.draw(3000, rng), rng), toss(3000, 0.5, rng))
    cliques = [tuple(DOMAIN.attributes[i : i + 3]) for i in range(0, len(SHAPE), 3)]
    measured = measure(table.training.codes, cliques, 0.3, rng)
    model = fit(measured)
    experiment = Experiment(
        coins=table.coins,
        real=chunked(table.rows),
        synthetic=chunked(synthesise(model, 3000, rng)),
        model=model,
        measurements=measured,
        spans=(0,) * len(SHAPE),
        epsilon=1.0,
        delta=1e-9,
    )
    result, verdict = audited(experiment)
    assert failed(verdict) >= {"membership.ratio.auc", "membership.likelihood.auc", "membership.shift.auc"}
    assert endpoint(result, "membership.informed.auc").low > result.ceilings["membership.informed.auc"]
    assert "suspect the implementation" in result.notes[0]
    assert endpoint(result, "membership.any.p").value == 1 / 1000


def test_a_model_of_other_people_tells_nothing(experiment, population) -> None:
    rng = np.random.default_rng(16)
    measured = measure(population.draw(ROWS, rng), PAIRS, 1.0, rng)
    result, verdict = audited(experiment, model=fit(measured), measurements=measured)
    assert verdict.outcome is PASS
    for attack in ("ratio", "likelihood", "shift"):
        metric = endpoint(result, f"membership.{attack}.auc")
        assert metric.low_strict is not None and metric.low_strict < 0.5 < metric.high
    assert endpoint(result, "membership.any.p").value > 0.01


def test_the_same_seed_gives_the_same_result(experiment) -> None:
    assert run_audit(experiment, seed=5) == run_audit(experiment, seed=5)


def test_a_look_at_the_rows_for_another_file_serves_as_well(experiment, table) -> None:
    other = replace(experiment, synthetic=chunked(table.rows[:50]))
    of_table = np.random.default_rng(5)
    (rng,) = of_table.spawn(1)
    looked = look_at_table(other, 200, of_table)
    assert attack_file(experiment, looked, rng) == run_audit(experiment, seed=5)


def test_another_number_of_rows_is_refused(experiment, table) -> None:
    for rows in (table.rows[:-1], concatenate([table.rows, table.rows[:1]])):
        with pytest.raises(InvalidAudit, match="rows, but the coins"):
            run_audit(replace(experiment, real=chunked(rows)))


def test_too_few_held_out_rows_are_refused_and_a_policy_may_allow_fewer(population) -> None:
    rng = np.random.default_rng(17)
    table = Table(block(population.draw(1500, rng), rng), toss(1500, 0.1, rng))
    measured = measure(table.training.codes, PAIRS, 12.0, rng)
    experiment = Experiment(
        coins=table.coins,
        real=chunked(table.rows),
        synthetic=chunked(block(population.draw(1500, rng), rng)),
        model=fit(measured),
        measurements=measured,
        spans=(0,) * len(SHAPE),
        epsilon=1.0,
        delta=1e-9,
    )
    for rows, hint in ((len(table.rows), "fit again with a larger --audit-coins"), (390, "take a larger table")):
        few = Coins(rows=rows, candidates=table.coins.candidates[:30], heads=table.coins.heads[:30], salt=bytes(32))
        with pytest.raises(InvalidAudit, match="non-members can be compared") as caught:
            run_audit(replace(experiment, coins=few, real=chunked(table.rows[:rows])))
        assert hint in str(caught.value.hint)
    result = run_audit(experiment, min_nonmembers=50)
    assert judge(result.endpoints, load_policy(None)).outcome is INCONCLUSIVE


@pytest.mark.parametrize(
    ("apart", "advice"),
    [(0, "equal rows of different people are to stay"), (150, "more columns"), (600, "larger")],
)
def test_advice_on_too_few_rows_depends_on_how_many_are_left_out_since_they_are_alike(
    experiment, table, apart: int, advice: str
) -> None:
    """Of about 800 members and 800 non-members so many have a record of their own; all others have the same one."""
    same = np.concatenate([table.coins.members[apart:], table.coins.non_members[apart:]])
    rows = np.arange(len(table.rows))
    rows[same] = same[0]
    with pytest.raises(InvalidAudit, match=f"^{apart} members and {apart} non-members can be") as caught:
        look_at_table(replace(experiment, real=chunked(table.rows[rows])), 700, np.random.default_rng(18))
    assert advice in str(caught.value.hint) and f"({len(same):,} were left out" in caught.value.message


def test_an_empty_synthetic_file_is_refused(experiment, table) -> None:
    with pytest.raises(InvalidAudit, match="no rows"):
        run_audit(replace(experiment, synthetic=chunked(table.rows[:0])))


def test_records_of_both_arms_are_left_out_and_counted(experiment, table) -> None:
    """Fifty pairs of one member and one non-member get the same record."""
    doubled = Block(table.rows.codes.copy(), table.rows.spelled.copy())
    members, others = table.coins.members[:50], table.coins.non_members[:50]
    doubled.codes[members], doubled.spelled[members] = doubled.codes[others], doubled.spelled[others]
    result = run_audit(replace(experiment, real=chunked(doubled)))
    assert result.setup["shared_records"] == 100
    assert result.setup["members"] == len(table.coins.members) - 50
    assert any("100 candidates were left out" in note for note in result.notes)
