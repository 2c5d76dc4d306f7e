"""Order between columns whose values are there already and columns that are yet to be drawn.

A value that is there tells exactly which codes of the other column have a value on the right side of it: those whose
last value is not too small (or whose first is not too large). Values that leave the same codes are one class, and the
class becomes an attribute of its own, known for every row, with structural zeros beside the column's codes.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.table.axis import positions
from synthcli.table.codec import Codec
from synthcli.table.codes import as_codes
from synthcli.table.rules.order import exceeds, gaps, spans_of
from synthcli.table.rules.ranks import Ranks, ranks_of
from synthcli.table.schema import Column, Schema


@dataclass(frozen=True, eq=False)
class Limit:
    """`drawn` must stand `gap` ranks above `known` at least (below it, unless `above`).

    `places` are the last (first) ranks of the drawn column's codes, each once; `reach` has for each code the number of
    its own, and for codes without a value one that every class allows.
    """

    known: Column
    drawn: str
    gap: int
    above: bool
    places: Ranks
    reach: NDArray[np.intp]

    @property
    def name(self) -> str:
        """What the attribute is called; no column has such a name."""
        return f"{self.known.name} {'<=' if self.above else '>='} {self.drawn}\0"

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return len(self.places) + 1

    @property
    def possible(self) -> NDArray[np.bool_]:
        """Codes × classes: which codes a class leaves; all of them the first class if `above`, else the last."""
        number = np.arange(self.classes)
        return self.reach[:, None] >= number if self.above else self.reach[:, None] < number

    def classes_of(self, values: pa.Array) -> NDArray[np.unsignedinteger[Any]]:
        """The class of each value of the known column; a missing one leaves every code."""
        ranks, missing = _ranked(values, self.known)
        if self.above:
            found, every = np.searchsorted(self.places - self.gap, ranks, side="left"), 0
        else:
            found, every = np.searchsorted(self.places + self.gap, ranks, side="right"), len(self.places)
        return as_codes(np.where(missing, every, found), self.classes)


def leave_room(schema: Schema, known: Collection[str], values: Mapping[str, pa.Array]) -> NDArray[np.bool_]:
    """For each row whether the known columns leave room for those that rules put between them."""
    ranks = {
        name: _ranked(values[name], schema[name]) for name in known if any(name in pair for pair in gaps(schema.rules))
    }
    out = np.ones(len(next(iter(values.values()))), dtype=np.bool_)
    for (low, high), gap in gaps(schema.rules).items():
        if low in known and high in known:
            (one, missing), (other, absent) = ranks[low], ranks[high]
            out &= missing | absent | exceeds(other, one, gap)
    return out


def _ranked(values: pa.Array, column: Column) -> tuple[Ranks, NDArray[np.bool_]]:
    """The ranks of values, and which are missing."""
    plain = values.dictionary_decode() if pa.types.is_dictionary(values.type) else values
    places, missing = positions(plain, column.kind)
    return ranks_of(places, column), missing


def limits(schema: Schema, codec: Codec, known: Collection[str], drawn: bool) -> tuple[Limit, ...]:
    """A limit for every pair of a known column and one that is yet to be drawn, which rules put in order.

    `drawn`: of the codes' values, only those that are drawn count.
    """
    columns = {column.name: column for column in codec.columns}
    found = []
    for (low, high), gap in gaps(schema.rules).items():
        if (low in known) != (high in known):
            above = low in known
            other = high if above else low
            span = spans_of(columns[other], schema[other], drawn)
            ends = span.most if above else span.least
            places = np.unique(ends[span.present])
            always = len(places) if above else -1
            reach = np.where(span.present, np.searchsorted(places, ends), always).astype(np.intp)
            found.append(Limit(schema[low if above else high], other, gap, above, places, reach))
    return tuple(found)
