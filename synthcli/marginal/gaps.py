"""Attributes of two codes that say whether a row has a value of another one: cheap to cross with each other."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from synthcli.marginal.domain import Domain
from synthcli.marginal.tabulate import Table
from synthcli.marginal.zeros import StructuralZeros

VALUE, GAP = 0, 1
"""The codes: there is a value, there is none."""

Gaps = Mapping[str, str]
"""The name of each attribute of two codes, and of the attribute that it is about."""


def named(attributes: Iterable[str], domain: Domain) -> dict[str, str]:
    """Names, which the domain has not, for what says whether rows have these attributes."""
    names: dict[str, str] = {}
    for attribute in attributes:
        name = f"{attribute} (missing)"
        while name in domain or name in names:
            name += "*"
        names[name] = attribute
    return names


def two_codes(size: int, gap: int) -> NDArray[np.intp]:
    """`VALUE` or `GAP` for each code of an attribute whose code for a missing value is `gap`."""
    return np.where(np.arange(size) == gap, GAP, VALUE).astype(np.intp)


def in_two(table: Table, codes: NDArray[np.intp], axis: int) -> Table:
    """The table with one axis summed up to its two codes."""
    front = np.moveaxis(table, axis, 0)
    halves = np.stack([front[codes == code].sum(axis=0) for code in (VALUE, GAP)])
    return np.moveaxis(halves, 0, axis)


def with_gaps(domain: Domain, gaps: Gaps) -> Domain:
    """The domain with these attributes behind its own, and as zeros what they have to do with each other."""
    if not gaps:
        return domain
    return Domain(
        (*domain.attributes, *gaps),
        (*domain.shape, *(2 for _ in gaps)),
        ordinal=(*domain.ordinal, *(0 for _ in gaps)) if domain.ordinal else (),
        zeros=(*domain.zeros, *gap_zeros(domain, gaps)),
        levels=domain.levels,
        gaps=domain.gaps,
    )


def gap_zeros(domain: Domain, gaps: Gaps) -> tuple[StructuralZeros, ...]:
    """A row with a value has no gap, and one with a gap no value."""
    return tuple(
        StructuralZeros((of, name), two_codes(domain.card(of), domain.gaps[of])[:, None] == np.array([VALUE, GAP]))
        for name, of in gaps.items()
    )
