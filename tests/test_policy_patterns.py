"""What a policy's names stand for: endpoints, and patterns for them."""

from pathlib import Path

import pytest

from synthcli.errors import UsageError
from synthcli.gate import Limit, Outcome, Policy, judge, load_policy
from synthcli.metric import Metric
from tests.test_gate import metric

PASS, INCONCLUSIVE = Outcome.PASS, Outcome.INCONCLUSIVE


def test_a_pattern_asks_for_all_that_it_names() -> None:
    """Those of strata and subgroups that were too small to measure, too, but where any value would do."""
    here = [metric("copies.exact.excess.top10", 0, 0, 0)]
    verdict = judge(here, Policy(limits=(Limit("copies.exact.excess.*", 0.01),)), subgroups=("age >= 65",))
    assert verdict.outcome is INCONCLUSIVE
    missing = [check.limit.metric for check in verdict.checks if check.metric is None]
    assert missing == ["copies.exact.excess.top1", "copies.exact.excess.age >= 65"]
    assert judge(here, Policy(limits=(Limit("copies.exact.excess.*", 1),)), subgroups=("age >= 65",)).outcome is PASS
    assert judge(here, Policy(limits=(Limit("copies.exact.excess.*10", 0.01),))).outcome is PASS


def test_a_pattern_asks_for_shadow_fits_where_some_were_made() -> None:
    found = [
        metric(f"membership.{attack}.auc", 0.4, 0.5, 0.55) for attack in ("ratio", "density", "likelihood", "shift")
    ]
    policy = Policy(limits=(Limit("membership.*.auc", 0.6),))
    assert judge(found, policy).outcome is PASS
    missing = [check.limit.metric for check in judge(found, policy, shadows=8).checks if check.metric is None]
    assert missing == ["membership.shadow.auc", "membership.shadow_file.auc"]


@pytest.mark.parametrize("group", ["kind == a[12]", "kind == a?", "kind == [!a]", "kind == a*"])
def test_a_subgroup_s_name_is_itself_before_it_is_a_pattern(group: str, tmp_path: Path) -> None:
    id, other = (f"membership.ratio.auc.{name}" for name in (group, "kind == a1"))
    (tmp_path / "p.toml").write_text(f'[tolerances]\n"{id}" = 0.6\n"*" = 1\n')
    policy = load_policy(tmp_path / "p.toml")
    here, there = metric(id, 0.4, 0.5, 0.55), metric(other, 0.7, 0.8, 0.9)

    def checked(*endpoints: Metric) -> list[tuple[str | None, Outcome]]:
        checks = judge(endpoints, policy, subgroups=(group, "kind == a1")).checks
        return [(check.metric and check.metric.id, check.outcome) for check in checks if check.limit.metric != "*"]

    assert checked(here, there) == [(id, PASS)]
    assert checked(there) == [(None, INCONCLUSIVE)], "what was not measured is not what looks like it"


def test_a_pattern_s_star_is_its_only_sign(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text('[tolerances]\n"membership.rati?.auc" = 0.6\n')
    with pytest.raises(UsageError) as caught:
        load_policy(tmp_path / "p.toml")
    assert "no such endpoint" in caught.value.details[0]
