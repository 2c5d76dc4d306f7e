"""Neighbours that differ by one person of many rows: after bounding, no transformation moves further than K rows may.

The two tables get the same draws for the rows that they share (`test_bounding` shows that no more is needed). Exact
comparisons; nothing here is random but the examples.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.marginal import Domain
from synthcli.privacy import bounding
from synthcli.privacy.bounding import Bounding
from synthcli.privacy.exact import ExactCounts
from tests.privacy.random_tables import Table, domains, row_of, views
from tests.privacy.test_stability import CASES, _parts

Person = tuple[Any, ...]
"""A person's rows."""


def _bounded(domain: Domain, persons: Sequence[Person], order: Sequence[int], most: int) -> Table:
    """The table that is counted: rows in this order, each with a draw that depends on person and row alone."""
    rows = [(number, place, row) for number, person in enumerate(persons) for place, row in enumerate(person)]
    rows = [rows[i] for i in order if i < len(rows)]
    draws = np.array([hash((number, place)) & 0xFFFFFFFF for number, place, _ in rows], dtype=np.uint64)
    units = np.array([(number, 0) for number, _, _ in rows], dtype=np.uint64).reshape(-1, 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bounding, "_draw", lambda count: draws)
        found = Bounding(most)
        found.add(units)
        kept = found.finish().kept
    return Table(domain, tuple(rows[i][2] for i in kept))


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=80, deadline=None)
@given(most=st.integers(1, 4), data=st.data())
def test_a_person_of_many_rows_moves_no_answer_further_than_the_bound_allows(name: str, most: int, data: Any) -> None:
    case, domain = CASES[name], data.draw(domains())
    row = row_of(domain)
    others = data.draw(st.lists(st.lists(row, min_size=1, max_size=5).map(tuple), max_size=5))
    person = tuple(data.draw(st.lists(row, min_size=1, max_size=12)))
    order = data.draw(st.permutations(range(sum(map(len, [*others, person])))))
    query = case.draw(data, data.draw(views(domain)))
    without = _bounded(domain, others, order, most)
    beside = _bounded(domain, [*others, person], order, most)
    squares = case.squares(query(ExactCounts(without)), query(ExactCounts(beside)))
    for square, bound in zip(squares, _parts(query.map(most)), strict=True):
        assert square <= bound**2


@pytest.mark.parametrize("most", [1, 3, 20])
@pytest.mark.parametrize("name", CASES)
def test_a_person_of_many_rows_reaches_the_bound(name: str, most: int) -> None:
    """Twice as many rows as are counted: the distance is that of `most` rows, up to the rounding of a square root."""
    case = CASES[name]
    found = []
    for query, left, right in case.farthest(2 * most):
        order = range(2 * most)
        without, beside = _bounded(left.domain, [], order, most), _bounded(right.domain, [right.rows], order, most)
        squares = case.squares(query(ExactCounts(without)), query(ExactCounts(beside)))
        found.append((squares, _parts(query.map(most))))
    for part, bound in enumerate(found[0][1]):
        reached = max(squares[part] for squares, _ in found)
        assert bound**2 * (1 - Fraction(1, 2**48)) <= reached <= bound**2


def test_without_the_bound_the_map_would_be_broken() -> None:
    """The tests above can fail: all ten rows of a person are further away than the map for three rows says."""
    query, left, right = next(CASES["marginals"].farthest(10))
    (square,) = CASES["marginals"].squares(query(ExactCounts(left)), query(ExactCounts(right)))
    assert square > _parts(query.map(3))[0] ** 2
