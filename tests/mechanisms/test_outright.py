"""What is measured without a choice: which tables, their shares, and where noise or number forbid it."""

from itertools import combinations
from math import pi, sqrt

import pytest

from synthcli.marginal import Domain
from synthcli.mechanisms.batch import NOISE_LEFT
from synthcli.mechanisms.outright import OF_PAIRS, outright

DOMAIN = Domain(tuple("abcde"), (2, 3, 4, 5, 6))
PAIRS = dict.fromkeys(combinations("abcde", 2), 1)
TRIPLES = set(combinations("abcde", 3))


def _shares(weights, columns=DOMAIN, little=0.01, rho=1.0, units=1, total=1e6):
    groups = outright(columns, weights, rho=rho, units=units, total=total, little=little)
    assert all(len(cliques) == 1 for cliques, _ in groups)
    return {cliques[0]: share for cliques, share in groups}


def test_all_triples_of_wanted_pairs_and_the_pairs_with_an_eighth():
    found = _shares(PAIRS, rho=0.7)
    assert found.keys() == TRIPLES | PAIRS.keys()
    assert sum(found.values()) == pytest.approx(0.7) and sum(found.values()) <= 0.7
    assert sum(found[p] for p in PAIRS) == pytest.approx(0.7 * OF_PAIRS)


def test_shares_go_by_cells_and_by_what_tables_are_wanted_for():
    plain = _shares(PAIRS)
    assert plain[("c", "d", "e")] / plain[("a", "b", "c")] == pytest.approx((120 / 24) ** (2 / 3))
    found = _shares({**PAIRS, ("a", "b"): 5, ("c", "d", "e"): 2})
    assert found[("c", "d", "e")] / found[("a", "b", "c")] == pytest.approx((5 * 120 / (7 * 24)) ** (2 / 3))
    assert found[("a", "b")] / found[("a", "c")] == pytest.approx((5 * 6 / 8) ** (2 / 3))


def test_pairs_without_a_triple_count_as_triples_do():
    weights = {("a", "b"): 1, ("b", "c"): 1, ("a", "c"): 1, ("c", "d"): 4}
    found = _shares(weights)
    assert found.keys() == {*weights, ("a", "b", "c")}
    assert found[("c", "d")] / found[("a", "b", "c")] == pytest.approx((4 * 20 / (3 * 24)) ** (2 / 3))
    alone = _shares({("a", "b"): 1, ("b", "c"): 1})
    assert sum(alone.values()) == pytest.approx(1.0), "no pair is in a triple: nothing is held back"


def test_what_is_no_column_has_no_part_in_it():
    assert _shares({**PAIRS, ("a?", "b?"): 1}) == _shares(PAIRS)
    assert _shares({("a?", "b?"): 1}) == {}


def test_noise_decides():
    """One pair of 20 cells: an error of 0.6 times 20 times the mean of a normal's size, in rows; of 1,000 rows."""
    left = NOISE_LEFT * 20 * sqrt(2 / pi) / (2 * 1000)
    pair = {("c", "d"): 3}
    assert _shares(pair, rho=0.5, total=1000, little=left * 1.001).keys() == pair.keys()
    assert _shares(pair, rho=0.5, total=1000, little=left * 0.999) == {}
    assert _shares(pair, rho=0.5, units=3, total=1000, little=left * 2.999) == {}
    assert _shares(pair, rho=0.5, units=3, total=1000, little=left * 3.001).keys() == pair.keys()
    assert _shares(PAIRS, rho=1e-6) == {}


@pytest.mark.parametrize(("columns", "triples"), [(11, 165), (12, 0)])
def test_no_more_than_eleven_columns(columns, triples):
    names = tuple("abcdefghijkl"[:columns])
    found = _shares(dict.fromkeys(combinations(names, 2), 1), Domain(names, (2,) * columns), total=1e9)
    assert sum(len(clique) == 3 for clique in found) == triples
