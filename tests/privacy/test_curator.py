"""The curator: nothing gets past the filter, and nothing exact gets out."""

import inspect
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.errors import BudgetRefused, ExitCode, InputError
from synthcli.marginal import Merge
from synthcli.privacy.budget import Budget, split
from synthcli.privacy.curator import Candidate, Curator, MarginalCurator
from tests.privacy.private_rows import DOMAIN, Plain, Rows, cliques

BUDGET = Budget.of(1.0, 1e-6, 5e-7)
ROWS = [(0, 1, 1)] * 400 + [(2, 3, 0)] * 300 + [(1, 0, 0)] * 300
WORDS = ["often"] * 600 + ["c\0d"] * 399 + ["once"]


def _curator(rows_per_unit: int = 1, budget: Budget = BUDGET) -> Curator:
    return Curator(Rows(ROWS, WORDS), budget, rows_per_unit)


def _flat(clique, weight=1):
    return Candidate(clique, np.full(DOMAIN.project(clique).shape, 1000 / DOMAIN.size(clique)), weight)


def test_measurements_are_noisy_tables_with_their_sigma():
    """Cells lie within 8 sigma of the truth; false alarm below 1e-13."""
    first, second = _curator().on(Plain()).measure([("x",), ("y", "z")], BUDGET.rho / 2)
    sigma = np.sqrt(2 / BUDGET.rho)
    assert first.stddev == second.stddev == pytest.approx(sigma)
    assert (first.clique, second.clique) == (("x",), ("y", "z"))
    assert np.abs(first.values - [400, 300, 300]).max() < 8 * sigma
    assert second.values.shape == (4, 2) and abs(second.values[1, 1] - 400) < 8 * sigma


def test_several_rows_of_a_unit_cost_more_noise():
    one = _curator(1).on(Plain()).measure([("x",)], BUDGET.rho)[0]
    three = _curator(3).on(Plain()).measure([("x",)], BUDGET.rho)[0]
    assert three.stddev == pytest.approx(3 * one.stddev)


def test_the_odometer_reads_what_was_asked_for():
    curator = _curator()
    marginals = curator.on(Plain())
    marginals.measure([("x",), ("y",)], 1e-3)
    assert curator.spent == pytest.approx((1e-3, 0))
    marginals.select([_flat(("x",)), _flat(("y", "z"), 3)], 0.05)
    assert curator.spent[0] == pytest.approx(1e-3 + 0.05**2 / 8)
    curator.keys("word", 1e-3, 1e-7)
    assert curator.spent[0] == pytest.approx(2e-3 + 0.05**2 / 8)
    assert 0 < curator.spent[1] <= 1e-7
    assert marginals.spent == curator.spent and marginals.remaining_rho == curator.remaining_rho


@pytest.mark.parametrize("problem", [KeyboardInterrupt(), SystemExit(143), InputError("a cell")])
def test_what_stops_a_count_comes_out_as_itself(problem):
    class Stopped(Rows):
        def keys(self, column):
            raise problem

        def count(self, codec, cliques):
            raise problem

    curator = Curator(Stopped(ROWS, WORDS), BUDGET)
    for ask in (lambda: curator.keys("word", 1e-3, 1e-7), lambda: curator.on(Plain()).measure([("x",)], 1e-3)):
        with pytest.raises(type(problem)):
            ask()
    assert curator.spent == (0, 0)


def test_groups_have_a_sigma_each_and_cost_the_sum():
    """Cells lie within 8 sigma of the truth; false alarm below 1e-13."""
    curator = _curator(2)
    marginals = curator.on(Plain())
    fine, rough, same = marginals.measure_groups([([("x",)], 0.01), ([("y", "z"), ("y",)], 1e-4)])
    assert curator.spent == pytest.approx((0.0101, 0))
    assert [m.clique for m in (fine, rough, same)] == [("x",), ("y", "z"), ("y",)]
    assert fine.stddev == pytest.approx(2 * np.sqrt(1 / 0.02))
    assert rough.stddev == same.stddev == pytest.approx(2 * np.sqrt(2 / 2e-4))
    assert np.abs(fine.values - [400, 300, 300]).max() < 8 * fine.stddev
    assert rough.values.shape == (4, 2)


def test_distances_are_near_the_true_ones():
    """Each within 8 standard deviations; false alarm below 1e-14."""
    curator = _curator()
    flat = {clique: _flat(clique).estimate for clique in [("x",), ("y", "z")]}
    noisy, stddev = curator.on(Plain()).distances(list(flat), lambda cliques: flat, BUDGET.rho / 2)
    assert stddev == pytest.approx(np.sqrt(2 / BUDGET.rho), rel=1e-6)
    assert curator.spent[0] == pytest.approx(BUDGET.rho / 2)
    assert list(noisy) == list(flat)
    assert abs(noisy[("x",)] - (400 - 1000 / 3 + 2 * (1000 / 3 - 300))) < 8 * stddev
    assert abs(noisy[("y", "z")] - 1250) < 8 * stddev


query = st.tuples(st.sampled_from(["measure", "select", "keys", "merged"]), cliques, st.floats(0.001, 0.7))


@settings(max_examples=40, deadline=None)
@given(queries=st.lists(query, max_size=12), rows_per_unit=st.integers(1, 3))
def test_whatever_is_asked_the_odometer_stays_within_the_budget(queries, rows_per_unit):
    curator = _curator(rows_per_unit)
    refused = False
    for kind, some, share in queries:
        rho, before = share * BUDGET.rho, curator.spent
        try:
            if kind == "measure":
                curator.on(Plain()).measure(some, rho)
            elif kind == "select":
                curator.on(Plain()).select([_flat(clique) for clique in some], (8 * rho) ** 0.5)
            elif kind == "keys":
                curator.keys("word", rho, share * BUDGET.key_delta)
            else:
                merge = Merge(np.array([0, 0, 1]), np.ones(3))
                curator.on(Plain()).merged({"x": merge}).measure(some, rho)
        except BudgetRefused:
            assert curator.spent == before
            if refused:
                break
            refused = True
        else:
            assert not refused, "a refusal is final"
            assert before[0] < curator.spent[0] <= before[0] + rho
        assert curator.remaining_rho <= BUDGET.rho - curator.spent[0]
        assert curator.spent[0] <= BUDGET.rho and curator.spent[1] <= BUDGET.key_delta


@settings(max_examples=15, deadline=None)
@given(weights=st.lists(st.floats(0.01, 10), min_size=1, max_size=40))
def test_the_whole_budget_can_be_spent_in_shares(weights):
    curator = _curator()
    for share in split(BUDGET.rho, weights):
        curator.on(Plain()).measure([("z",)], share)
    assert curator.spent[0] == pytest.approx(BUDGET.rho, rel=1e-9)


def test_plain_float_shares_and_the_rest_are_answered_too():
    curator = _curator()
    for _ in range(30):
        curator.on(Plain()).measure([("z",)], BUDGET.rho / 60)
    curator.on(Plain()).measure([("x", "y"), ("z",)], curator.remaining_rho)
    assert curator.spent[0] == pytest.approx(BUDGET.rho, rel=1e-9)


@pytest.mark.parametrize(
    "overspend",
    [
        lambda c: c.on(Plain()).measure([("x",)], BUDGET.rho * 1.001),
        lambda c: c.on(Plain()).select([_flat(("x",))], (8.01 * BUDGET.rho) ** 0.5),
        lambda c: c.keys("word", BUDGET.rho / 2, BUDGET.key_delta * 1.5),
        lambda c: c.keys("word", BUDGET.rho * 1.01, BUDGET.key_delta),
    ],
)
def test_the_filter_refuses_to_overspend(overspend, monkeypatch):
    curator = _curator()
    with pytest.raises(BudgetRefused) as refused:
        overspend(curator)
    assert refused.value.exit_code is ExitCode.BUDGET and refused.value.hint
    assert curator.spent == (0, 0)


def test_keys_need_a_delta_in_the_budget():
    with pytest.raises(BudgetRefused):
        Curator(Rows(ROWS, WORDS), Budget.of(1.0, 1e-6)).keys("word", 1e-3, 1e-7)


def test_keys_are_the_frequent_ones_with_noisy_counts():
    """A false key, or a missing one, with a probability below 1e-6 (threshold at delta 5e-7; 600 is 60 sigma off)."""
    found = _curator().keys("word", BUDGET.rho, BUDGET.key_delta)
    assert list(found) == ["c\0d", "often"]
    assert abs(found["often"] - 600) < 100


def test_selection_finds_what_the_model_does_not_know():
    """The error of y is 500 rows larger than that of x: the wrong pick has odds below exp(-30)."""
    curator = Curator(Rows(ROWS), Budget.of(20.0, 1e-6))
    known = Candidate(("x",), np.array([400.0, 300.0, 300.0]))
    assert curator.on(Plain()).select([known, _flat(("y",))], 0.4) == 1


def test_two_curators_never_repeat_their_noise():
    """24 cells at sigma 20 agree by chance with a probability below 1e-30."""
    one, other = (_curator().on(Plain()).measure([("x", "y", "z")], 1e-3)[0].values for _ in range(2))
    assert not np.array_equal(one, other)


def test_nothing_seeds_the_noise(monkeypatch):
    for call in (Curator, Curator.keys, MarginalCurator.measure, MarginalCurator.select):
        assert not {"seed", "rng", "random_state"} & set(inspect.signature(call).parameters)
    seen = []
    for _ in range(2):
        np.random.seed(1)  # noqa: NPY002
        monkeypatch.setenv("PYTHONHASHSEED", "1")
        seen.append(_curator().on(Plain()).measure([("x", "y", "z")], 1e-3)[0].values)
    assert not np.array_equal(*seen)


def test_nothing_exact_can_be_seen_from_outside():
    curator = _curator()
    marginals = curator.on(Plain())
    assert marginals.prefetch([("x", "y")]) is None
    public = {name for thing in (curator, marginals) for name in dir(thing) if not name.startswith("_")}
    answers = {"keys", "measure", "measure_groups", "distances", "select"}
    assert public == answers | {
        "on",
        "spent",
        "remaining_rho",
        "domain",
        "prefetch",
        "merged",
        "with_gaps",
        "rows_per_unit",
        "persons",
    }
    for thing in (curator, marginals):
        assert "400" not in repr(thing) and "array" not in repr(thing)
    with pytest.raises((TypeError, ValueError, AttributeError, pickle.PicklingError)):
        pickle.dumps(curator)


def test_questions_that_mean_nothing():
    marginals = _curator().on(Plain())
    for ask in (
        lambda: marginals.measure([("y", "x")], 1e-3),
        lambda: marginals.measure([("x",)], 0.0),
        lambda: marginals.select([], 0.1),
        lambda: marginals.measure_groups([([], 1e-3)]),
        lambda: marginals.distances([], dict, 1e-3),
        lambda: marginals.distances([("x",)], lambda _: {("x",): np.zeros(2)}, 1e-3),
        lambda: marginals.distances([("x",)], lambda _: {("x",): np.full(3, np.nan)}, 1e-3),
        lambda: marginals.distances([("x",)], lambda _: {("x",): np.full(3, 1e17)}, 1e-3),
        lambda: marginals.select([Candidate(("x",), np.zeros(2))], 0.1),
        lambda: _curator(0),
    ):
        with pytest.raises(ValueError, match=r"."):
            ask()
    with pytest.raises(KeyError):
        marginals.measure([("w",)], 1e-3)
    assert marginals.measure([], 1e-3) == () and marginals.spent == (0, 0)
