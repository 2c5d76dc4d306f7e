"""Whether there is a value at all, as a code."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.marginal.gaps import GAP, VALUE
from synthcli.table.codes import checked_codes
from synthcli.table.schema import Kind

_NAMES = ("(a value)", "(missing)")


@dataclass(frozen=True, kw_only=True)
class GapEncoder:
    """`VALUE` and `GAP` as codes, of a column that may have missing values."""

    kind: ClassVar[str] = "gap"
    type: Kind
    missing: ClassVar[bool] = True

    @property
    def size(self) -> int:
        """How many codes there are."""
        return 2

    @property
    def ordinal(self) -> int:
        """The codes lie on no scale."""
        return 0

    def encode(self, values: pa.Array) -> NDArray[np.unsignedinteger[Any]]:
        """Canonical values to codes."""
        missing = values.is_null(nan_is_null=True).to_numpy(zero_copy_only=False)
        return np.where(missing, GAP, VALUE).astype(np.uint8)

    def decode(self, codes: NDArray[np.integer[Any]], rng: np.random.Generator) -> pa.Array:
        """The names of the codes."""
        return self.decode_compact(codes, rng).dictionary_decode()

    def decode_compact(self, codes: NDArray[np.integer[Any]], rng: np.random.Generator) -> pa.Array:
        """The same as a dictionary array."""
        index = checked_codes(codes, self.size).astype(np.uint8)
        return pa.DictionaryArray.from_arrays(index, pa.array([_NAMES[VALUE], _NAMES[GAP]]))

    def certainty(self) -> NDArray[np.float64]:
        """Each is its code."""
        return np.ones(self.size)

    def labels(self) -> tuple[str, ...]:
        """The names of the codes."""
        return _NAMES

    def to_json(self) -> dict[str, Any]:
        """A plain object that `encoder_from_json` reads."""
        return {"kind": self.kind, "type": self.type.value}
