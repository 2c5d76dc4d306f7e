"""What decides beside the endpoints: claims, late policies, attempts. Nothing of it makes a verdict better."""

from math import pi

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.conclusion import error_share, noted, with_claims, withheld
from synthcli.errors import ExitCode
from synthcli.gate import Outcome, Verdict
from synthcli.metric import Metric

OUTCOMES = st.sampled_from([Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE])


def claim(low: float, strict: float | None) -> Metric:
    return Metric(id="claim.x", value=low + 1, low=low, high=low + 1, low_strict=strict, n=9, note="why")


@given(OUTCOMES, st.floats(0, 5), st.floats(0, 5), st.floats(0.1, 5))
def test_a_claim_is_contradicted_by_the_corrected_bound_alone(
    outcome: Outcome, low: float, below: float, allowed: float
) -> None:
    verdict = Verdict(outcome=outcome, checks=())
    judged = with_claims(verdict, [claim(low, low - below)], {"claim.x": allowed})
    beyond = low - below > allowed
    assert judged.outcome is (Outcome.CONTRADICTED if beyond else outcome)
    assert judged.checks[0].outcome is (Outcome.CONTRADICTED if beyond else Outcome.PASS)
    assert len(judged.checks[0].note) > 3


def test_a_contradiction_beats_a_leak_and_has_its_own_exit_code() -> None:
    judged = with_claims(Verdict(outcome=Outcome.FAIL, checks=()), [claim(2, 1.5)], {"claim.x": 1.0})
    assert judged.outcome.exit_code is ExitCode.CONTRADICTED
    assert [outcome.exit_code for outcome in Outcome] == [0, 10, 11, 12]


@given(st.sampled_from(Outcome))
def test_withholding_only_takes_a_pass_away(outcome: Outcome) -> None:
    verdict = withheld(noted(Verdict(outcome=outcome, checks=()), "first"), "late")
    assert verdict.outcome is (Outcome.INCONCLUSIVE if outcome is Outcome.PASS else outcome)
    assert verdict.notes == ("first", "late")


def test_all_attempts_together_use_the_error_level_once() -> None:
    assert error_share(1) == pytest.approx(6 / pi**2)
    assert error_share(3) == pytest.approx(error_share(1) / 9)
    assert sum(map(error_share, range(1, 200_000))) == pytest.approx(1, abs=1e-5)
