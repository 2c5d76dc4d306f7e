"""Shadow fits are the release's own fit again, its noise included; and nothing of them is left behind."""

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from synthcli.artifact import load
from synthcli.audit.experiment import prepare
from synthcli.audit.release import run_audit as attack
from synthcli.audit.shadow.attack import ShadowAttack
from synthcli.audit.shadow.tosses import game_of
from synthcli.conclusion import with_claims
from synthcli.errors import InvalidAudit, UsageError
from synthcli.gate import Outcome, judge, load_policy
from synthcli.privacy.ledger import open_ledger
from synthcli.workflow.audit import run_audit
from synthcli.workflow.fit import run_fit
from synthcli.workflow.plan import plan_fit
from synthcli.workflow.requests import AuditRequest, FitRequest, SampleRequest, shadow_fits
from synthcli.workflow.sample import run_sample
from synthcli.workflow.shadows import Refits, plan_again, refuse_persons
from synthcli.workflow.trial import Trial, simulated_trials
from tests.audit.shadow.laboratory import Held
from tests.cli.table_fixture import SCHEMA, csv, rows

OPEN_SCHEMA = """\
name: open
fields:
  - {name: ward, type: string, constraints: {enum: [north, south, east, west]}, "synthcli:observed": [categories]}
  - {name: age, type: integer, constraints: {minimum: 0, maximum: 99}, "synthcli:observed": [minimum, maximum]}
  - {name: score, type: number}
  - {name: seen, type: date}
  - {name: seen_at, type: datetime, "synthcli:role": drop}
  - {name: urgent, type: boolean}
"""
WORKLOAD = 'all = 1\n[[marginal]]\ncolumns = ["age", "ward"]\nweight = 7\n'
PERSONS = SCHEMA.replace("name: ward,", 'name: ward, "synthcli:role": unit,')
SAME = ("facts", "needs", "mechanism", "mechanism_name", "budget", "workload", "named", "target", "max_cells", "unit")


@pytest.fixture
def request_(tmp_path: Path) -> FitRequest:
    (tmp_path / "t.csv").write_text(csv(rows(1000)))
    (tmp_path / "schema.yaml").write_text(SCHEMA)
    (tmp_path / "open.yaml").write_text(OPEN_SCHEMA)
    (tmp_path / "persons.yaml").write_text(PERSONS)
    (tmp_path / "workload.toml").write_text(WORKLOAD)
    return FitRequest(
        data=str(tmp_path / "t.csv"),
        schema=tmp_path / "schema.yaml",
        output=tmp_path / "m.synth",
        epsilon="1.5",
        delta="1e-6",
        mechanism="independent",
        ledger=str(tmp_path / "ledger.sqlite"),
    )


@pytest.mark.parametrize(
    ("schema", "changes"),
    [
        ("schema.yaml", {}),
        ("schema.yaml", {"mechanism": "sieve", "max_cells": 5_000, "target": "urgent"}),
        ("schema.yaml", {"mechanism": "sieve", "workload": "workload.toml"}),
        ("open.yaml", {}),
        ("open.yaml", {"public_domain": ("ward",), "mechanism": "mst"}),
        ("persons.yaml", {"max_rows_per_unit": 5, "audit_coins": 0.0}),
    ],
)
def test_a_model_says_how_it_was_fitted(request_: FitRequest, schema: str, changes: dict[str, object]) -> None:
    folder = request_.schema.parent
    if "workload" in changes:
        changes = {**changes, "workload": folder / str(changes["workload"])}
    request = replace(request_, schema=folder / schema, **changes)  # type: ignore[arg-type]
    run_fit(request)
    planned, again = plan_fit(request), plan_again(load(request.output))
    for field in SAME:
        assert getattr(again, field) == getattr(planned, field), field


def test_a_model_that_does_not_say_is_not_fitted_again(request_: FitRequest) -> None:
    run_fit(replace(request_, mechanism="sieve", workload=request_.schema.parent / "workload.toml"))
    model = load(request_.output)
    with pytest.raises(InvalidAudit, match="by which settings"):
        plan_again(replace(model, statement=replace(model.statement, named=())))


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """900 rows of a simulated table."""
    (found,) = simulated_trials(tmp_path_factory.mktemp("trial"), range(1), 1500, "mst")
    return found


def judged(trial: Trial, epsilon: float, claimed: float) -> tuple[Outcome, dict[str, float]]:
    """What an audit by twelve shadow fits says of a model of so large an epsilon that is sold as another."""
    fit = trial._fit(epsilon)
    statement = replace(fit.synthesizer.statement, epsilon=claimed)
    release, coins = replace(fit.synthesizer, statement=statement), fit.coins
    drawn = list(release.sample(int(coins.keep(0, coins.rows).sum()), np.random.default_rng(0)))
    experiment = prepare(release, coins, real=lambda: trial.real.to_batches(), synthetic=lambda: drawn)
    shadow = ShadowAttack(
        release=release,
        file=lambda: drawn,
        real=lambda: trial.real.to_batches(),
        game=game_of(coins),
        laboratory=Refits(plan_again(release), Held(trial.real)),
        shadows=12,
    )
    result = attack(experiment, shadow)
    verdict = with_claims(judge(result.endpoints, load_policy(None), 12), result.claims, result.ceilings)
    return verdict.outcome, {m.id: m.value for m in (*result.endpoints, *result.claims)}


def test_epsilon_1000_sold_as_1_is_caught_by_fits_at_epsilon_1(trial: Trial) -> None:
    outcome, values = judged(trial, 1000.0, 1.0)
    assert outcome is Outcome.CONTRADICTED
    assert values["membership.shadow.auc"] > 0.9
    assert values["claim.shadow.epsilon"] > 1.0


def test_an_honest_model_is_not_accused(trial: Trial) -> None:
    """At epsilon 0.3 no attack exceeds an AUC of 0.53: with 540 coins five standard errors more (one in 3 million)."""
    _, values = judged(trial, 0.3, 0.3)
    assert values["membership.shadow.auc"] < 0.53 + 5 * 0.025
    assert values["membership.shadow_file.auc"] < 0.53 + 5 * 0.025


def test_the_budget_is_not_charged_and_nothing_is_left_behind(
    request_: FitRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice the same audit are two attempts, since the noise of its fits is new."""
    run_fit(replace(request_, audit_coins=0.5))
    run_sample(SampleRequest(model=request_.output, output=str(tmp_path / "s.csv"), rows=600))
    ledger = open_ledger(request_.ledger)
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    before = ledger.history("wards"), sorted(tmp_path.rglob("*"))
    request = AuditRequest(
        data=request_.data,
        synthetic=str(tmp_path / "s.csv"),
        model=request_.output,
        ledger=request_.ledger,
        shadows=8,
    )
    stages: list[tuple[str, float]] = []
    outcomes = [run_audit(request, lambda stage, done: stages.append((stage, done))) for _ in range(2)]
    assert (ledger.history("wards"), sorted(tmp_path.rglob("*"))) == before
    assert [outcome.result.setup["attempt"] for outcome in outcomes] == [1, 2]
    assert outcomes[0].result.setup["shadow_fits"] == 8
    told = [done for stage, done in stages if stage == "shadow fits"]
    assert told[:9] == [*(number / 8 for number in range(8)), 1.0]
    json.dumps(outcomes[0].document)


def test_an_interrupt_leaves_nothing_and_costs_nothing(request_: FitRequest, tmp_path: Path) -> None:
    run_fit(replace(request_, audit_coins=0.5))
    run_sample(SampleRequest(model=request_.output, output=str(tmp_path / "s.csv"), rows=600))
    before, spent = sorted(tmp_path.rglob("*")), open_ledger(request_.ledger).account("wards").spent_epsilon

    def interrupted(stage: str, done: float) -> None:
        if stage == "shadow fits" and done > 0:
            raise KeyboardInterrupt

    request = AuditRequest(
        data=request_.data,
        synthetic=str(tmp_path / "s.csv"),
        model=request_.output,
        ledger=request_.ledger,
        output=tmp_path / "a.json",
        public=tmp_path / "told.json",
        shadows=8,
    )
    with pytest.raises(KeyboardInterrupt):
        run_audit(request, interrupted)
    assert sorted(tmp_path.rglob("*")) == before
    assert open_ledger(request_.ledger).account("wards").spent_epsilon == spent


def test_too_few_shadow_fits_are_refused_before_anything_is_read(request_: FitRequest) -> None:
    with pytest.raises(UsageError, match="3 shadow fits"):
        run_audit(AuditRequest(data="none.csv", synthetic="none.csv", model=Path("none.synth"), shadows=3))


def test_models_of_persons_are_refused_before_their_fit_is_paid_for(request_: FitRequest) -> None:
    request = replace(request_, schema=request_.schema.parent / "persons.yaml", max_rows_per_unit=5, persons=True)
    with pytest.raises(UsageError, match="a model of persons"):
        refuse_persons(request, 8)
    refuse_persons(request, 0)
    refuse_persons(replace(request, persons=False), 8)


def test_how_many_shadow_fits_are_meant() -> None:
    assert [shadow_fits(False, None), shadow_fits(True, None), shadow_fits(False, 64), shadow_fits(True, 0)] == [
        0,
        32,
        64,
        0,
    ]


def test_shadow_fits_draw_noise_of_their_own(trial: Trial) -> None:
    fit = trial._fit(1.0)
    laboratory = Refits(plan_again(fit.synthesizer), Held(trial.real))
    one, other = laboratory.fit(fit.coins.keep), laboratory.fit(fit.coins.keep)
    same = [np.array_equal(a.values, b.values) for a, b in zip(one.measurements, other.measurements, strict=False)]
    assert not any(same)


def test_refits_count_the_rows_they_are_asked_for(trial: Trial) -> None:
    fit = trial._fit(1.0)
    laboratory = Refits(plan_again(fit.synthesizer), Held(trial.real))
    found = laboratory.count(fit.coins.keep, fit.synthesizer.codec, [("c0",)])
    kept = trial.real.filter(pa.array(fit.coins.keep(0, trial.real.num_rows))).column("c0").to_pylist()
    assert sorted(found[("c0",)].tolist()) == sorted(kept.count(code) for code in set(kept))
