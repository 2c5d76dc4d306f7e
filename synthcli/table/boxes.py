"""A condition as a disjoint union of boxes: products of sets of values, one set for each column it names.

Negation is pushed to the questions, where it leaves missing values out; alternatives give up what earlier ones hold.
"""

from collections.abc import Iterable, Mapping

from synthcli.errors import UsageError
from synthcli.table.condition.expression import And, Expression, Not, Or
from synthcli.table.parts import Parts

Box = Mapping[str, int]
"""The set of parts of each column, or weekday, month or hour of one, that is not free."""

MOST_BOXES = 1_000


def boxes(expression: Expression, parts: Mapping[str, Parts]) -> list[Box]:
    """Boxes that share no row, and together hold the rows that satisfy the expression.

    Raises `UsageError` where there would be more than `MOST_BOXES`.
    """
    return _Cutter(parts).boxes(expression, negated=False)


class _Cutter:
    def __init__(self, parts: Mapping[str, Parts]) -> None:
        self._parts = parts
        self._everything = {column: of.everything for column, of in parts.items()}

    def boxes(self, expression: Expression, negated: bool) -> list[Box]:
        if isinstance(expression, Not):
            return self.boxes(expression.part, not negated)
        if isinstance(expression, And | Or):
            listed = [self.boxes(part, negated) for part in expression.parts]
            return self._all(listed) if isinstance(expression, And) != negated else self._any(listed)
        chosen = self._parts[expression.subject].satisfying(expression, negated)
        return [{expression.subject: chosen}] if chosen else []

    def _all(self, listed: Iterable[list[Box]]) -> list[Box]:
        found: list[Box] = [{}]
        for boxes in listed:
            found = _bounded(c for a in found for b in boxes if (c := self._intersection(a, b)) is not None)
        return found

    def _any(self, listed: Iterable[list[Box]]) -> list[Box]:
        found: list[Box] = []
        for boxes in listed:
            fresh = boxes
            for earlier in found:
                fresh = _bounded(piece for box in fresh for piece in self._difference(box, earlier))
            found += fresh
            if len(found) > MOST_BOXES:
                found = _bounded(_joined(found))
        return _joined(found)

    def _intersection(self, one: Box, other: Box) -> Box | None:
        both = {**one, **{column: one.get(column, chosen) & chosen for column, chosen in other.items()}}
        return both if all(both.values()) else None

    def _difference(self, box: Box, taken: Box) -> list[Box]:
        """The box without the rows of another one, in pieces that share no row."""
        if self._intersection(box, taken) is None:
            return [box]
        pieces: list[Box] = []
        rest = dict(box)
        for column, chosen in taken.items():
            here = rest.get(column, self._everything[column])
            if here & ~chosen:
                pieces.append({**rest, column: here & ~chosen})
            rest[column] = here & chosen
        return pieces


def _joined(boxes: list[Box]) -> list[Box]:
    """Boxes that differ in one column alone made one; those that name the same columns are looked at."""
    for column in sorted({column for box in boxes for column in box}):
        merged: dict[tuple[bool, frozenset[tuple[str, int]]], dict[str, int]] = {}
        for box in boxes:
            others = frozenset((name, chosen) for name, chosen in box.items() if name != column)
            place = merged.setdefault((column in box, others), dict(box))
            if column in box:
                place[column] |= box[column]
        boxes = list(merged.values())
    return boxes


def _bounded(found: Iterable[Box]) -> list[Box]:
    listed: list[Box] = []
    for box in found:
        listed.append(box)
        if len(listed) > MOST_BOXES:
            raise UsageError(
                f"the condition falls into more than {MOST_BOXES:,} parts",
                "split it into simpler ones, and sample each",
            )
    return listed
