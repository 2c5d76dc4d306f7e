"""Attributes and how many codes each has."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import prod

import numpy as np
from numpy.typing import NDArray

from synthcli.marginal.zeros import StructuralZeros

Clique = tuple[str, ...]
"""Attribute names in the order of the domain."""


@dataclass(frozen=True)
class Domain:
    """Named finite attributes; attribute i takes the codes 0 … shape[i] - 1.

    The first `ordinal[i]` codes of attribute i lie on a scale, so that neighbours are alike (by default none do).
    No row lies in the cells that `zeros` declare impossible. `levels` has, for attributes with a hierarchy, each code's
    group at every level from below (shape levels × codes; -1: in none). `gaps` has the code of a missing value, for
    attributes that have one. Domains that differ in nothing else are equal.
    """

    attributes: tuple[str, ...]
    shape: tuple[int, ...]
    ordinal: tuple[int, ...] = field(default=(), compare=False)
    zeros: tuple[StructuralZeros, ...] = field(default=(), compare=False)
    levels: Mapping[str, NDArray[np.intp]] = field(default_factory=dict, compare=False)
    gaps: Mapping[str, int] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        if len(self.attributes) != len(self.shape):
            raise ValueError("a domain needs one size for each attribute")
        if len(set(self.attributes)) != len(self.attributes):
            raise ValueError("a domain names an attribute twice")
        if any(size < 1 for size in self.shape):
            raise ValueError("an attribute has no codes")
        if self.ordinal and (len(self.ordinal) != len(self.shape) or any(map(int.__gt__, self.ordinal, self.shape))):
            raise ValueError("a scale has more codes than its attribute")
        if any(table.ndim != 2 or table.shape[1] != self.card(a) for a, table in self.levels.items()):
            raise ValueError("a hierarchy needs a group for each code")
        if any(not 0 <= code < self.card(a) for a, code in self.gaps.items()):
            raise ValueError("the code of a missing value is not among the codes")
        for zeros in self.zeros:
            if self.clique(zeros.clique) != zeros.clique or self.project(zeros.clique).shape != zeros.possible.shape:
                raise ValueError("structural zeros do not fit the domain")

    @cached_property
    def places(self) -> dict[str, int]:
        """The position of each attribute."""
        return {attribute: i for i, attribute in enumerate(self.attributes)}

    def __contains__(self, attribute: object) -> bool:
        return attribute in self.places

    def __len__(self) -> int:
        return len(self.attributes)

    def card(self, attribute: str) -> int:
        """How many codes the attribute has."""
        return self.shape[self.places[attribute]]

    def scale(self, attribute: str) -> int:
        """How many of the attribute's first codes lie on a scale."""
        return self.ordinal[self.places[attribute]] if self.ordinal else 0

    def clique(self, attributes: Iterable[str]) -> Clique:
        """The attributes without repeats, in the order of this domain; `KeyError` for an unknown one."""
        wanted = set(attributes)
        unknown = [attribute for attribute in wanted if attribute not in self.places]
        if unknown:
            raise KeyError(f"not in the domain: {', '.join(sorted(unknown))}")
        return tuple(sorted(wanted, key=self.places.__getitem__))

    def project(self, clique: Iterable[str]) -> "Domain":
        """The sub-domain of a clique, in this domain's order."""
        names = self.clique(clique)
        return Domain(names, tuple(self.card(a) for a in names))

    def shape_of(self, clique: Clique) -> tuple[int, ...]:
        """The shape of a clique's table."""
        return tuple(self.shape[self.places[attribute]] for attribute in clique)

    def size(self, clique: Iterable[str] | None = None) -> int:
        """The number of cells of a clique's table (of the whole domain by default); an exact Python integer."""
        return prod(self.shape if clique is None else map(self.card, set(clique)))
