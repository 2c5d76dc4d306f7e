"""Listed values as codes, with one code for all the others and one for missing values."""

from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from synthcli.errors import InputError
from synthcli.table.axis import ARROW_TYPES
from synthcli.table.codes import as_codes, checked_codes
from synthcli.table.schema import Kind

_TYPES = (Kind.STRING, Kind.INTEGER, Kind.NUMBER, Kind.BOOLEAN)
_BOOLEANS = {"false": False, "true": True}


@dataclass(frozen=True, kw_only=True)
class CategoryEncoder:
    """Codes 0 … k - 1 for `values` in their order, then `other` for unlisted values, then `missing`, if there are.

    Decoding `other` draws among the listed values in proportion to `weights` (all alike by default), so that a written
    value is always a listed one; without listed values it gives null.
    """

    kind: ClassVar[str] = "category"
    values: tuple[str, ...]
    type: Kind
    missing: bool
    other: bool
    weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if self.type not in _TYPES:
            raise ValueError(f"a {self.type} column has no categories")
        if len(set(self.typed)) != len(self._array):
            raise ValueError("a list of categories names one twice")
        if self.size < 1:
            raise ValueError("an encoder needs a code")
        if self.weights is not None and (
            len(self.weights) != len(self.values) or not all(isfinite(w) and w >= 0 for w in self.weights)
        ):
            raise ValueError("categories need one finite weight each, not negative")

    @property
    def size(self) -> int:
        """How many codes there are."""
        return len(self.values) + self.other + self.missing

    @property
    def ordinal(self) -> int:
        """Numbers that are listed in ascending order lie on a scale."""
        rising = self.type in (Kind.INTEGER, Kind.NUMBER) and list(self.typed) == sorted(self.typed)
        return len(self.values) if rising else 0

    @cached_property
    def typed(self) -> tuple[Any, ...]:
        """The categories as canonical values; `ValueError` for one that is not of the type."""
        if self.type is Kind.INTEGER:
            return tuple(int(v) for v in self.values)
        if self.type is Kind.NUMBER:
            numbers = tuple(float(v) + 0.0 for v in self.values)
            if not all(map(isfinite, numbers)):
                raise ValueError("a category is not finite")
            return numbers
        if self.type is Kind.BOOLEAN:
            if not set(self.values) <= set(_BOOLEANS):
                raise ValueError("the categories of a boolean are 'false' and 'true'")
            return tuple(_BOOLEANS[v] for v in self.values)
        return self.values

    @cached_property
    def _array(self) -> pa.Array:
        try:
            return pa.array(self.typed, ARROW_TYPES[self.type])
        except (pa.ArrowInvalid, OverflowError) as error:
            raise ValueError("a category does not fit its type") from error

    def encode(self, values: pa.Array) -> NDArray[np.unsignedinteger[Any]]:
        """Canonical values to codes. `InputError` (a count) for unlisted or missing values that have no code."""
        if self.type is Kind.NUMBER:
            values = pc.add(values, 0.0)  # minus zero is zero
        null = values.is_null(nan_is_null=True).to_numpy(zero_copy_only=False)
        index = pc.index_in(values, value_set=self._array).fill_null(-1).to_numpy(zero_copy_only=False)
        unlisted = (index < 0) & ~null
        self._refuse(int(null.sum()), self.missing, "missing")
        self._refuse(int(unlisted.sum()), self.other, "not among the categories")
        codes = np.where(unlisted, len(self.values), index)
        return as_codes(np.where(null, self.size - 1, codes), self.size)

    def _refuse(self, count: int, allowed: bool, what: str) -> None:
        if count and not allowed:
            raise InputError(f"{count:,} value(s) are {what}", "correct the rows, or the field in the schema")

    def decode(self, codes: NDArray[np.integer[Any]], rng: np.random.Generator) -> pa.Array:
        """Codes to canonical values."""
        return self.decode_compact(codes, rng).dictionary_decode()

    def decode_compact(self, codes: NDArray[np.integer[Any]], rng: np.random.Generator) -> pa.Array:
        """Codes to a dictionary array of canonical values; its dictionary, always the same, ends with null."""
        listed = len(self.values)
        index = np.minimum(checked_codes(codes, self.size).astype(np.min_scalar_type(self.size)), listed)
        if self.other and listed:
            hits = np.flatnonzero(codes == listed)
            index[hits] = rng.choice(listed, size=len(hits), p=self._shares)
        return pa.DictionaryArray.from_arrays(as_codes(index, listed + 1), self._dictionary, safe=False)

    def certainty(self) -> NDArray[np.float64]:
        """A listed value is its code; the others are the likeliest of the values drawn for them at most."""
        chances = np.ones(self.size)
        if self.other and self.values:
            chances[len(self.values)] = 1 / len(self.values) if self._shares is None else self._shares.max()
        return chances

    @cached_property
    def _dictionary(self) -> pa.Array:
        return pa.concat_arrays([self._array, pa.nulls(1, self._array.type)])

    @property
    def _shares(self) -> NDArray[np.float64] | None:
        total = sum(self.weights or ())
        return np.asarray(self.weights) / total if total > 0 and isfinite(total) else None

    def labels(self) -> tuple[str, ...]:
        """The names of the codes."""
        return (*self.values, *(("(other)",) if self.other else ()), *(("(missing)",) if self.missing else ()))

    def to_json(self) -> dict[str, Any]:
        """A plain object that `encoder_from_json` reads."""
        document: dict[str, Any] = {"kind": self.kind, "values": list(self.values), "type": self.type.value}
        weights = None if self.weights is None else list(self.weights)
        return {**document, "missing": self.missing, "other": self.other, "weights": weights}
