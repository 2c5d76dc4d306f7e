"""Numbers that never come twice: a keyed permutation, walked through one by one, without memory of what came before."""

import numpy as np
from numpy.typing import NDArray

_ROUNDS = 6


class Permutation:
    """A random permutation of 0 … size - 1 (at most 2^62), by a Feistel network and cycle walking.

    Black and Rogaway 2002, Ciphers with arbitrary finite domains, sections 3 and 4. It makes identifiers look random;
    it keeps no secret.
    """

    def __init__(self, size: int, rng: np.random.Generator) -> None:
        if not 1 <= size <= 1 << 62:
            raise ValueError("a permutation has between one and 2^62 elements")
        self.size = size
        self._half = np.uint64(max(1, ((size - 1).bit_length() + 1) // 2))
        self._mask = (np.uint64(1) << self._half) - np.uint64(1)
        self._keys = rng.integers(0, 2**64, size=_ROUNDS, dtype=np.uint64)

    def of(self, numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """Where these numbers go; each lies below `size`."""
        found = self._once(numbers)
        outside = np.flatnonzero(found >= self.size)
        while len(outside):
            found[outside] = self._once(found[outside])
            outside = outside[found[outside] >= self.size]
        return found

    def _once(self, numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
        left, right = numbers >> self._half, numbers & self._mask
        for key in self._keys:
            left, right = right, left ^ (_mixed(right ^ key) & self._mask)
        return (left << self._half) | right


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of SplitMix64 (Steele, Lea and Flood 2014, figure 13): every bit depends on every other."""
    out = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    out = (out ^ (out >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return out ^ (out >> np.uint64(31))
