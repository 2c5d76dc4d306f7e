import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.conclusion import with_shadows
from synthcli.errors import ExitCode, UsageError
from synthcli.gate import DEFAULT_POLICY, Limit, Outcome, Policy, Spare, judge, load_policy
from synthcli.metric import Metric

PASS, FAIL, INCONCLUSIVE = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE


def metric(id: str, low: float, value: float, high: float, strict: float | None = None, n: int = 1000) -> Metric:
    return Metric(id=id, value=value, low=low, high=high, low_strict=strict, n=n)


@pytest.mark.parametrize(
    ("low", "value", "high", "strict", "limit", "expected"),
    [
        (0.48, 0.50, 0.59, 0.45, Limit("auc", 0.6), PASS),
        (0.48, 0.50, 0.60, 0.45, Limit("auc", 0.6), PASS),
        (0.48, 0.55, 0.61, 0.45, Limit("auc", 0.6), INCONCLUSIVE),
        (0.61, 0.65, 0.70, 0.58, Limit("auc", 0.6), INCONCLUSIVE),
        (0.65, 0.70, 0.75, 0.61, Limit("auc", 0.6), FAIL),
        (0.65, 0.70, 0.75, None, Limit("auc", 0.6), FAIL),
        (0.001, 0.003, 0.005, 0.0005, Limit("auc", 0.01, 0.0), FAIL),
        (0.001, 0.003, 0.005, -0.001, Limit("auc", 0.01, 0.0), PASS),
        (0.001, 0.003, 0.005, 0.0005, Limit("auc", 0.01), PASS),
        (-0.001, 0.0, 0.02, -0.01, Limit("auc", 0.01, 0.0), INCONCLUSIVE),
    ],
)
def test_one_endpoint(low, value, high, strict, limit, expected) -> None:
    verdict = judge([metric("auc", low, value, high, strict)], Policy(limits=(limit,)))
    assert verdict.outcome is expected
    assert [check.outcome for check in verdict.checks] == [expected]


def test_exit_codes() -> None:
    assert [o.exit_code for o in (PASS, FAIL, INCONCLUSIVE)] == [ExitCode.DONE, ExitCode.LEAK, ExitCode.INCONCLUSIVE]


def test_an_endpoint_that_was_not_measured_is_never_a_pass() -> None:
    verdict = judge([metric("a", 0, 0, 0)], Policy(limits=(Limit("a", 1), Limit("b.*", 1))))
    assert verdict.outcome is INCONCLUSIVE
    assert [check.metric is None for check in verdict.checks] == [False, True]


def test_a_policy_without_limits_passes_nothing() -> None:
    assert judge([metric("a", 0, 0, 0)], Policy(limits=())).outcome is INCONCLUSIVE


def test_patterns_cover_what_they_match_and_no_stratum() -> None:
    ids = ("membership.ratio.auc", "membership.shift.auc", "membership.shift.auc.top10")
    verdict = judge([metric(id, 0.4, 0.5, 0.55) for id in ids], Policy(limits=(Limit("membership.*.auc", 0.6),)))
    assert [check.metric.id for check in verdict.checks if check.metric] == list(ids[:2])


@pytest.mark.parametrize("field", ["value", "low", "high", "low_strict"])
def test_what_is_not_a_number_never_passes(field: str) -> None:
    found = metric("a", 0.1, 0.2, 0.3, 0.05)
    object.__setattr__(found, field, math.nan)
    assert judge([found], Policy(limits=(Limit("a", 0.4),))).outcome is INCONCLUSIVE
    with pytest.raises(ValueError):
        Limit("a", math.nan)


def test_inconclusive_says_how_many_rows_are_missing() -> None:
    """The bound is twice too far away: four times the rows."""
    verdict = judge([metric("a", 0.3, 0.5, 0.7, n=1000)], Policy(limits=(Limit("a", 0.6),)))
    assert "3,000 more audit rows are needed (a larger --audit-coins)" in verdict.checks[0].note


@pytest.mark.parametrize(
    ("spare", "advice"),
    [
        (Spare(3000), "a larger --audit-coins"),
        (Spare(2999), "2,999 are left: it takes a larger"),
        (Spare(3000, is_most=True), "a larger --audit-coins"),
        (Spare(20, is_most=True), "20 are left: no audit compares more"),
    ],
)
def test_more_coins_are_advised_where_there_are_rows_for_them(spare: Spare, advice: str) -> None:
    limits = (Limit("a", 0.6),)
    verdict = judge([metric("a", 0.3, 0.5, 0.7, n=1000)], Policy(limits=limits), spare=spare)
    assert advice in verdict.checks[0].note


@pytest.mark.parametrize("value", [0.6, 0.599, 0.61])
def test_an_estimate_at_its_tolerance_asks_for_no_absurd_number_of_rows(value: float) -> None:
    (check,) = judge([metric("auc", 0.55, value, 0.65)], Policy(limits=(Limit("auc", 0.6),))).checks
    assert check.outcome is INCONCLUSIVE
    assert "more rows alone may not make it pass" in check.note
    verdict = judge([metric("a", 0.5, 0.65, 0.7)], Policy(limits=(Limit("a", 0.6),)))
    assert "may not make it pass" in verdict.checks[0].note


numbers = st.floats(-1, 1)
metrics = st.builds(
    lambda name, four: metric(name, four[1], four[2], four[3], four[0]),
    st.sampled_from(["a.x", "a.y", "b.x"]),
    st.tuples(numbers, numbers, numbers, numbers).map(sorted),
)
limits = st.builds(
    lambda name, two: Limit(name, two[1], two[0]),
    st.sampled_from(["a.*", "a.x", "b.x", "*"]),
    st.tuples(numbers, numbers).map(sorted),
)


@given(st.lists(metrics, max_size=5), metrics, st.lists(limits, min_size=1, max_size=4), limits)
def test_more_endpoints_or_limits_never_make_a_pass(found, extra, rules, rule) -> None:
    """Except that a limit without any endpoint was waiting for one: only what was measured is compared."""
    before = judge(found, Policy(limits=tuple(rules)))
    assert judge(found, Policy(limits=(*rules, rule))).outcome is not PASS or before.outcome is PASS
    after = judge([*found, extra], Policy(limits=tuple(rules)))
    if all(check.metric for check in before.checks):
        assert after.outcome is not PASS or before.outcome is PASS
    if before.outcome is FAIL:
        assert after.outcome is FAIL


def test_the_default_policy_is_what_it_says(tmp_path) -> None:
    policy = load_policy(None)
    assert (policy.confidence, policy.min_nonmembers, len(policy.limits)) == (0.95, 200, 27)
    assert {limit.failure for limit in policy.limits if limit.metric.startswith("copies")} == {0.0}
    path = tmp_path / "policy.toml"
    path.write_text(DEFAULT_POLICY)
    assert load_policy(path) == policy


def test_a_policy_file_replaces_what_it_names(tmp_path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text("min_nonmembers = 50\n")
    policy = load_policy(path)
    assert policy.min_nonmembers == 50 and policy.limits == load_policy(None).limits
    path.write_text('# spaced\n[tolerances]\n"membership.*.auc"   = 0.6\n')
    first = load_policy(path)
    assert Limit("membership.*.auc", 0.6, 0.6) in first.limits
    path.write_text('[tolerances]\n"membership.*.auc"={pass=0.6}\n')
    assert load_policy(path).digest == first.digest
    path.write_text('[tolerances]\n"membership.*.auc"=0.61\n')
    assert load_policy(path).digest != first.digest


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("[tolerances]\ncopies.exact.excess = 0.02\n", 1),
        ('[tolerances]\n"copies.exact.exces" = 0.02\n"copies.exakt.excess" = {fail = 0}\n', 3),
        ("confidance = 0.95\nmin_nonmember = 3\n", 2),
        ("confidence = 1.0\nmin_nonmembers = 1.5\n[tolerances]\n'*' = nan\n", 3),
        ("confidence = true\nmin_nonmembers = true\n", 2),
        ("confidence = '0.9'\n", 1),
        ("[tolerances]\n", 1),
        ("tolerances = 3\n", 1),
        (
            "[tolerances]\n'*' = true\n'c*' = 'x'\n'*.excess' = {fail = 0}\n'copies.*' = {pass = 0, other = 1}\n"
            "'m*' = {pass = inf}\n",
            5,
        ),
        ("[tolerances]\n'copies.*' = {pass = 0.1, fail = 0.2}\n", 1),
        ("[tolerances]\n'copies.*' = -0.01\n'membership.*.advantage*' = 5\n", 2),
    ],
)
def test_all_problems_of_a_policy_are_reported_at_once(tmp_path, text: str, problems: int) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        load_policy(path)
    assert len(caught.value.details) == problems


def test_tolerances_stand_beside_the_default_ones(tmp_path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text('[tolerances]\n"membership.*.auc" = 0.65\n"copies.raw.excess" = 0.02\n')
    default = {limit.metric: limit for limit in load_policy(None).limits}
    limits = {limit.metric: limit for limit in load_policy(path).limits}
    assert limits.pop("membership.*.auc") == Limit("membership.*.auc", 0.65, 0.65)
    assert limits.pop("copies.raw.excess") == Limit("copies.raw.excess", 0.02, 0.02)
    assert limits == {id: default[id] for id in limits}
    attacks = ("ratio", "density", "likelihood", "shift", "shadow", "shadow_file")
    covered = {f"membership.{attack}.auc" for attack in attacks}
    assert set(default) - set(limits) == covered | {"copies.raw.excess"}


def test_a_misspelt_endpoint_is_no_endpoint(tmp_path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text('[tolerances]\n"membership.ration.auc" = 0.6\n')
    with pytest.raises(UsageError) as caught:
        load_policy(path)
    (line,) = caught.value.details
    assert line == "[tolerances] \"membership.ration.auc\": no such endpoint; did you mean 'membership.ratio.auc'?"
    assert caught.value.exit_code == ExitCode.USAGE


@pytest.mark.parametrize("name", ["membership.ratio.auc", "membership.shift.auc.top10", "membership.*", "*"])
@pytest.mark.parametrize("value", ["0.4", "{ pass = 0.6, fail = 0.1 }"])
def test_an_auc_below_a_guess_is_no_tolerance(tmp_path, name: str, value: str) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(f'[tolerances]\n"{name}" = {value}\n')
    with pytest.raises(UsageError) as caught:
        load_policy(path)
    assert "0.5" in caught.value.details[0]


@pytest.mark.parametrize(
    ("raw", "says"), [(b"\xff", "is not UTF-8"), (b"a = = 1", "is not TOML"), (b"a=" + b"[" * 9999, "nested")]
)
def test_a_file_that_is_not_toml(tmp_path, raw: bytes, says: str) -> None:
    path = tmp_path / "policy.toml"
    path.write_bytes(raw)
    with pytest.raises(UsageError, match=says):
        load_policy(path)
    with pytest.raises(UsageError, match="cannot read"):
        load_policy(tmp_path / "none.toml")


def test_the_documentation_shows_the_default_policy(tmp_path) -> None:
    page = (Path(__file__).parents[1] / "docs" / "audit.md").read_text("utf-8")
    path = tmp_path / "policy.toml"
    path.write_text(page.split("```toml\n")[1].split("```")[0])
    assert load_policy(path) == load_policy(None)


SHADOW = "membership.shadow.auc"


def test_tolerances_of_shadow_fits_count_where_an_audit_made_some(tmp_path: Path) -> None:
    """Under the default policy; another attack's limit is asked of every audit."""
    policy = load_policy(None)
    named = {limit.metric for limit in policy.limits}
    without = {limit.metric for limit in policy.asked_of(0)}
    assert {name for name in named if "shadow" in name} == named - without != set()
    assert policy.asked_of(8) == policy.limits
    passed = [metric(limit.metric, limit.at_most - 0.1, limit.at_most, limit.at_most) for limit in policy.limits]
    assert judge([m for m in passed if m.id in without], policy).outcome is PASS
    assert judge(passed, policy, shadows=8).outcome is PASS
    assert judge([m for m in passed if m.id != SHADOW], policy, shadows=8).outcome is INCONCLUSIVE
    leak = [metric(SHADOW, 0.7, 0.75, 0.8), *(m for m in passed if m.id != SHADOW)]
    assert judge(leak, policy, shadows=8).outcome is FAIL


def test_a_pattern_over_all_attacks_is_asked_of_every_audit(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text('[tolerances]\n"membership.*.auc" = 0.65\n"membership.shadow*.auc.top10" = 0.8\n')
    policy = load_policy(tmp_path / "p.toml")
    asked = {limit.metric for limit in policy.asked_of(0)}
    assert "membership.*.auc" in asked and SHADOW not in {limit.metric for limit in policy.limits}
    assert "membership.shadow*.auc.top10" not in asked
    found = judge([metric(SHADOW, 0.5, 0.6, 0.64)], policy, shadows=8)
    assert [check.outcome for check in found.checks if check.metric] == [PASS]


def test_a_policy_may_ask_for_shadow_fits(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text("min_shadows = 16\n")
    policy = load_policy(tmp_path / "p.toml")
    assert policy.min_shadows == 16 and policy.digest != load_policy(None).digest
    verdict = judge([metric("a", 0, 0, 0)], Policy(limits=(Limit("a", 1),)))
    assert with_shadows(verdict, 16, policy.min_shadows) == verdict
    short = with_shadows(verdict, 8, policy.min_shadows)
    assert (short.outcome, verdict.outcome) == (INCONCLUSIVE, PASS)
    assert "16 shadow fits and 8 were made" in short.notes[0] and "--shadows 16" in short.notes[0]


@pytest.mark.parametrize("value", ["-1", "7", "1001", "true", "2.5", '"8"'])
def test_min_shadows_is_a_whole_number(tmp_path: Path, value: str) -> None:
    (tmp_path / "p.toml").write_text(f"min_shadows = {value}\n")
    with pytest.raises(UsageError) as caught:
        load_policy(tmp_path / "p.toml")
    assert caught.value.details == ("min_shadows: is a whole number from 8 to 1,000, or 0 for none",)
