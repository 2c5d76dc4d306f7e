"""The longest chain through sets of numbers: at most one of each set, in the order of the sets, never falling."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence


def longest_chain(groups: Sequence[Iterable[int]]) -> list[int]:
    """The numbers of a longest non-decreasing chain with at most one number of each group.

    Patience sorting (Fredman 1975, for sequences): a group's numbers go in from the largest, so that none of them can
    follow another. O(m log m) for m numbers.
    """
    ends: list[int] = []
    places: list[int] = []
    numbers: list[int] = []
    before: list[int] = []
    for group in groups:
        found = [(bisect_right(ends, number), number) for number in sorted(set(group), reverse=True)]
        for length, number in found:
            numbers.append(number)
            before.append(places[length - 1] if length else -1)
            if length == len(ends):
                ends.append(number)
                places.append(len(numbers) - 1)
            elif number < ends[length]:
                ends[length], places[length] = number, len(numbers) - 1
    return _walk(numbers, before, places[-1] if places else -1)


def _walk(numbers: Sequence[int], before: Sequence[int], last: int) -> list[int]:
    """The chain that ends at the last one, from its beginning."""
    chain: list[int] = []
    while last >= 0:
        chain.append(numbers[last])
        last = before[last]
    return chain[::-1]
