"""Tilted models: the means that were asked for, the same one-way marginals, and nothing else moved."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import optimize

from synthcli.marginal import Domain
from synthcli.pgm.conditional_means import with_means
from synthcli.pgm.markov_random_field import MarkovRandomField

DOMAIN = Domain(("a", "b", "c", "n"), (3, 4, 2, 5))
VALUES = np.array([1.0, 2.0, 3.0, 6.0, 10.0])


def _model(seed: int) -> MarkovRandomField:
    rng = np.random.default_rng(seed)
    cliques = [("a", "b"), ("b", "c"), ("n",), ("a",)]
    return MarkovRandomField(DOMAIN, {c: rng.normal(size=DOMAIN.shape_of(c)) for c in cliques}, 500.0)


def _means(model: MarkovRandomField, name: str) -> np.ndarray:
    joint = model.marginal((name, "n"))
    return (joint @ VALUES) / joint.sum(axis=1)


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32))
def test_means_are_reached_and_one_way_marginals_stay(seed: int) -> None:
    model = _model(seed)
    rng = np.random.default_rng(seed)
    whole = float(model.marginal(("n",)) @ VALUES) / model.total
    wanted = {name: whole * np.exp(0.05 * rng.normal(size=DOMAIN.card(name))) for name in "ac"}
    assume(2.0 < whole < 8.0)  # others may contradict the shares of n
    found = with_means(model, "n", VALUES, wanted, 10_000)
    for name in "acn":
        assert np.allclose(found.marginal((name,)), model.marginal((name,)), atol=1.0)
    for name, means in wanted.items():
        share = model.marginal((name,)) / model.total
        assert np.allclose(_means(found, name), means * whole / float(share @ means), atol=0.05)


def test_the_result_is_the_closest_distribution() -> None:
    """Against a general solver for the least divergence under the same constraints, on the pair alone."""
    domain = Domain(("a", "n"), (2, 3))
    start = np.array([[0.2, 0.1, 0.1], [0.1, 0.2, 0.3]])
    values, goal = np.array([0.0, 1.0, 3.0]), np.array([1.5, 1.4])
    whole = float(start.sum(axis=0) @ values)
    goal = goal * whole / float(start.sum(axis=1) @ goal)
    model = MarkovRandomField(domain, {("a", "n"): np.log(start)}, 1.0)
    found = with_means(model, "n", values, {"a": goal}, 100).marginal(("a", "n"))
    constraints = [
        {"type": "eq", "fun": lambda p: p.reshape(2, 3).sum(axis=1) - start.sum(axis=1)},
        {"type": "eq", "fun": lambda p: p.reshape(2, 3).sum(axis=0)[:2] - start.sum(axis=0)[:2]},
        {"type": "eq", "fun": lambda p: (p.reshape(2, 3) @ values - goal * start.sum(axis=1))[:1]},
    ]
    solved = optimize.minimize(
        lambda p: float(np.sum(p * np.log(p / start.ravel()))),
        start.ravel(),
        bounds=[(1e-9, 1)] * 6,
        constraints=constraints,
        method="SLSQP",
        options={"ftol": 1e-12},
    )
    assert np.allclose(found.ravel(), solved.x, atol=2e-3)


def test_means_that_are_there_already_change_nothing() -> None:
    model = _model(1)
    found = with_means(model, "n", VALUES, {"a": _means(model, "a")}, 10_000)
    assert np.allclose(found.marginal(("a", "n")), model.marginal(("a", "n")), atol=0.5)


def test_impossible_cells_stay_impossible() -> None:
    model = _model(2)
    never = np.zeros((3, 5))
    never[0, 3:] = -np.inf
    never[2] = -np.inf
    model = MarkovRandomField(DOMAIN, {**model.potentials, ("a", "n"): never}, 500.0)
    found = with_means(model, "n", VALUES, {"a": np.array([2.0, 5.0, 9.0])}, 10_000)
    assert not found.marginal(("a", "n"))[np.isneginf(never)].any()
    assert found.marginal(("a",)) == pytest.approx(model.marginal(("a",)), abs=1.0)


def test_shares_have_the_last_word_where_means_contradict_them() -> None:
    model = _model(177)
    found = with_means(model, "n", VALUES, {"a": np.array([1.0, 10.0, 1.0]), "c": np.array([10.0, 1.0])}, 10_000)
    assert np.allclose(found.marginal(("n",)), model.marginal(("n",)), atol=1e-6)


def test_the_tree_stays_small() -> None:
    model = _model(3)
    assert ("a", "n") not in with_means(model, "n", VALUES, {"a": np.array([1.0, 3.0, 6.0])}, 1).potentials
    assert with_means(model, "n", np.full(5, 4.0), {"a": np.array([1.0, 3.0, 6.0])}, 10_000) is model
