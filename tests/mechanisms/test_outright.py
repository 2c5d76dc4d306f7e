"""What is measured without a choice: which tables, their weights, and where noise or number forbid it."""

from itertools import combinations
from math import pi, sqrt

import pytest

from synthcli.marginal import Domain
from synthcli.mechanisms.batch import NOISE_LEFT
from synthcli.mechanisms.outright import outright

DOMAIN = Domain(tuple("abcde"), (2, 3, 4, 5, 6))
PAIRS = dict.fromkeys(combinations("abcde", 2), 1)


def _weights(weights, columns=DOMAIN, little=0.01, rho=1.0, total=1e6):
    return {o.clique: o.weight for o in outright(columns, weights, rho=rho, total=total, little=little)}


def test_all_triples_of_wanted_pairs():
    assert _weights(PAIRS) == dict.fromkeys(combinations("abcde", 3), 3)


def test_a_triple_weighs_what_its_pairs_do_and_what_it_is_wanted_for():
    found = _weights({**PAIRS, ("a", "b"): 5, ("c", "d", "e"): 2})
    assert found[("a", "b", "c")] == 7
    assert found[("c", "d", "e")] == 5
    assert found[("a", "c", "d")] == 3


def test_pairs_without_a_triple_stand_alone():
    weights = {("a", "b"): 1, ("b", "c"): 1, ("a", "c"): 1, ("c", "d"): 4}
    assert _weights(weights) == {("a", "b", "c"): 3, ("c", "d"): 4}
    assert _weights({("a", "b"): 1, ("b", "c"): 1}) == {("a", "b"): 1, ("b", "c"): 1}


def test_what_is_no_column_has_no_part_in_it():
    assert _weights({**PAIRS, ("a?", "b?"): 1}) == _weights(PAIRS)
    assert _weights({("a?", "b?"): 1}) == {}


def test_noise_decides():
    """One pair of 20 cells: an error of 0.6 times 20 times the mean of a normal's size, in rows; of 1,000 rows."""
    sigma = 1 / sqrt(2 * 0.5)
    left = NOISE_LEFT * 20 * sigma * sqrt(2 / pi) / (2 * 1000)
    pair = {("c", "d"): 3}
    assert _weights(pair, rho=0.5, total=1000, little=left * 1.001) == pair
    assert _weights(pair, rho=0.5, total=1000, little=left * 0.999) == {}
    assert _weights(PAIRS, rho=1e-6) == {}


@pytest.mark.parametrize(("columns", "tables"), [(11, 165), (12, 0)])
def test_no_more_than_eleven_columns(columns, tables):
    names = tuple("abcdefghijkl"[:columns])
    found = _weights(dict.fromkeys(combinations(names, 2), 1), Domain(names, (2,) * columns), total=1e9)
    assert len(found) == tables
