"""Where the values of a column lie, as the coarse look found it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from synthcli.discovery import grid
from synthcli.table.encoders import GridEncoder
from synthcli.table.schema import Column, Kind


@dataclass(frozen=True, kw_only=True)
class Bounded:
    """What the coarse look found: the fine edges to count on, the decimals of a number, the unit of a time of day."""

    edges: grid.Edges
    decimals: int | None
    grain: int

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
