"""Random conditions on the small release: their text, and their truth worked out without synthcli's own language."""

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from hypothesis import strategies as st

from tests.table.condition.small_release import COLUMNS, DAY, SIZES

TRUE, UNKNOWN, FALSE = 2, 1, 0
COMPARE = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
RANK = {size: rank for rank, size in enumerate(SIZES)}
Columns = Mapping[str, Sequence[object]]


@dataclass(frozen=True)
class Question:
    """About one column: `kind` is an operator, in, not in, is missing or is not missing."""

    column: str
    kind: str
    given: tuple[object, ...]

    def text(self) -> str:
        words = [_literal(self.column, value) for value in self.given]
        if "missing" in self.kind:
            return f"{self.column} {self.kind}"
        return f"{self.column} {self.kind} " + (f"({', '.join(words)})" if "in" in self.kind else words[0])

    def truth(self, columns: Columns) -> np.ndarray:
        """Of every entry of the column: true, false, or unknown."""
        return np.array([self._of(value) for value in columns[self.column]], dtype=np.int8)

    def _of(self, value: object) -> int:
        if "missing" in self.kind:
            return 2 * ((value is None) == (self.kind == "is missing"))
        if value is None:
            return UNKNOWN
        if "in" in self.kind:
            return 2 * ((value in self.given) == (self.kind == "in"))
        left, right = (RANK.get(v, v) if self.column == "size" else v for v in (value, self.given[0]))  # type: ignore[call-overload]
        return 2 * bool(COMPARE[self.kind](left, right))


@dataclass(frozen=True)
class Joined:
    """Questions under and, or, not."""

    word: str
    parts: tuple["Question | Joined", ...]

    def text(self) -> str:
        inner = [f"({part.text()})" if isinstance(part, Joined) else part.text() for part in self.parts]
        return f"not {inner[0]}" if self.word == "not" else f" {self.word} ".join(inner)


def truth(condition: Question | Joined, columns: Columns, grid: bool) -> np.ndarray:
    """Kleene's logic over rows (one entry each), or over the grid of all combinations of the columns' values."""
    if isinstance(condition, Question):
        own = condition.truth(columns)
        return own.reshape([-1 if c == condition.column else 1 for c in COLUMNS]) if grid else own
    parts = [truth(part, columns, grid) for part in condition.parts]
    if condition.word == "not":
        return 2 - parts[0]
    result = parts[0]
    for part in parts[1:]:
        result = np.minimum(result, part) if condition.word == "and" else np.maximum(result, part)
    return result


def _literal(column: str, value: object) -> str:
    if column in ("town", "size"):
        return f'"{value}"'
    if column == "day":
        return f"'{value}'"
    return str(value).lower()


_VALUES = {
    "town": st.sampled_from(["NO", "Ur", "X"]),
    "size": st.sampled_from(SIZES),
    "age": st.one_of(st.integers(-2, 22), st.sampled_from([2.5, 9.5, 7.0])),
    "price": st.sampled_from([-1, 0, 0.1, 0.3, 0.9, 0.95, 1.0, 1.25, 1.3, 2, 2.0, 2.5, 2.9, 3.0, 3.05, 4]),
    "day": st.integers(-1, 6).map(lambda days: DAY + timedelta(days=days)),
    "flag": st.booleans(),
}


@st.composite
def questions(draw: st.DrawFn) -> Question:
    column = draw(st.sampled_from(COLUMNS))
    ordered = column not in ("town", "flag")
    kind = draw(
        st.sampled_from(["==", "!=", "in", "not in", "is missing", "is not missing", *(COMPARE if ordered else ())])
    )
    most = 3 if "in " in f"{kind} " and "missing" not in kind else 1
    given = () if "missing" in kind else tuple(draw(st.lists(_VALUES[column], min_size=1, max_size=most)))
    return Question(column, kind, given)


def conditions() -> st.SearchStrategy[Question | Joined]:
    def join(inner: st.SearchStrategy[Question | Joined]) -> st.SearchStrategy[Joined]:
        many = st.lists(inner, min_size=2, max_size=3).map(tuple)
        both = st.builds(Joined, st.sampled_from(["and", "or"]), many)
        return st.one_of(both, st.builds(lambda part: Joined("not", (part,)), inner))

    return st.recursive(questions(), join, max_leaves=6)
