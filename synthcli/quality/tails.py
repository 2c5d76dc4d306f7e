"""How the tails fared: rare values and extreme ones are what models lose first, and generation after generation more.

Diagnostics for the steward. They compare real values with synthetic ones: internal.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.quality.result import Extremes, RareValues
from synthcli.table.axis import from_axis, positions
from synthcli.table.category_encoder import CategoryEncoder
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.schema import Column, Kind, Schema

RARE = 0.01
"""A value is rare if fewer than this share of the real rows have it; the extremes are this share at either end."""
_SAMPLE = 50_000
"""Rows of a stream, drawn at random, whose values are kept to find percentiles."""


class Tails:
    """What one stream shows of them, gathered while it passes."""

    def __init__(self, codec: Codec, schema: Schema) -> None:
        own = [column for column in codec.columns if column.part_of is None]
        self._listed = [c for c in own if isinstance(c.encoder, CategoryEncoder)]
        self._on_lines = [c for c in own if c not in self._listed and schema[c.name].kind.has_axis]
        self._schema, self._rng = schema, np.random.default_rng(0)
        self.rows = 0
        self.counts = {c.name: np.zeros(c.encoder.size, dtype=np.int64) for c in self._listed}
        self.places: dict[str, NDArray[np.float64]] = {c.name: np.empty(0) for c in self._on_lines}
        self._keys = np.empty(0)

    def watch(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The same batches, looked at on their way."""
        for batch in batches:
            self._add(batch)
            yield batch

    def _add(self, batch: pa.RecordBatch) -> None:
        self.rows += batch.num_rows
        for column in self._listed:
            codes = column.encoder.encode(batch.column(column.name))
            self.counts[column.name] += np.bincount(codes, minlength=column.encoder.size)
        keys = np.concatenate([self._keys, self._rng.random(batch.num_rows)])
        kept = np.argpartition(keys, _SAMPLE)[:_SAMPLE] if len(keys) > _SAMPLE else np.arange(len(keys))
        self._keys = keys[kept]
        for column in self._on_lines:
            places = _places(batch.column(column.name), self._schema[column.name])
            self.places[column.name] = np.concatenate([self.places[column.name], places])[kept]


def _places(values: pa.Array, column: Column) -> NDArray[np.float64]:
    """Positions on the number line, NaN for missing values."""
    places, missing = positions(values, column.kind)
    return np.where(missing, np.nan, places.astype(np.float64))


def compare_tails(
    codec: Codec, schema: Schema, real: Tails, synthetic: Tails
) -> tuple[tuple[RareValues, ...], tuple[Extremes, ...]]:
    """Column by column: those of listed values, and those on a number line."""
    rare = (_rare(column, real, synthetic) for column in codec.columns if column.name in real.counts)
    extremes = (_extremes(schema[name], real.places[name], synthetic.places[name]) for name in real.places)
    return tuple(found for found in rare if found.values or found.unlisted), tuple(filter(None, extremes))


def _rare(column: ColumnCodec, real: Tails, synthetic: Tails) -> RareValues:
    encoder = column.encoder
    assert isinstance(encoder, CategoryEncoder)
    listed = len(encoder.values)
    ours, theirs = real.counts[column.name], synthetic.counts[column.name]
    rare = (ours[:listed] > 0) & (ours[:listed] < RARE * real.rows)
    return RareValues(
        name=column.name,
        values=int(rare.sum()),
        lost=int((rare & (theirs[:listed] == 0)).sum()),
        real=float(ours[:listed][rare].sum() / max(1, real.rows)),
        synthetic=float(theirs[:listed][rare].sum() / max(1, synthetic.rows)),
        unlisted=float(ours[listed] / max(1, real.rows)) if encoder.other else 0.0,
    )


def _extremes(column: Column, real: NDArray[np.float64], synthetic: NDArray[np.float64]) -> Extremes | None:
    """None where one of the two has no value."""
    ours, theirs = real[~np.isnan(real)], synthetic[~np.isnan(synthetic)]
    if not len(ours) or not len(theirs):
        return None
    ends, drawn = (np.quantile(values, (RARE, 1 - RARE), method="nearest") for values in (ours, theirs))
    return Extremes(
        name=column.name,
        low=_text(ends[0], column.kind),
        high=_text(ends[1], column.kind),
        synthetic_low=_text(drawn[0], column.kind),
        synthetic_high=_text(drawn[1], column.kind),
        below=float(np.mean(theirs < ends[0])),
        above=float(np.mean(theirs > ends[1])),
        real_below=float(np.mean(ours < ends[0])),
        real_above=float(np.mean(ours > ends[1])),
    )


def _text(place: float, kind: Kind) -> str:
    value = from_axis(place if kind is Kind.NUMBER else int(place), kind)
    return f"{value:g}" if isinstance(value, float) else str(value)
