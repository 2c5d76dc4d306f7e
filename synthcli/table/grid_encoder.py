"""Cells of a number line as codes: integers, numbers, dates, datetimes, times of day."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.errors import InputError
from synthcli.table.axis import LIMITS, axis_dtype, from_axis, positions, values_at
from synthcli.table.codes import as_codes, checked_codes
from synthcli.table.lattice import Lattice
from synthcli.table.schema import Kind

_FEW = 1 << 15
"""A grid that spans fewer values gives them as a dictionary."""


@dataclass(frozen=True, kw_only=True, eq=False)
class GridEncoder:
    """Code i for the cell [edges[i], edges[i + 1]); a missing value, if allowed, has the last code.

    Whole kinds (integer, date in days since 1970, datetime in microseconds since then, time in microseconds since
    midnight) have int64 edges and the last edge lies outside; a cell of width one holds one value. Numbers have float64
    edges and the last cell includes its upper edge; a cell [v, nextafter(v)) holds the one value v. Values outside the
    grid count as the nearest cell.
    Decoding draws evenly inside the cell, on multiples of 10^-`decimals` (numbers) or of `grain` microseconds
    (datetimes, times) where the cell holds one.
    """

    kind: ClassVar[str] = "grid"
    type: Kind
    edges: NDArray[Any]
    decimals: int | None
    missing: bool
    grain: int = 1

    def __post_init__(self) -> None:
        if not self.type.has_axis:
            raise ValueError(f"a {self.type} column has no number line")
        if self.type is not Kind.NUMBER and not np.issubdtype(np.asarray(self.edges).dtype, np.integer):
            raise ValueError("the edges of a whole kind are integers")
        edges = np.array(self.edges, dtype=axis_dtype(self.type))
        if edges.ndim != 1 or len(edges) < 2 or not np.all(np.isfinite(edges)) or not np.all(edges[:-1] < edges[1:]):
            raise ValueError("a grid needs two finite edges or more, in ascending order")
        if self.type in LIMITS:
            first, last = LIMITS[self.type]
            if int(edges[0]) < first or int(edges[-1]) - 1 > last:
                raise ValueError("an edge lies outside the range of its type")
        if self.decimals is not None and not (self.type is Kind.NUMBER and 0 <= self.decimals <= 15):
            raise ValueError("decimals belong to numbers, and lie between 0 and 15")
        if self.grain < 1 or (self.grain > 1 and not self.type.has_clock):
            raise ValueError("a grain belongs to datetimes and times, and is at least a microsecond")
        edges.flags.writeable = False
        object.__setattr__(self, "edges", edges)

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return len(self.edges) - 1

    @property
    def size(self) -> int:
        """How many codes there are: the cells, and missing."""
        return self.cells + self.missing

    @property
    def ordinal(self) -> int:
        """The cells lie on a scale; missing does not."""
        return self.cells

    def encode(self, values: pa.Array) -> NDArray[np.unsignedinteger[Any]]:
        """Canonical values to codes. `InputError` (a count) for missing values that have no code."""
        places, missing = positions(values, self.type)
        count = int(missing.sum())
        if count and not self.missing:
            raise InputError(f"{count:,} value(s) are missing", "correct the rows, or the field in the schema")
        codes = np.searchsorted(self.edges[1:-1], places, side="right")
        return as_codes(np.where(missing, self.cells, codes) if count else codes, self.size)

    def nearest(self, values: pa.Array) -> pa.Array:
        """Canonical values of a whole kind, those outside the grid moved to its first or last; numbers as they are."""
        if self.type is Kind.NUMBER:
            return values
        places, missing = positions(values, self.type)
        low, high = int(self.edges[0]), int(self.edges[-1]) - 1
        outside = ((places < low) | (places > high)) & ~missing
        return values_at(np.clip(places, low, high), missing, self.type) if outside.any() else values

    def decode(self, codes: NDArray[np.integer[Any]], rng: np.random.Generator) -> pa.Array:
        """Codes to canonical values inside their cells."""
        compact = self.decode_compact(codes, rng)
        return compact.dictionary_decode() if pa.types.is_dictionary(compact.type) else compact

    def decode_compact(self, codes: NDArray[np.integer[Any]], rng: np.random.Generator) -> pa.Array:
        """The same as a dictionary array, where a whole kind's grid spans few values: its dictionary ends with null."""
        checked_codes(codes, self.size)
        missing = codes >= self.cells
        if self._span is not None:
            low, width = self._span
            inside = np.minimum(codes, self.cells - 1)
            values = _inside(low[inside], width[inside], rng)
            values[missing] = len(self._dictionary) - 1
            return pa.DictionaryArray.from_arrays(values, self._dictionary, safe=False)
        index = np.where(missing, 0, codes).astype(np.intp)
        if self.type is Kind.NUMBER:
            return values_at(self._lattice.draw(index, rng), missing, self.type)
        places = multiple_between(self.edges[index], self.edges[index + 1], self.grain, rng)
        return values_at(places, missing, self.type)

    def certainty(self) -> NDArray[np.float64]:
        """One in so many as a cell has values; 0 where they are numbers of any digits, and 1 for missing."""
        if self.type is Kind.NUMBER:
            values = self._lattice.counts()
        else:
            values = counts_between(self.edges[:-1], self.edges[1:], self.grain).astype(np.float64)
        return np.concatenate([1 / values, np.ones(int(self.missing))])

    @cached_property
    def _span(self) -> tuple[NDArray[np.uint16], NDArray[np.uint16]] | None:
        """Where each cell begins and how many values it has, of the values that the grid spans, if these are few."""
        if self.type is Kind.NUMBER or int(self.edges[-1]) - int(self.edges[0]) >= _FEW:
            return None
        return (self.edges[:-1] - self.edges[0]).astype(np.uint16), np.diff(self.edges).astype(np.uint16)

    @cached_property
    def _dictionary(self) -> pa.Array:
        """All values that the grid spans, and null."""
        places = self.edges[0] + np.arange(int(self.edges[-1]) - int(self.edges[0]) + 1)
        return values_at(np.minimum(places, self.edges[-1] - 1), places == self.edges[-1], self.type)

    @cached_property
    def _lattice(self) -> Lattice:
        return Lattice.of(self.edges, self.decimals)

    def labels(self) -> tuple[str, ...]:
        """The cells in words; ends that belong to the cell for whole kinds."""
        names = [self._label(low, high) for low, high in zip(self.edges[:-1], self.edges[1:], strict=True)]
        return (*names, *(("(missing)",) if self.missing else ()))

    def _label(self, low: Any, high: Any) -> str:
        if self.type is Kind.NUMBER:
            return f"{low:.6g}" if high == np.nextafter(low, np.inf) else f"{low:.6g} to {high:.6g}"
        first, last = from_axis(int(low), self.type), from_axis(int(high) - 1, self.type)
        return f"{first}" if first == last else f"{first} to {last}"

    def to_json(self) -> dict[str, Any]:
        """A plain object that `encoder_from_json` reads."""
        document: dict[str, Any] = {"kind": self.kind, "type": self.type.value, "edges": self.edges.tolist()}
        return {**document, "decimals": self.decimals, "missing": self.missing, "grain": self.grain}


def multiple_between(
    low: NDArray[np.int64], high: NDArray[np.int64], grain: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """A multiple of the grain in each [low, high), all alike; any whole number where there is none."""
    if grain == 1:
        return rng.integers(low, high, dtype=np.int64)
    first, beyond = -(-low // grain), -(-high // grain)
    some = first < beyond
    drawn = rng.integers(np.where(some, first, low), np.where(some, beyond, high), dtype=np.int64)
    return np.where(some, drawn * grain, drawn)


def counts_between(low: NDArray[np.int64], high: NDArray[np.int64], grain: int) -> NDArray[np.int64]:
    """How many values `multiple_between` draws from in each [low, high)."""
    multiples = -(-high // grain) - -(-low // grain)
    return np.where(multiples > 0, multiples, high - low)


def draws_between(cuts: NDArray[np.int64], cell: NDArray[np.intp], encoder: GridEncoder) -> NDArray[np.float64]:
    """How many values of a whole kind are drawn from between one cut and the next, which lie in the same `cell`.

    Multiples of the grain; or all whole numbers, in a cell without one.
    """
    multiples = np.diff(-(-cuts.astype(np.int64) // encoder.grain))
    has_some = np.bincount(cell, multiples, encoder.cells)[cell] > 0
    return np.where(has_some, multiples, np.diff(cuts)).astype(np.float64)


def _inside(low: NDArray[np.uint16], width: NDArray[np.uint16], rng: np.random.Generator) -> NDArray[np.uint16]:
    """An integer of each cell, all alike to within 2^-53 a value."""
    if len(width) and int(width.max()) == 1:
        return low
    return low + (rng.random(len(low)) * width).astype(np.uint16)
