"""Golden numbers are textbook values or recomputed by a second route named beside them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from synthcli.audit.rates import clopper_pearson, excess_bound, fisher, newcombe, post_stratified, wilson

counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("hits", "trials", "high"),
    [(2, 200, 0.031), (5, 500, 0.021), (10, 1000, 0.017), (50, 5000, 0.013), (50, 500, 0.125), (100, 1000, 0.117)],
)
def test_clopper_pearson_upper_bounds(hits: int, trials: int, high: float) -> None:
    assert clopper_pearson(hits, trials, 0.95)[1] == pytest.approx(high, abs=6e-4)


def test_clopper_pearson_edges() -> None:
    assert clopper_pearson(0, 100, 0.95) == (0.0, pytest.approx(1 - 0.05 ** (1 / 100)))
    assert clopper_pearson(100, 100, 0.95) == (pytest.approx(0.05 ** (1 / 100)), 1.0)


@given(counts, st.floats(0.6, 0.999))
def test_clopper_pearson_inverts_the_binomial_tails(count: tuple[int, int], confidence: float) -> None:
    hits, trials = count
    low, high = clopper_pearson(hits, trials, confidence)
    assert low <= hits / trials <= high
    if hits:
        assert stats.binom.sf(hits - 1, trials, low) == pytest.approx(1 - confidence, rel=1e-4)
    if hits < trials:
        assert stats.binom.cdf(hits, trials, high) == pytest.approx(1 - confidence, rel=1e-4)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 10), 0.6075, 1.0000),
    ],
)
def test_newcombe_gives_the_values_of_his_table(first, second, low, high) -> None:
    """Newcombe 1998, Table II, method 10: two-sided 95 %, so one-sided 97.5 %."""
    assert newcombe(*first, *second, 0.975) == (pytest.approx(low, abs=6e-5), pytest.approx(high, abs=6e-5))


@given(counts, counts, st.floats(0.6, 0.999))
def test_bounds_hold_their_estimates(one, two, confidence: float) -> None:
    low, high = wilson(*one, confidence)
    assert 0 <= low <= one[0] / one[1] + 1e-12 and one[0] / one[1] - 1e-12 <= high <= 1
    low, high = newcombe(*one, *two, confidence)
    assert low <= one[0] / one[1] - two[0] / two[1] <= high


@given(counts, counts)
def test_fisher_is_scipys(one, two) -> None:
    table = [[one[0], one[1] - one[0]], [two[0], two[1] - two[0]]]
    assert fisher(*one, *two) == pytest.approx(stats.fisher_exact(table, alternative="greater").pvalue, abs=1e-9)


@given(counts, counts)
def test_an_excess_needs_both_tests(one, two) -> None:
    if excess_bound(*one, *two, 0.99) > 0:
        assert fisher(*one, *two) <= 0.01 + 1e-12
        assert newcombe(*one, *two, 0.99)[0] > 0


@pytest.mark.parametrize("rate", [0.0005, 0.003, 0.02, 0.3])
@pytest.mark.parametrize("arms", [(8000, 400), (400, 400), (300, 3000)])
def test_a_false_excess_is_rare(rate: float, arms: tuple[int, int]) -> None:
    """At level 1 %: 4,000 audits without leakage raise at most 90 alarms; expected at most 40, so p < 1e-11."""
    rng = np.random.default_rng(1)
    hits, control = rng.binomial(arms[0], rate, 4000), rng.binomial(arms[1], rate, 4000)
    pairs = {(int(a), int(b)) for a, b in zip(hits, control, strict=True)}
    alarming = {pair for pair in pairs if excess_bound(pair[0], arms[0], pair[1], arms[1], 0.99) > 0}
    assert sum((int(a), int(b)) in alarming for a, b in zip(hits, control, strict=True)) <= 90


@given(counts, counts, st.floats(0.6, 0.999))
def test_one_group_is_newcombe_s(one, two, confidence: float) -> None:
    value, low, high = post_stratified([(*one, *two)], confidence)
    assert value == one[0] / one[1] - two[0] / two[1]
    assert (low, high) == pytest.approx(newcombe(*one, *two, confidence), abs=1e-12)


def test_groups_are_weighed_by_their_size() -> None:
    """Two groups of 150 and 50: widths add up as independent errors do (worked out from Newcombe's by hand)."""
    groups = [(56, 70, 48, 80), (9, 30, 3, 20)]
    value, low, high = post_stratified(groups, 0.975)
    wide, small = (newcombe(*group, 0.975) for group in groups)
    assert value == pytest.approx(0.75 * 0.2 + 0.25 * 0.15)
    assert value - low == pytest.approx(np.hypot(0.75 * (0.2 - wide[0]), 0.25 * (0.15 - small[0])))
    assert high - value == pytest.approx(np.hypot(0.75 * (wide[1] - 0.2), 0.25 * (small[1] - 0.15)))
