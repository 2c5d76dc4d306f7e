"""What chance makes of a match: expected matches against the whole joint, p-values against every toss of the coins."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.audit.block import Block
from synthcli.audit.chance import SHARE, expected_matches, match_weights, weight_p
from synthcli.audit.rates import fisher
from synthcli.marginal import Domain
from synthcli.pgm.markov_random_field import MarkovRandomField

DOMAIN = Domain(("a", "b", "c", "d"), (2, 3, 4, 2))


def model_of(seed: int) -> MarkovRandomField:
    rng = np.random.default_rng(seed)
    pairs = (("a", "b"), ("b", "c"), ("c", "d"))
    return MarkovRandomField(DOMAIN, {pair: rng.normal(size=DOMAIN.shape_of(pair)) for pair in pairs}, 10.0)


@pytest.mark.parametrize("firsts", [None, (0, 1, 3), (0, 2)])
def test_expected_matches_are_sums_over_the_joint(firsts) -> None:
    """`firsts` (0, 1, 3): the second column has the attributes b and c."""
    model = model_of(1)
    cells = np.indices(DOMAIN.shape).reshape(4, -1).T.astype(np.uint32)
    density = np.exp(model.log_density(dict(zip(DOMAIN.attributes, cells.T, strict=True))))
    edges = [*(firsts or range(4)), 4]
    columns = [range(first, after) for first, after in pairwise(edges)]
    differ = sum(np.any(cells[:, None, c] != cells[None, :, c], axis=2).astype(int) for c in map(list, columns))
    block = Block(cells, cells.astype(np.uint64), firsts)
    for distance in (0, 1):
        expected = 50 * ((differ <= distance) @ density)
        assert expected_matches(model, block, 50, distance) == pytest.approx(expected)


def test_a_match_weighs_more_the_less_chance_explains_it() -> None:
    weights = match_weights(np.array([1e-9, 1e-3, 0.1, 1.0, 50.0]))
    assert np.all(np.diff(weights) <= 0) and weights[0] == pytest.approx(weights[1])
    assert weights[-1] == pytest.approx(-np.log(1 - SHARE), rel=1e-6)
    chance = -np.expm1(-0.1)
    assert weights[2] == pytest.approx(np.log((1 - SHARE + SHARE / chance) / (1 - SHARE)))


@given(st.integers(0, 2**32))
@settings(max_examples=20, deadline=None)
def test_p_is_the_share_of_tosses_with_as_much_weight(seed: int) -> None:
    rng = np.random.default_rng(seed)
    weights = rng.integers(0, 5, 12) * (rng.random(12) < 0.6)
    trains = np.zeros(12, dtype=np.bool_)
    trains[rng.choice(12, 7, replace=False)] = True
    sums = [weights[list(chosen)].sum() for chosen in combinations(range(12), 7)]
    exact = np.mean(np.array(sums) >= weights[trains].sum())
    assert weight_p(weights.astype(np.float64), trains, 0.001, rng) == pytest.approx(
        exact, abs=0.15 if exact > 0.05 else 0.01
    )


def test_equal_weights_give_fishers_p() -> None:
    rng = np.random.default_rng(2)
    trains = np.arange(3_000) < 2_100
    matched = np.zeros(3_000)
    matched[:30] = matched[2_990:] = 1.0
    matched[2_995:] = 0.0
    assert weight_p(matched, trains, 1e-4, rng) == pytest.approx(fisher(30, 2_100, 5, 900), rel=0.2)
    assert weight_p(np.zeros(3_000), trains, 1e-4, rng) == 1.0


def test_false_alarms_are_as_rare_as_the_level() -> None:
    """Coins tossed anew 400 times: p <= 0.1 in 10 % of them at most (false-alarm rate of this test 1e-4)."""
    rng = np.random.default_rng(3)
    weights = match_weights(rng.exponential(size=400)) * (rng.random(400) < 0.3)
    ps = [weight_p(weights, rng.random(400) < 0.7, 0.05, rng) for _ in range(400)]
    assert np.mean(np.array(ps) <= 0.1) <= 0.16
