"""Junction trees: they cover, they run, and they are as large as they say."""

import itertools
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given

from synthcli.marginal import Clique, Domain, StructuralZeros
from synthcli.pgm.junction_tree import build, cells
from tests.pgm.graphs import graphs


@given(graphs(most=6))
def test_every_clique_and_attribute_has_a_home(graph: tuple[Domain, tuple[Clique, ...]]) -> None:
    domain, cliques = graph
    tree = build(domain, cliques)
    for clique in (*cliques, *((a,) for a in domain.attributes)):
        home = tree.home(clique)
        assert home is not None
        assert set(clique) <= set(tree.cliques[home])


@given(graphs(most=6))
def test_running_intersection_and_order(graph: tuple[Domain, tuple[Clique, ...]]) -> None:
    tree = build(*graph)
    assert tree.parents[0] == -1
    assert all(0 <= parent < i for i, parent in enumerate(tree.parents) if i)
    for attribute in tree.domain.attributes:
        holders = {i for i, clique in enumerate(tree.cliques) if attribute in clique}
        tops = [i for i in holders if i == 0 or attribute not in tree.separators[i]]
        assert len(tops) == 1, "the cliques of an attribute form one connected part"
    for i, separator in enumerate(tree.separators):
        if i:
            assert set(separator) == set(tree.cliques[i]) & set(tree.cliques[tree.parents[i]])


@given(graphs(most=6))
def test_cliques_are_maximal_and_sizes_agree(graph: tuple[Domain, tuple[Clique, ...]]) -> None:
    domain, cliques = graph
    tree = build(domain, cliques)
    for i, one in enumerate(tree.cliques):
        assert not any(i != j and set(one) <= set(other) for j, other in enumerate(tree.cliques))
    assert cells(domain, cliques) == tree.cells == sum(domain.size(c) for c in tree.cliques)


def test_a_square_is_triangulated_at_its_cheaper_diagonal() -> None:
    domain = Domain(("a", "b", "c", "d"), (10, 2, 10, 3))
    tree = build(domain, [("a", "b"), ("b", "c"), ("c", "d"), ("a", "d")])
    assert set(tree.cliques) == {("a", "b", "d"), ("b", "c", "d")}


def test_a_hundred_attributes_are_no_trouble() -> None:
    names = tuple(f"x{i:03d}" for i in range(100))
    domain = Domain(names, (10,) * 100)
    chain = list(itertools.pairwise(names))
    assert build(domain, chain).cells == 99 * 100


def test_an_unknown_attribute_is_refused() -> None:
    with pytest.raises(KeyError):
        build(Domain(("a",), (2,)), [("b",)])


@given(graphs(most=6))
def test_the_bound_on_a_tree_with_one_more_pair_holds(graph: tuple[Domain, tuple[Clique, ...]]) -> None:
    """There is a tree within the bound: the one that carries an attribute along the path."""
    domain, cliques = graph
    tree = build(domain, cliques)
    for pair in combinations(domain.attributes, 2):
        bound = tree.cells_with_pair(pair)
        assert bound >= tree.cells
        if tree.home(pair) is not None:
            assert bound == tree.cells
        elif not any(set(pair) & set(clique) for clique in cliques):
            assert bound >= cells(domain, (*cliques, pair))


@given(graphs(most=6))
def test_what_adds_no_edge_gives_the_same_tree_again(graph: tuple[Domain, tuple[Clique, ...]]) -> None:
    domain, cliques = graph
    tree = build(domain, cliques)
    parts = [part for clique in cliques for size in (1, 2) for part in combinations(clique, size)]
    assert build(domain, [*reversed(cliques), *parts]) is tree
    edges = {pair for clique in cliques for pair in combinations(clique, 2)}
    for pair in set(combinations(domain.attributes, 2)) - edges:
        assert build(domain, [*cliques, pair]).home(pair) is not None


def test_equal_domains_with_other_zeros_keep_their_own() -> None:
    """Domains are equal whatever their zeros are; the trees must not be mixed up."""
    found = []
    for code in (0, 1):
        possible = np.ones((2, 2), dtype=np.bool_)
        possible[code, code] = False
        domain = Domain(("a", "b"), (2, 2), zeros=(StructuralZeros(("a", "b"), possible),))
        found.append(build(domain, [("a", "b")]).domain.zeros == domain.zeros)
    assert found == [True, True]
