"""Made-up identifiers: the format of the real ones, and nothing else of them."""

import uuid
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from string import ascii_lowercase, ascii_uppercase, digits

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthcli.errors import UsageError
from synthcli.table.rules.distinct import Permutation
from synthcli.table.schema import Surrogate

_ALPHABETS = {"A": ascii_uppercase, "a": ascii_lowercase, "9": digits}


@dataclass
class SurrogateColumn:
    """A stream of made-up identifiers; a sequence goes on from batch to batch. If `distinct`, none comes twice."""

    surrogate: Surrogate
    rng: np.random.Generator
    distinct: bool = False
    _written: int = field(default=0, init=False)

    @cached_property
    def _alphabets(self) -> list[list[str]]:
        """The characters that each place of a pattern may have."""
        return [
            list(_ALPHABETS.get(mark, mark)) if not fixed else [mark] for mark, fixed in _places(self.surrogate.pattern)
        ]

    @cached_property
    def _permutation(self) -> Permutation:
        """Of as many identifiers as there are; of 2^62 where there are more."""
        sizes = map(len, self._alphabets) if self.surrogate.format == "pattern" else [1 << 62]
        return Permutation(min(prod(sizes), 1 << 62), self.rng)

    def take(self, rows: int) -> pa.Array:
        """The next identifiers, as text. Random ones may repeat, as chance will have it, unless they are distinct.

        Raises `UsageError` where there are not enough distinct ones.
        """
        start, self._written = self._written, self._written + rows
        if self.distinct and self.surrogate.format != "sequence":
            return self._distinct(start, rows)
        if self.surrogate.format == "sequence":
            return pa.array(np.arange(start + 1, start + rows + 1)).cast(pa.string())
        if self.surrogate.format == "uuid":
            raw = self.rng.bytes(16 * rows)
            made = [str(uuid.UUID(bytes=raw[i : i + 16], version=4)) for i in range(0, 16 * rows, 16)]
            return pa.array(made, pa.string())
        return self._patterned(rows)

    def _distinct(self, start: int, rows: int) -> pa.Array:
        if start + rows > self._permutation.size:
            raise UsageError(
                f"a pattern has only {self._permutation.size:,} identifiers, and none may come twice",
                "sample fewer, or fit with a longer synthcli:surrogate pattern",
            )
        numbers = self._permutation.of(np.arange(start, start + rows, dtype=np.uint64))
        if self.surrogate.format == "uuid":
            high = self.rng.integers(0, 2**64, size=rows, dtype=np.uint64)
            made = [
                str(uuid.UUID(int=(h << 64) | n, version=4))
                for h, n in zip(high.tolist(), numbers.tolist(), strict=True)
            ]
            return pa.array(made, pa.string())
        parts: list[pa.Array | pa.Scalar] = []
        for alphabet in self._alphabets:
            place, numbers = numbers % np.uint64(len(alphabet)), numbers // np.uint64(len(alphabet))
            parts.append(pa.array(alphabet).take(pa.array(place)))
        return pc.binary_join_element_wise(*parts, "")

    def _patterned(self, rows: int) -> pa.Array:
        """One random character per place; runs of fixed text as they are."""
        parts: list[pa.Array | pa.Scalar] = []
        for mark, fixed in _places(self.surrogate.pattern):
            alphabet = None if fixed else _ALPHABETS.get(mark)
            if alphabet is None:
                parts.append(pa.scalar(mark))
            else:
                parts.append(pa.array(list(alphabet)).take(pa.array(self.rng.integers(len(alphabet), size=rows))))
        if not any(isinstance(part, pa.Array) for part in parts):
            return pa.array(["".join(part.as_py() for part in parts)] * rows, pa.string())
        return pc.binary_join_element_wise(*parts, "")


def _places(pattern: str) -> list[tuple[str, bool]]:
    """The characters of a pattern, and whether a backslash fixes them (a last one stands for itself)."""
    found: list[tuple[str, bool]] = []
    escaped = False
    for character in pattern:
        if character == "\\" and not escaped:
            escaped = True
            continue
        found.append((character, escaped))
        escaped = False
    return [*found, ("\\", True)] if escaped else found
