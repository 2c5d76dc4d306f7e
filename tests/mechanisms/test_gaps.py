"""Columns that are missing together: which pairs are looked at, and that the model has learnt it."""

from itertools import combinations

import numpy as np
import pytest

from synthcli.marginal import Domain, Measurement
from synthcli.marginal.gaps import GAP, VALUE
from synthcli.mechanisms.batch import Option
from synthcli.mechanisms.gaps import around_hubs, clear_gaps, divided, gap_weights
from synthcli.mechanisms.sieve import Sieve
from synthcli.mechanisms.workload import Workload
from synthcli.pgm.sampling import sample
from synthcli.privacy.budget import Budget
from synthcli.privacy.curator import Curator
from tests.mechanisms.coded import Coded

BLOCKS = {"a": ("a1", "a2", "a3", "a4"), "b": ("b1", "b2", "b3")}
MISSING = {"a": 0.3, "b": 0.2}


def gappy_table(rows: int = 20_000, seed: int = 0) -> Coded:
    """Two blocks of columns that are missing together, at random; values are independent. `c` is never missing."""
    rng = np.random.default_rng(seed)
    codes = {"c": rng.integers(0, 5, rows).astype(np.uint8)}
    for block, names in BLOCKS.items():
        gone = rng.random(rows) < MISSING[block]
        codes |= {name: np.where(gone, 6, rng.integers(0, 6, rows)).astype(np.uint8) for name in names}
    shape = tuple(5 if name == "c" else 7 for name in codes)
    return Coded(Domain(tuple(codes), shape, gaps={name: 6 for name in codes if name != "c"}), codes)


def _fit(table: Coded, epsilon: float, **options: object):
    budget = Budget.of(epsilon, 1e-9)
    curator = Curator(table, budget)
    workload = Workload.all(table.domain, 2)
    fit = Sieve(**options).run(curator.on(table), workload, budget.rho, lambda stage, done: None)  # type: ignore[arg-type]
    assert 0.99 * budget.rho <= curator.spent[0] <= budget.rho
    return fit


def _together(fit, one: str, other: str) -> float:
    """The share of rows in which both are missing."""
    codes = [fit.merges[a].groups[-1] if a in fit.merges else -1 for a in (one, other)]
    table = fit.model.marginal((one, other))
    return float(table[codes[0], codes[1]] / table.sum())


def test_the_model_knows_who_is_missing_together():
    """Noise has a standard deviation below 60 of 20,000 rows in every table: 0.05 is more than ten of them."""
    fit = _fit(gappy_table(), epsilon=2.0)
    assert set(fit.gaps.values()) == {*BLOCKS["a"], *BLOCKS["b"]}
    assert fit.model.domain.attributes == (*gappy_table().domain.attributes, *fit.gaps)
    for block, names in BLOCKS.items():
        for pair in combinations(names, 2):
            assert _together(fit, *pair) == pytest.approx(MISSING[block], abs=0.05)
    assert _together(fit, "a1", "b1") == pytest.approx(0.06, abs=0.05)


def test_pairs_of_hubs_that_no_tree_holds_are_measured_later():
    """Three pairs of columns follow one cause, each but in a sixth of the rows: two links say too little of the third.

    The share of rows that lack both of its columns would be 0.06 off. No pair of columns fits.
    """
    rng = np.random.default_rng(0)
    cause = rng.random(20_000) < 0.5
    gone = {block: cause ^ (rng.random(20_000) < 1 / 6) for block in "abc"}
    lacks = {name: gone[name[0]] for name in ("a1", "a2", "b1", "b2", "c1", "c2")}
    codes = {name: np.where(none, 20, rng.integers(0, 20, 20_000)).astype(np.uint8) for name, none in lacks.items()}
    fit = _fit(Coded(Domain(tuple(codes), (21,) * 6, gaps=dict.fromkeys(codes, 20)), codes), 3.0, max_cells=300)
    for one, other in combinations(codes, 2):
        assert _together(fit, one, other) == pytest.approx(np.mean(lacks[one] & lacks[other]), abs=0.015)


def test_rows_have_a_value_where_their_gaps_say_so():
    fit = _fit(gappy_table(), epsilon=2.0)
    (rows,) = sample(fit.model, 5_000, np.random.default_rng(1))
    for gap, of in fit.gaps.items():
        missing = fit.merges[of].groups[6] if of in fit.merges else 6
        np.testing.assert_array_equal(rows[gap] == GAP, rows[of] == missing)


def test_without_gaps_nothing_is_added():
    table = gappy_table()
    plain = Coded(Domain(table.domain.attributes, table.domain.shape), table.encode(None))
    fit = _fit(plain, epsilon=2.0)
    assert fit.gaps == {}
    assert fit.model.domain.attributes == table.domain.attributes


def test_it_keeps_to_its_size_with_gaps_too():
    fit = _fit(gappy_table(), epsilon=2.0, max_cells=150)
    assert fit.gaps
    assert fit.model.tree.cells <= 150


def test_where_no_pair_of_columns_fits_gaps_are_measured_and_columns_have_the_rest():
    """A pair of columns has 441 cells, and there is one block: later rounds have nothing to compare."""
    rng = np.random.default_rng(0)
    gone = rng.random(20_000) < 0.3
    codes = {name: np.where(gone, 20, rng.integers(0, 20, 20_000)).astype(np.uint8) for name in "abc"}
    fit = _fit(Coded(Domain(tuple(codes), (21,) * 3, gaps=dict.fromkeys(codes, 20)), codes), 3.0, max_cells=300)
    joint = [m.clique for m in fit.measurements if len(m.clique) > 1]
    assert len(joint) == 2 and set().union(*joint) == fit.gaps.keys()
    first, *_, last = (m.stddev for m in fit.measurements if m.clique == ("a",))
    assert last < first, "more than the share that comes first"
    assert _together(fit, "a", "b") == pytest.approx(0.3, abs=0.02)


def test_only_what_is_missing_and_there_beyond_the_noise_of_the_screen_counts():
    """Of 1,000 rows 100 or 900 are missing: two such columns may be 360 rows from independent."""
    domain = Domain(("a", "b", "c", "d"), (3, 3, 3, 3), gaps={"a": 2, "b": 2, "c": 2})
    values = {"a": (800, 100, 100), "b": (50, 50, 900), "c": (900, 90, 10), "d": (400, 500, 100)}
    one_ways = [Measurement((name,), np.array(counts), 10.0) for name, counts in values.items()]
    assert clear_gaps(one_ways, domain, 360 / 8) == {"a (missing)": "a", "b (missing)": "b"}
    assert clear_gaps(one_ways, domain, 361 / 8) == {}
    assert clear_gaps([one_ways[0], *one_ways[2:]], domain, 360 / 8) == {}, "one alone is not missing together"


def test_pairs_of_gaps_weigh_what_their_columns_do():
    weights = {("a", "b"): 3, ("a", "c"): 1, ("b",): 5, ("a", "b", "c"): 2}
    assert gap_weights(weights, {"a?": "a", "b?": "b"}) == {("a?", "b?"): 3}


def _options(names: str, distance) -> list[Option]:
    return [Option(clique=pair, cells=4, weight=1, distance=float(distance(*pair))) for pair in combinations(names, 2)]


def _cliques(options: list[Option]) -> set[frozenset[str]]:
    return {frozenset(option.clique) for option in options}


def test_a_block_hangs_on_one_hub():
    """`abcd` are alike, `ef` are alike and somewhat like the others, `g` is like nobody."""

    def distance(one: str, other: str) -> float:
        blocks = [next(b for b in ("abcd", "ef", "g") if name in b) for name in (one, other)]
        return 100.0 if blocks[0] == blocks[1] else 0.0 if "g" in blocks else 30.0

    measured, later = around_hubs(_options("abcdefg", distance), least=10.0)
    found = _cliques(measured)
    assert len(found) == 5, "a spanning tree of all but g"
    hubs = next(pair for pair in found if len(pair & set("abcd")) == 1)
    assert all(pair & hubs for pair in found)
    assert _cliques(later) == {hubs}


def test_an_attribute_that_no_hub_stands_for_becomes_one():
    """A chain a - b - c - d: each is like its neighbours alone."""
    measured, _ = around_hubs(_options("abcd", lambda one, other: {1: 100, 2: 20, 3: 5}[ord(other) - ord(one)]), 10.0)
    assert _cliques(measured) == {frozenset("ab"), frozenset("bc"), frozenset("cd")}


def test_nothing_clear_is_nothing_to_measure():
    assert around_hubs([], 1.0) == ([], [])
    assert around_hubs(_options("abc", lambda one, other: 0.5), 1.0) == ([], [])


def test_options_are_divided_by_what_they_are_about():
    options = _options("abx", lambda one, other: 1.0)
    values, gaps = divided(options, {"x": "a", "a": "c"})
    assert [o.clique for o in values] == [("b", "x")]
    assert [o.clique for o in gaps] == [("a", "b"), ("a", "x")]
    assert (VALUE, GAP) == (0, 1)


def test_gaps_are_left_alone_where_the_screen_could_not_tell_them():
    """At epsilon 0.01 eight standard deviations of a distance are more than ten times the rows that there are."""
    assert _fit(gappy_table(), epsilon=0.01).gaps == {}
