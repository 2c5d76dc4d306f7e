"""Results in rows and columns: drawn for a terminal, tab-separated and never cut for a pipe."""

import sys
from dataclasses import dataclass

from synthcli.cli.colour import wants_colour


@dataclass(frozen=True, kw_only=True)
class Table:
    """Cells as text; columns whose index is in `numeric` are set flush right on a terminal."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()


def print_table(table: Table) -> None:
    """Write a table to stdout."""
    if sys.stdout.isatty() and table.rows:
        _draw(table)
    else:
        sys.stdout.write("".join(_line(row) for row in (table.columns, *table.rows)))


def _line(cells: tuple[str, ...]) -> str:
    """One row of tab-separated values; a tab or a line break within a cell becomes a space."""
    return "\t".join(" ".join(cell.split()) if set(cell) & set("\t\r\n") else cell for cell in cells) + "\n"


def _draw(table: Table) -> None:
    from rich.console import Console
    from rich.table import Table as Drawn
    from rich.text import Text

    drawn = Drawn(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for index, name in enumerate(table.columns):
        drawn.add_column(Text(name), justify="right" if index in table.numeric else "left", overflow="fold")
    for row in table.rows:
        drawn.add_row(*map(Text, row))
    Console(file=sys.stdout, no_color=not wants_colour(sys.stdout), highlight=False).print(drawn)
