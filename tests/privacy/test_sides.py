"""Two tables of the same units behind one filter: which one is asked, how far a unit moves it, what both cost."""

import numpy as np
import pytest

from synthcli.errors import BudgetRefused
from synthcli.privacy.budget import Budget
from synthcli.privacy.comparison import Comparison
from synthcli.privacy.curator import Candidate, Curator
from synthcli.privacy.exact import ExactCounts, Side, TableOfPersons, View
from synthcli.privacy.transformations import distances, keyed, marginals, scores
from tests.privacy.private_rows import Plain, Rows

CLIQUES = [("x",), ("y", "z")]
PERSONS, OF_ROWS = Side(persons=True), Side(rows_per_unit=3)
BUDGET = Budget.of(1.0, 1e-6, 1e-7)


def _table() -> TableOfPersons:
    return TableOfPersons(Rows([(0, 1, 1)] * 30, ["a"] * 30), Rows([(2, 3, 0)] * 10, ["b"] * 10))


def test_a_unit_moves_rows_by_the_bound_and_persons_by_one() -> None:
    compared = Comparison(tuple(CLIQUES), lambda cliques: {c: np.zeros(()) for c in cliques})
    candidates = [Candidate(("x",), np.zeros(3), 2)]
    for make in (
        lambda view: marginals(view, CLIQUES),
        lambda view: distances(view, compared),
        lambda view: scores(view, candidates),
    ):
        plain, of_rows, persons = (make(View(Plain(), side=side)) for side in (Side(), OF_ROWS, PERSONS))
        assert of_rows.map(1) == plain.map(3) and persons.map(1) == plain.map(1)
        assert of_rows.map(2) == plain.map(6), "two units"
    assert keyed("word", OF_ROWS).map(1) == (3, 3, 3) and keyed("word", PERSONS).map(2) == (2, 2, 2)


def test_each_side_answers_from_its_own_table() -> None:
    exact = ExactCounts(_table())
    rows, persons = (View(Plain(), side=side) for side in (OF_ROWS, PERSONS))
    assert exact.vector(rows, [("x",)]).tolist() == [30, 0, 0]
    assert exact.vector(persons, [("x",)]).tolist() == [0, 0, 10]
    assert exact.vector(persons.merged({}), [("x",)]).tolist() == [0, 0, 10], "a coarser view stays on its side"
    assert dict(exact.keyed("word", OF_ROWS)) == {"a": 30} and dict(exact.keyed("word", PERSONS)) == {"b": 10}
    with pytest.raises(ValueError, match="no persons"):
        ExactCounts(Rows([])).vector(persons, [("x",)])


def test_both_sides_spend_one_budget() -> None:
    curator = Curator(_table(), BUDGET, rows_per_unit=3)
    part = BUDGET.rho / 3
    one = curator.on(Plain()).measure(CLIQUES, part)
    other = curator.persons.on(Plain()).measure(CLIQUES, part)
    assert one[0].stddev == pytest.approx(3 * other[0].stddev)
    assert curator.spent == curator.persons.spent
    assert curator.spent[0] == pytest.approx(2 * part, rel=1e-9)
    curator.persons.keys("word", part / 2, 5e-8)
    assert curator.remaining_rho == pytest.approx(BUDGET.rho - 2.5 * part, rel=1e-6)
    with pytest.raises(BudgetRefused):
        curator.persons.on(Plain()).measure(CLIQUES, part)
    with pytest.raises(BudgetRefused):
        curator.on(Plain()).measure(CLIQUES, part / 9)


def test_sides_that_mean_nothing() -> None:
    for wrong in ({"rows_per_unit": 0}, {"rows_per_unit": 2, "persons": True}):
        with pytest.raises(ValueError, match="at least one row"):
            Side(**wrong)  # type: ignore[arg-type]
