"""Declared bounds as positions on the number line that grids are laid on."""

from synthcli.table.axis import to_axis
from synthcli.table.schema import Bound, Column, Kind


def bounds_on_axis(column: Column) -> tuple[float | int | None, float | int | None]:
    """The first edge and the last edge of a column's declared range; on whole axes the last edge is exclusive."""

    def place(bound: Bound | None) -> float | int | None:
        return None if bound is None else to_axis(bound, column.kind)

    low, high = place(column.minimum), place(column.maximum)
    return low, high if high is None or column.kind is Kind.NUMBER else int(high) + 1
