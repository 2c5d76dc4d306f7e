"""One column <-> codes: the kinds of encoder, and how they are read from a file."""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.errors import InputError
from synthcli.table.calendar import Part, PartEncoder
from synthcli.table.category_encoder import CategoryEncoder
from synthcli.table.duration import DurationEncoder
from synthcli.table.gap_encoder import GapEncoder
from synthcli.table.grid_encoder import GridEncoder
from synthcli.table.schema import Kind

__all__ = [
    "CategoryEncoder",
    "DurationEncoder",
    "Encoder",
    "GapEncoder",
    "GridEncoder",
    "PartEncoder",
    "encoder_from_json",
]


class Encoder(Protocol):
    """A column's values as the codes 0 … size - 1 and back; missing, if it is allowed, is one of the codes."""

    kind: ClassVar[str]

    @property
    def type(self) -> Kind:
        """The column's kind."""
        ...

    @property
    def missing(self) -> bool:
        """Whether a value may be missing; the last code is then that of a missing one."""
        ...

    @property
    def size(self) -> int:
        """How many codes there are."""
        ...

    @property
    def ordinal(self) -> int:
        """How many of the first codes lie on a scale: neighbours are alike."""
        ...

    def encode(self, values: pa.Array) -> NDArray[np.unsignedinteger[Any]]:
        """Canonical values to codes of the smallest unsigned type; `InputError` for values that have no code."""
        ...

    def decode(self, codes: NDArray[np.integer[Any]], rng: np.random.Generator) -> pa.Array:
        """Codes to canonical values; `encode` gives the same codes back."""
        ...

    def decode_compact(self, codes: NDArray[np.integer[Any]], rng: np.random.Generator) -> pa.Array:
        """The same values, as a dictionary array if they are few; the dictionary is the same every time."""
        ...

    def certainty(self) -> NDArray[np.float64]:
        """By code: the largest chance that `decode` gives it for any one value, 1 where the code is the value."""
        ...

    def labels(self) -> tuple[str, ...]:
        """The names of the codes, for plots and reports."""
        ...

    def to_json(self) -> dict[str, Any]:
        """A plain object with the key `kind`."""
        ...


_KEYS: dict[str, dict[str, type | tuple[type, ...]]] = {
    CategoryEncoder.kind: {"values": list, "type": str, "missing": bool, "other": bool, "weights": (list, type(None))},
    GridEncoder.kind: {"type": str, "edges": list, "missing": bool, "decimals": (int, type(None)), "grain": int},
    PartEncoder.kind: {"part": str, "type": str, "missing": bool},
    GapEncoder.kind: {"type": str},
    DurationEncoder.kind: {"type": str, "since": str, "edges": list, "missing": bool},
}


def encoder_from_json(document: Mapping[str, Any]) -> Encoder:
    """Read what `to_json` wrote; `InputError` for anything else."""
    try:
        return _read(document)
    except (ValueError, TypeError, KeyError, OverflowError, AttributeError) as error:
        raise InputError("an encoder in the file is damaged", "fetch or fit the model again") from error


def _read(document: Mapping[str, Any]) -> Encoder:
    """`ValueError` and its kin where the object is not an encoder."""
    keys = _KEYS[document["kind"]]
    fields = {key: value for key, value in document.items() if key != "kind"}
    if set(fields) != set(keys) or not all(isinstance(fields[key], allowed) for key, allowed in keys.items()):
        raise ValueError("not the keys of an encoder")
    fields["type"] = Kind(fields["type"])
    if document["kind"] == CategoryEncoder.kind:
        if not all(isinstance(value, str) for value in fields["values"]):
            raise ValueError("categories are text")
        weights = fields.pop("weights")
        fields["values"] = tuple(fields["values"])
        return CategoryEncoder(**fields, weights=None if weights is None else tuple(_numbers(weights)))
    if document["kind"] == PartEncoder.kind:
        return PartEncoder(**{**fields, "part": Part(fields["part"])})
    if document["kind"] == GapEncoder.kind:
        return GapEncoder(**fields)
    if document["kind"] == DurationEncoder.kind:
        return DurationEncoder(**{**fields, "edges": np.array(_numbers(fields["edges"], True), dtype=np.int64)})
    whole = fields["type"] is not Kind.NUMBER
    fields["edges"] = np.array(_numbers(fields["edges"], whole), dtype=np.int64 if whole else np.float64)
    if isinstance(fields["decimals"], bool) or isinstance(fields["grain"], bool):
        raise ValueError("decimals and grain are numbers")
    return GridEncoder(**fields)


def _numbers(listed: list[Any], whole: bool = False) -> list[Any]:
    """The same list; `ValueError` for anything in it that is not a number (an integer, if `whole`)."""
    allowed = (int,) if whole else (int, float)
    if not all(isinstance(n, allowed) and not isinstance(n, bool) for n in listed):
        raise ValueError("a list holds something else than numbers")
    return listed
