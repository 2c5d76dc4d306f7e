"""Attributes that say whether there is a value: their names, their place in a domain, what ties them to others."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.marginal import Domain, Merge
from synthcli.marginal.coarsening import apart, coarsened
from synthcli.marginal.gaps import in_two, named, two_codes, with_gaps

DOMAIN = Domain(("a", "b", "b (missing)"), (3, 4, 2), ordinal=(2, 3, 0), gaps={"a": 2, "b": 3})


def test_a_name_that_is_taken_gets_a_star():
    assert named(["a", "b"], DOMAIN) == {"a (missing)": "a", "b (missing)*": "b"}


def test_they_stand_behind_the_others_and_are_told_by_them():
    wider = with_gaps(DOMAIN, {"gap": "b"})
    assert (wider.attributes, wider.shape) == (("a", "b", "b (missing)", "gap"), (3, 4, 2, 2))
    assert wider.ordinal == (2, 3, 0, 0)
    assert wider.gaps == DOMAIN.gaps
    (zeros,) = wider.zeros
    assert zeros.clique == ("b", "gap")
    assert zeros.possible.tolist() == [[True, False]] * 3 + [[False, True]]
    assert with_gaps(DOMAIN, {}) is DOMAIN


def test_a_missing_value_is_not_merged_with_others_then():
    groups = np.array([0, 1, 1, 1])
    plain = Domain(("b",), (4,), gaps={"b": 3})
    assert apart(plain, "b", groups).tolist() == [0, 1, 1, 1]
    told = apart(with_gaps(plain, {"gap": "b"}), "b", groups)
    assert told[1] == told[2] and len(set(told.tolist())) == 3


def test_a_coarser_domain_knows_its_gaps_while_they_are_alone():
    kept = coarsened(DOMAIN, {"b": Merge(np.array([0, 0, 0, 1]), np.ones(4))})
    assert kept.gaps == {"a": 2, "b": 1}
    assert coarsened(DOMAIN, {"b": Merge(np.array([0, 1, 1, 1]), np.ones(4))}).gaps == {"a": 2}


def test_a_gap_is_one_of_the_codes():
    with pytest.raises(ValueError, match="missing value"):
        Domain(("a",), (3,), gaps={"a": 3})


@given(size=st.integers(2, 5), axis=st.integers(0, 1), data=st.data())
def test_two_codes_are_what_their_codes_sum_up_to(size, axis, data):
    gap = data.draw(st.integers(0, size - 1))
    table = np.arange(size * size).reshape(size, size)
    summed = in_two(table, two_codes(size, gap), axis)
    assert summed.shape[axis] == 2
    np.testing.assert_array_equal(summed.take(1, axis), table.take(gap, axis))
    np.testing.assert_array_equal(summed.sum(axis), table.sum(axis))
