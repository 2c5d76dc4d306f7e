"""Rows of a release that satisfy a condition, or whose values of one column come in given shares; or both.

Of a release of persons, the rows are persons, and the columns those of the table of persons.

The condition becomes boxes that share no row. Within a box, rows are drawn from the model given the box as evidence
on single columns, and decoded to values inside it: no row is ever drawn and thrown away. Boxes are chosen in proportion
to their probability, by randomised rounding. Post-processing, as all sampling is.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.errors import UsageError
from synthcli.marginal import Clique
from synthcli.marginal.rounding import Shares
from synthcli.pgm.evidence import condition
from synthcli.synthesizer import Synthesizer
from synthcli.table.boxes import Box, boxes
from synthcli.table.calendar import Part
from synthcli.table.calendar_within import CalendarWithin, kept
from synthcli.table.codec import Codec
from synthcli.table.condition.balance import Balance, parse_balance, values_of
from synthcli.table.condition.expression import (
    Among,
    And,
    Comparison,
    Expression,
    Leaf,
    Operator,
    Value,
    column_and_part,
    questions,
)
from synthcli.table.condition.parser import parse_condition
from synthcli.table.condition.vocabulary import Vocabulary
from synthcli.table.cuts import beginnings
from synthcli.table.extent import extent
from synthcli.table.parts import Parts, Restriction, numbers_of, parts_of
from synthcli.table.rules.kinds import Order

_KEPT_CELLS = 1 << 25
"""Calibrated models are kept from block to block while they have no more cells than this together."""

_BLOCK, _LARGE_BLOCK = 1 << 17, 1 << 20


@dataclass(frozen=True, eq=False)
class Subpopulation:
    """Boxes, and the share of the rows that each gets.

    `probability` is that of the condition under the model. `shares` has one share for each box, in sum 1; `strata`
    numbers the balanced value of each, ascending (all 0 without a balance). `inflation`: how much likelier, at most, a
    row is among these rows than in the release as a whole.
    """

    boxes: tuple[Box, ...]
    shares: NDArray[np.float64]
    strata: NDArray[np.intp]
    probability: float
    inflation: float
    restricted: "_Restricted"

    def sample(self, rows: int, rng: np.random.Generator, compact: bool = False) -> Iterator[pa.RecordBatch]:
        """Draw rows, a block at a time, in random order; the same generator state gives the same rows."""
        if len(self.boxes) == 1:
            yield from self.restricted.release(self.boxes[0]).sample(rows, rng, compact=compact)
            return
        compact = compact and not self.restricted.asks_parts
        most = _BLOCK if self.restricted.keeps(len(self.boxes)) else _LARGE_BLOCK
        dealt = Shares(np.zeros(len(self.boxes), dtype=np.intp), self.shares)
        for start in range(0, rows, most):
            size = min(most, rows - start)
            counts = dealt.counts(np.array([size]), rng)
            chosen = [(box, int(count)) for box, count in zip(self.boxes, counts, strict=True) if count]
            yield _shuffled([b for box, n in chosen for b in self._of(box, n, rng, compact)], rng)

    def by_stratum(self) -> tuple[tuple[float, "Subpopulation"], ...]:
        """The rows of each balanced value, with their share; all rows, where none is."""
        found = []
        for stratum in np.unique(self.strata):
            here = np.flatnonzero(self.strata == stratum)
            share, boxes = float(self.shares[here].sum()), tuple(self.boxes[i] for i in here)
            found.append((share, replace(self, boxes=boxes, shares=self.shares[here] / share, strata=0 * here)))
        return tuple(found)

    def _of(self, box: Box, rows: int, rng: np.random.Generator, compact: bool) -> Iterator[pa.RecordBatch]:
        kept = self.restricted.keeps(len(self.boxes))
        return self.restricted.release(box, kept).sample(rows, rng, compact=compact)


def subpopulation(synthesizer: Synthesizer, where: str | None = None, balance: str | None = None) -> Subpopulation:
    """The rows that satisfy a condition (all without one), balanced over the values of a column if so wanted.

    Of a release of persons: the persons, whose columns are the person-level ones and the number of rows. Raises
    `UsageError` for text that makes no sense, and for a condition that falls into too many boxes, that no row
    satisfies, or that cuts through a code of a column that a rule keeps in order; for a balance also where a value
    with a weight above zero has probability zero.
    """
    drawn = synthesizer if synthesizer.persons is None else synthesizer.of_persons
    vocabulary = Vocabulary(drawn.schema, drawn.codec, synthesizer.schema)
    wanted: Expression = And(()) if where is None else parse_condition(where, vocabulary)
    asked = None if balance is None else parse_balance(balance, vocabulary)
    strata = [] if asked is None else _strata(drawn.codec, asked)
    compared = [] if asked is None else [Among(asked.column, tuple(value for value, _ in strata))]
    restricted = _Restricted(drawn, (*(leaf for leaf, _ in questions(wanted)), *compared))
    found = [_Share(box, probability, probability) for box, probability in restricted.boxes(wanted)]
    if not found:
        row = "row" if synthesizer.persons is None else "person"
        what = f"no {row} of the model satisfies the condition: its probability is zero"
        raise UsageError(what, restricted.hint(wanted))
    mass = sum(share.probability for share in found)
    if asked is not None:
        found = _balanced(restricted, wanted, asked, strata)
    listed = np.array([share.weight for share in found])
    shares = listed / listed.sum()
    return Subpopulation(
        boxes=tuple(share.box for share in found),
        shares=shares,
        strata=np.array([share.stratum for share in found], dtype=np.intp),
        probability=min(mass, 1.0),
        inflation=float(np.max(shares / np.array([share.probability for share in found]))),
        restricted=restricted,
    )


class _Share(NamedTuple):
    """What a box gets in proportion to its weight; the number of its balanced value."""

    box: Box
    weight: float
    probability: float
    stratum: int = 0


def _strata(codec: Codec, balance: Balance) -> list[tuple[Value, float]]:
    if balance.weights:
        return [(value, weight) for value, weight in balance.weights if weight > 0]
    return [(value, 1.0) for value in values_of(next(c for c in codec.columns if c.name == balance.column))]


def _balanced(
    restricted: "_Restricted", wanted: Expression, balance: Balance, strata: list[tuple[Value, float]]
) -> list[_Share]:
    """The boxes of each value, whose weights are in sum that of the value.

    Without weights, values that never come are passed.
    """
    listed: list[_Share] = []
    impossible = 0
    for stratum, (value, weight) in enumerate(strata):
        found = restricted.boxes(And((wanted, Comparison(balance.column, Operator.EQUAL, value))))
        mass = sum(probability for _, probability in found)
        impossible += not found
        listed += [_Share(box, weight * probability / mass, probability, stratum) for box, probability in found]
    if not listed or (impossible and balance.weights):
        count = "all" if not listed else f"{impossible:,}"
        what = f"{count} of the values of {balance.column!r} to balance have probability zero"
        raise UsageError(what, "leave them out, or loosen the condition")
    return listed


class _Restricted:
    """A release kept to boxes; parts, restrictions and calibrated models are worked out once."""

    def __init__(self, synthesizer: Synthesizer, leaves: Iterable[Leaf]) -> None:
        self._whole = replace(synthesizer, model=synthesizer.drawn_model)
        self._ordered = {name for rule in synthesizer.schema.rules if isinstance(rule, Order) for name in rule.columns}
        named: dict[str, list[Value]] = {}
        numbered: dict[str, Parts] = {}
        for leaf in leaves:
            values = leaf.values if isinstance(leaf, Among) else (leaf.value,) if isinstance(leaf, Comparison) else ()
            part = column_and_part(leaf.subject)[1]
            named.setdefault(leaf.column, []).extend(values if part is None else ())
            numbered |= {} if part is None else {leaf.subject: numbers_of(part)}
        codecs = {codec.name: codec for codec in synthesizer.codec.columns}
        clocks = {name for name, calendar in synthesizer.codec.calendars.items() if calendar.tells_hours}
        schema = synthesizer.schema
        self._parts = {n: parts_of(schema[n], codecs[n], values, n in clocks) for n, values in named.items()}
        self._numbered = numbered
        self._parts |= numbered
        self._restrictions: dict[tuple[str, int], Restriction] = {}
        self._calendars: dict[tuple[object, ...], CalendarWithin] = {}
        self._kept: dict[frozenset[tuple[str, int]], Synthesizer] = {}

    @property
    def asks_parts(self) -> bool:
        """Whether a part of a date is asked for: dates then come plain out of some boxes, compact out of others."""
        return bool(self._numbered)

    def keeps(self, count: int) -> bool:
        """Whether so many calibrated models are kept."""
        return count * self._whole.model.tree.cells <= _KEPT_CELLS

    def boxes(self, expression: Expression) -> list[tuple[Box, float]]:
        """The boxes of an expression with their probabilities, all above zero."""
        found = []
        for box in boxes(expression, self._parts):
            restrictions = self._of(box)
            given = condition(self._whole.model, self._evidence(box))
            if given is not None:
                self._refuse_cut_order(restrictions)
                self._refuse_ordered_parts(box)
                found.append((box, given[1]))
        return found

    def _refuse_cut_order(self, restrictions: Mapping[str, Restriction]) -> None:
        """Values that a rule puts in order depend on each other inside their codes: shares of a code are not known."""
        for column, restriction in restrictions.items():
            weights = restriction.weights
            if column in self._ordered and np.any((weights > 0) & (weights < 1 - 1e-9)):
                starts = beginnings(next(c for c in self._whole.codec.columns if c.name == column))
                raise UsageError(
                    f"a rule keeps column {column!r} in order with others, and the condition cuts its cells",
                    f"cut where they begin: {', '.join(starts)}",
                )

    def _refuse_ordered_parts(self, box: Box) -> None:
        """The same of weekdays, months and hours: values are moved inside their codes until they are in order."""
        for column, part in map(column_and_part, box):
            if part is not None and column in self._ordered:
                what = f"a rule keeps column {column!r} in order with others, and no {part} of it"
                raise UsageError(what, "leave it out of the condition, and pick among the rows that are drawn")

    def hint(self, expression: Expression) -> str:
        """Which columns alone make it impossible."""
        for leaf, negated in questions(expression):
            if leaf.subject != leaf.column:
                continue
            weights = self._restriction(leaf.column, self._parts[leaf.column].satisfying(leaf, negated)).weights
            marginal = self._whole.model.marginal((leaf.column,))
            if not np.any(weights * marginal > 0):
                codec = next(c for c in self._whole.codec.columns if c.name == leaf.column)
                return f"column {leaf.column!r} never holds that; {extent(codec, marginal)}"
        return "each comparison holds for some rows, but not as they are combined: loosen one"

    def release(self, box: Box, keep: bool = True) -> Synthesizer:
        """The release of the box's rows alone: a model given the box, and a codec that decodes inside it."""
        key = frozenset(box.items())
        if key in self._kept:
            return self._kept[key]
        restrictions = self._of(box)
        given = condition(self._whole.model, self._evidence(box))
        assert given is not None
        whole = self._whole.codec
        columns = tuple(restrictions[c.name].codec if c.name in restrictions else c for c in whole.columns)
        release = replace(self._whole, model=given[0], codec=replace(whole, columns=columns, within=self._within(box)))
        if keep:
            self._kept[key] = release
        return release

    def _evidence(self, box: Box) -> dict[Clique, NDArray[np.float64]]:
        """What a box says of codes. Of a date, what comes back in it tells, too, whether it lies inside."""
        within = self._within(box)
        found = {clique: weights for calendar in within.values() for clique, weights in calendar.evidence.items()}
        return found | {(name,): r.weights for name, r in self._of(box).items() if name not in within}

    def _within(self, box: Box) -> dict[str, CalendarWithin]:
        """Its dates of which a weekday, month or hour is asked for or modelled."""
        wanted: dict[str, dict[Part, int]] = {name: {} for name in self._of(box) if name in self._whole.codec.calendars}
        for subject, chosen in box.items():
            column, part = column_and_part(subject)
            if part is not None:
                wanted.setdefault(column, {})[part] = chosen
        return {name: self._calendar(name, box.get(name), parts) for name, parts in wanted.items()}

    def _calendar(self, column: str, chosen: int | None, wanted: Mapping[Part, int]) -> CalendarWithin:
        key = column, chosen, tuple(wanted.items())
        if key not in self._calendars:
            whole = self._parts[column].everything
            everything, inside = (
                self._restriction(column, c).codec for c in (whole, whole if chosen is None else chosen)
            )
            calendar = self._whole.codec.calendars.get(column)
            self._calendars[key] = kept(everything, inside, calendar.parts if calendar else (), wanted)
        return self._calendars[key]

    def _of(self, box: Box) -> dict[str, Restriction]:
        columns = dict.fromkeys(column_and_part(subject)[0] for subject in box)
        return {name: self._restriction(name, box.get(name, self._parts[name].everything)) for name in columns}

    def _restriction(self, column: str, chosen: int) -> Restriction:
        key = column, chosen
        if key not in self._restrictions:
            self._restrictions[key] = self._parts[column].restrict(chosen)
        return self._restrictions[key]


def _shuffled(batches: list[pa.RecordBatch], rng: np.random.Generator) -> pa.RecordBatch:
    """The rows of all batches in random order."""
    table = pa.Table.from_batches(batches).combine_chunks()
    (whole,) = table.to_batches()
    return whole.take(pa.array(rng.permutation(whole.num_rows)))
