"""The oracle against brute force: every marginal of every small model, at any range of potentials."""

import warnings
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from scipy.special import logsumexp

from synthcli.marginal import Clique, Domain
from synthcli.pgm.belief_propagation import calibrate
from synthcli.pgm.junction_tree import build
from synthcli.pgm.markov_random_field import MarkovRandomField
from tests.pgm.graphs import log_joint, potentials, summed

Model = tuple[Domain, dict[Clique, np.ndarray]]


@given(potentials())
@settings(max_examples=150)
def test_all_marginals_equal_brute_force(model: Model) -> None:
    domain, tables = model
    joint = log_joint(domain, tables)
    assume(np.any(joint > -np.inf))
    normaliser = logsumexp(joint)
    field = MarkovRandomField(domain, tables, 7.0)
    assert field.beliefs.log_partition == pytest.approx(normaliser, rel=1e-9, abs=1e-9)
    probability = np.exp(joint - normaliser)
    cliques = [c for size in range(1, len(domain) + 1) for c in combinations(domain.attributes, size)]
    for clique, table in field.marginals(cliques).items():
        assert table == pytest.approx(7.0 * summed(domain, probability, clique), abs=1e-7)
        assert field.marginal(clique) == pytest.approx(table, abs=1e-9)


@given(potentials())
@settings(max_examples=60)
def test_the_density_of_every_cell_equals_brute_force(model: Model) -> None:
    domain, tables = model
    joint = log_joint(domain, tables)
    assume(np.any(joint > -np.inf))
    cells = np.indices(domain.shape).reshape(len(domain), -1).astype(np.uint8)
    codes = dict(zip(domain.attributes, cells, strict=True))
    expected = (joint - logsumexp(joint)).ravel()
    assert MarkovRandomField(domain, tables, 1.0).log_density(codes) == pytest.approx(expected, rel=1e-9, abs=1e-8)


def test_opposed_potentials_beyond_the_floating_range_need_log_space() -> None:
    domain = Domain(("a", "b", "c"), (2, 2, 2))
    tables = {
        ("a", "b"): np.array([[2000.0, 0.0], [0.0, 0.0]]),
        ("b", "c"): np.array([[-2000.0, -2000.0], [0.0, 1.0]]),
    }
    joint = log_joint(domain, tables)
    expected = np.exp(joint - logsumexp(joint))
    field = MarkovRandomField(domain, tables, 1.0)
    assert field.marginal(("a", "c")) == pytest.approx(summed(domain, expected, ("a", "c")), abs=1e-9)


def test_opposed_potentials_are_solved_in_silence() -> None:
    """Ratios beyond the floating range are redone in log space; nobody hears of it."""
    domain, rng = Domain(tuple("abcde"), (3,) * 5), np.random.default_rng(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for scale in (200, 400, 745, 1500):
            for _ in range(20):
                tables = {c: rng.normal(size=(3, 3)) * scale for c in pairwise(domain.attributes)}
                joint = log_joint(domain, tables)
                expected = np.exp(joint - logsumexp(joint))
                beliefs = calibrate(build(domain, tuple(tables)), tables)
                for clique in tables:
                    assert beliefs.marginal(clique) == pytest.approx(summed(domain, expected, clique), abs=1e-9)


def test_all_pairs_of_a_long_chain_equal_powers_of_its_transition() -> None:
    """A hundred binary attributes: p(x_i, x_j) of a stationary symmetric chain is known in closed form."""
    names = tuple(f"x{i:02d}" for i in range(100))
    step = np.log(np.array([[0.9, 0.1], [0.1, 0.9]]))
    field = MarkovRandomField(Domain(names, (2,) * 100), dict.fromkeys(pairwise(names), step), 1.0)
    for (one, two), table in field.marginals(list(combinations(names, 2))).items():
        agree = 0.25 * (1 + 0.8 ** (int(two[1:]) - int(one[1:])))
        assert table == pytest.approx(np.array([[agree, 0.5 - agree], [0.5 - agree, agree]]), abs=1e-9)


def test_impossible_models_and_bad_potentials_are_refused() -> None:
    domain = Domain(("a", "b"), (2, 2))
    with pytest.raises(ValueError, match="no cell possible"):
        calibrate(build(domain, [("a",)]), {("a",): np.full(2, -np.inf)})
    with pytest.raises(ValueError, match="no cell possible"):
        calibrate(
            build(domain, [("a", "b")]),
            {("a",): np.array([0.0, -np.inf]), ("a", "b"): np.array([[-np.inf, -np.inf], [0.0, 0.0]])},
        )
    with pytest.raises(ValueError, match="not finite"):
        MarkovRandomField(domain, {("a",): np.array([0.0, np.nan])}, 1.0)
    with pytest.raises(ValueError, match="does not fit"):
        MarkovRandomField(domain, {("a",): np.zeros(3)}, 1.0)
    with pytest.raises(ValueError, match="positive"):
        MarkovRandomField(domain, {}, 0.0)
