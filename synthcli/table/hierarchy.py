"""Groups of categories, and groups of these: a public statement, like a list of categories."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Hierarchy:
    """`paths` has for each value: the value, its group, the group of that group …; all of the same length.

    Groups are named within the larger group that they lie in: two of one name in different ones are two.
    """

    paths: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        if not self.paths or len({len(path) for path in self.paths}) != 1 or len(self.paths[0]) < 2:
            raise ValueError("every value needs as many groups as the others, and at least one")
        if not all(name for path in self.paths for name in path):
            raise ValueError("a value or a group has no name")
        if len(set(self.values)) != len(self.paths):
            raise ValueError(f"{len(self.paths) - len(set(self.values)):,} value(s) have more than one place")

    @cached_property
    def values(self) -> tuple[str, ...]:
        """All values, in their order."""
        return tuple(path[0] for path in self.paths)

    def levels(self, values: Sequence[str]) -> NDArray[np.intp]:
        """The group of each value at every level from below, as numbers: shape levels × values.

        `KeyError` for an unknown value.
        """
        of_value = {path[0]: path for path in self.paths}
        tables = []
        for height in range(1, len(self.paths[0])):
            number: dict[tuple[str, ...], int] = {}
            tables.append([number.setdefault(of_value[value][height:], len(number)) for value in values])
        return np.array(tables, dtype=np.intp)
