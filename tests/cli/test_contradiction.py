"""A model that claims less than it spent is found out, by an attacker who knows everything but the coins."""

from dataclasses import replace
from pathlib import Path

import pytest

from synthcli.artifact import load, save
from synthcli.gate import Outcome
from synthcli.workflow.audit import run_audit
from synthcli.workflow.fit import run_fit
from synthcli.workflow.requests import AuditRequest, FitRequest, SampleRequest
from synthcli.workflow.sample import run_sample
from tests.cli.conftest import Run
from tests.cli.table_fixture import SCHEMA, csv, rows
from tests.workflow.test_standing import EASY


@pytest.fixture
def forged(tmp_path: Path) -> Path:
    """A model of epsilon 400 whose statement says 0.5, and rows of it."""
    (tmp_path / "t.csv").write_text(csv(rows(2000)))
    (tmp_path / "schema.yaml").write_text(SCHEMA)
    (tmp_path / "easy.toml").write_text(EASY)
    fit = FitRequest(
        data=str(tmp_path / "t.csv"),
        schema=tmp_path / "schema.yaml",
        output=tmp_path / "m.synth",
        epsilon="400",
        mechanism="mst",
        audit_coins=0.5,
        policy=tmp_path / "easy.toml",
        ledger=str(tmp_path / "ledger.sqlite"),
    )
    run_fit(fit)
    run_sample(SampleRequest(model=tmp_path / "m.synth", output=str(tmp_path / "s.csv"), ledger=fit.ledger))
    true = load(tmp_path / "m.synth")
    save(replace(true, statement=replace(true.statement, epsilon=0.5)), tmp_path / "forged.synth")
    return tmp_path


def test_a_false_claim_is_contradicted_whatever_the_policy(forged: Path, inside: Run) -> None:
    request = AuditRequest(
        data=str(forged / "t.csv"),
        synthetic=str(forged / "s.csv"),
        model=forged / "forged.synth",
        policy=forged / "easy.toml",
        ledger=str(forged / "ledger.sqlite"),
    )
    verdict = run_audit(request).verdict
    assert verdict.outcome is Outcome.CONTRADICTED
    beaten = {check.limit.metric for check in verdict.checks if check.outcome is Outcome.CONTRADICTED}
    assert beaten >= {"claim.one_run.epsilon", "membership.informed.auc"}
    honest = run_audit(replace(request, model=forged / "m.synth")).verdict
    assert Outcome.CONTRADICTED not in {check.outcome for check in honest.checks}
    arguments = ("audit", "t.csv", "s.csv", "--model", "forged.synth", "--policy", "easy.toml", "--exit-zero")
    told = inside(*arguments)
    assert told.returncode == 12
    assert "verdict: contradicted" in told.stderr
    assert "claim.one_run.epsilon" in told.stdout
