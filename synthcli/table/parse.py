"""Raw cells -> canonical values: text is parsed by our own rules, since a library's error would quote the cell.

Every distinct spelling of a batch is parsed once, and spread over the rows by its index.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from synthcli.table.axis import ARROW_TYPES, values_at
from synthcli.table.schema import Column, Kind
from synthcli.table.temporal import TimeFormat

_INTEGER = r"^[+-]?[0-9]+(\.0+)?$"
"""A fraction of zeros is how data frames write whole numbers beside gaps."""
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_NOT_A_NUMBER = ["nan", "+nan", "-nan"]
_INFINITE = ["inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"]
_EXACT = 2.0**53
_MICROSECONDS = {"D": 86_400_000_000, "s": 1_000_000, "ms": 1_000}


@dataclass(frozen=True, kw_only=True)
class Cells:
    """A column of a batch: its distinct cells, and the index of each row's cell (None: one cell per row).

    `values` are canonical, null where missing, unreadable or infinite; the masks say which entries were so. `raw` is
    the text of the cells, for text.
    """

    values: pa.Array
    unreadable: NDArray[np.bool_]
    infinite: NDArray[np.bool_]
    index: pa.Array | None = None
    raw: pa.Array | None = None

    def rows(self) -> pa.Array:
        """The canonical values, one for each row."""
        return self.values if self.index is None else self.values.take(self.index)

    def count(self, mask: NDArray[np.bool_]) -> int:
        """How many rows have a cell that is marked."""
        if self.index is None or not mask.any():
            return int(mask.sum())
        places = self.index.drop_null().to_numpy(zero_copy_only=False)
        return int(mask[places].sum())

    @property
    def missing(self) -> int:
        """How many rows have no value, not counting those whose cell cannot be used."""
        null = self.values.is_null().to_numpy(zero_copy_only=False) & ~self.unreadable & ~self.infinite
        return self.count(null) + (0 if self.index is None else self.index.null_count)


def parse(raw: pa.Array, column: Column, missing: tuple[str, ...]) -> Cells:
    """The cells of one column of a raw batch (text, dictionary of text, or typed as in a Parquet file)."""
    index = None
    if pa.types.is_dictionary(raw.type):
        raw, index = raw.dictionary, raw.indices
    if is_text(raw.type):
        text = raw.cast(pa.string())
        if index is None:
            encoded = pc.dictionary_encode(text)
            text, index = encoded.dictionary, encoded.indices
        return _parse_text(text, index, column, missing)
    return _without_declared(_from_typed(raw, index, column, missing), column, missing)


def is_text(arrow_type: pa.DataType) -> bool:
    """Whether the cells are strings of any width."""
    return bool(
        pa.types.is_string(arrow_type) or pa.types.is_large_string(arrow_type) or pa.types.is_string_view(arrow_type)
    )


def _parse_text(text: pa.Array, index: pa.Array | None, column: Column, missing: tuple[str, ...]) -> Cells:
    """Distinct spellings to values."""
    trimmed = text if column.kind is Kind.STRING else pc.utf8_trim_whitespace(text)
    blank = pc.is_in(trimmed, value_set=pa.array(missing, pa.string()))
    trimmed = pc.if_else(blank, None, trimmed)
    if column.kind is Kind.STRING:
        none = np.zeros(len(text), dtype=np.bool_)
        return Cells(values=trimmed, unreadable=none, infinite=none, index=index, raw=text)
    infinite = np.zeros(len(text), dtype=np.bool_)
    if column.kind is Kind.INTEGER:
        values, good = _integers(trimmed)
    elif column.kind is Kind.NUMBER:
        values, good, infinite = _numbers(trimmed)
    elif column.kind is Kind.BOOLEAN:
        values, good = _booleans(trimmed, column)
    else:
        places, good = TimeFormat.of(column).parse(trimmed)
        values = values_at(places, ~good, column.kind)
    unreadable = ~good & ~infinite & _array(trimmed.is_valid())
    return Cells(values=values, unreadable=unreadable, infinite=infinite, index=index, raw=text)


def _integers(text: pa.Array) -> tuple[pa.Array, NDArray[np.bool_]]:
    shaped = pc.match_substring_regex(text, _INTEGER).fill_null(False)
    whole = pc.replace_substring_regex(pc.if_else(shaped, text, None), r"\.0+$", "")
    held = pc.replace_substring_regex(whole, r"^(\+|(-?)0+([0-9]))", r"\2\3")
    values = _cast_or_null(held, pa.int64())
    return values, _array(values.is_valid())


def _numbers(text: pa.Array) -> tuple[pa.Array, NDArray[np.bool_], NDArray[np.bool_]]:
    """Values, which were read, which are infinite. NaN reads as a missing value."""
    shaped = pc.match_substring_regex(text, _NUMBER).fill_null(False)
    values = _cast_or_null(pc.if_else(shaped, text, None), pa.float64())
    word = pc.ascii_lower(text)
    infinite = _array(pc.or_(pc.is_in(word, pa.array(_INFINITE)), pc.is_inf(values).fill_null(False)))
    nan = _array(pc.is_in(word, pa.array(_NOT_A_NUMBER)))
    return pc.if_else(pa.array(infinite), None, values), _array(values.is_valid()) | nan, infinite


def _booleans(text: pa.Array, column: Column) -> tuple[pa.Array, NDArray[np.bool_]]:
    true = pc.is_in(text, pa.array(column.true_values, pa.string()))
    false = pc.is_in(text, pa.array(column.false_values, pa.string()))
    good = pc.or_(true, false)
    return pc.if_else(good, true, None), _array(good)


def _from_typed(raw: pa.Array, index: pa.Array | None, column: Column, missing: tuple[str, ...]) -> Cells:
    """Typed cells: the obvious conversions, and everything else by way of its text."""
    target, kind = raw.type, column.kind
    if pa.types.is_timestamp(target):
        raw = _utc(raw)
    values: pa.Array | None = None
    if raw.type == ARROW_TYPES[kind]:
        values = raw
    elif kind is Kind.NUMBER and (pa.types.is_integer(target) or is_fraction(target)):
        values = raw.cast(pa.float64(), safe=False)
    elif kind is Kind.INTEGER and is_fraction(target):
        return _whole(raw.cast(pa.float64(), safe=False), index)
    elif kind is Kind.DATE and pa.types.is_date64(target):
        values = raw.cast(pa.date32())
    elif kind is Kind.DATETIME and pa.types.is_date(target):
        values = _midnights(raw.cast(pa.date32()))
    elif kind is Kind.TIME and pa.types.is_time(target):
        values = raw.cast(ARROW_TYPES[kind], safe=False)
    if values is None:
        return _by_text(raw, index, column, missing)
    infinite = np.zeros(len(values), dtype=np.bool_)
    if kind is Kind.NUMBER:
        values = pc.if_else(pc.is_in(values, value_set=_infinities(missing)), None, values)
        infinite = _array(pc.is_inf(values).fill_null(False))
        values = pc.if_else(pc.is_finite(values), values, None)
    return Cells(values=values, unreadable=np.zeros(len(values), dtype=np.bool_), infinite=infinite, index=index)


def _infinities(missing: tuple[str, ...]) -> pa.Array:
    """The infinite numbers that are declared to mean a missing value."""
    return pa.array([float(text) for text in missing if text.strip().lower() in _INFINITE], pa.float64())


def _without_declared(cells: Cells, column: Column, missing: tuple[str, ...]) -> Cells:
    """Typed cells where those that a spelling of a missing value stands for are missing, as they are in text."""
    texts = [text.strip() for text in missing if text.strip()]
    if not texts or column.kind is Kind.STRING:
        return cells
    declared = _parse_text(pa.array(texts, pa.string()), None, column, ()).values.drop_null()
    values = pc.if_else(pc.is_in(cells.values, value_set=declared), None, cells.values)
    return replace(cells, values=values)


def _by_text(raw: pa.Array, index: pa.Array | None, column: Column, missing: tuple[str, ...]) -> Cells:
    """Cells of another type, as their text would be read: a whole float as an integer, midnight as a date."""
    text = raw.cast(pa.string())
    if is_fraction(raw.type):
        text = pc.replace_substring_regex(text, r"^(-?[0-9]+)\.0*$", r"\1")
    elif column.kind is Kind.DATE and pa.types.is_timestamp(raw.type):
        text = pc.replace_substring_regex(text, r" 00:00:00(\.0*)?$", "")
    if index is None:
        encoded = pc.dictionary_encode(text)
        text, index = encoded.dictionary, encoded.indices
    return _parse_text(text, index, column, missing)


def is_fraction(arrow_type: pa.DataType) -> bool:
    """Whether the cells are floats or decimals."""
    return bool(pa.types.is_floating(arrow_type) or pa.types.is_decimal(arrow_type))


def _whole(numbers: pa.Array, index: pa.Array | None) -> Cells:
    """Floats of an integer column: whole ones only, and NaN for missing, as data frames write them."""
    infinite = _array(pc.is_inf(numbers).fill_null(False))
    present = _array(pc.is_finite(numbers).fill_null(False))
    held = np.where(present, numbers.fill_null(0.0).to_numpy(zero_copy_only=False), 0.0)
    good = present & (held == np.floor(held)) & (np.abs(held) <= _EXACT)
    values = values_at(np.where(good, held, 0.0).astype(np.int64), ~good, Kind.INTEGER)
    return Cells(values=values, unreadable=present & ~good, infinite=infinite, index=index)


def _utc(stamps: pa.Array) -> pa.Array:
    """Timestamps of any unit and zone as microseconds in UTC; what is finer is cut off, what does not fit is null.

    Row by row: were one such row to spoil its batch, adding it would change thousands of others.
    """
    unit = stamps.type.unit
    ticks = stamps.view(pa.int64())
    if unit in _MICROSECONDS:
        most = (2**63 - 1) // _MICROSECONDS[unit]
        fits = pc.and_(pc.less_equal(ticks, most), pc.greater_equal(ticks, -most))
        ticks = pc.if_else(fits, ticks, None)
    return ticks.view(pa.timestamp(unit)).cast(pa.timestamp("us"), safe=False)


def _midnights(days: pa.Array) -> pa.Array:
    """Days as microseconds; those beyond what 64 bits count (some 290,000 years) are null, as in `_utc`."""
    places = days.view(pa.int32()).cast(pa.int64())
    fits = pc.less_equal(pc.abs(places), (2**63 - 1) // _MICROSECONDS["D"])
    return pc.multiply(pc.if_else(fits, places, None), _MICROSECONDS["D"]).view(pa.timestamp("us"))


def _cast_or_null(text: pa.Array, target: pa.DataType) -> pa.Array:
    """Cast; the few entries that do not fit (well shaped, too large) become null, found by halving."""
    try:
        return text.cast(target)
    except pa.ArrowInvalid:
        if len(text) == 1:
            return pa.nulls(1, target)
    half = len(text) // 2
    return pa.concat_arrays([_cast_or_null(text[:half], target), _cast_or_null(text[half:], target)])


def _array(mask: Any) -> NDArray[np.bool_]:
    """An Arrow mask without nulls as a NumPy one."""
    out: NDArray[np.bool_] = mask.to_numpy(zero_copy_only=False).astype(np.bool_)
    return out
