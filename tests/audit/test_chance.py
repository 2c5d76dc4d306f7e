"""What chance makes of a match: expected matches against the whole joint, p-values against every toss of the coins."""

from itertools import combinations, product

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.audit.block import Block, as_codes, blocks
from synthcli.audit.chance import SHARE, expected_matches, match_weights, ways_to_match, weight_p
from synthcli.audit.rates import fisher
from synthcli.marginal import Domain
from synthcli.pgm.markov_random_field import MarkovRandomField
from synthcli.pgm.structural_zeros import with_zeros
from synthcli.table.category_encoder import CategoryEncoder
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.schema import Kind

DOMAIN = Domain(("a", "b", "c", "d"), (2, 3, 4, 2))


def model_of(seed: int) -> MarkovRandomField:
    rng = np.random.default_rng(seed)
    pairs = (("a", "b"), ("b", "c"), ("c", "d"))
    return MarkovRandomField(DOMAIN, {pair: rng.normal(size=DOMAIN.shape_of(pair)) for pair in pairs}, 10.0)


@pytest.mark.parametrize("places", [None, ((0,), (1, 2), (3,)), ((0, 1), (2, 3)), ((0, 3), (1,), (2,))])
def test_expected_matches_are_sums_over_the_joint(places) -> None:
    """`places` ((0,), (1, 2), (3,)): the second column has the attributes b and c."""
    model = model_of(1)
    cells = np.indices(DOMAIN.shape).reshape(4, -1).T.astype(np.uint32)
    density = np.exp(model.log_density(dict(zip(DOMAIN.attributes, cells.T, strict=True))))
    columns = places or tuple((place,) for place in range(4))
    differ = np.stack([np.any(cells[:, None, c] != cells[None, :, c], axis=2) for c in columns])
    block = Block(cells, cells.astype(np.uint64), places)
    assert expected_matches(model, block, 50) == pytest.approx(50 * (~differ.any(axis=0) @ density))
    for column in range(len(columns)):
        others = np.delete(differ, column, axis=0).any(axis=0)
        assert expected_matches(model, block, 50, column) == pytest.approx(50 * (~others @ density))


def test_expected_matches_know_whose_gap_an_attribute_is() -> None:
    """Every row that there can be, as a codec with attributes of gaps codes it: 3 x 3 x 2 of them."""
    kinds = {"a": True, "b": True, "c": False}
    codec = Codec(tuple(ColumnCodec(name, _encoder(missing)) for name, missing in kinds.items()))
    codec = codec.with_gaps({"gap a": "a", "gap b": "b"})
    rows = list(product(("p", "q", None), ("p", "q", None), ("p", "q")))
    batch = pa.RecordBatch.from_arrays([pa.array(cells) for cells in zip(*rows, strict=True)], names=list(kinds))
    (block,) = blocks([batch], codec, bytes(32))
    domain, rng = codec.domain, np.random.default_rng(4)
    pairs = {pair: rng.normal(size=domain.shape_of(pair)) for pair in (("a", "c"), ("b", "c"), ("gap a", "gap b"))}
    model = MarkovRandomField(domain, with_zeros(domain, pairs), 10.0)
    density = np.exp(model.log_density(as_codes(block, domain.attributes)))
    assert density.sum() == pytest.approx(1.0)
    differ = np.array([[[x != y for y in of_all] for x in of_all] for of_all in zip(*rows, strict=True)])
    assert expected_matches(model, block, 50) == pytest.approx(50 * (~differ.any(axis=0) @ density))
    for column in range(3):
        others = np.delete(differ, column, axis=0).any(axis=0)
        assert expected_matches(model, block, 50, column) == pytest.approx(50 * (~others @ density))


def _encoder(missing: bool) -> CategoryEncoder:
    return CategoryEncoder(values=("p", "q"), type=Kind.STRING, missing=missing, other=False)


def test_a_match_weighs_more_the_less_chance_explains_it() -> None:
    expected = np.array([1e-9, 1e-3, 0.1, 1.0, 50.0])[:, None]
    weights = match_weights(np.ones((5, 1), dtype=np.bool_), expected)
    assert np.all(np.diff(weights) <= 0) and weights[0] == pytest.approx(weights[1])
    assert weights[-1] == pytest.approx(-np.log(1 - SHARE), rel=1e-6)
    chance = -np.expm1(-0.1)
    assert weights[2] == pytest.approx(np.log((1 - SHARE + SHARE / chance) / (1 - SHARE)))
    in_one_way = match_weights(np.eye(2, dtype=np.bool_), np.array([[0.1, 1.0], [0.1, 1.0]]))
    assert in_one_way[0] == pytest.approx(np.log((1 - SHARE + SHARE / 2 / chance) / (1 - SHARE)))
    assert in_one_way[0] > in_one_way[1] > 0 == match_weights(np.zeros((1, 2), dtype=np.bool_), np.ones((1, 2)))[0]


def test_a_copy_is_changed_where_columns_vary() -> None:
    """The second column holds one value, but for 1 row in 10,000."""
    logs = {
        ("a",): np.log([0.5, 0.5]),
        ("b",): np.log([0.9999, 0.00005, 0.00005]),
        ("c",): np.zeros(4),
        ("d",): np.zeros(2),
    }
    cells = np.zeros((1, 4), dtype=np.uint32)
    model, block = MarkovRandomField(DOMAIN, logs, 10.0), Block(cells, cells.astype(np.uint64))
    expected, ways = ways_to_match(model, block, 100, [0, 1, 2, 3])
    assert expected[0] == pytest.approx([12.5 * x for x in (0.9999, 0.5, 1.9998, 0.9999)], rel=1e-3)
    assert ways.sum() == pytest.approx(1) and ways[0] / ways[0, 2] == pytest.approx([2 / 3, 0, 1, 2 / 3], abs=0.001)


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


def test_one_unit_of_great_weight_does_not_hide_those_of_little() -> None:
    """Twenty units of 2,000 with a row's match each, all training, and one with a hundred."""
    rng, trains = np.random.default_rng(4), np.arange(2_000) < 1_000
    weights = np.zeros(2_000)
    weights[:20], weights[20] = 4.0, 400.0
    assert weight_p(weights, trains, 0.001, rng, 4.0) < 0.001 < 0.1 < weight_p(weights, trains, 0.001, rng)


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
    weights = match_weights(rng.random((400, 3)) < 0.1, rng.exponential(size=(400, 3)))
    ps = [weight_p(weights, rng.random(400) < 0.7, 0.05, rng) for _ in range(400)]
    assert np.mean(np.array(ps) <= 0.1) <= 0.16
