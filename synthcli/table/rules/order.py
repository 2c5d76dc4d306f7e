"""Order between columns: on codes as structural zeros, and inside of codes by drawing the values once more.

A pair of codes is possible if some pair of their values is in order. Since codes are intervals, and every pair of
columns of which one must not exceed the other is looked at, possible pairs mean that all columns together are possible.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.marginal import Codes, StructuralZeros
from synthcli.table.axis import axis_dtype, positions, values_at
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.encoders import GridEncoder
from synthcli.table.rules.kinds import Order, Rule
from synthcli.table.rules.on_codes import last_of
from synthcli.table.rules.ranks import Ranks, places_of, ranks_between, ranks_of
from synthcli.table.schema import Column, Kind, Schema
from synthcli.table.temporal import unit_of

_REDRAWS = 32
"""So often are values in the wrong order drawn again; those that are left then are drawn one after the other."""

Gaps = Mapping[tuple[str, str], int]


def gaps(rules: Sequence[Rule]) -> dict[tuple[str, str], int]:
    """How many units the second column lies above the first at least, for every pair that rules put in order.

    The longest way counts. `ValueError` for columns in a circle.
    """
    found: dict[tuple[str, str], int] = {}
    for rule in rules:
        if isinstance(rule, Order):
            for i, low in enumerate(rule.columns):
                for j in range(i + 1, len(rule.columns)):
                    pair = low, rule.columns[j]
                    found[pair] = max(found.get(pair, 0), (j - i) * rule.strict)
    names = sorted({name for pair in found for name in pair})
    for middle in names:
        for low in names:
            for high in names:
                if (low, middle) in found and (middle, high) in found:
                    way = found[low, middle] + found[middle, high]
                    found[low, high] = max(found.get((low, high), 0), way)
    if any(low == high for low, high in found):
        raise ValueError("columns are in order in a circle")
    return found


@dataclass(frozen=True, eq=False)
class Spans:
    """The least and the largest rank of each code of a column; codes without a value have none."""

    least: Ranks
    most: Ranks
    present: NDArray[np.bool_]


def spans_of(codec: ColumnCodec, column: Column, drawn: bool = False) -> Spans:
    """The ranks that a column's codes span; `drawn`: of the values that are drawn for them alone."""
    encoder = codec.encoder
    assert isinstance(encoder, GridEncoder)
    low, high = ranks_between(encoder.edges[:-1], last_of(encoder), column)
    if codec.merge is None:
        groups, kept = np.arange(encoder.cells), np.ones(encoder.cells, dtype=np.bool_)
    else:
        groups, weights = codec.merge.groups[: encoder.cells], codec.merge.weights[: encoder.cells]
        some = np.bincount(codec.merge.groups, codec.merge.weights, codec.size) > 0
        kept = (weights > 0) | ~some[groups] if drawn else np.ones(encoder.cells, dtype=np.bool_)
    limits = np.iinfo(np.int64)
    least, most = np.full(codec.size, limits.max), np.full(codec.size, limits.min)
    np.minimum.at(least, groups[kept], low[kept])
    np.maximum.at(most, groups[kept], high[kept])
    return Spans(least, most, least <= most)


def order_zeros(
    rules: Sequence[Rule], columns: Sequence[ColumnCodec], schema: Schema, drawn: bool = False
) -> Iterator[StructuralZeros]:
    """Every pair of columns in order as gradual structural zeros."""
    place = {codec.name: i for i, codec in enumerate(columns)}
    for (low, high), gap in gaps(rules).items():
        one, other = (spans_of(columns[place[name]], schema[name], drawn) for name in (low, high))
        possible = exceeds(other.most[None, :], one.least[:, None], gap)
        possible |= ~one.present[:, None] | ~other.present[None, :]
        ahead = place[low] < place[high]
        yield StructuralZeros((low, high) if ahead else (high, low), possible if ahead else possible.T, gradual=True)


def exceeds(high: Ranks, low: Ranks, gap: int) -> NDArray[np.bool_]:
    """high >= low + gap, where neither side may overflow."""
    return (high >= low) & (high.astype(np.uint64) - low.astype(np.uint64) >= gap)


def _rounded(ranks: Ranks, least: Ranks, most: Ranks, step: int) -> Ranks:
    """The nearest multiple of a step below or above, if it is not beyond the bounds; else the rank itself."""
    below = ranks // step * step
    above = np.where(below + step <= most, below + step, ranks)
    return np.where(below >= least, below, above)


class Ordering:
    """Puts decoded values in order, code by code: what was drawn stays where it is in order already.

    Columns that are `fixed` are in order with each other, and stay as they are.
    """

    def __init__(self, schema: Schema, codec: Codec, drawn: bool, fixed: Collection[str] = ()) -> None:
        self.drawn, self._fixed = drawn, frozenset(fixed)
        self._schema, self._codec = schema, codec
        self._gaps = {pair: gap for pair, gap in gaps(schema.rules).items() if not self._fixed.issuperset(pair)}
        self._columns = {c.name: c for c in codec.columns if any(c.name in pair for pair in self._gaps)}
        self._spans = {name: spans_of(codec, schema[name], drawn) for name, codec in self._columns.items()}

    @cached_property
    def _rising(self) -> list[str]:
        """The columns, each after those that it must not lie below."""
        return sorted(self._columns, key=lambda name: sum(high == name for _, high in self._gaps))

    def keep(self, batch: pa.RecordBatch, codes: Codes, rng: np.random.Generator) -> pa.RecordBatch:
        """The batch with its ordered columns in order, as they will be written."""
        if not self._columns:
            return batch
        ranks, present = {}, {}
        for name, values in self._apart({n: batch.column(n) for n in self._columns}, codes, rng).items():
            ranks[name], present[name] = self._ranks(values, name)
        wrong = self._wrong(ranks, present, np.arange(batch.num_rows))
        for _ in range(_REDRAWS):
            if not len(wrong):
                break
            again = {attribute: of_row[wrong] for attribute, of_row in codes.items()}
            free = (name for name in self._columns if name not in self._fixed)
            drawn = {name: self._codec.decode_column(name, again, rng) for name in free}
            for name, values in self._apart(drawn, again, rng).items():
                ranks[name][wrong] = self._ranks(values, name)[0]
            wrong = self._wrong(ranks, present, wrong)
        if len(wrong):
            self._one_by_one(ranks, present, codes, wrong, rng)
        return self._with(batch, ranks, present)

    def _apart(self, columns: dict[str, pa.Array], codes: Codes, rng: np.random.Generator) -> dict[str, pa.Array]:
        """The columns, with pairs of dates drawn as far apart as their codes say, as far as such values are drawn."""
        for join in self._codec.durations:
            if set(join.columns).issubset(columns) and self._fixed.isdisjoint(join.columns):
                rows, *found = join.draw(codes, rng)
                for name, places in zip(join.columns, found, strict=True):
                    columns[name] = _replaced(columns[name], rows, places, self._schema[name].kind)
        return columns

    def _ranks(self, values: pa.Array, name: str) -> tuple[Ranks, NDArray[np.bool_]]:
        column = self._schema[name]
        places, missing = positions(_plain(values), column.kind)
        return ranks_of(places, column).copy(), ~missing

    def _wrong(
        self, ranks: Mapping[str, Ranks], present: Mapping[str, NDArray[np.bool_]], rows: NDArray[np.intp]
    ) -> NDArray[np.intp]:
        """Those of the rows that are out of order."""
        out = np.zeros(len(rows), dtype=np.bool_)
        for (low, high), gap in self._gaps.items():
            both = present[low][rows] & present[high][rows]
            out |= both & ~exceeds(ranks[high][rows], ranks[low][rows], gap)
        return rows[out]

    def _one_by_one(
        self,
        ranks: dict[str, Ranks],
        present: Mapping[str, NDArray[np.bool_]],
        codes: Codes,
        rows: NDArray[np.intp],
        rng: np.random.Generator,
    ) -> None:
        """Values from below upward, each with room left for those above it."""
        for name in (name for name in self._rising if name not in self._fixed):
            span, code = self._spans[name], codes[name][rows].astype(np.intp)
            least, most = span.least[code], span.most[code]
            for (low, high), gap in self._gaps.items():
                if high == name:
                    there = present[low][rows]
                    least = np.where(there, np.maximum(least, ranks[low][rows] + gap), least)
                if low == name:
                    is_fixed = high in self._fixed
                    room = ranks[high][rows] if is_fixed else self._spans[high].most[codes[high][rows].astype(np.intp)]
                    most = np.where(present[high][rows], np.minimum(most, room - gap), most)
            there = present[name][rows]
            least, most = np.where(there, least, 0), np.where(there, most, 0)
            drawn = rng.integers(least, most, endpoint=True, dtype=np.int64)
            ranks[name][rows] = _rounded(drawn, least, most, self._step(name))

    def _step(self, name: str) -> int:
        """How many ranks lie between values as they are drawn otherwise."""
        grain = getattr(self._columns[name].encoder, "grain", 1)
        return max(1, grain // unit_of(self._schema[name]))

    def _with(
        self, batch: pa.RecordBatch, ranks: Mapping[str, Ranks], present: Mapping[str, NDArray[np.bool_]]
    ) -> pa.RecordBatch:
        arrays = []
        for name, values in zip(batch.schema.names, batch.columns, strict=True):
            if name in ranks and name not in self._fixed:
                column = self._schema[name]
                places = np.where(present[name], places_of(ranks[name], column), 0).astype(axis_dtype(column.kind))
                arrays.append(values_at(places, ~present[name], column.kind))
            else:
                arrays.append(values)
        return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def _plain(values: pa.Array) -> pa.Array:
    return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values


def _replaced(values: pa.Array, rows: NDArray[np.intp], places: Ranks, kind: Kind) -> pa.Array:
    """The values, with others at some rows."""
    every, missing = positions(_plain(values), kind)
    every = every.copy()
    every[rows] = places
    return values_at(every, missing, kind)
