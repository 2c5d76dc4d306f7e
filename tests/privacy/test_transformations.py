"""Neighbouring tables against the stability maps: the sensitivities that OpenDP is told are true."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.marginal import Merge
from synthcli.privacy.exact import ExactCounts, View
from synthcli.privacy.transformations import GRID, Candidate, keyed, marginals, scores
from tests.privacy.private_rows import DOMAIN, Plain, Rows, cliques, row

MERGES = {"y": Merge(np.array([0, 1, 1, 0]), np.ones(4))}


@st.composite
def neighbours(draw):
    """Two tables that differ by 0 to 3 rows added or removed; the number of those rows."""
    common = draw(st.lists(row, max_size=30))
    extra = draw(st.lists(row, max_size=3))
    words = draw(st.lists(st.sampled_from(["a", "b", "", "c\0d", "é"]), min_size=len(common), max_size=len(common)))
    more = draw(st.lists(st.sampled_from(["a", "b", "new", "newer"]), min_size=len(extra), max_size=len(extra)))
    pair = [Rows(common, words), Rows([*extra, *common], [*more, *words])]
    if draw(st.booleans()):
        pair.reverse()
    return *pair, len(extra)


@st.composite
def candidates(draw, view):
    some = draw(cliques)
    tables = [
        draw(
            st.lists(
                st.floats(-50, 50, allow_subnormal=False),
                min_size=view.domain.size(c),
                max_size=view.domain.size(c),
            )
        )
        for c in some
    ]
    return [
        Candidate(c, np.array(t).reshape(view.domain.project(c).shape), draw(st.integers(1, 9)), draw(st.floats(-9, 9)))
        for c, t in zip(some, tables, strict=True)
    ]


def _views():
    plain = View(Plain())
    return [plain, plain.merged(MERGES), plain.merged(MERGES).merged({"x": Merge(np.array([0, 0, 1]), np.ones(3))})]


@settings(max_examples=150, deadline=None)
@given(pair=neighbours(), some=cliques, which=st.integers(0, 2))
def test_marginals_move_no_further_than_their_map_says(pair, some, which):
    left, right, rows = pair
    query = marginals(_views()[which], some)
    one, other = (np.asarray(query(ExactCounts(t))).astype(np.int64) for t in (left, right))
    assert np.sqrt(((one - other) ** 2).sum()) <= (query.map(rows) if rows else 0)
    if rows == 1:
        assert ((one - other) ** 2).sum() == len(some), "the map is tight"


@settings(max_examples=150, deadline=None)
@given(pair=neighbours(), data=st.data(), which=st.integers(0, 2))
def test_scores_move_no_further_than_their_map_says(pair, data, which):
    left, right, rows = pair
    view = _views()[which]
    query = scores(view, data.draw(candidates(view)))
    one, other = (np.asarray(query(ExactCounts(t)), dtype=np.int64) for t in (left, right))
    assert np.abs(one - other).max() <= (query.map(rows) if rows else 0)


@settings(max_examples=100, deadline=None)
@given(pair=neighbours())
def test_keyed_counts_move_no_further_than_their_map_says(pair):
    left, right, rows = pair
    query = keyed("word")
    one, other = query(ExactCounts(left)), query(ExactCounts(right))
    moved = [abs(one.get(key, 0) - other.get(key, 0)) for key in {*one, *other}]
    l0, l2, linf = query.map(rows) if rows else (0, 0, 0)
    assert sum(m > 0 for m in moved) <= l0
    assert np.sqrt(sum(m * m for m in moved)) <= l2
    assert max(moved, default=0) <= linf


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(row, max_size=30), data=st.data())
def test_a_score_is_what_it_says(rows, data):
    view = View(Plain())
    asked = data.draw(candidates(view))
    got = np.asarray(scores(view, asked)(ExactCounts(Rows(rows))), dtype=np.float64) / GRID
    for candidate, score in zip(asked, got, strict=True):
        axes = [DOMAIN.attributes.index(a) for a in candidate.clique]
        exact = np.zeros(candidate.estimate.shape)
        for r in rows:
            exact[tuple(r[axis] for axis in axes)] += 1
        expected = candidate.weight * (np.abs(exact - candidate.estimate).sum() - candidate.penalty)
        assert abs(score - expected) <= candidate.weight * (exact.size + 1) / (2 * GRID) + 1e-9


def test_huge_estimates_neither_wrap_nor_crash():
    view = View(Plain())
    huge = Candidate(("x",), np.full(3, 2.0**52), 10**9, 0.0)
    none = Candidate(("x",), np.zeros(3), 10**9, 2.0**53)
    far, near = np.asarray(scores(view, [huge, none])(ExactCounts(Rows([(0, 0, 0)]))), dtype=np.int64)
    assert far == 2**61 and near == -(2**61)


@pytest.mark.parametrize("change", [{"weight": 0}, {"weight": -1}, {"weight": 1.5}, {"penalty": np.nan}])
def test_candidates_are_valid_by_construction(change):
    with pytest.raises(ValueError, match="candidate"):
        Candidate(**{"clique": ("x",), "estimate": np.zeros(3), "weight": 1, "penalty": 0.0, **change})


@pytest.mark.parametrize("cell", [np.nan, np.inf, 2.0**60])
def test_estimates_are_numbers_of_rows(cell):
    with pytest.raises(ValueError, match="candidate"):
        Candidate(("x",), np.array([0.0, 1.0, cell]))
