import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.audit.roc import auc, hits_at, permutation_p, roc_curve

scores = st.lists(st.integers(0, 6), min_size=2, max_size=25).map(lambda xs: np.array(xs, dtype=float))


@given(scores, scores)
def test_auc_and_delong_equal_their_definitions(members, others) -> None:
    wins = (members[:, None] > others).astype(float) + 0.5 * (members[:, None] == others)
    variance = wins.mean(1).var(ddof=1) / len(members) + wins.mean(0).var(ddof=1) / len(others)
    found = auc(members, others)
    assert found.value == pytest.approx(wins.mean())
    assert found.standard_error == pytest.approx(max(variance**0.5, 0.5 / min(len(members), len(others))))


@pytest.mark.parametrize(("arm", "margin"), [(250, 0.043), (500, 0.030), (1000, 0.021), (2000, 0.015), (5000, 0.0095)])
def test_margin_without_leakage(arm: int, margin: float) -> None:
    """1.645 / sqrt(6 n); over 200 tables the mean margin varies by less than 1 %."""
    rng = np.random.default_rng(0)
    widths = []
    for _ in range(200 if arm < 1000 else 20):
        found = auc(rng.normal(size=arm), rng.normal(size=arm))
        widths.append(found.bounds(0.95)[1] - found.value)
    assert np.mean(widths) == pytest.approx(margin, rel=0.05)


def test_perfect_separation_is_not_certainty() -> None:
    low, high = auc(np.arange(50.0) + 100, np.arange(50.0)).bounds(0.95)
    assert high == 1.0 and 0.95 < low < 0.99


@given(scores, scores)
def test_a_roc_curve_rises_from_corner_to_corner_and_holds_the_area(members, others) -> None:
    x, y = roc_curve(members, others)
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
    assert all(np.diff(x) >= 0) and all(np.diff(y) >= 0)
    assert np.trapezoid(y, x) == pytest.approx(auc(members, others).value)


def test_a_long_curve_is_thinned() -> None:
    rng = np.random.default_rng(0)
    assert len(roc_curve(rng.normal(size=3000), rng.normal(size=3000))[0]) <= 201


def test_the_threshold_is_not_set_by_the_rows_that_test_it() -> None:
    """At 1 % over 20,000 fresh rows: 200 expected, sd below 25 with the threshold's own spread; bound at 6 sd."""
    rng = np.random.default_rng(3)
    hits, trials, false, fresh = hits_at(0.01, rng.normal(size=20_000), rng.normal(size=40_000), rng)
    assert (trials, fresh) == (20_000, 20_000)
    assert abs(false - 200) < 150 and abs(hits - 200) < 150


def test_ties_do_not_count_as_hits() -> None:
    assert hits_at(0.01, np.ones(10), np.ones(20), np.random.default_rng(0)) == (0, 10, 0, 10)


def test_permutations_find_one_good_attack_among_bad_ones_and_nothing_in_noise() -> None:
    rng = np.random.default_rng(4)
    is_member = np.arange(400) < 200
    noise = rng.normal(size=(400, 3))
    assert permutation_p(noise, is_member, rng) > 0.01
    noise[:200, 1] += 1
    assert permutation_p(noise, is_member, rng) == 1 / 1000
