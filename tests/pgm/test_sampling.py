"""Rows from the model: faithful to a row a cell, independent where the model is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from synthcli.marginal import Clique, Domain, tabulate
from synthcli.pgm.markov_random_field import MarkovRandomField
from synthcli.pgm.sampling import Block, sample
from tests.pgm.graphs import potentials

Model = tuple[Domain, dict[Clique, np.ndarray]]


def _chain() -> MarkovRandomField:
    """a and c depend strongly on b, and are independent given it."""
    rng = np.random.default_rng(0)
    return MarkovRandomField(
        Domain(("a", "b", "c"), (6, 4, 5)),
        {("a", "b"): rng.normal(size=(6, 4)) * 2, ("b", "c"): rng.normal(size=(4, 5)) * 2},
        1.0,
    )


def _all(model: MarkovRandomField, rows: int, seed: int, block: int = 131072) -> Block:
    parts = list(sample(model, rows, np.random.default_rng(seed), block))
    return {a: np.concatenate([part[a] for part in parts]) for a in model.domain.attributes}


@given(potentials(most=4), st.integers(0, 400), st.integers(0, 99), st.sampled_from([1, 30, 400]))
@settings(max_examples=80)
def test_every_clique_is_rounded_to_within_a_row_given_its_separator(
    model: Model, rows: int, seed: int, block: int
) -> None:
    """Also where rows come in many blocks."""
    domain, tables = model
    tables = {c: np.clip(t, -5, 5) for c, t in tables.items()}
    field = MarkovRandomField(domain, tables, 1.0)
    codes = _all(field, rows, seed, block) if rows else {a: np.zeros(0, np.uint8) for a in domain.attributes}
    for clique, separator in zip(field.tree.cliques, field.tree.separators, strict=True):
        fresh = tuple(axis for axis, attribute in enumerate(clique) if attribute not in separator)
        counts = tabulate(codes, domain, [clique])[clique]
        joint = field.marginal(clique)
        expected = counts.sum(axis=fresh, keepdims=True) * (joint / joint.sum(axis=fresh, keepdims=True))
        assert counts.sum() == rows
        assert np.all(np.abs(counts - expected) < 1.0 + 1e-6)


def test_cells_without_mass_get_no_rows() -> None:
    weights = np.array([[0.0, 2.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    impossible = weights == 0
    potential = np.log(np.where(impossible, 1.0, weights))
    model = MarkovRandomField(Domain(("a", "b"), (3, 3)), {("a", "b"): np.where(impossible, -np.inf, potential)}, 1.0)
    for seed in range(50):
        counts = tabulate(_all(model, 999, seed, 100), model.domain, [("a", "b")])["a", "b"]
        assert counts[impossible].sum() == 0


def test_rounding_beats_independent_draws() -> None:
    model, rows = _chain(), 20_000
    counts = tabulate(_all(model, rows, 1), model.domain, [("a", "b"), ("b", "c")])
    for clique, table in counts.items():
        assert np.abs(table - model.marginal(clique) * rows).max() <= 8


@pytest.mark.parametrize("block", [500, 4_000])
def test_independence_given_the_separator_survives(block: int) -> None:
    """Chi-square of a and c within each b over 40 samples, against its own law; false alarm below 1e-6 each side."""
    model = _chain()
    p = model.marginal(("a", "b", "c"))
    statistic, freedom = 0.0, 0
    for seed in range(40):
        table = tabulate(_all(model, 4_000, seed, block), model.domain, [("a", "b", "c")])[("a", "b", "c")]
        for b in range(4):
            observed = table[:, b, :].astype(float)
            expected = np.outer(observed.sum(1), observed.sum(0)) / max(observed.sum(), 1)
            used = expected > 5
            statistic += float(np.sum((observed - expected)[used] ** 2 / expected[used]))
            freedom += int(used.sum()) - 1
    assert p.shape == (6, 4, 5)
    assert statistic < chi2.isf(1e-6, freedom), "columns that the model holds independent came out dependent"


def test_joint_frequencies_match_the_model() -> None:
    """Small blocks pooled: every cell's frequency within 6 standard errors (false alarm below 1e-6 for 120 cells)."""
    model, rows = _chain(), 100_000
    table = tabulate(_all(model, rows, 3, block=1_000), model.domain, [("a", "b", "c")])[("a", "b", "c")]
    expected = model.marginal(("a", "b", "c")) * rows
    assert np.all(np.abs(table - expected) <= 6 * np.sqrt(expected + 1))


def test_same_seed_same_rows_and_random_order() -> None:
    model = _chain()
    one, two, other = _all(model, 5_000, 7), _all(model, 5_000, 7), _all(model, 5_000, 8)
    assert all(np.array_equal(one[a], two[a]) for a in one)
    assert not all(np.array_equal(one[a], other[a]) for a in one)
    correlation = np.corrcoef(np.arange(5_000), one["a"])[0, 1]
    assert abs(correlation) < 5 / np.sqrt(5_000)


def test_blocks_add_up() -> None:
    sizes = [len(block["a"]) for block in sample(_chain(), 2_500, np.random.default_rng(0), 1_000)]
    assert sizes == [1_000, 1_000, 500]
    assert list(sample(_chain(), 0, np.random.default_rng(0))) == []
    with pytest.raises(ValueError, match="not negative"):
        list(sample(_chain(), -1, np.random.default_rng(0)))


def test_codes_are_as_narrow_as_they_can_be() -> None:
    domain = Domain(("a", "b"), (256, 257))
    (block,) = sample(MarkovRandomField(domain, {}, 1.0), 10, np.random.default_rng(0))
    assert (block["a"].dtype, block["b"].dtype) == (np.uint8, np.uint16)


@pytest.mark.parametrize("rows", [1, 2, 7])
def test_a_handful_of_rows_is_a_draw_from_the_joint(rows: int) -> None:
    """One row at a time has the joint distribution: chi-square over 4,000 draws, false alarm below 1e-6."""
    model = MarkovRandomField(Domain(("a", "b"), (3, 2)), {("a", "b"): np.log([[4.0, 2], [1, 3], [2, 8]])}, 1.0)
    rng = np.random.default_rng(11)
    firsts = [next(sample(model, rows, rng)) for _ in range(4_000)]
    cells = np.bincount([int(block["a"][0]) * 2 + int(block["b"][0]) for block in firsts], minlength=6)
    expected = model.marginal(("a", "b")).ravel() * 4_000
    assert all(len(block["a"]) == rows for block in firsts)
    assert np.sum((cells - expected) ** 2 / expected) < chi2.isf(1e-6, 5)
