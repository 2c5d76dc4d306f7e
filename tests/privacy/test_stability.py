"""Every transformation's stability map against random neighbouring tables: never exceeded, and reached.

`CASES` holds one entry for each public transformation; one that is missing fails the last test. All comparisons are
exact (integers and fractions), so that a map that is rounded the wrong way fails too. Nothing here is random but the
examples: there are no false alarms.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import opendp.prelude as dp
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from synthcli.marginal import Clique, Domain
from synthcli.privacy import transformations
from synthcli.privacy.comparison import Comparison
from synthcli.privacy.exact import ExactCounts, View
from synthcli.privacy.transformations import Candidate, distances, keyed, marginals, scores
from tests.privacy.random_tables import AsCoded, Table, cliques_of, domains, estimates, neighbours, views

Squares = tuple[Fraction, ...]
"""A distance, or each part of one, squared."""


@dataclass(frozen=True)
class Case:
    """A transformation under test.

    `draw` makes a query over a view; `squares` the squared distance of two answers in the output metric (one figure for
    each part of it); `farthest` yields (query, left, right) whose distances together reach the map for `rows` rows.
    """

    draw: Callable[[Any, View], dp.Transformation]
    squares: Callable[[Any, Any], Squares]
    farthest: Callable[[int], Iterator[tuple[dp.Transformation, Table, Table]]]


TWO = Domain(("a", "b"), (2, 3))
VIEW = View(AsCoded(TWO))


def _table(*rows: tuple[tuple[int, int], str]) -> Table:
    return Table(TWO, rows)


def _alike(rows: int) -> tuple[Table, Table]:
    """Nothing against `rows` equal rows."""
    return _table(), _table(*[((1, 2), "new")] * rows)


def _l2(one: Any, other: Any) -> Squares:
    return (Fraction(int(((np.asarray(one, np.int64) - np.asarray(other, np.int64)) ** 2).sum())),)


def _linf(one: Any, other: Any) -> Squares:
    return (Fraction(int(np.abs(np.asarray(one, np.int64) - np.asarray(other, np.int64)).max())) ** 2,)


def _keyed(one: dict[str, int], other: dict[str, int]) -> Squares:
    """(keys that differ, L2, largest difference), as the metric of thresholded counts has them."""
    moved = [abs(one.get(key, 0) - other.get(key, 0)) for key in {*one, *other}]
    changed = sum(m > 0 for m in moved)
    return Fraction(changed**2), Fraction(sum(m * m for m in moved)), Fraction(max(moved, default=0) ** 2)


def _draw_marginals(data: Any, view: View) -> dp.Transformation:
    return marginals(view, data.draw(cliques_of(view.domain)))


def _far_marginals(rows: int) -> Iterator[tuple[dp.Transformation, Table, Table]]:
    yield marginals(VIEW, [("a",), ("b",), ("a", "b"), ("a",)]), *_alike(rows)


def _draw_scores(data: Any, view: View) -> dp.Transformation:
    weight, penalty = st.integers(1, 9), st.floats(-9, 9)
    return scores(
        view,
        [
            Candidate(clique, data.draw(estimates(view, clique)), data.draw(weight), data.draw(penalty))
            for clique in data.draw(cliques_of(view.domain))
        ],
    )


def _far_scores(rows: int) -> Iterator[tuple[dp.Transformation, Table, Table]]:
    heavy, light = Candidate(("a",), np.zeros(2), 7, 3.0), Candidate(("a", "b"), np.zeros((2, 3)))
    yield scores(VIEW, [light, heavy]), *_alike(rows)


def _comparison(estimates: Mapping[Clique, np.ndarray]) -> Comparison:
    return Comparison(tuple(estimates), lambda cliques: {clique: estimates[clique] for clique in cliques})


def _draw_distances(data: Any, view: View) -> dp.Transformation:
    cliques = data.draw(cliques_of(view.domain))
    return distances(view, _comparison({clique: data.draw(estimates(view, clique)) for clique in cliques}))


def _far_distances(rows: int) -> Iterator[tuple[dp.Transformation, Table, Table]]:
    empty = {("a",): np.zeros(2), ("b",): np.zeros(3), ("a", "b"): np.zeros((2, 3))}
    yield distances(VIEW, _comparison(empty)), *_alike(rows)


def _far_keyed(rows: int) -> Iterator[tuple[dp.Transformation, Table, Table]]:
    """All rows on one key reach the L2 and the largest difference; each on its own the number of keys."""
    yield keyed("word"), *_alike(rows)
    yield keyed("word"), _table(), _table(*(((0, 0), f"new{i}") for i in range(rows)))


CASES = {
    "marginals": Case(_draw_marginals, _l2, _far_marginals),
    "scores": Case(_draw_scores, _linf, _far_scores),
    "distances": Case(_draw_distances, _l2, _far_distances),
    "keyed": Case(lambda data, view: keyed("word"), _keyed, _far_keyed),
}


def _parts(distance: Any) -> tuple[Fraction, ...]:
    return tuple(map(Fraction, distance if isinstance(distance, tuple) else (distance,)))


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_neighbours_lie_no_further_apart_than_the_map_says(name: str, data: Any) -> None:
    case, domain = CASES[name], data.draw(domains())
    query = case.draw(data, data.draw(views(domain)))
    pair = data.draw(neighbours(domain))
    squares = case.squares(query(ExactCounts(pair.left)), query(ExactCounts(pair.right)))
    for square, bound in zip(squares, _parts(query.map(pair.apart)), strict=True):
        assert square <= bound**2


@pytest.mark.parametrize("rows", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("name", CASES)
def test_the_map_is_reached(name: str, rows: int) -> None:
    """Up to the rounding of a square root: a map that is too large wastes budget."""
    case = CASES[name]
    found = [
        (case.squares(query(ExactCounts(left)), query(ExactCounts(right))), _parts(query.map(rows)))
        for query, left, right in case.farthest(rows)
    ]
    for part, bound in enumerate(found[0][1]):
        reached = max(squares[part] for squares, _ in found)
        assert bound**2 * (1 - Fraction(1, 2**48)) <= reached <= bound**2


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_the_order_of_the_rows_plays_no_part(name: str, data: Any) -> None:
    case, domain = CASES[name], data.draw(domains())
    query = case.draw(data, data.draw(views(domain)))
    table = data.draw(neighbours(domain)).left
    again = Table(domain, tuple(data.draw(st.permutations(table.rows))))
    assert not any(case.squares(query(ExactCounts(table)), query(ExactCounts(again))))


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_what_was_counted_before_plays_no_part(name: str, data: Any) -> None:
    """An answer derived from larger tables, or finer ones, is the answer of a fresh count."""
    case, domain = CASES[name], data.draw(domains())
    view = data.draw(views(domain))
    query, table = case.draw(data, view), data.draw(neighbours(domain)).left
    warm = ExactCounts(table)
    source: View | None = view
    while source is not None:
        if data.draw(st.booleans()):
            warm.prefetch(source, data.draw(cliques_of(source.domain)))
        source = source.finer
    assert not any(case.squares(query(ExactCounts(table)), query(warm)))


def test_views_are_merged_below_gaps_that_are_told() -> None:
    """As the sieve merges them; the code of the gap moves, since another one than the last is missing."""

    def moves(view: View) -> bool:
        finer = view.finer
        told = set(view.gaps.values())
        return finer is not None and any(finer.domain.gaps[a] != view.domain.gaps[a] for a in told & view.merges.keys())

    domain = Domain(("a", "b"), (4, 2), gaps={"a": 2})
    assert find(views(domain), moves).gaps == {"a?": "a"}


def test_every_transformation_is_tested() -> None:
    public = {
        name
        for name, thing in inspect.getmembers(transformations, inspect.isfunction)
        if not name.startswith("_") and inspect.signature(thing).return_annotation is dp.Transformation
    }
    assert public == set(CASES)
