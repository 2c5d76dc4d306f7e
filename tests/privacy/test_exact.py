"""Exact counts: right however they are come by, in as few passes as can be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.marginal import Domain, Merge
from synthcli.marginal.tabulate import groups
from synthcli.privacy.comparison import Comparison
from synthcli.privacy.exact import ExactCounts, View
from tests.privacy.private_rows import DOMAIN, Plain, Rows, cliques, row
from tests.privacy.random_tables import AsCoded, Table

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


WITH_GAPS = {"x?": "x", "y?": "y"}
ALONE = {"y": Merge(np.array([0, 1, 1, 2]), np.ones(4))}


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(row, max_size=20),
    first=st.lists(st.sets(st.sampled_from(["x", "y", "z", "x?", "y?"]), max_size=3), max_size=5),
    second=st.lists(st.sets(st.sampled_from(["x", "y", "z", "x?", "y?"]), max_size=3), min_size=1, max_size=5),
    coarse=st.booleans(),
)
def test_tables_of_gaps_are_those_of_the_rows(rows, first, second, coarse):
    """Counted, or summed up from tables of the attributes that they are about; 0 of `x` and 3 of `y` are missing."""
    domain = Domain(("x", "y", "z"), DOMAIN.shape, gaps={"x": 0, "y": 3})
    view = View(AsCoded(domain)).with_gaps(WITH_GAPS)
    view = view.merged(ALONE) if coarse else view
    exact = ExactCounts(Table(domain, tuple((codes, "a") for codes in rows)))
    exact.prefetch(view, [view.domain.clique(names) for names in first])
    for clique in [view.domain.clique(names) for names in [*second, *first]]:
        expected = np.zeros(view.domain.shape_of(clique), dtype=np.int64)
        for x, y, z in rows:
            codes = {"x": x, "y": ALONE["y"].groups[y] if coarse else y, "z": z, "x?": int(x == 0), "y?": int(y == 3)}
            expected[tuple(codes[a] for a in clique)] += 1
        np.testing.assert_array_equal(exact.vector(view, [clique]), expected.ravel())


def test_who_is_missing_together_is_summed_up_from_a_pair_that_is_counted_anyway():
    class Watched(Table):
        asked: list[tuple[str, ...]] = []  # noqa: RUF012 - of the class, since tables are frozen

        def count(self, codec, cliques):
            self.asked.extend(cliques)
            return super().count(codec, cliques)

    domain = Domain(("x", "y", "z"), DOMAIN.shape, gaps={"x": 0, "y": 3})
    table = Watched(domain, (((0, 3, 1), "a"), ((1, 3, 0), "a")))
    exact, view = ExactCounts(table), View(AsCoded(domain)).with_gaps(WITH_GAPS)
    exact.prefetch(view, [("x?", "y?"), ("x", "y")])
    assert exact.vector(view, [("x?", "y?")]).tolist() == [0, 1, 0, 1]
    assert table.asked == [("x", "y")]


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(row, max_size=20), some=cliques, most=st.sampled_from([1, 5, 12, 10_000]), seed=st.integers(0, 9))
def test_distances_are_the_same_in_any_groups(rows, some, most, seed):
    """In grid units, worked out by hand in Python's integers; estimates are asked for a group at a time."""
    rng, asked = np.random.default_rng(seed), []
    tables = {clique: rng.normal(0, 9, DOMAIN.shape_of(clique)) for clique in some}

    def estimate(part):
        asked.append(sum(DOMAIN.size(clique) for clique in part))
        return {clique: tables[clique] for clique in part}

    exact, view, comparison = ExactCounts(Rows(rows)), View(Plain()), Comparison(tuple(some), estimate)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("synthcli.privacy.exact.MOST_CELLS", most)
        found = [exact.distances(view, comparison).tolist() for _ in range(2)]
    expected = []
    for clique in some:
        cells = {place: round(16 * float(cell)) for place, cell in np.ndenumerate(tables[clique])}
        for r in rows:
            cells[tuple(dict(zip("xyz", r, strict=True))[a] for a in clique)] -= 16
        expected.append(sum(abs(cell) for cell in cells.values()))
    assert found == [expected, expected]
    assert sum(asked) == sum(DOMAIN.size(clique) for clique in some), "once, and not again"
    if most < 12:
        assert len(asked) == len(groups(DOMAIN, some, most))


def test_a_comparison_in_groups_keeps_no_tables(monkeypatch):
    monkeypatch.setattr("synthcli.privacy.exact.MOST_CELLS", 50_000)
    wide, passes = Domain(("a", "b", "c"), (200, 200, 200)), []

    class Counting(Table):
        def count(self, codec, cliques):
            passes.append(len(cliques))
            return super().count(codec, cliques)

    exact, view = ExactCounts(Counting(wide, (((0, 1, 199), ""), ((2, 3, 0), "")))), View(AsCoded(wide))
    pairs = (("a", "b"), ("a", "c"), ("b", "c"))
    zeros = Comparison(pairs, lambda part: {clique: np.zeros((200, 200)) for clique in part})
    assert exact.distances(view, zeros).tolist() == [32, 32, 32]
    assert passes == [1, 1, 1]
    exact.prefetch(view, [("a", "b")])
    assert passes == [1, 1, 1, 1]


def test_a_merge_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="does not fit"):
        View(Plain()).merged({"x": MERGES["y"]})


def test_a_table_that_counts_in_floats_is_refused():
    class Floats(Rows):
        def count(self, codec, cliques):
            return {c: t.astype(float) for c, t in super().count(codec, cliques).items()}

    with pytest.raises(ValueError, match="int64"):
        ExactCounts(Floats([(0, 0, 0)])).prefetch(View(Plain()), [("x",)])
