"""Exact counts behind the privacy boundary: counted in as few passes as can be, kept, never let out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from synthcli.marginal import Clique, Domain, Merge
from synthcli.marginal.gaps import Gaps, in_two, two_codes
from synthcli.marginal.tabulate import groups
from synthcli.privacy.codings import Coding, GapCoding, MergedCoding
from synthcli.privacy.comparison import Comparison, distance

__all__ = ["Coding", "ExactCounts", "PrivateTable", "Side", "TableOfPersons", "View"]

Counts = NDArray[np.int64]

MOST_CELLS = 1 << 22
"""So many cells of a comparison's tables are in memory at once: 32 MB, and as much for their estimates."""


class PrivateTable(Protocol):
    """The rows, wherever they are; exact answers for the curator alone."""

    def count(self, codec: Coding, cliques: Sequence[Clique]) -> Mapping[Clique, Counts]:
        """The exact table of every clique, in one pass over the rows."""
        ...

    def keys(self, column: str) -> Mapping[str, int]:
        """How often each value of a raw column occurs, values spelt as strings; missing values are left out."""
        ...


@dataclass(frozen=True, eq=False)
class TableOfPersons:
    """Two tables of the same privacy units: their rows, and `persons`, which has one row for each unit."""

    rows: PrivateTable
    persons: PrivateTable

    def count(self, codec: Coding, cliques: Sequence[Clique]) -> Mapping[Clique, Counts]:
        """Tables of the rows."""
        return self.rows.count(codec, cliques)

    def keys(self, column: str) -> Mapping[str, int]:
        """Keys of the rows."""
        return self.rows.keys(column)


@dataclass(frozen=True)
class Side:
    """Which table a question is about: the rows, of which a unit has so many at most, or the persons, one a unit."""

    rows_per_unit: int = 1
    persons: bool = False

    def __post_init__(self) -> None:
        if self.rows_per_unit < 1 or (self.persons and self.rows_per_unit > 1):
            raise ValueError("a privacy unit has at least one row, and is one person")


ROWS_THEMSELVES = Side()
"""Where each row is a unit of its own."""


@dataclass(frozen=True, eq=False)
class View:
    """A coding, and perhaps the finer view that it was merged from. Public, and compared by identity."""

    coding: Coding
    finer: "View | None" = None
    merges: Mapping[str, Merge] = field(default_factory=dict)
    side: Side = ROWS_THEMSELVES
    gaps: Gaps = field(default_factory=dict)

    @property
    def domain(self) -> Domain:
        """The domain of the coding."""
        return self.coding.domain

    def merged(self, merges: Mapping[str, Merge]) -> "View":
        """The same rows over a coarser domain."""
        coding = MergedCoding(self.coding, merges)
        return View(coding, finer=self, merges=merges, side=self.side, gaps=self.gaps)

    def with_gaps(self, gaps: Gaps) -> "View":
        """The same rows, with attributes that say of others whether a row has a value."""
        return View(GapCoding(self.coding, gaps), finer=self, side=self.side, gaps={**self.gaps, **gaps})

    def of_values(self, clique: Clique) -> Clique | None:
        """The clique with the attributes that its gap attributes are about; None where that has not as many."""
        if self.gaps.keys().isdisjoint(clique):
            return None
        values = self.domain.clique(self.gaps.get(a, a) for a in clique)
        return values if len(values) == len(clique) else None

    def in_gaps(self, table: Counts, values: Clique, clique: Clique) -> Counts:
        """The table of a clique from that of the attributes which its gap attributes are about."""
        table = np.transpose(table, [values.index(self.gaps.get(a, a)) for a in clique])
        for axis, a in enumerate(clique):
            if a in self.gaps:
                of = self.gaps[a]
                table = in_two(table, two_codes(self.domain.card(of), self.domain.gaps[of]), axis)
        return table


class ExactCounts:
    """A private table and the exact counts already taken of it: OpenDP's dataset, held by the filter."""

    def __init__(self, table: PrivateTable) -> None:
        self._table = table
        self._known: dict[View, dict[Clique, Counts]] = {}
        self._keys: dict[tuple[str, bool], dict[str, int]] = {}
        self._by_length: dict[View, dict[int, list[Clique]]] = {}
        self._distances: dict[tuple[View, Comparison], Counts] = {}

    def prefetch(self, view: View, cliques: Iterable[Clique]) -> None:
        """Take what is not yet known of these cliques, in at most one pass over the rows."""
        missing = [clique for clique in dict.fromkeys(cliques) if not self._derive(view, clique)]
        if not missing:
            return
        known_by_values = set(missing)
        widest = _widest([clique for clique in missing if view.of_values(clique) not in known_by_values])
        counted = self._on(view.side).count(view.coding, widest)
        for clique in widest:
            self._keep(view, clique, _checked(counted[clique], view.domain.shape_of(clique)))
        for clique in missing:
            self._derive(view, clique)

    def vector(self, view: View, cliques: Sequence[Clique]) -> Counts:
        """The cells of all these cliques' tables, one table after the other."""
        self.prefetch(view, cliques)
        return np.concatenate([self._known[view][clique].ravel() for clique in cliques])

    def table(self, view: View, clique: Clique) -> Counts:
        """The exact table of a clique that has been counted."""
        return self._known[view][clique]

    def distances(self, view: View, comparison: Comparison) -> Counts:
        """Each table's L1 distance from its estimate, in grid units.

        Tables that take more than `MOST_CELLS` cells are counted a group at a time, one pass for each, and not kept.
        """
        if (view, comparison) not in self._distances:
            self._distances[view, comparison] = self._compare(view, comparison)
        return self._distances[view, comparison]

    def _compare(self, view: View, comparison: Comparison) -> Counts:
        apart: dict[Clique, int] = {}
        parts = groups(view.domain, comparison.cliques, MOST_CELLS)
        for part in parts:
            if len(parts) == 1:
                self.prefetch(view, part)
                tables: Mapping[Clique, Counts] = self._known[view]
            else:
                tables = self._on(view.side).count(view.coding, part)
            estimates = comparison.estimates(view.domain, part)
            for clique in part:
                exact = _checked(tables[clique], view.domain.shape_of(clique))
                apart[clique] = distance(exact, estimates[clique])
        return np.array([apart[clique] for clique in comparison.cliques], dtype=np.int64)

    def keyed(self, column: str, side: Side = ROWS_THEMSELVES) -> Mapping[str, int]:
        """How often each value of a raw column occurs; counted once."""
        place = column, side.persons
        if place not in self._keys:
            self._keys[place] = dict(self._on(side).keys(column))
        return self._keys[place]

    def _on(self, side: Side) -> PrivateTable:
        """The table that a question is about; `ValueError` for persons where there are none."""
        if not side.persons:
            return self._table
        if not isinstance(self._table, TableOfPersons):
            raise ValueError("the table has no persons")
        return self._table.persons

    def _larger(self, view: View, clique: Clique) -> list[Clique]:
        """The known cliques that contain this one; only longer ones are looked at, since there may be many pairs."""
        inside = set(clique)
        lengths = self._by_length.setdefault(view, {})
        return [other for length in lengths if length > len(clique) for other in lengths[length] if inside < set(other)]

    def _derive(self, view: View, clique: Clique) -> bool:
        """Whether the clique's table is known, or could be had: a larger table summed up, or a finer view's merged."""
        known = self._known.setdefault(view, {})
        if clique in known:
            return True
        larger = self._larger(view, clique)
        if larger:
            source = min(larger, key=view.domain.size)
            rest = tuple(axis for axis, attribute in enumerate(source) if attribute not in clique)
            self._keep(view, clique, np.asarray(known[source].sum(axis=rest, dtype=np.int64)))
            return True
        values = view.of_values(clique)
        if values is not None and self._derive(view, values):
            self._keep(view, clique, view.in_gaps(known[values], values, clique))
            return True
        if view.finer is None or not self._derive(view.finer, clique):
            return False
        table = self._known[view.finer][clique]
        for axis, attribute in enumerate(clique):
            if attribute in view.merges:
                table = view.merges[attribute].aggregate(table, axis)
        self._keep(view, clique, table)
        return True

    def _keep(self, view: View, clique: Clique, table: Counts) -> None:
        self._known[view][clique] = table
        self._by_length.setdefault(view, {}).setdefault(len(clique), []).append(clique)


def _widest(cliques: Sequence[Clique]) -> list[Clique]:
    """The cliques that are not part of another one."""
    longer: dict[int, list[frozenset[str]]] = {}
    for clique in cliques:
        longer.setdefault(len(clique), []).append(frozenset(clique))
    return [
        clique
        for clique in cliques
        if not any(
            other.issuperset(clique) for length, others in longer.items() if length > len(clique) for other in others
        )
    ]


def _checked(table: Counts, shape: tuple[int, ...]) -> Counts:
    """The table, which an engine must have counted in int64 and in this shape."""
    if table.dtype != np.int64 or table.shape != shape:
        raise ValueError("the engine's table is not an int64 table over its clique")
    return table
