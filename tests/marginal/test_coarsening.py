"""Merging codes that rules tell apart: split as far as needed, refused otherwise, and nothing possible is lost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.marginal import Domain, Merge, StructuralZeros
from synthcli.marginal.coarsening import apart, coarsened


def _merge(groups: np.ndarray) -> Merge:
    return Merge(groups, np.ones(len(groups)))


@given(
    st.lists(st.booleans(), min_size=6, max_size=6),
    st.lists(st.integers(0, 2), min_size=6, max_size=6),
    st.integers(0, 6),
)
def test_pieces_are_alike_and_lose_nothing(possible: list[bool], groups: list[int], scale: int) -> None:
    table = np.stack([np.array(possible), np.ones(6, dtype=bool)], axis=1)
    domain = Domain(("a", "b"), (6, 2), (scale, 0), (StructuralZeros(("a", "b"), table),))
    pieces = apart(domain, "a", np.unique(groups, return_inverse=True)[1])
    assert sorted(set(pieces)) == list(range(pieces.max() + 1))
    for piece in range(pieces.max() + 1):
        members = np.flatnonzero(pieces == piece)
        assert len({groups[m] for m in members}) == 1
        assert len({possible[m] for m in members}) == 1
        assert len({m < scale for m in members}) == 1
        assert members[0] >= scale or np.array_equal(members, np.arange(members[0], members[-1] + 1))
    coarse = coarsened(domain, {"a": _merge(pieces)})
    assert np.array_equal(coarse.zeros[0].possible[pieces], table)


def test_a_merge_of_codes_that_are_told_apart_is_refused() -> None:
    domain = Domain(("a",), (3,), (), (StructuralZeros(("a",), np.array([True, False, True])),))
    with pytest.raises(ValueError, match="tells apart"):
        coarsened(domain, {"a": _merge(np.array([0, 0, 1]))})
    assert coarsened(domain, {"a": _merge(np.array([0, 1, 0]))}).zeros[0].possible.tolist() == [True, False]


def test_gradual_zeros_take_any_run_of_the_scale() -> None:
    order = StructuralZeros(("a", "b"), np.triu(np.ones((4, 4), dtype=bool)), gradual=True)
    domain = Domain(("a", "b"), (4, 4), (4, 4), (order,))
    groups = apart(domain, "a", np.array([0, 1, 1, 0]))
    assert groups.tolist() == [0, 1, 1, 2]
    merged = coarsened(domain, {"a": _merge(groups), "b": _merge(groups)}).zeros[0].possible
    assert merged.tolist() == [[True, True, True], [False, True, True], [False, False, True]]
    without = Domain(("a", "b"), (4, 4), (), (order,))
    assert apart(without, "a", np.array([0, 1, 1, 0])).tolist() == [0, 1, 2, 3]


def test_attributes_without_zeros_are_left_alone() -> None:
    domain = Domain(("a",), (4,))
    assert apart(domain, "a", np.array([0, 1, 1, 0])).tolist() == [0, 1, 1, 0]


def test_the_mass_of_merged_cells_adds_up_and_odds_follow_it() -> None:
    mass = np.array([[4.0, 0.0, 2.0], [0.0, 1.0, 1.0]])
    zeros = StructuralZeros(("a", "b"), np.ones((2, 3), dtype=bool), True, mass)
    domain = Domain(("a", "b"), (2, 3), (2, 3), (zeros,))
    (coarse,) = coarsened(domain, {"b": _merge(np.array([0, 1, 1]))}).zeros
    assert coarse.mass is not None and coarse.mass.tolist() == [[4.0, 2.0], [0.0, 2.0]]
    odds = np.array([[4 / 3, 2 / 3], [1e-3, 2.0]])
    assert np.allclose(coarse.log_odds(), np.log(odds))


def test_there_are_no_odds_without_a_mass_and_none_in_a_product() -> None:
    possible = np.ones((2, 3, 2), dtype=bool)
    product = np.multiply.outer(np.outer([1.0, 3.0], [0.0, 5.0, 1.0]), [2.0, 7.0])
    for mass in (None, np.zeros(possible.shape), product):
        assert np.allclose(StructuralZeros(("a", "b", "c"), possible, True, mass).log_odds(), 0.0)
    with pytest.raises(ValueError, match="not negative"):
        StructuralZeros(("a",), np.array([True]), mass=np.array([-1.0]))
