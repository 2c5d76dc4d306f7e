"""Declared bounds as positions on the number line that grids are laid on."""

from synthcli.table.axis import LIMITS, to_axis
from synthcli.table.schema import Bound, Column, Kind


def bounds_on_axis(column: Column) -> tuple[float | int | None, float | int | None]:
    """The first edge and the last edge of a column's declared range; on whole axes the last edge is exclusive.

    No edge lies beyond the last 64-bit integer: that number counts as the one before it.
    """

    def place(bound: Bound | None) -> float | int | None:
        return None if bound is None else to_axis(bound, column.kind)

    low, high = place(column.minimum), place(column.maximum)
    if high is None or column.kind is Kind.NUMBER:
        return low, high
    return low, int(high) + 1 if column.kind is not Kind.INTEGER else min(int(high) + 1, LIMITS[Kind.INTEGER][1])
