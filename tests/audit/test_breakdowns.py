"""An attack that crashes is never a pass, and takes no other one with it; its words stay inside."""

from pathlib import Path

import numpy as np
import pytest

from synthcli.audit import attacks as one_file
from synthcli.audit import parts
from synthcli.audit.experiment import Experiment
from synthcli.audit.release import run_audit
from synthcli.conclusion import with_breakdowns, with_claims
from synthcli.errors import InputError
from synthcli.gate import Outcome, Verdict, judge, load_policy
from tests.audit.simulation import SHAPE, Population, Table, block, chunked, fit, measure, toss

ROWS = 4_000
SECRET = "Zyx-9174-secret"


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    rng = np.random.default_rng(51)
    table = Table(block(Population().draw(ROWS, rng), rng), toss(ROWS, 0.3, rng))
    measured = measure(table.training.codes, (("a", "b"), ("c",)), 12.0, rng)
    return Experiment(
        coins=table.coins,
        real=chunked(table.rows),
        synthetic=chunked(block(Population().draw(ROWS, rng), rng)),
        model=fit(measured),
        measurements=measured,
        spans=tuple(0 for _ in SHAPE),
        epsilon=1.0,
        delta=1e-9,
    )


@pytest.fixture
def easy(tmp_path: Path) -> Path:
    """A policy that lets everything pass that was measured, by one pattern for all."""
    (tmp_path / "easy.toml").write_text('[tolerances]\n"*" = 1\n')
    return tmp_path / "easy.toml"


def broken(*_: object, **__: object) -> None:
    raise ValueError(SECRET)


def by_stratum(*kinds: str) -> set[str]:
    return {f"{kind} by stratum" for kind in kinds}


@pytest.mark.parametrize(
    ("where", "name", "attacks", "lost"),
    [
        (one_file, "score_candidates", {"membership", "claim"}, "membership."),
        (one_file, "infer", {"attribute, linkability", *by_stratum("attribute", "linkability")}, "attribute."),
        (one_file, "single_out", {"singling_out", *by_stratum("singling_out")}, "singling_out."),
        (one_file, "find_copies", {"copies", *by_stratum("copies")}, "copies."),
        (parts, "one_run", {"claim"}, "claim."),
    ],
)
def test_a_crash_is_no_pass_and_the_others_are_judged(
    experiment: Experiment,
    easy: Path,
    monkeypatch: pytest.MonkeyPatch,
    where: object,
    name: str,
    attacks: set,
    lost: str,
) -> None:
    monkeypatch.setattr(where, name, broken)
    result = run_audit(experiment)
    assert {breakdown.attack for breakdown in result.breakdowns} == attacks
    assert all(b.error.startswith("ValueError at audit/") and SECRET not in repr(b) for b in result.breakdowns)
    assert not any(metric.id.startswith(lost) for metric in (*result.endpoints, *result.claims))
    assert result.endpoints
    judged = with_claims(judge(result.endpoints, load_policy(easy)), result.claims, result.ceilings)
    assert judged.outcome is Outcome.PASS, "the pattern is content with what was measured"
    verdict = with_breakdowns(judged, result.breakdowns)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert len(verdict.checks) == len(judged.checks) + len(attacks)
    assert "could not be computed: ValueError at audit/" in verdict.checks[-1].note


def test_a_diagnostic_that_crashes_is_noted(
    experiment: Experiment, easy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts.distance, "nearest", broken)
    result = run_audit(experiment)
    verdict = with_breakdowns(judge(result.endpoints, load_policy(easy)), result.breakdowns)
    assert verdict.outcome is Outcome.PASS
    assert verdict.notes[0].startswith("distance: could not be computed: ValueError at audit/")


def test_a_leak_stays_a_leak(experiment: Experiment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_file, "infer", broken)
    result = run_audit(experiment)
    assert with_breakdowns(Verdict(outcome=Outcome.FAIL, checks=()), result.breakdowns).outcome is Outcome.FAIL


def test_what_the_user_can_mend_is_told_as_ever(experiment: Experiment, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise InputError("a file went away", "bring it back")

    monkeypatch.setattr(one_file, "infer", refused)
    with pytest.raises(InputError, match="went away"):
        run_audit(experiment)


def test_nothing_breaks_down_by_itself(experiment: Experiment) -> None:
    assert run_audit(experiment).breakdowns == ()
