"""Exact counts: right however they are come by, in as few passes as can be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.marginal import Merge
from synthcli.privacy.exact import ExactCounts, View
from tests.privacy.private_rows import Plain, Rows, cliques, row

GROUPS = {"x": np.array([1, 0, 1]), "y": np.array([0, 1, 1, 2])}
MERGES = {name: Merge(groups, np.ones(len(groups))) for name, groups in GROUPS.items()}


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(row, max_size=20), first=cliques, second=cliques, merged_first=st.booleans())
def test_every_way_to_a_table_gives_the_same_table(rows, first, second, merged_first):
    fine = View(Plain())
    coarse = fine.merged(MERGES)
    views = (coarse, fine) if merged_first else (fine, coarse)
    exact = ExactCounts(Rows(rows))
    exact.prefetch(views[0], first)
    for view in views:
        for clique in [*second, *first]:
            expected = np.zeros(view.domain.project(clique).shape, dtype=np.int64)
            for r in rows:
                codes = dict(zip("xyz", r, strict=True))
                if view is coarse:
                    codes = {a: GROUPS[a][c] if a in GROUPS else c for a, c in codes.items()}
                expected[tuple(codes[a] for a in clique)] += 1
            np.testing.assert_array_equal(exact.vector(view, [clique]), expected.ravel())


def test_one_pass_for_all_and_none_for_parts_and_merges():
    table = Rows([(0, 1, 1), (2, 3, 0)])
    exact, view = ExactCounts(table), View(Plain())
    exact.prefetch(view, [("x", "y"), ("y", "z"), ("x",)])
    assert table.passes == 1
    exact.vector(view, [("x",), ("y",), ("z",), ()])
    exact.vector(view.merged(MERGES), [("x", "y"), ("z",)])
    assert table.passes == 1
    exact.vector(view, [("x", "z")])
    assert table.passes == 2


def test_a_merge_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="does not fit"):
        View(Plain()).merged({"x": MERGES["y"]})


def test_a_table_that_counts_in_floats_is_refused():
    class Floats(Rows):
        def count(self, codec, cliques):
            return {c: t.astype(float) for c, t in super().count(codec, cliques).items()}

    with pytest.raises(ValueError, match="int64"):
        ExactCounts(Floats([(0, 0, 0)])).prefetch(View(Plain()), [("x",)])
