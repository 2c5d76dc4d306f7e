"""Made-up identifiers: the format of the real ones, and nothing else of them."""

import uuid
from dataclasses import dataclass, field
from string import ascii_lowercase, ascii_uppercase, digits

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthcli.table.schema import Surrogate

_ALPHABETS = {"A": ascii_uppercase, "a": ascii_lowercase, "9": digits}


@dataclass
class SurrogateColumn:
    """A stream of made-up identifiers; a sequence goes on from batch to batch."""

    surrogate: Surrogate
    rng: np.random.Generator
    _written: int = field(default=0, init=False)

    def take(self, rows: int) -> pa.Array:
        """The next identifiers, as text. Random ones may repeat, as chance will have it; sequences never do."""
        start, self._written = self._written, self._written + rows
        if self.surrogate.format == "sequence":
            return pa.array(np.arange(start + 1, start + rows + 1)).cast(pa.string())
        if self.surrogate.format == "uuid":
            raw = self.rng.bytes(16 * rows)
            made = [str(uuid.UUID(bytes=raw[i : i + 16], version=4)) for i in range(0, 16 * rows, 16)]
            return pa.array(made, pa.string())
        return self._patterned(rows)

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
