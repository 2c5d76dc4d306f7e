"""One column <-> the codes of one attribute: an encoder's fine codes, and a merge's coarse ones."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.errors import InputError
from synthcli.marginal import Merge
from synthcli.marginal.coarsening import merged_gaps
from synthcli.table.codes import as_codes
from synthcli.table.duration import columns_of, read_by
from synthcli.table.encoders import (
    CategoryEncoder,
    DurationEncoder,
    Encoder,
    GapEncoder,
    GridEncoder,
    PartEncoder,
    encoder_from_json,
)


@dataclass(frozen=True, eq=False)
class ColumnCodec:
    """One attribute: its encoder gives fine codes, and its merge, if any, the coarse codes that the model sees.

    It is a column of its own name, or a part of the column that `part_of` names: the weekday of a date, whether
    there is a value at all, or how long after another column it is.
    """

    name: str
    encoder: Encoder
    merge: Merge | None = None
    part_of: str | None = None

    def __post_init__(self) -> None:
        if self.merge is not None and self.merge.fine_size != self.encoder.size:
            raise ValueError("a merge does not fit its encoder")
        if isinstance(self.encoder, PartEncoder | GapEncoder | DurationEncoder) != (self.part_of is not None):
            raise ValueError("an encoder of parts belongs to a column")

    @property
    def column(self) -> str:
        """The column that is encoded."""
        return self.name if self.part_of is None else self.part_of

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns whose values its codes tell of; the last one is `column`."""
        return columns_of(self.encoder, self.column)

    @property
    def size(self) -> int:
        """How many coarse codes there are."""
        return self.encoder.size if self.merge is None else self.merge.coarse_size

    @property
    def ordinal(self) -> int:
        """How many of the first codes lie on a scale; none once codes are merged."""
        return self.encoder.ordinal if self.merge is None else 0

    @property
    def gap(self) -> int | None:
        """The coarse code of missing values, if they have one for themselves alone."""
        if not self.encoder.missing:
            return None
        last = self.encoder.size - 1
        return last if self.merge is None else merged_gaps({"": last}, {"": self.merge}).get("")

    def encode(self, values: pa.Array) -> NDArray[np.unsignedinteger[Any]]:
        """Canonical values to coarse codes; `InputError` (with the column's name) for values without a code."""
        try:
            fine = self.encoder.encode(values)
        except InputError as error:
            raise InputError(f"column {self.column!r}: {error.message}", error.hint) from error
        return fine if self.merge is None else as_codes(self.merge.coarsen(fine), self.size)

    def encode_from(self, values: Callable[[str], pa.Array]) -> NDArray[np.unsignedinteger[Any]]:
        """The coarse codes of rows whose canonical columns `values` gives by their names."""
        return self.encode(read_by(self.encoder, self.column, values))

    def inside(self, values: pa.Array) -> pa.Array:
        """The canonical values that the codes of these stand for: the same, but dates that lie in the grid."""
        return self.encoder.nearest(values) if isinstance(self.encoder, GridEncoder) else values

    def decode(self, codes: NDArray[np.integer[Any]], rng: np.random.Generator, compact: bool = False) -> pa.Array:
        """Coarse codes to canonical values; `compact`: as a dictionary array where they are few."""
        fine = codes if self.merge is None else self.merge.refine(codes, rng)
        return self.encoder.decode_compact(fine, rng) if compact else self.encoder.decode(fine, rng)

    @property
    def shares(self) -> NDArray[np.float64]:
        """By fine code: how often it is drawn for its coarse code, of 1."""
        return np.ones(self.encoder.size) if self.merge is None else self.merge.shares

    def certainty(self) -> NDArray[np.float64]:
        """By coarse code: the largest chance that `decode` gives it for any one value."""
        fine = self.encoder.certainty()
        if self.merge is None:
            return fine
        chances = np.zeros(self.size)
        np.maximum.at(chances, self.merge.groups, self.shares * fine)
        return chances

    def unlisted(self) -> NDArray[np.float64]:
        """By coarse code: the share of it that stands for values that are not listed, and are never written."""
        encoder, shares = self.encoder, np.zeros(self.encoder.size)
        if isinstance(encoder, CategoryEncoder) and encoder.other:
            shares[len(encoder.values)] = 1.0
        if self.merge is None:
            return shares
        return np.bincount(self.merge.groups, self.shares * shares, self.size).astype(np.float64)

    def labels(self) -> tuple[str, ...]:
        """The names of the coarse codes; merged neighbours are named by the first and the last, others by the first."""
        fine = self.encoder.labels()
        if self.merge is None:
            return fine
        members = [np.flatnonzero(self.merge.groups == group) for group in range(self.size)]
        return tuple(_label(fine, m) for m in members)

    def merged(self, merge: Merge | None) -> "ColumnCodec":
        """The column with its coarse codes merged further."""
        if merge is None or self.merge is None:
            return replace(self, merge=merge or self.merge)
        return replace(self, merge=_compose(self.merge, merge))


def column_to_json(column: ColumnCodec) -> dict[str, Any]:
    """A plain object that `column_from_json` reads."""
    merge = column.merge
    lists = None if merge is None else {"groups": merge.groups.tolist(), "weights": merge.weights.tolist()}
    return {"name": column.name, "part_of": column.part_of, "encoder": column.encoder.to_json(), "merge": lists}


def column_from_json(document: Any) -> ColumnCodec:
    """Read what `column_to_json` wrote; `ValueError` and its kin for anything else."""
    name, part_of = document["name"], document["part_of"]
    if set(document) != {"name", "part_of", "encoder", "merge"} or not isinstance(name, str):
        raise ValueError("not a column")
    if part_of is not None and not isinstance(part_of, str):
        raise ValueError("not the part of a column")
    encoder = encoder_from_json(document["encoder"])
    lists = document["merge"]
    if lists is None:
        return ColumnCodec(name, encoder, part_of=part_of)
    groups, weights = lists["groups"], lists["weights"]
    if set(lists) != {"groups", "weights"} or len(groups) != encoder.size or not all(type(g) is int for g in groups):
        raise ValueError("not a merge")
    if not all(type(w) in (int, float) for w in weights) or not all(0 <= g < len(groups) for g in groups):
        raise ValueError("not a merge")
    merge = Merge(np.array(groups, dtype=np.intp), np.array(weights, dtype=np.float64))
    return ColumnCodec(name, encoder, merge, part_of)


def _label(names: tuple[str, ...], members: NDArray[np.intp]) -> str:
    first, last = int(members[0]), int(members[-1])
    if len(members) == 1:
        return names[first]
    together = last - first + 1 == len(members)
    return f"{names[first]} … {names[last]}" if together else f"{names[first]} and {len(members) - 1} more"


def _compose(fine: Merge, coarse: Merge) -> Merge:
    """One merge for two in a row: P(fine | group) = P(fine | middle) P(middle | group)."""
    if coarse.fine_size != fine.coarse_size:
        raise ValueError("a merge does not fit the one before it")
    middle, group = fine.shares, coarse.shares
    return Merge(coarse.groups[fine.groups], middle * group[fine.groups])
