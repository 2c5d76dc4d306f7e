"""Workloads: cliques in the order of the domain, weights that lean where they should."""

from itertools import combinations
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.marginal import Domain
from synthcli.mechanisms import workload as module
from synthcli.mechanisms.workload import Workload


def _domain(size: int) -> Domain:
    return Domain(tuple(f"a{i}" for i in range(size)), (2,) * size)


@given(st.integers(1, 12), st.data())
def test_a_target_weighs_as_much_as_the_rest(size: int, data: st.DataObject) -> None:
    domain = _domain(size)
    target = data.draw(st.sampled_from(domain.attributes))
    weights = Workload.targeting(domain, target).weights
    pairs = {clique: weight for clique, weight in weights.items() if len(clique) == 2}
    with_target = {weight for clique, weight in pairs.items() if target in clique}
    assert len(pairs) == comb(size, 2)
    assert with_target == (set() if size == 1 else {max(2, -(-(size - 2) // 2))})
    assert all(weight == 1 for clique, weight in pairs.items() if target not in clique)
    assert {c for c in weights if len(c) == 3} == {c for c in combinations(domain.attributes, 3) if target in c}
    assert all(domain.clique(clique) == clique for clique in weights)


def test_a_target_raises_weights_and_lowers_none() -> None:
    domain = _domain(4)
    base = Workload({("a0", "a1"): 7, ("a2", "a3"): 4, ("a0", "a1", "a3"): 5, ("a2",): 2})
    aimed = base.toward(domain, "a1").weights
    assert {**base.weights, **aimed} == aimed
    assert aimed["a1", "a2"] == 2
    assert aimed["a1", "a2", "a3"] == 1
    assert base.toward(domain, "a1").for_target == {("a0", "a1", "a2"), ("a1", "a2", "a3")}


def test_too_many_triples_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_TRIPLES", comb(9, 2) - 1)
    assert {len(clique) for clique in Workload.targeting(_domain(10), "a3").weights} == {2}
    assert {len(clique) for clique in Workload.targeting(_domain(9), "a3").weights} == {2, 3}


def test_a_target_outside_the_domain_is_an_error() -> None:
    with pytest.raises(KeyError, match="nowhere"):
        Workload.targeting(_domain(3), "nowhere")


def test_a_column_stands_for_all_attributes_that_are_made_of_it() -> None:
    domain = Domain(("t", "t (hour)", "a"), (4, 24, 2))
    column_of = {"t": "t", "t (hour)": "t", "a": "a"}
    spread = Workload({("t", "a"): 7, ("a",): 2}, target="a").spread(domain, column_of)
    assert spread.weights == {("t", "t (hour)"): 1, ("t", "a"): 7, ("t (hour)", "a"): 7, ("a",): 2}
    assert spread.target == "a"


def test_a_workload_is_the_same_where_columns_are_attributes() -> None:
    domain = _domain(4)
    workload = Workload.all(domain, 2)
    assert workload.spread(domain, {a: a for a in domain.attributes}) == workload


def test_triples_that_nobody_asked_for_are_known_after_they_are_spread() -> None:
    domain = Domain(("t", "t (hour)", "a", "b"), (4, 24, 2, 2))
    base = Workload({("t", "b"): 1}).toward(Domain(("t", "a", "b"), (4, 2, 2)), "a")
    spread = base.spread(domain, {"t": "t", "t (hour)": "t", "a": "a", "b": "b"})
    assert spread.for_target == {("t", "a", "b"), ("t (hour)", "a", "b")}
