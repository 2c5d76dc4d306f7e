"""The kernel: codes in, exact integer tables out. Every engine runs it, and sums what it returns.

A block of rows costs about 1.3 ns for each table that is counted (numpy.bincount, one core). So few tables are counted:
attributes are packed together (mixed radix, up to 320 codes), two packs are counted in one go, and the pairs of
attributes inside are summed out of it. All pairs of 100 columns of 16 codes take 1,225 tables instead of 4,950.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, groupby
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthcli.marginal.cells import cell_numbers
from synthcli.marginal.domain import Clique, Domain

Codes = Mapping[str, NDArray[np.unsignedinteger[Any]]]
"""One code array per attribute, all of the same length: a block of rows."""

Table = NDArray[Any]
"""A contingency table: one axis per attribute of its clique."""

_PACK = 320
"""The most codes that attributes packed together have: the table of two packs stays in a core's cache."""

_BLOCK = 1 << 18
"""The number of rows for which it is weighed whether packing pays: emptying and adding a cell costs half a row."""


def tabulate(codes: Codes, domain: Domain, cliques: Sequence[Clique]) -> dict[Clique, NDArray[np.int64]]:
    """Count the rows of a block in every cell of every clique.

    Returns int64 tables with one axis per attribute, in the order of the domain. Codes must lie inside the domain;
    `ValueError` otherwise (a code outside would silently count as another cell).
    """
    tally = Tally(domain, cliques)
    tally.add(codes)
    return tally.tables()


def groups(domain: Domain, cliques: Sequence[Clique], most: int) -> list[tuple[Clique, ...]]:
    """The cliques in groups of at most `most` cells (a single joint table's cliques may have more).

    Cliques that are found in the same joint table stay together, so that counting one group after the other costs
    little more than counting all together. One group, in the given order, if that will do.
    """
    if sum(domain.size(clique) for clique in cliques) <= most:
        return [tuple(cliques)]
    pack_of = {a: i for i, pack in enumerate(_packs(domain, domain.clique(chain(*cliques)))) for a in pack}

    def packs(clique: Clique) -> list[int]:
        return sorted({pack_of[a] for a in clique})

    found: list[list[Clique]] = []
    held = 0
    for _, together in groupby(sorted(cliques, key=packs), key=packs):
        joint = list(together)
        cells = sum(domain.size(clique) for clique in joint)
        if found and held + cells <= most:
            found[-1] += joint
            held += cells
        else:
            found.append(joint)
            held = cells
    return [tuple(group) for group in found]


class Tally:
    """Counts of these cliques over any number of blocks: cheaper than summing the tables of each."""

    def __init__(self, domain: Domain, cliques: Iterable[Clique]) -> None:
        self._domain = domain
        self._cliques = tuple(dict.fromkeys(cliques))
        self._plan = _plan(domain, self._cliques)
        self._found: dict[Clique, NDArray[np.int64]] = {}
        self._rows = 0

    def add(self, codes: Codes) -> None:
        """Count a block; `ValueError` for a code outside the domain."""
        for attribute in self._plan.attributes:
            column = codes[attribute]
            if len(column) and not 0 <= int(column.min()) <= int(column.max()) < self._domain.card(attribute):
                raise ValueError(f"a code of attribute {attribute!r} lies outside its domain")
        self._rows += len(next(iter(codes.values()))) if codes else 0
        sizes = {pack: self._domain.size(pack) for pack in self._plan.packs}
        packed = {pack: cell_numbers([codes[a] for a in pack], self._cards(pack)) for pack in sizes}
        for joint in self._plan.joints:
            shape = [sizes[pack] for pack in joint.packs]
            cells = cell_numbers([packed[pack] for pack in joint.packs], shape)
            self._sum_out(joint, np.bincount(cells, minlength=prod(shape)))

    def _cards(self, attributes: Clique) -> list[int]:
        return [self._domain.card(a) for a in attributes]

    def _sum_out(self, joint: "_Joint", counts: NDArray[np.int64]) -> None:
        """Add a joint table's marginals to those found so far; the first pack is summed over once for many."""
        first = joint.packs[0]
        rest = tuple(a for pack in joint.packs[1:] for a in pack)
        wide = counts.reshape([*self._cards(first), -1])
        for inside, cliques in joint.cliques.items():
            narrow = _summed(wide, first, inside).reshape([*self._cards(inside), *self._cards(rest)])
            for clique in cliques:
                table = _summed(narrow, (*inside, *rest), clique)
                if clique in self._found:
                    self._found[clique] += table
                else:
                    self._found[clique] = table.astype(np.int64)

    def tables(self) -> dict[Clique, NDArray[np.int64]]:
        """The table of every clique."""
        return {clique: self._table(clique) for clique in self._cliques}

    def _table(self, clique: Clique) -> NDArray[np.int64]:
        if not clique:
            return np.array(self._rows, dtype=np.int64)
        ordered, held = self._domain.clique(clique), self._plan.held_as[clique]
        if held not in self._found:
            return np.zeros(self._cards(ordered), dtype=np.int64)
        return np.ascontiguousarray(self._found[held].transpose([held.index(a) for a in ordered]))


@dataclass(frozen=True, kw_only=True)
class _Joint:
    """One table to count, fused from packs of attributes, and the cliques found in it: by their part of the first pack.

    Cliques name their attributes in the order in which the packs do.
    """

    packs: tuple[Clique, ...]
    cliques: Mapping[Clique, tuple[Clique, ...]]


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """What is counted. `held_as` is each clique in the order of its joint table's attributes."""

    attributes: tuple[str, ...]
    packs: tuple[Clique, ...]
    joints: tuple[_Joint, ...]
    held_as: Mapping[Clique, Clique]


@lru_cache(maxsize=16)
def _plan(domain: Domain, cliques: tuple[Clique, ...]) -> _Plan:
    attributes = domain.clique(a for clique in cliques for a in clique)
    pack_of = {a: pack for pack in _packs(domain, attributes) for a in pack}
    wanted: dict[tuple[Clique, ...], list[Clique]] = {}
    for clique in cliques:
        if clique:
            wanted.setdefault(tuple(sorted({pack_of[a] for a in clique})), []).append(clique)
    chosen: dict[tuple[Clique, ...], list[Clique]] = {}
    for packs, inside in _absorbed(wanted).items():
        if len(packs) <= 2 and _cost(domain, [tuple(a for pack in packs for a in pack)]) <= _cost(domain, inside):
            chosen[packs] = inside
        else:
            for clique in inside:
                chosen.setdefault(tuple((a,) for a in domain.clique(clique)), []).append(clique)
    ordered = {
        packs: {c: tuple(a for p in packs for a in p if a in c) for c in found} for packs, found in chosen.items()
    }
    return _Plan(
        attributes=attributes,
        packs=tuple(dict.fromkeys(pack for packs in chosen for pack in packs)),
        joints=tuple(
            _Joint(packs=packs, cliques=_by_first(packs[0], names.values())) for packs, names in ordered.items()
        ),
        held_as={clique: held for names in ordered.values() for clique, held in names.items()},
    )


def _by_first(first: Clique, cliques: Iterable[Clique]) -> dict[Clique, tuple[Clique, ...]]:
    """The cliques by their part of the first pack, each once."""
    groups: dict[Clique, dict[Clique, None]] = {}
    for clique in cliques:
        groups.setdefault(tuple(a for a in clique if a in first), {})[clique] = None
    return {inside: tuple(group) for inside, group in groups.items()}


def _summed(table: NDArray[np.int64], attributes: Clique, onto: Clique) -> NDArray[np.int64]:
    """Sum out attributes (axes that have none stay)."""
    axes = tuple(axis for axis, attribute in enumerate(attributes) if attribute not in onto)
    return table.sum(axis=axes) if axes else table


def _packs(domain: Domain, attributes: Sequence[str]) -> list[Clique]:
    """First fit, the largest first; what does not fit stands alone."""
    packs: list[list[str]] = []
    for attribute in sorted(attributes, key=lambda a: (-domain.card(a), domain.places[a])):
        size = domain.card(attribute)
        roomy = next((pack for pack in packs if domain.size(pack) * size <= _PACK), None)
        if roomy is None:
            packs.append([attribute])
        else:
            roomy.append(attribute)
    return [tuple(pack) for pack in packs]


def _absorbed(wanted: Mapping[tuple[Clique, ...], list[Clique]]) -> dict[tuple[Clique, ...], list[Clique]]:
    """Cliques inside one pack go to a pair of packs that is counted anyway."""
    host = {pack: parts for parts in wanted if len(parts) == 2 for pack in parts}
    out: dict[tuple[Clique, ...], list[Clique]] = {}
    for parts, inside in wanted.items():
        home = host.get(parts[0], parts) if len(parts) == 1 else parts
        out.setdefault(home, []).extend(inside)
    return out


def _cost(domain: Domain, cliques: Sequence[Clique]) -> float:
    """Of counting these tables for a block, in rows."""
    return sum(_BLOCK + domain.size(clique) / 2 for clique in cliques)
