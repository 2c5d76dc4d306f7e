"""Where the values of a column lie, as the coarse look found it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from synthcli.discovery import grid
from synthcli.table.encoders import GridEncoder
from synthcli.table.schema import Column, Kind

_BEYOND = 1.0
"""So many standard deviations more than the square of noise is on average, it may be."""

_LEAST = 0.05
"""Cells are taken to hold at least this share of what they would hold if all were even."""


def drawn_to(expected: NDArray[np.float64], counts: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Noisy counts drawn to what is expected, a proportion, as far as noise may be what tells them apart.

    James and Stein's positive part, where the square of the noise is taken for `_BEYOND` standard deviations more than
    its mean: a shape that noise makes is dearer than one that it hides. All results are above zero.
    """
    prior = max(float(counts.sum()), 1.0) * expected / expected.sum()
    off, free = counts - prior, max(len(counts) - 1, 1)
    noise = sigma**2 * (free + _BEYOND * sqrt(2 * free))
    kept = max(0.0, 1.0 - noise / max(float(off @ off), 1e-300))
    return np.asarray(np.maximum(prior + kept * off, _LEAST * prior))


@dataclass(frozen=True, eq=False)
class Density:
    """What a look tells of where the values are: `masses` between `edges`, even inside; it orders what noise hides."""

    edges: grid.Edges
    masses: NDArray[np.float64]

    @staticmethod
    def of(edges: grid.Edges, counts: NDArray[np.float64], sigma: float) -> "Density":
        """Noisy counts of cells, drawn to even ones."""
        return Density(edges, drawn_to(np.diff(edges.astype(np.float64)), counts, sigma))

    def between(self, edges: grid.Edges) -> NDArray[np.float64]:
        """What it says of cells between other edges; cells outside share what one of them would hold by its width."""
        own, others = self.edges.astype(np.float64), edges.astype(np.float64)
        up_to = np.interp(others, own, np.concatenate([[0.0], np.cumsum(self.masses)]))
        widths = np.diff(others)
        return np.asarray(np.maximum(np.diff(up_to), _LEAST * widths / widths.sum() * up_to[-1]))


@dataclass(frozen=True, kw_only=True)
class Bounded:
    """What the coarse look found: the fine edges to count on, the decimals of a number, the unit of a time of day."""

    edges: grid.Edges
    decimals: int | None
    grain: int
    density: Density | None = None
    is_clear: bool = True
    """Whether the counts tell where the values lie; if not, the range is a guess of what noise hides."""

    def expected(self, edges: grid.Edges) -> NDArray[np.float64]:
        """How the mass lies over cells between these edges, by the coarse look: in proportion, beside a finer one."""
        return np.diff(edges.astype(np.float64)) if self.density is None else self.density.between(edges)

    def unit_of(self, kind: Kind) -> float | None:
        """What all values are multiples of, if that is known of numbers of this kind."""
        if kind is Kind.INTEGER:
            return 1.0
        if kind is Kind.TIME:
            return float(self.grain)
        return None if kind is not Kind.NUMBER or self.decimals is None else 10.0**-self.decimals

    def over(self, edges: grid.Edges, atoms: Iterable[str]) -> "Bounded":
        """The same with these edges, and a cell for each of the atoms."""
        unit = self.unit_of(Kind.NUMBER)
        return replace(self, edges=grid.with_atoms(edges, [float(atom) for atom in atoms], unit))

    def encoder(self, column: Column) -> GridEncoder:
        """The fine cells of the column."""
        return encoder_of(column, self.edges, self.decimals, self.grain)


def encoder_of(column: Column, edges: grid.Edges, decimals: int | None, grain: int) -> GridEncoder:
    """A grid of a column, with a code for missing values unless the schema rules them out."""
    return GridEncoder(type=column.kind, edges=edges, decimals=decimals, missing=not column.required, grain=grain)
