"""The oracle, kept from point to point, against brute force; and float32 against float64."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp

from synthcli.marginal import Clique, Domain
from synthcli.pgm.belief_propagation import calibrate, flat, logarithmic
from synthcli.pgm.junction_tree import build
from synthcli.pgm.oracle import Oracle
from synthcli.pgm.propagation import Propagation
from synthcli.pgm.schedule import schedule, sums
from tests.pgm.graphs import domains, graphs, log_joint, potentials, summed

Model = tuple[Domain, dict[Clique, np.ndarray]]


def _expected(domain: Domain, tables: dict[Clique, np.ndarray]) -> tuple[float, np.ndarray]:
    joint = log_joint(domain, tables)
    normaliser = float(logsumexp(joint))
    return normaliser, flat([summed(domain, np.exp(joint - normaliser), c) for c in tables])


@given(graphs(), st.integers(0, 2**32), st.sampled_from([0.5, 5.0, 100.0, 800.0]), st.floats(0, 0.4))
@settings(max_examples=150)
@example((Domain(("a", "b", "c"), (1, 1, 1)), (("a", "b"), ("b", "c"), ("a",))), 0, 1.0, 0.0)
@example((Domain(("a",), (3,)), (("a",),)), 0, 1.0, 0.3)
@example((Domain(("a", "b", "c", "d"), (2, 3, 1, 4)), (("a", "b"), ("c", "d"))), 0, 800.0, 0.3)
def test_one_oracle_equals_brute_force_at_point_after_point(
    graph: tuple[Domain, tuple[Clique, ...]], seed: int, scale: float, zeros: float
) -> None:
    """Nothing of one point is left in the next: structural zeros come and go, and so does the fallback."""
    domain, cliques = graph
    oracle, rng = Oracle(build(domain, cliques), cliques), np.random.default_rng(seed)
    for some in (0.0, zeros, 0.0):
        tables = {c: rng.normal(size=domain.project(c).shape) * scale for c in cliques}
        for table in tables.values():
            table[rng.random(table.shape) < some] = -np.inf
        if not np.any(log_joint(domain, tables) > -np.inf):
            with pytest.raises(ValueError, match="no cell possible"):
                oracle.evaluate(flat(list(tables.values())))
            continue
        log_partition, marginals = oracle.evaluate(flat(list(tables.values())))
        normaliser, expected = _expected(domain, tables)
        assert log_partition == pytest.approx(normaliser, rel=1e-9, abs=1e-9)
        assert marginals == pytest.approx(expected, abs=1e-8)


@given(potentials())
@settings(max_examples=150)
def test_float32_agrees_with_brute_force_or_says_that_it_cannot(model: Model) -> None:
    domain, tables = model
    assume(np.any(log_joint(domain, tables) > -np.inf))
    passes = Propagation(schedule(build(domain, tuple(tables)), tuple(tables)), np.float32)
    log_partition = passes.run(flat(list(tables.values())))
    if log_partition is not None:
        normaliser, expected = _expected(domain, tables)
        assert log_partition == pytest.approx(normaliser, rel=1e-5, abs=1e-4)
        assert passes.marginals == pytest.approx(expected, abs=2e-4)


@given(potentials())
@settings(max_examples=60)
def test_linear_and_log_space_agree(model: Model) -> None:
    domain, tables = model
    assume(np.any(log_joint(domain, tables) > -np.inf))
    tree = build(domain, tuple(tables))
    one, other = calibrate(tree, tables), logarithmic(tree, tables)
    assert one.log_partition == pytest.approx(other.log_partition, rel=1e-9, abs=1e-9)
    for table, same in zip(one.tables, other.tables, strict=True):
        assert table == pytest.approx(same, abs=1e-8)


@given(domains(), st.data())
def test_sums_reach_every_target(domain: Domain, data: st.DataObject) -> None:
    parts = st.sets(st.sampled_from(domain.attributes)).map(domain.clique)
    targets = data.draw(st.lists(parts, max_size=6))
    tables = {domain.attributes: np.random.default_rng(0).random(domain.shape)}
    for one in sums(domain, domain.attributes, targets):
        cells = tables[one.source].reshape(one.shape).sum(axis=1)
        tables[one.target] = cells.reshape([domain.card(a) for a in one.target])
    for target in targets:
        assert tables[target] == pytest.approx(summed(domain, tables[domain.attributes], target))


@given(st.lists(st.integers(1, 4), min_size=4, max_size=6), st.sampled_from([2, 3]), st.integers(0, 2**32), st.data())
@settings(max_examples=60)
def test_many_tables_in_one_clique_equal_brute_force(
    shape: list[int], order: int, seed: int, data: st.DataObject
) -> None:
    """Their products come about in smaller tables; potentials that underflow, and impossible cells, among them."""
    domain, rng = Domain(tuple("abcdef"[: len(shape)]), tuple(shape)), np.random.default_rng(seed)
    every = list(combinations(domain.attributes, order))
    cliques = tuple(data.draw(st.permutations(every)))[: data.draw(st.integers(4, len(every)))]
    scale, zeros = data.draw(st.sampled_from([0.5, 40.0, 800.0])), data.draw(st.sampled_from([0.0, 0.1]))
    oracle = Oracle(build(domain, cliques), cliques)
    for _ in range(2):
        tables = {c: rng.normal(size=domain.project(c).shape) * scale for c in cliques}
        for table in tables.values():
            table[rng.random(table.shape) < zeros] = -np.inf
        assume(np.any(log_joint(domain, tables) > -np.inf))
        log_partition, marginals = oracle.evaluate(flat(list(tables.values())))
        normaliser, expected = _expected(domain, tables)
        assert log_partition == pytest.approx(normaliser, rel=1e-9, abs=1e-9)
        assert marginals == pytest.approx(expected, abs=1e-8)
        coarse = Propagation(schedule(build(domain, cliques), cliques), np.float32)
        if coarse.run(flat(list(tables.values()))) is not None:
            assert coarse.marginals == pytest.approx(expected, abs=2e-4)
    assert scale > 0.5 or oracle.fallbacks == 0


def test_most_products_of_many_tables_are_small() -> None:
    """Of all 56 triples of eight attributes, a handful of products have as many cells as all eight together."""
    domain = Domain(tuple("abcdefgh"), (6, 3, 10, 14, 4, 4, 2, 3))
    cliques = tuple(combinations(domain.attributes, 3))
    (step,) = schedule(build(domain, cliques), cliques).steps
    whole = domain.size(domain.attributes)
    sizes = [domain.size(product.into.clique) for product in step.products]
    assert len(sizes) + len(step.factors) >= len(cliques), "nothing is left out"
    assert max(sizes) < whole
    assert sum(sizes) + len(step.factors) * whole < 5 * whole
    assert len({product.into.number for product in step.products}) < 40, "what lies inside is taken in place"


def test_ordinary_potentials_on_a_long_chain_need_no_fallback() -> None:
    """Three hundred cliques deep; the bound must not grow with the depth where nothing underflows."""
    names = tuple(f"x{i:03d}" for i in range(300))
    domain, rng = Domain(names, (16,) * 300), np.random.default_rng(0)
    cliques = (*((name,) for name in names), *pairwise(names))
    oracle = Oracle(build(domain, cliques), cliques)
    oracle.evaluate(flat([3 * rng.normal(size=domain.project(c).shape) for c in cliques]))
    assert oracle.fallbacks == 0


def _check_fallback(domain: Domain, tables: dict[Clique, np.ndarray]) -> None:
    oracle = Oracle(build(domain, tuple(tables)), tuple(tables))
    log_partition, marginals = oracle.evaluate(flat(list(tables.values())))
    normaliser, expected = _expected(domain, tables)
    assert oracle.fallbacks == 1
    assert log_partition == pytest.approx(normaliser)
    assert marginals == pytest.approx(expected, abs=1e-9)


def test_opposed_potentials_take_the_fallback_and_are_counted() -> None:
    domain = Domain(("a", "b", "c"), (2, 2, 2))
    tables = {
        ("a", "b"): np.array([[2000.0, 0.0], [0.0, 0.0]]),
        ("b", "c"): np.array([[-2000.0, -2000.0], [0.0, 1.0]]),
    }
    _check_fallback(domain, tables)


@pytest.mark.parametrize("names", ["dabc", "cbad", "adcb", "bcda"])
def test_mass_that_vanished_is_missed_where_it_would_count(names: str) -> None:
    """d says a1; there b0 and b1 are e^-700 and e^-760 as likely as elsewhere, of which the second is lost; c wants b1.

    In no clique is anything wrong but what a neighbour makes nearly all there is. The tree begins at any end.
    """
    domain, (d, a, b, c) = Domain(tuple("abcd"), (2,) * 4), names
    says = {
        (d, a): [[-1e4, 0.0], [-1e4, 0.0]],
        (a, b): [[0.0, 0.0], [-700.0, -760.0]],
        (b, c): [[-300.0] * 2, [0.0] * 2],
    }
    tables = {domain.clique(k): np.array(v) if domain.clique(k) == k else np.array(v).T for k, v in says.items()}
    _check_fallback(domain, tables)


def test_what_was_handed_out_is_not_overwritten_and_bad_potentials_are_refused() -> None:
    domain = Domain(("a", "b"), (2, 2))
    oracle = Oracle(build(domain, [("a", "b")]), (("a", "b"),))
    _, first = oracle.evaluate(np.zeros(4))
    oracle.evaluate(np.arange(4.0))
    assert first.tolist() == [0.25] * 4
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match="not a number"):
            oracle.evaluate(np.array([0.0, bad, 0.0, 0.0]))
    with pytest.raises(KeyError):
        Oracle(build(domain, []), (("a", "b"),))
