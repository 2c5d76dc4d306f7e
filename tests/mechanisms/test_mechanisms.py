"""Mechanisms with the real curator on small tables: what they find, what they spend, what they promise."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.errors import UsageError
from synthcli.marginal import Clique, Domain, Measurement
from synthcli.mechanisms.aim import Aim
from synthcli.mechanisms.independent import Independent
from synthcli.mechanisms.interface import Fit, Mechanism
from synthcli.mechanisms.mst import Mst, rare_merges
from synthcli.mechanisms.names import MECHANISMS, mechanism_named
from synthcli.mechanisms.sieve import Sieve
from synthcli.mechanisms.workload import Workload
from synthcli.privacy.budget import Budget
from synthcli.privacy.curator import Coding, Curator
from tests.mechanisms.coded import Coded, chain_table


def _run(mechanism: Mechanism, table: Coded, epsilon: float = 100.0) -> tuple[Fit, Curator, Budget]:
    budget = Budget.of(epsilon, 1e-9)
    curator = Curator(table, budget)
    marginals = curator.on(table)
    workload = Workload.all(table.domain, 2)
    return mechanism.run(marginals, workload, curator.remaining_rho, lambda stage, done: None), curator, budget


@pytest.mark.parametrize("mechanism", [Independent(), Mst(), Aim(), Sieve()])
@pytest.mark.parametrize("epsilon", [0.05, 1.0, 30.0])
def test_the_budget_is_used_up_and_never_exceeded(mechanism: Mechanism, epsilon: float) -> None:
    fit, curator, budget = _run(mechanism, chain_table(500), epsilon)
    assert 0.99 * budget.rho <= curator.spent[0] <= budget.rho
    assert fit.model.total >= 1


@pytest.mark.parametrize("mechanism", [Independent(), Mst(), Aim(), Sieve()])
def test_every_mechanism_handles_a_single_column(mechanism: Mechanism) -> None:
    table = Coded(Domain(("a",), (3,)), {"a": np.array([0, 1, 1, 2] * 50, np.uint8)})
    fit, _, _ = _run(mechanism, table)
    assert fit.model.marginal(("a",)) == pytest.approx([50, 100, 50], abs=5)


def test_all_but_independent_find_the_chain() -> None:
    table = chain_table()
    pairs = list(combinations(table.domain.attributes, 2))
    exact = table.count(table, pairs)

    def error(fit: Fit) -> float:
        tables = fit.model.marginals(pairs)
        return float(np.mean([np.abs(tables[p] - exact[p]).sum() / 8000 for p in pairs]))

    floor = error(_run(Independent(), table)[0])
    assert error(_run(Mst(), table)[0]) < 0.2 * floor
    assert error(_run(Aim(), table)[0]) < 0.15 * floor
    assert error(_run(Sieve(), table)[0]) < 0.15 * floor


def test_mst_measures_the_maximum_spanning_tree() -> None:
    """At a huge epsilon the exponential mechanism is Kruskal's algorithm on the L1 distance from independence."""
    table = chain_table()
    fit, _, _ = _run(Mst(), table, epsilon=500.0)
    edges = {m.clique for m in fit.measurements if len(m.clique) == 2}
    assert {("a", "b"), ("b", "c")} <= edges
    assert ("a", "c") not in edges
    assert len(edges) == 4


def test_aim_measures_what_depends() -> None:
    fit, _, _ = _run(Aim(), chain_table(), epsilon=20.0)
    assert {("a", "b"), ("b", "c")} <= {m.clique for m in fit.measurements}


@pytest.mark.parametrize("max_cells", [14, 20, 60])
def test_aim_keeps_to_its_size(max_cells: int) -> None:
    fit, _, _ = _run(Aim(max_cells=max_cells), chain_table())
    assert fit.model.tree.cells <= max(max_cells, 14), "the one-way tables alone have 14 cells"


def test_aim_counts_what_it_may_choose_soon() -> None:
    """Triples of 1,728 cells wait until the budget has earned them; few passes over the rows all the same."""
    domain = Domain(tuple("abcdef"), (12,) * 6)
    rng, passes = np.random.default_rng(0), []

    class Counted(Coded):
        def count(self, codec: Coding, cliques: Sequence[Clique]) -> Mapping[Clique, np.ndarray]:
            passes.append({len(clique) for clique in cliques})
            return super().count(codec, cliques)

    table = Counted(domain, {a: rng.integers(0, 12, 2000).astype(np.uint8) for a in domain.attributes})
    budget = Budget.of(5.0, 1e-9)
    curator = Curator(table, budget)
    mechanism, workload = Aim(max_cells=4000), Workload.targeting(domain, "a")
    mechanism.run(curator.on(table), workload, curator.remaining_rho, lambda stage, done: None)
    first = next(i for i, lengths in enumerate(passes) if 3 in lengths)
    assert {2} in passes[:first], "pairs come first"
    assert len(passes) <= 6


def test_rare_codes_are_merged_and_drawn_again() -> None:
    counts = np.array([900, 3, 500, -4, 8])
    (merge,) = rare_merges([Measurement(("a",), counts, 5.0)], Domain(("a",), counts.shape)).values()
    assert merge.groups.tolist() == [0, 2, 1, 2, 2]
    assert merge.weights.tolist() == [900.0, 3.0, 500.0, 0.0, 8.0]
    assert rare_merges([Measurement(("a",), np.array([900, 3, 500]), 5.0)], Domain(("a",), (3,))) == {}


def test_mst_merges_a_long_tail() -> None:
    rng = np.random.default_rng(0)
    zipf = np.minimum(rng.zipf(1.6, 3000) - 1, 99).astype(np.uint8)
    table = Coded(Domain(("z", "k"), (100, 2)), {"z": zipf, "k": (zipf % 2).astype(np.uint8)})
    fit, _, _ = _run(Mst(), table, epsilon=1.0)
    assert fit.merges["z"].coarse_size < 60
    assert fit.model.domain.card("z") == fit.merges["z"].coarse_size
    assert fit.model.total == pytest.approx(3000, abs=400)


@given(st.integers(1, 5), st.integers(1, 3))
def test_workload_weights_count_shared_attributes(size: int, order: int) -> None:
    domain = Domain(tuple("abcde"[:size]), (2,) * size)
    workload = Workload.all(domain, order)
    for part, weight in workload.candidates().items():
        assert weight == sum(len(set(part) & set(clique)) for clique in workload.weights)
    assert set(workload.weights) <= set(workload.candidates())
    assert all((a,) in workload.candidates() for a in domain.attributes)


@settings(max_examples=10)
@given(st.integers(0, 50), st.floats(0.01, 50))
def test_aim_survives_any_small_table(rows: int, epsilon: float) -> None:
    fit, curator, budget = _run(Aim(), chain_table(rows), epsilon)
    assert curator.spent[0] <= budget.rho
    assert np.isfinite(fit.model.marginal(("a", "b"))).all()


def test_mechanisms_by_name() -> None:
    assert [type(mechanism_named(name)) for name in MECHANISMS] == [Sieve, Aim, Mst, Independent]
    assert mechanism_named("aim", 1234) == Aim(max_cells=1234)
    assert mechanism_named("sieve", 1234) == Sieve(max_cells=1234)
    with pytest.raises(UsageError, match="no mechanism 'gan'"):
        mechanism_named("gan")
