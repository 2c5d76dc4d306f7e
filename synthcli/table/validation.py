"""Whether the rows match the schema: everything counted, nothing quoted."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from synthcli.errors import InputError
from synthcli.table.axis import positions, to_axis
from synthcli.table.category_encoder import CategoryEncoder
from synthcli.table.parse import Cells
from synthcli.table.schema import Bound, Column, Kind

_PLURALS = {
    Kind.INTEGER: "integers",
    Kind.NUMBER: "numbers",
    Kind.BOOLEAN: "booleans",
    Kind.STRING: "text",
    Kind.DATE: "dates",
    Kind.DATETIME: "datetimes",
    Kind.TIME: "times",
}


@dataclass(frozen=True)
class Problem:
    """One kind of mismatch, and the edit that mends it."""

    what: str
    edit: str


@dataclass
class ColumnTally:
    """Counts of what is wrong with one column, batch after batch; only declared facts are held against the rows."""

    column: Column
    rows: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    _kept: list[pa.Array] = field(default_factory=list)

    def add(self, cells: Cells, rows: int) -> None:
        """Count one batch."""
        self.rows += rows
        column = self.column
        self._count("unreadable", cells.count(cells.unreadable))
        self._count("vast", cells.count(_vast(cells, column)))
        self._count("infinite", cells.count(cells.infinite))
        if cells.raw is not None:
            self._count("nul", cells.count(_mask(pc.match_substring(cells.raw, "\0"))))
        if column.declares("required"):
            self._count("missing", cells.missing)
        if column.categories is not None and column.declares("categories"):
            self._count("unlisted", cells.count(_unlisted(cells.values, column)))
        if column.minimum is not None and column.declares("minimum"):
            self._count("below", cells.count(_beyond(cells.values, column.kind, column.minimum, -1)))
        if column.maximum is not None and column.declares("maximum"):
            self._count("above", cells.count(_beyond(cells.values, column.kind, column.maximum, 1)))
        if column.unique:
            self._kept.append(cells.rows().drop_null())

    def _count(self, what: str, count: int) -> None:
        self.counts[what] = self.counts.get(what, 0) + count

    def problems(self) -> list[Problem]:
        """What was found, in words."""
        if self._kept:
            values = pa.chunked_array(self._kept)
            self.counts["repeated"] = len(values) - pc.count_distinct(values).as_py()
        name, same = self.column.name, self.counts.get("unreadable", 0) == self.counts.get("vast", 0)
        return [
            Problem(f"column {name!r}: {count:,} of {self.rows:,} values {what}", edit.format(field=repr(name)))
            for key, (what, edit) in _sentences(self.column).items()
            if (count := self.counts.get(key, 0)) and key != ("unreadable" if same else "vast")
        ]


def _sentences(column: Column) -> dict[str, tuple[str, str]]:
    as_format = "" if column.format == "default" else " of the declared format"
    return {
        "unreadable": (
            f"are not {_PLURALS[column.kind]}{as_format}",
            "correct the rows, add their spelling to missingValues of field {field}, or change its type or format",
        ),
        "vast": (
            "are not integers of 64 bits: they have too many digits",
            "correct the rows, or declare field {field} as text (type: string), which identifiers are",
        ),
        "infinite": ("are infinite", "correct the rows, or add their spelling to missingValues of field {field}"),
        "nul": ("hold a NUL byte", "correct the rows: the file may be damaged, or in another encoding"),
        "missing": (
            "are missing, though required",
            "correct the rows, or delete constraints.required of field {field}",
        ),
        "unlisted": ("are not in the list of categories", f"correct the rows, or extend {_list_of(column)}"),
        "below": ("lie below the minimum", "correct the rows, or lower constraints.minimum of field {field}"),
        "above": ("lie above the maximum", "correct the rows, or raise constraints.maximum of field {field}"),
        "repeated": (
            "repeat another, though unique",
            "correct the rows, or delete constraints.unique of field {field}",
        ),
    }


def _list_of(column: Column) -> str:
    """Where the schema lists the categories: a hierarchy lists them, too, unless an enum has fewer."""
    if column.hierarchy is None:
        return "the enum of field {field}"
    if set(column.hierarchy.values) <= set(column.categories or ()):
        return "the synthcli:hierarchy of field {field} (and its enum, if it has one)"
    return "the enum of field {field} (and its synthcli:hierarchy, where that has no place for them)"


def _vast(cells: Cells, column: Column) -> NDArray[np.bool_]:
    """Which cells of integers cannot be read only because they are too large."""
    if column.kind is not Kind.INTEGER or cells.raw is None:
        return np.zeros(len(cells.unreadable), dtype=np.bool_)
    return cells.unreadable & _mask(pc.match_substring_regex(cells.raw, r"^\s*[+-]?[0-9]+(\.0+)?\s*$"))


def _unlisted(values: pa.Array, column: Column) -> NDArray[np.bool_]:
    listed = column.categories or ()
    encoder = CategoryEncoder(values=listed, type=column.kind, missing=True, other=True)
    unlisted: NDArray[np.bool_] = encoder.encode(values) == len(listed)
    return unlisted


def _beyond(values: pa.Array, kind: Kind, bound: Bound, side: int) -> NDArray[np.bool_]:
    """Which values lie beyond a bound; `side` is -1 for the minimum, 1 for the maximum."""
    places, missing = positions(values, kind)
    limit = to_axis(bound, kind)
    beyond: NDArray[np.bool_] = (places < limit if side < 0 else places > limit) & ~missing
    return beyond


def _mask(found: Any) -> NDArray[np.bool_]:
    mask: NDArray[np.bool_] = found.fill_null(False).to_numpy(zero_copy_only=False)
    return mask


def refuse(problems: list[Problem], name: str) -> None:
    """`InputError` with all the problems, if there is one."""
    if len(problems) == 1:
        raise InputError(problems[0].what, problems[0].edit)
    if problems:
        details = tuple(f"{problem.what}; {problem.edit}" for problem in problems)
        raise InputError(f"{name} does not match its schema: {len(problems)} problems", "mend each of them", details)
