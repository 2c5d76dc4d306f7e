"""The sieve with the real curator: what it measures, where it stops, whose word it takes."""

from itertools import combinations

import numpy as np
import pytest

from synthcli.marginal import Domain
from synthcli.mechanisms import sieve
from synthcli.mechanisms.sieve import Sieve
from synthcli.mechanisms.workload import Workload
from synthcli.pgm import estimation
from synthcli.pgm.estimation import FINAL, OUTRIGHT
from synthcli.privacy.budget import Budget
from synthcli.privacy.curator import Curator
from tests.mechanisms.coded import Coded, chain_table


def _run(sieve, table, workload=None, epsilon=20.0):
    budget = Budget.of(epsilon, 1e-9)
    curator = Curator(table, budget)
    stages = []
    fit = sieve.run(
        curator.on(table),
        workload or Workload.all(table.domain, 2),
        curator.remaining_rho,
        lambda stage, done: stages.append(stage),
    )
    assert 0.99 * budget.rho <= curator.spent[0] <= budget.rho
    return fit, stages


def _joint(fit):
    return {m.clique for m in fit.measurements if len(m.clique) > 1}


def test_it_measures_what_depends():
    fit, stages = _run(Sieve(little=0.0), chain_table())
    assert {("a", "b"), ("b", "c")} <= _joint(fit)
    assert list(dict.fromkeys(stages)) == [
        "measuring one-way marginals",
        "screening all pairs",
        "measuring joint marginals",
        "fitting",
    ]


@pytest.mark.parametrize("max_cells", [14, 30, 60])
def test_it_keeps_to_its_size(max_cells):
    fit, _ = _run(Sieve(max_cells=max_cells), chain_table())
    assert fit.model.tree.cells <= max(max_cells, 14), "the one-way tables alone have 14 cells"
    if max_cells == 14:
        assert _joint(fit) == set()
        assert sum(m.clique == ("a",) for m in fit.measurements) == 2, "the one-ways have the whole budget"


def test_the_workload_decides_what_may_be_measured():
    table = chain_table()
    fit, _ = _run(Sieve(), table, Workload({("a", "d"): 1, ("c",): 2}))
    assert _joint(fit) <= {("a", "d")}
    alone, _ = _run(Sieve(), table, Workload({("c",): 1}))
    assert _joint(alone) == set()
    assert all(m.stddev < 1.1 * alone.measurements[0].stddev for m in alone.measurements)


def test_triples_are_measured_for_a_target_that_needs_them():
    """t is the exclusive or of a and b: no pair tells anything, the triple everything."""
    rng = np.random.default_rng(0)
    a, b, c = rng.integers(0, 2, (3, 8000))
    t = np.where(rng.random(8000) < 0.95, a ^ b, 1 - (a ^ b))
    codes = {name: values.astype(np.uint8) for name, values in zip("abct", (a, b, c, t), strict=True)}
    table = Coded(Domain(tuple("abct"), (2,) * 4), codes)
    fit, _ = _run(Sieve(), table, Workload.targeting(table.domain, "t"))
    assert ("a", "b", "t") in _joint(fit)
    exact = table.count(table, [("a", "b", "t")])[("a", "b", "t")]
    assert np.abs(fit.model.marginal(("a", "b", "t")) - exact).sum() < 0.1 * 8000


def test_triples_follow_where_all_pairs_are_known():
    """Many rows, few columns: c is mostly the exclusive or of a and b, which no pair tells; every pair leans."""
    rng = np.random.default_rng(0)
    a, flip = rng.integers(0, 2, 100_000), rng.random((2, 100_000))
    b = np.where(flip[0] < 0.6, a, 1 - a)
    c = np.where(flip[1] < 0.8, a ^ b, a & b)
    codes = {name: values.astype(np.uint8) for name, values in zip("abc", (a, b, c), strict=True)}
    table = Coded(Domain(tuple("abc"), (2,) * 3), codes)
    fit, _ = _run(Sieve(little=0.0), table, epsilon=5.0)
    assert _joint(fit) == {("a", "b"), ("a", "c"), ("b", "c"), ("a", "b", "c")}
    alone, _ = _run(Sieve(rounds=2, little=0.0), table, Workload({("a", "b"): 1, ("b", "c"): 1}), epsilon=5.0)
    assert ("a", "b", "c") not in _joint(alone), "a triple needs all three of its pairs in the workload"


def _dense(columns=6, rows=200_000):
    """Any cell of the joint table of all columns is as likely as chance has it: every triple says what no pair does."""
    rng, names = np.random.default_rng(1), tuple("abcdefgh"[:columns])
    cells = rng.choice(2**columns, rows, p=rng.dirichlet(np.full(2**columns, 0.5)))
    codes = {name: (cells >> i & 1).astype(np.uint8) for i, name in enumerate(names)}
    return Coded(Domain(names, (2,) * columns), codes)


def test_of_few_columns_and_many_rows_all_triples_are_measured_at_once():
    table, triples = _dense(8), list(combinations("abcdefgh", 3))
    fit, stages = _run(Sieve(), table, epsilon=1.0)
    assert _joint(fit) == {*triples, *combinations("abcdefgh", 2)}
    assert "screening all pairs" not in stages, "nothing is asked that decides nothing"
    spent = [0.5 / m.stddev**2 for m in fit.measurements if len(m.clique) > 1]
    assert len(spent) == len(triples) + 28
    assert sum(spent) == pytest.approx(0.85 * Budget.of(1.0, 1e-9).rho, rel=0.01)
    exact = table.count(table, triples)
    tables = fit.model.marginals(triples)
    off = np.mean([np.abs(tables[c] - exact[c]).sum() for c in triples]) / (2 * 200_000)
    assert off < 0.001, "0.0003 to 0.0004 in twelve fits; 0.015 where pairs come first"


def test_columns_that_are_missing_together_are_looked_at():
    plain = _dense()
    codes, names = plain.encode(None), plain.domain.attributes
    for gaps, is_screened in (({}, False), ({"a": 1, "b": 1}, True)):
        _, stages = _run(Sieve(), Coded(Domain(names, (2,) * 6, gaps=gaps), codes), epsilon=1.0)
        assert ("screening all pairs" in stages) is is_screened


@pytest.mark.parametrize(("rows_per_unit", "is_screened"), [(1, False), (150, True)])
def test_noise_is_that_of_all_rows_of_a_unit(rows_per_unit, is_screened):
    table, stages = _dense(), []
    curator = Curator(table, Budget.of(1.0, 1e-9), rows_per_unit)
    workload = Workload.all(table.domain, 2)
    Sieve().run(curator.on(table), workload, curator.remaining_rho, lambda stage, done: stages.append(stage))
    assert ("screening all pairs" in stages) is is_screened


@pytest.mark.parametrize(("pairs", "effort"), [(15, OUTRIGHT), (14, FINAL)])
def test_the_pull_is_stronger_where_every_pair_was_measured(monkeypatch, pairs, effort):
    used = []

    def estimate(*arguments, **options):
        used.append(options.get("effort"))
        return estimation.estimate(*arguments, **options)

    monkeypatch.setattr(sieve, "estimate", estimate)
    wanted = Workload(dict.fromkeys(list(combinations("abcdef", 2))[:pairs], 1))
    fit, stages = _run(Sieve(), _dense(), wanted, epsilon=1.0)
    assert "screening all pairs" not in stages
    assert sum(len(clique) == 2 for clique in _joint(fit)) == pairs
    assert used == [effort]


@pytest.mark.parametrize(
    ("mechanism", "rows", "workload"),
    [
        (Sieve(), 2_000, None),
        (Sieve(max_cells=63), 200_000, None),
        (Sieve(), 200_000, Workload.targeting(_dense(rows=1).domain, "f")),
    ],
    ids=["much noise", "no room", "a target"],
)
def test_else_they_are_chosen(mechanism, rows, workload):
    _, stages = _run(mechanism, _dense(rows=rows), workload, epsilon=1.0)
    assert "screening all pairs" in stages


def test_of_few_columns_triples_are_measured_and_the_forest_is_cheap():
    fit, _ = _run(Sieve(first_share=0.4, little=0.0), _dense(), epsilon=5.0)
    sizes = [len(clique) for clique in _joint(fit)]
    assert sizes.count(2) == 15
    assert sizes.count(3) > 15, "of 20; as many as there are columns, where a batch has no more"
    spent = [0.5 / m.stddev**2 for m in fit.measurements if len(m.clique) > 1]
    assert sum(spent[:5]) == pytest.approx(0.2 * sum(spent), rel=0.02), "half of its share, of half of twelve columns"


def test_of_many_columns_a_batch_has_as_many_tables():
    """Sixteen answers that six kinds of people give: every pair depends. A forest of 15, and three batches."""
    rng = np.random.default_rng(1)
    kind, chance = rng.integers(0, 6, 100_000), rng.random((6, 16))
    codes = {
        name: (rng.random(100_000) < chance[kind, i]).astype(np.uint8) for i, name in enumerate("abcdefghijklmnop")
    }
    fit, _ = _run(Sieve(), Coded(Domain(tuple(codes), (2,) * 16), codes))
    assert len(_joint(fit)) > 15 + 3 * 12, "no more, where batches have twelve"


def test_scales_are_binned_and_come_back_fine():
    rng = np.random.default_rng(3)
    age = np.clip(rng.normal(50, 15, 6000), 0, 99).astype(np.uint8)
    old = (age > 60).astype(np.uint8)
    table = Coded(Domain(("age", "old"), (100, 2), ordinal=(100, 0)), {"age": age, "old": old})
    fit, _ = _run(Sieve(), table, epsilon=1.0)
    merge = fit.merges["age"]
    assert 5 < merge.coarse_size < 60
    assert np.all(np.diff(merge.groups) >= 0)
    assert fit.model.domain.card("age") == merge.coarse_size
    pair = fit.model.marginal(("age", "old"))
    middle = np.array([np.flatnonzero(merge.groups == g).mean() for g in range(merge.coarse_size)])
    assert pair[middle < 55, 1].sum() < 0.1 * pair[:, 1].sum()


def test_limits_are_checked():
    for wrong in (
        {"max_cells": 0},
        {"rounds": 1},
        {"one_way_shares": (0.5, 0.5)},
        {"screen_share": 0.0},
        {"little": -0.1},
    ):
        with pytest.raises(ValueError, match="sieve"):
            Sieve(**wrong)


def test_a_wide_table_is_screened_at_once():
    """Forty columns: 780 pairs in one question."""
    rng = np.random.default_rng(1)
    base = rng.integers(0, 3, 2000)
    columns = {f"c{i}": np.where(rng.random(2000) < 0.7, base, rng.integers(0, 3, 2000)) for i in range(40)}
    codes = {name: values.astype(np.uint8) for name, values in columns.items()}
    fit, _ = _run(Sieve(), Coded(Domain(tuple(columns), (3,) * 40), codes), epsilon=10.0)
    pairs = list(combinations(columns, 2))[:50]
    tables = fit.model.marginals(pairs)
    assert np.mean([tables[p].trace() / tables[p].sum() for p in pairs]) > 0.4, "a third would be independence"


def _one_ways(fit, budget):
    """The share of the budget that went to each question about all one-way marginals."""
    stddevs = dict.fromkeys(m.stddev for m in fit.measurements if len(m.clique) == 1)
    columns = len({m.clique for m in fit.measurements if len(m.clique) == 1})
    return [pytest.approx(columns / (2 * stddev**2) / budget.rho, rel=1e-3) for stddev in stddevs]


def test_codes_that_all_stay_need_few_one_ways_and_others_more():
    """Noise can hardly blur which codes stay: at epsilon 20 its standard deviation is below 3 rows."""
    rng, budget = np.random.default_rng(1), Budget.of(20.0, 1e-9)
    few = chain_table()
    assert _one_ways(_run(Sieve(), few)[0], budget)[0] == 0.15
    many = {name: rng.integers(0, 250, 4000).astype(np.uint8) for name in "abc"}
    fit, _ = _run(Sieve(), Coded(Domain(tuple(many), (250,) * 3), many))
    assert _one_ways(fit, budget)[:2] == [0.15, 0.3]
    merged = [m for m in fit.measurements if m.clique == ("a",)]
    assert len(merged) >= 2, "both are in the model"
