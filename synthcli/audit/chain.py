"""The longest chain through sets of numbers: at most one of each set, in the order of the sets, never falling."""

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def longest_chain(groups: NDArray[np.integer], numbers: NDArray[np.integer]) -> list[int]:
    """The numbers of a longest non-decreasing chain with at most one number of each group, groups in rising order.

    Patience sorting (Fredman 1975, for sequences) of all numbers, a group's from the largest to the smallest, so that
    none of them can follow another. O(m log m) for m numbers, given in any order; each group holds a number once.
    """
    sequence = numbers[np.lexsort((-numbers, groups))].tolist()
    ends: list[int] = []
    places: list[int] = []
    before: list[int] = []
    for place, number in enumerate(sequence):
        length = bisect_right(ends, number)
        before.append(places[length - 1] if length else -1)
        if length == len(ends):
            ends.append(number)
            places.append(place)
        else:
            ends[length], places[length] = number, place
    return _walk(sequence, before, places[-1] if places else -1)


def _walk(numbers: Sequence[int], before: Sequence[int], last: int) -> list[int]:
    """The chain that ends at the last one, from its beginning."""
    chain: list[int] = []
    while last >= 0:
        chain.append(numbers[last])
        last = before[last]
    return chain[::-1]
