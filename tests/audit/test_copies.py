"""What counts of copies are worth as an endpoint."""

import pytest

from synthcli.audit.attack import Levels
from synthcli.audit.copies import Copied, copy_tests, detectable_copies, excess
from synthcli.gate import Limit, Outcome, Policy, judge

LEVELS = Levels(confidence=0.95, strict=0.999)
NEAR = copy_tests(5)[1]
LIMIT = Limit("copies.near.excess", 0.01, 0.0)


def _outcome(count: Copied) -> Outcome:
    return judge([excess(NEAR, count, LEVELS)], Policy(limits=(LIMIT,))).outcome


def _nothing_found(telling: float) -> Copied:
    return Copied(hits=0, training=5_000, chance=0, held_out=5_000, p=1.0, telling=telling)


@pytest.mark.parametrize(("telling", "expected"), [(1.0, Outcome.PASS), (0.0, Outcome.INCONCLUSIVE)])
def test_finding_nothing_is_a_pass_only_where_something_could_have_been_found(
    telling: float, expected: Outcome
) -> None:
    assert _outcome(_nothing_found(telling)) is expected


def test_where_no_row_could_tell_no_share_of_copies_would_be_found() -> None:
    metric = excess(NEAR, _nothing_found(0.0), LEVELS)
    assert (metric.value, metric.high) == (0.0, 1.0)
    assert detectable_copies(_nothing_found(0.0), LEVELS.strict) == 1.0
    assert 0 < detectable_copies(_nothing_found(1.0), LEVELS.strict) < 0.01


def test_copies_beyond_doubt_fail_and_those_of_both_arms_do_not() -> None:
    assert _outcome(Copied(hits=250, training=5_000, chance=2, held_out=5_000, p=1e-9, telling=1.0)) is Outcome.FAIL
    alike = Copied(hits=250, training=5_000, chance=250, held_out=5_000, p=0.6, telling=1.0)
    assert _outcome(alike) is Outcome.PASS


def test_a_lower_bound_is_above_zero_exactly_where_the_weights_say_so() -> None:
    for p, is_found in ((1e-9, True), (0.5, False)):
        count = Copied(hits=40, training=5_000, chance=38, held_out=5_000, p=p, telling=0.5)
        metric = excess(NEAR, count, LEVELS)
        assert (metric.low > 0) is (metric.low_strict is not None and metric.low_strict > 0) is is_found
