"""A table in memory: each column as its distinct values and, for every row, the narrow number of one of them.

A table of a million rows and a hundred columns takes about 130 MB so, and any coding of it is one look-up per row.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from synthcli.table.parse import is_text, parse
from synthcli.table.validation import ColumnTally

HELD_BYTES = 512 << 20
"""A table that would take more memory than this is read anew for every pass."""

_MOST = 1 << 16
"""So many distinct cells are looked up in a batch; then a new list of them is begun."""

_WINDOW = 1 << 18
"""So many rows are checked at once where a table is not held."""

Index = NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True, eq=False)
class HeldColumn:
    """`values` are canonical (null: missing) and may repeat; `index` has the place of every row's value among them."""

    values: pa.Array
    index: Index


@dataclass(frozen=True, eq=False)
class HeldTable:
    """The modelled columns of a table that matches its schema."""

    columns: Mapping[str, HeldColumn]
    rows: int


@dataclass
class ColumnGatherer:
    """Takes a column's raw cells batch by batch: tallies what is wrong with them, and holds them if it is to.

    Every distinct cell is parsed once, however many batches it is in.
    """

    tally: ColumnTally
    missing: tuple[str, ...]
    hold: bool
    bytes: int = 0
    """What is held or waits to be parsed takes."""
    _seen: pa.Array | None = None
    _waiting: list[Index] = field(default_factory=list)
    _rows: int = 0
    _held: list[HeldColumn] = field(default_factory=list)

    def add(self, raw: pa.Array) -> None:
        """The next batch."""
        distinct, index = _distinct(raw)
        if self._seen is not None and (distinct.type != self._seen.type or len(self._seen) + len(distinct) > _MOST):
            self._parse()
        places = self._places(distinct)[index]
        self._waiting.append(places)
        self.bytes += places.nbytes
        self._rows += len(places)
        if not self.hold and self._rows >= _WINDOW:
            self._parse()

    def _places(self, distinct: pa.Array) -> Index:
        """Where each distinct cell stands in the list of those seen; new ones are put at its end."""
        known = pa.nulls(0, distinct.type) if self._seen is None else self._seen
        found = _index_in(distinct, known)
        fresh = np.flatnonzero(found < 0)
        found[fresh] = len(known) + np.arange(len(fresh))
        if len(fresh):
            more = distinct.take(pa.array(fresh))
            self._seen = pa.concat_arrays([known, more])
            self.bytes += more.nbytes
        return found.astype(np.min_scalar_type(max(len(known) + len(fresh) - 1, 0)))

    def _parse(self) -> None:
        """Parse what has been seen, and begin a new list."""
        if self._seen is None:
            return
        index = np.concatenate(self._waiting)
        cells = parse(pa.DictionaryArray.from_arrays(index, self._seen), self.tally.column, self.missing)
        self.tally.add(cells, len(index))
        self.bytes -= self._seen.nbytes
        if self.hold:
            self._held.append(HeldColumn(cells.values, index))
            self.bytes += cells.values.nbytes
        else:
            self.bytes -= index.nbytes
        self._seen, self._waiting, self._rows = None, [], 0

    def let_go(self) -> None:
        """Hold nothing any more, and go on checking."""
        self._parse()
        self.hold, self._held, self.bytes = False, [], 0

    def finish(self) -> HeldColumn | None:
        """Check the last cells; the whole column, if it has been held."""
        self._parse()
        if not self.hold or not self._held:
            return None
        parts, self._held = self._held, []
        return parts[0] if len(parts) == 1 else _joined(parts)


def _joined(parts: list[HeldColumn]) -> HeldColumn:
    """Lists that were begun one after the other as one, with each value once."""
    encoded = pc.dictionary_encode(pa.concat_arrays([part.values for part in parts]), null_encoding="encode")
    narrow = np.min_scalar_type(max(len(encoded.dictionary) - 1, 0))
    place_of = encoded.indices.to_numpy().astype(narrow)
    index = np.empty(sum(len(part.index) for part in parts), dtype=narrow)
    row = place = 0
    for part in parts:
        index[row : row + len(part.index)] = place_of[place : place + len(part.values)][part.index]
        row, place = row + len(part.index), place + len(part.values)
    return HeldColumn(encoded.dictionary, index)


def _distinct(raw: pa.Array) -> tuple[pa.Array, NDArray[np.integer[Any]]]:
    """Distinct cells, null perhaps among them, and the place of each row's."""
    if pa.types.is_dictionary(raw.type) and raw.indices.null_count:
        raw = raw.cast(raw.type.value_type)
    if not pa.types.is_dictionary(raw.type):
        try:
            raw = pc.dictionary_encode(raw.cast(pa.string()) if is_text(raw.type) else raw, null_encoding="encode")
        except pa.ArrowNotImplementedError:
            return raw, np.arange(len(raw))
    distinct = raw.dictionary.cast(pa.string()) if is_text(raw.dictionary.type) else raw.dictionary
    return distinct, raw.indices.to_numpy(zero_copy_only=False)


def _index_in(cells: pa.Array, known: pa.Array) -> NDArray[np.int64]:
    """The place of each cell among the known ones, or -1."""
    try:
        found = pc.index_in(cells, value_set=known)
    except pa.ArrowNotImplementedError:
        return np.full(len(cells), -1)
    places: NDArray[np.int64] = found.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return places
