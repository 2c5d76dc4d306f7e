"""Codes chosen by what they say about a target."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.marginal import Domain, Measurement
from synthcli.mechanisms import star
from synthcli.mechanisms.sieve import Sieve
from synthcli.mechanisms.workload import Workload
from synthcli.pgm.estimation import pool
from synthcli.privacy.budget import Budget
from synthcli.privacy.curator import Curator, MarginalCurator
from tests.mechanisms.coded import Coded


def _coarse(counts, shares, scale, stddev=1.0, pair_stddev=1.0):
    """The groups of one attribute whose codes hold `counts` rows, a share of them with target 1. No noise."""
    counts, shares = np.asarray(counts, dtype=float), np.asarray(shares, dtype=float)
    table = np.stack([counts * (1 - shares), counts * shares], axis=1).round().astype(np.int64)
    domain = Domain(("a", "t"), table.shape, ordinal=(scale, 0))
    pair = Measurement(("a", "t"), table, stddev)
    alone = Measurement(("t",), table.sum(axis=0), stddev)
    one_ways = pool([*star.margins([pair], "t"), alone])
    merges = star.coarsen_by_target(
        [pair], one_ways, domain, "t", total=max(1.0, float(table.sum())), pair_stddev=pair_stddev
    )
    return merges["a"].groups.tolist() if "a" in merges else list(range(len(counts)))


def test_an_edge_lies_where_the_shares_change():
    shares = [0.1] * 6 + [0.5] * 4 + [0.9] * 2
    assert _coarse([300] * 12, shares, 12, stddev=5.0, pair_stddev=2e5) == [0] * 6 + [1] * 4 + [2] * 2


def test_neighbours_that_are_alike_are_joined_only_up_to_the_width_that_noise_affords():
    even = _coarse([300] * 40, [0.3] * 40, 40, stddev=5.0, pair_stddev=50.0)
    coarser = _coarse([300] * 40, [0.3] * 40, 40, stddev=5.0, pair_stddev=2000.0)
    assert 1 < max(coarser) + 1 < max(even) + 1 < 40


def _chi_square(table, counts, segments, stddev):
    """What the cut leaves unexplained, by the definition; the sum that `segments` makes smallest."""
    overall = np.clip(table.sum(axis=0) / table.sum(), *star.SHARES)
    precision = 1 / (stddev**2 + counts[:, None] * overall * (1 - overall))
    left = 0.0
    for segment in np.unique(segments):
        mine = segments == segment
        norm = (counts[mine, None] ** 2 * precision[mine]).sum(axis=0)
        share = (counts[mine, None] * table[mine] * precision[mine]).sum(axis=0) / np.where(norm > 0, norm, np.inf)
        left += ((table[mine] - counts[mine, None] * share) ** 2 * precision[mine]).sum()
    free = table.shape[1] - 1
    return left * free / (free + 1) + star.PARAMETER * free * len(np.unique(segments))


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.integers(2, 4), st.floats(0.5, 60), st.floats(10, 2000))
def test_no_other_cut_is_better(seed, codes, targets, stddev, most):
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 400, codes).astype(float)
    table = counts[:, None] * rng.dirichlet(np.ones(targets), codes) + rng.normal(0, stddev, (codes, targets))
    units = np.concatenate([[0], np.cumsum(rng.random(codes - 1) < 0.8)]).astype(np.intp)
    found = star.segments(table, counts, units, stddev, most)
    held = np.bincount(found, weights=counts)
    assert all(held[s] <= most or len(np.unique(units[found == s])) == 1 for s in np.unique(found))
    cuts = []
    for chosen in product((0, 1), repeat=int(units.max())):
        cut = np.concatenate([[0], np.cumsum(chosen)]).astype(np.intp)[units]
        held = np.bincount(cut, weights=counts)
        if all(held[s] <= most or len(np.unique(units[cut == s])) == 1 for s in np.unique(cut)):
            cuts.append(_chi_square(table, counts, cut, stddev))
    assert _chi_square(table, counts, found, stddev) == pytest.approx(min(cuts), abs=1e-6, rel=1e-9)


def test_a_scale_of_no_codes_has_no_segments():
    nothing = np.zeros(0, dtype=np.intp)
    assert len(star.segments(np.zeros((0, 2)), np.zeros(0), nothing, 1.0, 10.0)) == 0


def test_rare_codes_stay_apart_only_if_the_target_tells_them():
    groups = _coarse([5000, 32, 32, 32, 32], [0.5, 0.1, 0.1, 0.1, 0.9], 0, stddev=10.0)
    assert groups[1] == groups[2] == groups[3]
    assert groups[4] not in groups[:4]
    assert groups[0] not in groups[1:]


def test_codes_that_the_noise_drowns_are_merged_whatever_their_shares_seem_to_be():
    groups = _coarse([5000, 9, 9, 9], [0.5, 0.0, 1.0, 0.5], 0, stddev=10.0)
    assert groups[1] == groups[2] == groups[3]


@settings(max_examples=150)
@given(st.lists(st.tuples(st.integers(0, 900), st.floats(0, 1)), min_size=2, max_size=40), st.data())
def test_every_merge_is_valid_and_keeps_neighbours_together(codes, data):
    scale = data.draw(st.integers(0, len(codes)))
    counts, shares = zip(*codes, strict=True)
    groups = np.array(_coarse(counts, shares, scale, data.draw(st.floats(0.5, 200)), data.draw(st.floats(0.5, 200))))
    assert np.array_equal(np.unique(groups), np.arange(groups.max() + 1))
    assert np.all(np.isin(np.diff(groups[:scale]), (0, 1)))
    assert not set(groups[:scale]) & set(groups[scale:])


def test_margins_say_their_noise():
    pair = Measurement(("a", "t"), np.arange(6).reshape(2, 3), 2.0)
    (margin,) = star.margins([pair], "t")
    assert margin.clique == ("a",)
    assert margin.values.tolist() == [3, 12]
    assert margin.variance.tolist() == pytest.approx([12.0, 12.0])
    (other,) = star.margins([Measurement(("t", "z"), np.arange(6).reshape(3, 2), 2.0)], "t")
    assert other.values.tolist() == [6, 9]


@pytest.mark.parametrize(
    ("codes", "cells", "is_affordable"), [(2, 200, True), (17, 2000, False), (1, 200, False), (2, 9, False)]
)
def test_a_star_needs_few_codes_and_room(codes, cells, is_affordable):
    assert star.is_affordable(Domain(("a", "t"), (6, codes)), "t", cells) is is_affordable


def _step_table():
    """The target's share jumps at code 61 of 100, in the midst of the mass."""
    rng = np.random.default_rng(5)
    age = np.clip(rng.normal(60, 12, 8000), 0, 99).astype(np.uint8)
    columns = {"age": age, "t": (rng.random(8000) < np.where(age > 60, 0.8, 0.2)), "noise": rng.integers(0, 4, 8000)}
    codes = {name: values.astype(np.uint8) for name, values in columns.items()}
    return Coded(Domain(("age", "t", "noise"), (100, 2, 4), ordinal=(100, 0, 0)), codes)


def test_the_sieve_finds_the_edge_and_spends_what_it_was_given():
    """The edge at 61 stands out by some ten standard deviations at epsilon 1: a false alarm is out of the question."""
    table, budget = _step_table(), Budget.of(1.0, 1e-9)
    curator = Curator(table, budget)
    workload = Workload.targeting(table.domain, "t")
    fit = Sieve().run(curator.on(table), workload, curator.remaining_rho, lambda *_: None)
    assert 0.99 * budget.rho <= curator.spent[0] <= budget.rho
    assert {("age", "t"), ("t", "noise")} <= {m.clique for m in fit.measurements}
    groups = fit.merges["age"].groups
    assert groups[60] != groups[61]
    assert groups.max() + 1 < 60


def test_a_target_of_many_codes_is_aimed_at_by_weights():
    table, budget = _step_table(), Budget.of(5.0, 1e-9)
    curator = Curator(table, budget)
    fit = Sieve().run(
        curator.on(table), Workload.targeting(table.domain, "age"), curator.remaining_rho, lambda *_: None
    )
    assert ("age", "t") in {m.clique for m in fit.measurements}
    assert curator.spent[0] <= budget.rho


def test_a_hierarchy_says_what_is_merged_whatever_the_target_is():
    domain = Domain(("a", "t"), (5, 2), levels={"a": np.array([[0, 1, 1, 2, 2]])})
    table = np.array([[2500, 2500], [11, 1], [1, 11], [11, 1], [11, 1]])
    pair = Measurement(("a", "t"), table, 5.0)
    one_ways = pool([*star.margins([pair], "t"), Measurement(("t",), table.sum(axis=0), 5.0)])
    merges = star.coarsen_by_target([pair], one_ways, domain, "t", total=float(table.sum()), pair_stddev=1e-3)
    assert merges["a"].groups.tolist() == [0, 1, 1, 2, 2]


def test_later_rounds_look_at_what_is_not_measured_and_at_triples_last(monkeypatch):
    """Whatever the noise: with a target, a table that has been measured is told by its noise, and not asked about."""
    looks, measured, distances = [], set(), MarginalCurator.distances
    measure_groups = MarginalCurator.measure_groups

    def look(self, cliques, estimate, rho):
        looks.append((set(cliques), set(measured)))
        return distances(self, cliques, estimate, rho)

    def measure(self, groups):
        measured.update(clique for cliques, _ in groups for clique in cliques)
        return measure_groups(self, groups)

    monkeypatch.setattr(MarginalCurator, "distances", look)
    monkeypatch.setattr(MarginalCurator, "measure_groups", measure)
    columns = {a: np.random.default_rng(i).integers(0, 3, 900).astype(np.uint8) for i, a in enumerate("abcdet")}
    table = Coded(Domain(tuple("abcdet"), (3,) * 6), columns)
    curator = Curator(table, Budget.of(1.0, 1e-9))
    Sieve().run(curator.on(table), Workload.targeting(table.domain, "t"), curator.remaining_rho, lambda *_: None)
    _, *earlier, (last, known) = looks
    assert len(looks) == 4
    assert not last & known
    assert ("a", "b", "t") in last
    for asked, known in earlier:
        assert not asked & known
        assert {len(clique) for clique in asked} == {2} or known.issuperset(combinations("abcdet", 2))
