"""A whole batch of columns <-> codes: the two ends of the pipe use the same codec."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.errors import InputError
from synthcli.marginal import Codes, Domain, Merge, StructuralZeros
from synthcli.marginal.coarsening import merged
from synthcli.marginal.gaps import Gaps, with_gaps
from synthcli.table.calendar_join import Calendar
from synthcli.table.calendar_within import CalendarWithin
from synthcli.table.column_codec import ColumnCodec, column_from_json, column_to_json
from synthcli.table.duration_join import DurationJoin
from synthcli.table.encoders import DurationEncoder, Encoder, GapEncoder, GridEncoder, PartEncoder

__all__ = ["Codec", "ColumnCodec", "codec_from_json", "joined"]


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
    unclear: frozenset[str] = frozenset()
    """Columns of which noise hides where the values lie, by noisy counts; for whoever fits a model, not in its file."""

    def __post_init__(self) -> None:
        if len({column.name for column in self.columns}) != len(self.columns):
            raise ValueError("a codec names a column twice")
        whole = {c.name: c.encoder for c in self.columns if c.part_of is None}
        for part in self.columns:
            if part.part_of is not None and not all(_fits(part.encoder, whole.get(name)) for name in part.reads):
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

    @property
    def joins(self) -> dict[str, tuple[str, ...]]:
        """The attributes that are made of several columns, with these."""
        return {c.name: c.reads for c in self.columns if len(c.reads) > 1}

    @cached_property
    def calendars(self) -> dict[str, Calendar]:
        """The columns that have parts, with these."""
        parts: dict[str, list[ColumnCodec]] = {}
        for column in self.columns:
            if isinstance(column.encoder, PartEncoder) and column.part_of is not None:
                parts.setdefault(column.part_of, []).append(column)
        return {c.name: Calendar(c, tuple(parts[c.name])) for c in self.columns if c.name in parts}

    @cached_property
    def durations(self) -> tuple[DurationJoin, ...]:
        """The pairs of columns whose distance in time is an attribute, with all that tells of them."""
        every = {c.name: Calendar(c, ()) for c in self.columns if isinstance(c.encoder, GridEncoder)} | self.calendars
        return tuple(
            DurationJoin(every[c.encoder.since], every[c.column], c)
            for c in self.columns
            if isinstance(c.encoder, DurationEncoder)
        )

    def encode(self, batch: pa.RecordBatch) -> dict[str, NDArray[np.unsignedinteger[Any]]]:
        """The coarse codes of the attributes whose columns the batch has; `InputError` for values without a code."""
        present = set(batch.schema.names)
        return self.codes((c for c in self.columns if present.issuperset(c.reads)), batch.column)

    def codes(
        self, columns: Iterable[ColumnCodec], values: Callable[[str], pa.Array]
    ) -> dict[str, NDArray[np.unsignedinteger[Any]]]:
        """The coarse codes of some of the attributes, for rows whose canonical columns `values` gives by their names.

        A date outside of its grid counts as the nearest that the grid has, and so do its weekday, its month, and its
        distance from others: codes of one row never contradict each other.
        """
        inside = cache(lambda name: self._by_name[name].inside(values(name)))
        return {c.name: c.encode_from(values if c.part_of is None else inside) for c in columns}

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
        """By attribute, then code: the largest chance of one value; 1 for a column that is drawn with others."""
        parted = {*self.calendars, *(name for join in self.durations for name in join.columns)}
        return tuple(np.ones(c.size) if c.column in parted else c.certainty() for c in self.columns)

    @cached_property
    def _by_name(self) -> dict[str, ColumnCodec]:
        return {column.name: column for column in self.columns}

    def merged(self, merges: Mapping[str, Merge]) -> "Codec":
        """The codec with some columns' codes merged further; `KeyError` for an unknown column."""
        self.domain.clique(merges)
        columns = tuple(column.merged(merges.get(column.name)) for column in self.columns)
        levels = {name: table for name, table in self.levels.items() if merges.get(name) is None}
        zeros = tuple(merged(zeros, merges) for zeros in self.zeros)
        return Codec(columns, zeros, levels, unclear=self.unclear)

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
        return {"columns": [column_to_json(column) for column in self.columns]}


def joined(codecs: Sequence[Codec], names: Sequence[str]) -> Codec:
    """Codecs of different columns as one of these columns, in this order, each before its parts; without rules."""
    columns = tuple(c for name in names for codec in codecs for c in codec.columns if c.column == name)
    levels = {name: table for codec in codecs for name, table in codec.levels.items() if name in names}
    return Codec(columns, levels=levels, unclear=frozenset().union(*(codec.unclear for codec in codecs)))


def _fits(part: Encoder, whole: Encoder | None) -> bool:
    """Whether these are codes of a part of what those are codes of."""
    if whole is None or part.type is not whole.type:
        return False
    if isinstance(part, PartEncoder):
        return isinstance(whole, GridEncoder) and whole.missing == part.missing
    if isinstance(part, DurationEncoder):
        return isinstance(whole, GridEncoder) and whole.missing <= part.missing
    return whole.missing


def codec_from_json(document: Any) -> Codec:
    """Read what `Codec.to_json` wrote; `InputError` for anything else."""
    try:
        if set(document) != {"columns"} or not isinstance(document["columns"], list):
            raise ValueError("not a codec")
        return Codec(tuple(column_from_json(column) for column in document["columns"]))
    except (ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
        raise InputError("the codec in the file is damaged", "fetch or fit the model again") from error
