"""Both files counted in one pass each: every attribute, and every pair of attributes, as the model sees them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.marginal import Clique, Codes, Domain, tabulate
from synthcli.table.codec import Codec

MAX_CELLS = 20_000_000
"""Cells of all pair tables together (int64, twice): what bounds the memory of a wide table."""


@dataclass(frozen=True, eq=False)
class Counts:
    """`singles` at full resolution; `pairs` over codes that `Resolution` may have thinned."""

    rows: int
    singles: Mapping[Clique, NDArray[np.int64]]
    pairs: Mapping[Clique, NDArray[np.int64]]


@dataclass(frozen=True)
class Resolution:
    """How finely pairs are counted: code × size // full size, at most `most` codes an attribute."""

    domain: Domain
    most: int

    @property
    def coarse(self) -> Domain:
        """The domain of the pair tables."""
        return Domain(self.domain.attributes, tuple(min(size, self.most) for size in self.domain.shape))

    def thin(self, codes: Codes) -> dict[str, NDArray[np.unsignedinteger]]:
        """Neighbouring codes put together where an attribute has more than `most`."""
        sizes = zip(self.domain.attributes, self.domain.shape, self.coarse.shape, strict=True)
        return {
            name: codes[name] if size == coarse else (codes[name].astype(np.int64) * coarse // size).astype(np.uint32)
            for name, size, coarse in sizes
        }


def resolution(domain: Domain) -> Resolution:
    """The finest of full, 128, 64, 32 … codes per attribute whose pair tables hold `MAX_CELLS` at most."""
    most = max(domain.shape)
    while most > 2 and _pair_cells([min(size, most) for size in domain.shape]) > MAX_CELLS:
        most = 1 << ((most - 1).bit_length() - 1)
    return Resolution(domain, most)


def _pair_cells(shape: list[int]) -> int:
    return (sum(shape) ** 2 - sum(size * size for size in shape)) // 2


def count(codec: Codec, batches: Iterable[pa.RecordBatch], fineness: Resolution) -> Counts:
    """One pass over record batches."""
    domain, coarse = codec.domain, fineness.coarse
    singles: dict[Clique, NDArray[np.int64]] = {
        (name,): np.zeros(size, np.int64) for name, size in zip(domain.attributes, domain.shape, strict=True)
    }
    pairs: dict[Clique, NDArray[np.int64]] = {
        pair: np.zeros(coarse.project(pair).shape, np.int64) for pair in combinations(domain.attributes, 2)
    }
    rows = 0
    for batch in batches:
        codes = codec.encode(batch)
        for tables, block, space in ((singles, codes, domain), (pairs, fineness.thin(codes), coarse)):
            for clique, table in tabulate(block, space, tuple(tables)).items():
                tables[clique] += table
        rows += batch.num_rows
    return Counts(rows, singles, pairs)
