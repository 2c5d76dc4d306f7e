"""Rows as 64-bit numbers that survive a change of file format: equal values give equal numbers, however they are spelt.

A number counts by its value (3 is 3.0, and 3.10 is 3.1), a time by its moment, text without the blanks around it, a
missing value as missing whatever stands for it. A row is the sum of its cells' numbers, each mixed with its column's
name, so that the order of the columns does not matter.
"""

import hashlib
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from synthcli.table.missing import MARKERS
from synthcli.table.parse import is_fraction, is_text

Hashes = NDArray[np.uint64]

_MISSING = np.uint64(0x9E3779B97F4A7C15)
_NUMBER = r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"
_MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?Z?$"
_BOOLEANS = dict.fromkeys(("true", "yes", "y", "t"), "true") | dict.fromkeys(("false", "no", "n", "f"), "false")


def row_hashes(columns: Iterable[tuple[str, pa.Array]], key: bytes) -> Hashes:
    """One number for each row of these columns, which are of one length; `key` has 16 to 64 bytes."""
    rows: Hashes | None = None
    for name, cells in columns:
        with np.errstate(over="ignore"):
            mixed = mix(cell_hashes(cells, key) + _digest(name, key))
            rows = mixed if rows is None else rows + mixed
    if rows is None:
        raise ValueError("a row has columns")
    return rows


def cell_hashes(cells: pa.Array, key: bytes) -> Hashes:
    """One number for each cell of a flat Arrow array, by its value alone."""
    if pa.types.is_dictionary(cells.type):
        values = cells.dictionary
        known = np.append(_words(values, key) if is_text(values.type) else cell_hashes(values, key), _MISSING)
        hashes: Hashes = known[cells.indices.fill_null(len(known) - 1).to_numpy(zero_copy_only=False)]
        return hashes
    if is_text(cells.type):
        return cell_hashes(pc.dictionary_encode(cells), key)
    if pa.types.is_integer(cells.type) or is_fraction(cells.type):
        numbers = cells.cast(pa.float64(), safe=False)
        absent = numbers.is_null(nan_is_null=True).to_numpy(zero_copy_only=False)
        return np.where(absent, _MISSING, _numbers(numbers.fill_null(0.0).to_numpy(zero_copy_only=False), key))
    if pa.types.is_date(cells.type) or pa.types.is_timestamp(cells.type):
        moments = cells.cast(pa.timestamp("us"), safe=False).view(pa.int64()).fill_null(0)
        absent = cells.is_null().to_numpy(zero_copy_only=False)
        return np.where(absent, _MISSING, _moments(moments.to_numpy(zero_copy_only=False), key))
    return cell_hashes(cells.cast(pa.string()), key)


def _words(text: pa.Array, key: bytes) -> Hashes:
    """Spellings: numbers, dates and times in ISO 8601 by what they mean, the others by their letters."""
    bare = _short_clocks(pc.utf8_trim_whitespace(text.cast(pa.string())))
    hashes = np.full(len(bare), _MISSING, dtype=np.uint64)
    left = ~bare.is_null().to_numpy(zero_copy_only=False)
    for pattern, read in ((_NUMBER, _read_numbers), (_MOMENT, _read_moments)):
        fits = pc.match_substring_regex(bare, pattern).fill_null(False).to_numpy(zero_copy_only=False) & left
        values, readable = read(bare.filter(pa.array(fits)), key)
        places = np.flatnonzero(fits)[readable]
        hashes[places] = values[readable]
        left[places] = False
    for place in np.flatnonzero(left):
        word = bare[place].as_py()
        if word not in MARKERS:
            hashes[place] = _digest(_BOOLEANS.get(word.casefold(), word), key)
    return hashes


def _short_clocks(text: pa.Array) -> pa.Array:
    """Times of day without seconds, and seconds without a fraction, that are zero: 08:30:00.000 is 08:30."""
    seconds = pc.replace_substring_regex(text, r"^([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.0+|(\.[0-9]*[1-9])0+)$", r"\1\2")
    return pc.replace_substring_regex(seconds, r"^([0-9]{2}:[0-9]{2}):00$", r"\1")


def _read_numbers(text: pa.Array, key: bytes) -> tuple[Hashes, NDArray[np.bool_]]:
    numbers = text.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return _numbers(numbers, key), np.ones(len(numbers), dtype=np.bool_)


def _read_moments(text: pa.Array, key: bytes) -> tuple[Hashes, NDArray[np.bool_]]:
    """Dates that the calendar does not have stay text."""
    moments = np.full(len(text), np.datetime64("NaT"), dtype="datetime64[us]")
    for place, word in enumerate(text.to_pylist()):
        try:
            moments[place] = np.datetime64(word.rstrip("Z"), "us")
        except ValueError:
            continue
    return _moments(moments.view(np.int64), key), ~np.isnat(moments)


def _numbers(values: NDArray[np.float64], key: bytes) -> Hashes:
    with np.errstate(over="ignore"):
        return mix((values + 0.0).view(np.uint64) + _digest("a number", key))


def _moments(values: NDArray[np.int64], key: bytes) -> Hashes:
    with np.errstate(over="ignore"):
        return mix(values.astype(np.uint64) + _digest("a moment", key))


def _digest(word: str, key: bytes) -> np.uint64:
    digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8, key=key).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def mix(state: Hashes) -> Hashes:
    """Bits well mixed, one to one: the finaliser of SplitMix64 (Steele, Lea and Flood, 2014)."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
