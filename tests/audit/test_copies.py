"""What counts of copies are worth as an endpoint."""

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

from synthcli.audit.attack import Levels
from synthcli.audit.copies import HIDDEN, Copied, copy_tests, count_copies, detectable_copies, excess, find_copies
from synthcli.audit.matches import CROWDED
from synthcli.audit.rates import post_stratified
from synthcli.gate import Limit, Outcome, Policy, judge

if TYPE_CHECKING:
    from synthcli.audit.arms import Arms
    from synthcli.audit.experiment import Experiment
    from synthcli.audit.scan import Surroundings, Synthetic

LEVELS = Levels(confidence=0.95, strict=0.999)
NEAR = copy_tests(5)[1]
LIMIT = Limit("copies.near.excess", 0.01, 0.0)


def _outcome(count: Copied) -> Outcome:
    return judge([excess(NEAR, count, LEVELS)], Policy(limits=(LIMIT,))).outcome


def _nothing_found(telling: float) -> Copied:
    return Copied(hits=0, training=5_000, chance=0, held_out=5_000, p=1.0, telling=telling)


def test_finding_nothing_where_all_could_tell_is_a_pass() -> None:
    assert _outcome(_nothing_found(1.0)) is Outcome.PASS
    assert 0 < detectable_copies(_nothing_found(1.0), LEVELS.strict) < 0.01


def _crowd(hits: int, chance: int) -> Copied:
    return Copied(hits=hits, training=5_000, chance=chance, held_out=5_000, p=0.6, telling=0.0)


@pytest.mark.parametrize(
    ("hits", "chance", "expected"),
    [(5_000, 5_000, Outcome.PASS), (4_998, 4_997, Outcome.PASS), (2_500, 2_500, Outcome.INCONCLUSIVE)],
)
def test_a_crowd_hides_its_rows_where_the_arms_are_seen_to_be_alike(hits: int, chance: int, expected: Outcome) -> None:
    assert _outcome(_crowd(hits, chance)) is expected


_HIDE = ", and copies would hide among them"
_FEWER = "; of fewer synthetic rows (sample --rows) fewer match by chance; p"


def test_a_crowd_lets_few_copies_be_found_or_none() -> None:
    assert detectable_copies(_crowd(5_000, 5_000), LEVELS.strict) == 1.0
    half = detectable_copies(_crowd(2_500, 2_500), LEVELS.strict)
    assert detectable_copies(_nothing_found(1.0), LEVELS.strict) < half < 0.2


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (_crowd(5_000, 5_000), f"0% of the rows could tell, so all matches count{_HIDE}{_FEWER}"),
        (_crowd(2_500, 2_500), f"0% of the rows could tell, so all matches count{_FEWER}"),
        (replace(_nothing_found(0.21), training=70, held_out=70), "21% of the rows could tell, and copies would hide"),
        (_nothing_found(0.21), "21% of the rows could tell; p"),
        (_nothing_found(0.19), f"19% of the rows could tell, so all matches count{_FEWER}"),
    ],
)
def test_a_note_says_where_copies_would_hide(count: Copied, said: str) -> None:
    assert said in excess(NEAR, count, LEVELS).note
    assert ("would hide" in said) is (detectable_copies(count, LEVELS.strict) > HIDDEN)


@pytest.mark.parametrize("rare", [0, 20, 1_000])
def test_all_matches_count_unless_enough_rows_could_tell(rare: int) -> None:
    """1,000 training rows and 1,000 held-out ones, of which `rare` stand alone; the file matches every third row."""
    rows = 2_000
    trains, alone = np.arange(rows) % 2 == 0, np.arange(rows) < rare
    found = np.arange(rows) % 3 == 0
    test = copy_tests(5)[3]
    arms = SimpleNamespace(block=SimpleNamespace(columns=5), chosen=SimpleNamespace(trains=trains), what="rows")
    matches = find_copies(
        test,
        cast("Experiment", None),
        cast("Arms", arms),
        cast("Surroundings", SimpleNamespace(isolated={test.crowds(5): alone})),
        cast("Synthetic", SimpleNamespace(found={test.searches(5)[0]: found})),
        np.random.default_rng(0),
    )
    count = count_copies(matches, cast("Arms", arms), 0.01, np.random.default_rng(0))
    counted = found if rare <= CROWDED * rows else found & alone
    assert (count.hits, count.chance) == (int(np.sum(counted & trains)), int(np.sum(counted & ~trains)))
    assert count.crowded is (rare <= CROWDED * rows)
    assert (", so all matches count" in excess(test, count, LEVELS).note) is count.crowded


def test_groups_of_like_rows_decide_value_and_bounds() -> None:
    groups = ((1_500, 2_000, 700, 1_000), (100, 3_000, 180, 4_000))
    hits, training, chance, held_out = (sum(counts) for counts in zip(*groups, strict=True))
    count = Copied(hits=hits, training=training, chance=chance, held_out=held_out, p=0.6, telling=0.0, groups=groups)
    metric = excess(NEAR, count, LEVELS)
    value, low, high = post_stratified(groups, LEVELS.confidence)
    assert (metric.value, metric.low, metric.high) == (value, min(low, 0.0), high)
    assert metric.low_strict == post_stratified(groups, LEVELS.strict)[1] < metric.low
    plain = hits / training - chance / held_out
    assert value < 0.1 * plain, "which is large for the groups' sizes alone"
    assert f"so all matches count, like rows against like (2 groups; {plain:.2%} by all alike)" in metric.note


def test_no_bound_lies_on_the_wrong_side_of_the_others() -> None:
    """The weights may say that something was copied where the counts say the opposite."""
    count = Copied(hits=0, training=5_000, chance=40, held_out=5_000, p=1e-9, telling=0.5)
    metric = excess(NEAR, count, LEVELS)
    assert metric.low == metric.value == metric.high == 1 / 5_000


def test_copies_beyond_doubt_fail_and_those_of_both_arms_do_not() -> None:
    assert _outcome(Copied(hits=250, training=5_000, chance=2, held_out=5_000, p=1e-9, telling=1.0)) is Outcome.FAIL
    alike = Copied(hits=250, training=5_000, chance=250, held_out=5_000, p=0.6, telling=1.0)
    assert _outcome(alike) is Outcome.PASS


def test_a_lower_bound_is_above_zero_exactly_where_the_weights_say_so() -> None:
    for p, is_found in ((1e-9, True), (0.5, False)):
        count = Copied(hits=40, training=5_000, chance=38, held_out=5_000, p=p, telling=0.5)
        metric = excess(NEAR, count, LEVELS)
        assert (metric.low > 0) is (metric.low_strict is not None and metric.low_strict > 0) is is_found
