"""The longest chain, against trying every choice."""

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from synthcli.audit.chain import longest_chain

GROUPS = st.lists(st.lists(st.integers(0, 6), max_size=3, unique=True), max_size=6)


def found_in(groups: list[list[int]]) -> list[int]:
    """The longest chain, the numbers given in some order."""
    pairs = [(place, number) for place, group in enumerate(groups) for number in group]
    shuffled = np.random.default_rng(0).permutation(np.array(pairs, dtype=np.int64).reshape(-1, 2))
    return longest_chain(shuffled[:, 0], shuffled[:, 1])


def is_chain(chain: list[int], groups: list[list[int]]) -> bool:
    """Whether its numbers come from different groups, in their order, and never fall."""
    rest = iter(groups)
    return chain == sorted(chain) and all(any(number in group for group in rest) for number in chain)


@given(GROUPS)
def test_no_choice_is_longer(groups) -> None:
    chain = found_in(groups)
    choices = ([number for number in picked if number is not None] for picked in product(*([None, *g] for g in groups)))
    assert is_chain(chain, groups)
    assert len(chain) == max(len(choice) for choice in choices if choice == sorted(choice))


def test_equal_numbers_follow_each_other_but_not_within_a_group() -> None:
    assert found_in([[3], [3], [1, 2, 3], [3]]) == [3, 3, 3, 3]
    assert found_in([[1, 2, 3]]) in ([1], [2], [3])
    assert found_in([]) == [] == found_in([[], []])


def test_a_long_order_is_found_again() -> None:
    noise = [list({number, (number * 7_919) % 10_007}) for number in range(3_000)]
    assert len(found_in(noise)) == 3_000
