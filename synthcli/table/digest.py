"""Keyed hashes of cells: equal cells get equal numbers, and nobody without the key can tell which cells they are."""

import hashlib
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

_MISSING = np.uint64(0x9E3779B97F4A7C15)


def digests(cells: pa.Array, key: bytes, words: int = 1) -> NDArray[np.uint64]:
    """Rows × `words`: 64 bits a word of BLAKE2b under a secret `key` (16 to 64 bytes); all missing cells are equal.

    Equal cells, and no others (but for one pair in 2^(64 words)), get equal numbers.
    """
    if pa.types.is_floating(cells.type):
        cells = pc.if_else(pc.is_nan(cells), None, cells)
    encoded = pc.dictionary_encode(cells)
    found = [
        hashlib.blake2b(repr(value).encode(), digest_size=8 * words, key=key).digest() for value in _plain(encoded)
    ]
    hashes = np.full((len(found) + 1, words), _MISSING)
    hashes[:-1] = np.frombuffer(b"".join(found), dtype=np.uint64).reshape(-1, words)
    places = encoded.indices.fill_null(len(found)).to_numpy(zero_copy_only=False)
    spread: NDArray[np.uint64] = hashes[places]
    return spread


def _plain(encoded: pa.DictionaryArray) -> list[Any]:
    """The distinct values; whole floats as they are, minus zero as zero, times as integers."""
    values = encoded.dictionary
    if pa.types.is_floating(values.type):
        return [value + 0.0 for value in values.to_pylist()]
    if pa.types.is_temporal(values.type):
        width = pa.int32() if values.type.bit_width == 32 else pa.int64()
        values = values.cast(width)
    listed: list[Any] = values.to_pylist()
    return listed
