"""A whole batch of columns <-> codes: the two ends of the pipe use the same codec."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.errors import InputError
from synthcli.marginal import Codes, Domain, Merge, StructuralZeros
from synthcli.marginal.coarsening import merged, merged_gaps
from synthcli.marginal.gaps import Gaps, with_gaps
from synthcli.table.calendar_join import Calendar
from synthcli.table.calendar_within import CalendarWithin
from synthcli.table.codes import as_codes
from synthcli.table.encoders import CategoryEncoder, Encoder, GapEncoder, GridEncoder, PartEncoder, encoder_from_json


@dataclass(frozen=True, eq=False)
class ColumnCodec:
    """One attribute: its encoder gives fine codes, and its merge, if any, the coarse codes that the model sees.

    It is a column of its own name, or a part of the column that `part_of` names: the weekday of a date, or whether
    there is a value at all.
    """

    name: str
    encoder: Encoder
    merge: Merge | None = None
    part_of: str | None = None

    def __post_init__(self) -> None:
        if self.merge is not None and self.merge.fine_size != self.encoder.size:
            raise ValueError("a merge does not fit its encoder")
        if isinstance(self.encoder, PartEncoder | GapEncoder) != (self.part_of is not None):
            raise ValueError("an encoder of parts belongs to a column")

    @property
    def column(self) -> str:
        """The column that is encoded."""
        return self.name if self.part_of is None else self.part_of

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


@dataclass(frozen=True, eq=False)
class Codec:
    """The modelled columns, in schema order, each before its parts."""

    columns: tuple[ColumnCodec, ...]
    zeros: tuple[StructuralZeros, ...] = ()
    """The cells that rules declare impossible, for whoever fits a model; a model file keeps them in the model."""
    levels: Mapping[str, NDArray[np.intp]] = field(default_factory=dict)
    """The hierarchies of columns whose codes are not merged yet, as `Domain` has them; for whoever fits a model."""
    within: Mapping[str, CalendarWithin] = field(default_factory=dict)
    """Columns of dates whose values are kept to some of their days; for whoever draws rows under a condition."""

    def __post_init__(self) -> None:
        if len({column.name for column in self.columns}) != len(self.columns):
            raise ValueError("a codec names a column twice")
        whole = {c.name: c.encoder for c in self.columns if c.part_of is None}
        for part in self.columns:
            if part.part_of is not None and not _fits(part.encoder, whole.get(part.column)):
                raise ValueError("a part does not fit its column")

    @cached_property
    def domain(self) -> Domain:
        """The attributes that the model sees, with their coarse sizes."""
        columns = self.columns
        return Domain(
            tuple(c.name for c in columns),
            tuple(c.size for c in columns),
            ordinal=tuple(0 if c.name in self.levels else c.ordinal for c in columns),
            zeros=self.zeros,
            levels=self.levels,
            gaps={c.name: c.gap for c in columns if c.part_of is None and c.gap is not None},
        )

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The columns, without the attributes that are parts of one."""
        return tuple(c.name for c in self.columns if c.part_of is None)

    @cached_property
    def places(self) -> dict[str, tuple[int, ...]]:
        """By column, which attributes tell of it: its own first. What says whether it has a value stands behind all."""
        every: dict[str, tuple[int, ...]] = {}
        for place, column in enumerate(self.columns):
            every[column.column] = (*every.get(column.column, ()), place)
        return every

    @cached_property
    def calendars(self) -> dict[str, Calendar]:
        """The columns that have parts, with these."""
        parts: dict[str, list[ColumnCodec]] = {}
        for column in self.columns:
            if isinstance(column.encoder, PartEncoder) and column.part_of is not None:
                parts.setdefault(column.part_of, []).append(column)
        return {c.name: Calendar(c, tuple(parts[c.name])) for c in self.columns if c.name in parts}

    def encode(self, batch: pa.RecordBatch) -> dict[str, NDArray[np.unsignedinteger[Any]]]:
        """The coarse codes of the columns that the batch has; `InputError` for values without a code."""
        present = set(batch.schema.names)
        return {c.name: c.encode(batch.column(c.column)) for c in self.columns if c.column in present}

    def decode(self, codes: Codes, rng: np.random.Generator, compact: bool = False) -> pa.RecordBatch:
        """All columns out of their coarse codes; `compact`: those of few values as dictionary arrays."""
        arrays = [self.decode_column(name, codes, rng, compact) for name in self.names]
        return pa.RecordBatch.from_arrays(arrays, names=self.names)

    def decode_column(self, name: str, codes: Codes, rng: np.random.Generator, compact: bool = False) -> pa.Array:
        """One column out of its codes and those of its parts."""
        if name in self.within:
            return self.within[name].draw(codes, rng)
        if name in self.calendars:
            return self.calendars[name].draw(codes, rng)
        return self._by_name[name].decode(codes[name], rng, compact)

    def certainty(self) -> tuple[NDArray[np.float64], ...]:
        """By attribute, then code: the largest chance of one value; 1 for a column that is drawn with its parts."""
        parted = self.calendars
        return tuple(np.ones(c.size) if c.column in parted else c.certainty() for c in self.columns)

    @cached_property
    def _by_name(self) -> dict[str, ColumnCodec]:
        return {column.name: column for column in self.columns}

    def merged(self, merges: Mapping[str, Merge]) -> "Codec":
        """The codec with some columns' codes merged further; `KeyError` for an unknown column."""
        self.domain.clique(merges)
        columns = tuple(column.merged(merges.get(column.name)) for column in self.columns)
        levels = {name: table for name, table in self.levels.items() if merges.get(name) is None}
        return Codec(columns, tuple(merged(zeros, merges) for zeros in self.zeros), levels)

    def with_gaps(self, gaps: Gaps) -> "Codec":
        """The codec with attributes, behind its own, that say of columns whether a row has a value; and their zeros."""
        kinds = {c.name: c.encoder.type for c in self.columns}
        more = (ColumnCodec(name, GapEncoder(type=kinds[of]), part_of=of) for name, of in gaps.items())
        return replace(self, columns=(*self.columns, *more), zeros=with_gaps(self.domain, gaps).zeros)

    def without_gaps(self) -> "Codec":
        """The codec without the attributes that say nothing but whether a column has a value, as its codes do, too."""
        return replace(self, columns=tuple(c for c in self.columns if not isinstance(c.encoder, GapEncoder)), zeros=())

    def to_json(self) -> dict[str, Any]:
        """A plain object that `codec_from_json` reads."""
        return {"columns": [_column_to_json(column) for column in self.columns]}


def joined(codecs: Sequence[Codec], names: Sequence[str]) -> Codec:
    """Codecs of different columns as one of these columns, in this order, each before its parts; without rules."""
    columns = tuple(c for name in names for codec in codecs for c in codec.columns if c.column == name)
    levels = {name: table for codec in codecs for name, table in codec.levels.items() if name in names}
    return Codec(columns, levels=levels)


def _fits(part: Encoder, whole: Encoder | None) -> bool:
    """Whether these are codes of a part of what those are codes of."""
    if whole is None or part.type is not whole.type:
        return False
    if isinstance(part, PartEncoder):
        return isinstance(whole, GridEncoder) and whole.missing == part.missing
    return whole.missing


def codec_from_json(document: Any) -> Codec:
    """Read what `Codec.to_json` wrote; `InputError` for anything else."""
    try:
        if set(document) != {"columns"} or not isinstance(document["columns"], list):
            raise ValueError("not a codec")
        return Codec(tuple(_column_from_json(column) for column in document["columns"]))
    except (ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
        raise InputError("the codec in the file is damaged", "fetch or fit the model again") from error


def _label(names: tuple[str, ...], members: NDArray[np.intp]) -> str:
    first, last = int(members[0]), int(members[-1])
    if len(members) == 1:
        return names[first]
    together = last - first + 1 == len(members)
    return f"{names[first]} … {names[last]}" if together else f"{names[first]} and {len(members) - 1} more"


def _column_to_json(column: ColumnCodec) -> dict[str, Any]:
    merge = column.merge
    lists = None if merge is None else {"groups": merge.groups.tolist(), "weights": merge.weights.tolist()}
    return {"name": column.name, "part_of": column.part_of, "encoder": column.encoder.to_json(), "merge": lists}


def _column_from_json(document: Any) -> ColumnCodec:
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


def _compose(fine: Merge, coarse: Merge) -> Merge:
    """One merge for two in a row: P(fine | group) = P(fine | middle) P(middle | group)."""
    if coarse.fine_size != fine.coarse_size:
        raise ValueError("a merge does not fit the one before it")
    middle, group = fine.shares, coarse.shares
    return Merge(coarse.groups[fine.groups], middle * group[fine.groups])
