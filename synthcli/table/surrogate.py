"""Made-up identifiers: the format of the real ones, and nothing else of them."""

import uuid
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthcli.errors import UsageError
from synthcli.table.rules.distinct import Permutation
from synthcli.table.rules.kinds import Unique
from synthcli.table.schema import Role, Schema, Surrogate
from synthcli.table.surrogate_pattern import alphabets, identifiers, lengthened


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
        return list(map(list, alphabets(self.surrogate.pattern)))

    @cached_property
    def _permutation(self) -> Permutation:
        """Of as many identifiers as there are; of 2^62 where there are more."""
        size = identifiers(self.surrogate) or 1 << 62
        return Permutation(min(size, 1 << 62), self.rng)

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
        refuse_few(self.surrogate, start + rows)
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
        for alphabet in self._alphabets:
            if len(alphabet) == 1:
                parts.append(pa.scalar(alphabet[0]))
            else:
                parts.append(pa.array(alphabet).take(pa.array(self.rng.integers(len(alphabet), size=rows))))
        if not any(isinstance(part, pa.Array) for part in parts):
            return pa.array(["".join(part.as_py() for part in parts)] * rows, pa.string())
        return pc.binary_join_element_wise(*parts, "")


def refuse_few(surrogate: Surrogate, rows: int, where: str = "a pattern") -> None:
    """`UsageError` where so many rows cannot have an identifier each; `where` says whose pattern it is."""
    size = identifiers(surrogate)
    if size is not None and rows > size:
        raise UsageError(
            f"{where} has only {size:,} identifiers, and none may come twice",
            "sample no more rows than that, or fit with a longer synthcli:surrogate pattern: "
            f"{lengthened(surrogate.pattern, rows)} has enough",
        )


def distinct_columns(schema: Schema) -> set[str]:
    """The made-up columns that rules want unique: the first one of each rule."""
    unique = (rule.columns for rule in schema.rules if isinstance(rule, Unique))
    return {next(name for name in columns if schema[name].role is Role.SURROGATE) for columns in unique}
