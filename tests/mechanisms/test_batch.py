"""Which cliques are worth their noise, against brute force; and how the budget is shared."""

from itertools import chain, combinations
from math import pi, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.mechanisms.batch import NOISE_LEFT, Option, choose, error_left, forest, noise_left, shares

names = st.sampled_from([*combinations("abcdef", 2)])
options = st.lists(
    st.builds(
        Option, clique=names, cells=st.integers(2, 500), weight=st.integers(1, 5), distance=st.floats(-100, 5000)
    ),
    max_size=7,
    unique_by=lambda option: option.clique,
)


def _value(batch: tuple[Option, ...], rho: float) -> float:
    return sum(o.gain for o in batch) - error_left(sum(o.price for o in batch), rho)


@settings(max_examples=200)
@given(options, st.floats(1e-6, 1e-1))
def test_the_greedy_batch_is_near_the_best(listed: list[Option], rho: float) -> None:
    batch = choose(listed, rho, len(listed), lambda cliques: True)
    best = max(_value(b, rho) for b in chain.from_iterable(combinations(listed, k) for k in range(len(listed) + 1)))
    assert _value(batch, rho) >= 0
    assert _value(batch, rho) >= 0.5 * best
    assert bool(batch) == (best > 0)


def test_nothing_is_chosen_where_noise_exceeds_the_gain() -> None:
    listed = [Option(clique=("a", "b"), cells=100, weight=1, distance=50.0)]
    assert choose(listed, 1e-6, 5, lambda cliques: True) == ()
    assert choose(listed, 1.0, 5, lambda cliques: True) == tuple(listed)
    assert choose(listed, 1.0, 5, lambda cliques: False) == ()


@given(options.filter(bool), st.floats(1e-6, 1.0))
def test_shares_are_the_best_there_are(listed: list[Option], rho: float) -> None:
    """The weighted errors sum to `error_left`, and no shift of rho between two cliques makes the sum smaller."""
    groups = shares(listed, rho)
    rhos = np.array([r for _, r in groups])
    assert rhos.sum() <= rho

    def error(rhos: np.ndarray) -> float:
        costs = np.array([o.weight * o.cells for o in listed])
        return float(NOISE_LEFT * sqrt(2 / pi) * (costs / np.sqrt(2 * rhos)).sum())

    assert error(rhos) == pytest.approx(error_left(sum(o.price for o in listed), rho), rel=1e-9)
    for i, j in combinations(range(len(listed)), 2):
        shifted = rhos.copy()
        step = 0.01 * min(rhos[i], rhos[j])
        shifted[[i, j]] += (step, -step)
        assert error(shifted) >= error(rhos) * (1 - 1e-12)


@given(options)
def test_the_forest_is_a_maximum_spanning_forest(listed: list[Option]) -> None:
    """Against scipy's minimum spanning tree of the negated gains."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    edges = forest(listed, least=1.0)
    clear = [o for o in listed if o.distance >= 1.0]
    graph = np.zeros((6, 6))
    for o in clear:
        graph["abcdef".index(o.clique[0]), "abcdef".index(o.clique[1])] = -o.gain
    best = -minimum_spanning_tree(csr_array(graph)).sum()
    assert sum(o.gain for o in edges) == pytest.approx(best)


def test_noise_leaves_what_a_table_measured_with_it_is_off_by() -> None:
    option = Option(clique=("a", "b"), cells=40, weight=1, distance=0.0)
    rho = 0.02
    assert noise_left(np.full((8, 5), 1 / (2 * rho))) == pytest.approx(error_left(option.price, rho))
