"""Rows as the audit sees them: coded as the model sees them, and by the exact spelling of every cell."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.table.codec import Codec
from synthcli.table.digest import digests


@dataclass(frozen=True, eq=False)
class Block:
    """`codes` (rows × attributes, in the order of the domain) and `spelled`, a 64-bit hash of each one's raw cell.

    `places`: the attributes of every column (`Codec.places`), where some column has several; else each is a column.
    `marks`: rows × subgroups, who belongs to which.
    """

    codes: NDArray[np.uint32]
    spelled: NDArray[np.uint64]
    places: tuple[tuple[int, ...], ...] | None = None
    marks: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        if self.codes.ndim != 2 or self.codes.shape != self.spelled.shape:
            raise ValueError("a block has a code and a spelling for every cell")

    @property
    def columns(self) -> int:
        """How many columns of the table there are."""
        return self.codes.shape[1] if self.places is None else len(self.places)

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: Any) -> "Block":
        """The rows that an index array, a mask or a slice picks."""
        marks = None if self.marks is None else self.marks[rows]
        return replace(self, codes=self.codes[rows], spelled=self.spelled[rows], marks=marks)


def as_codes(block: Block, attributes: tuple[str, ...]) -> dict[str, NDArray[np.uint32]]:
    """The codes by attribute, as `tabulate` takes them."""
    return dict(zip(attributes, block.codes.T, strict=True))


def concatenate(blocks: Iterable[Block]) -> Block:
    """One block after the other; at least one."""
    every = list(blocks)
    codes, spelled = np.concatenate([b.codes for b in every]), np.concatenate([b.spelled for b in every])
    marked = [b.marks for b in every if b.marks is not None]
    return replace(every[0], codes=codes, spelled=spelled, marks=np.concatenate(marked) if marked else None)


Mark = Callable[[pa.RecordBatch], NDArray[np.bool_]]


def blocks(batches: Iterable[pa.RecordBatch], codec: Codec, key: bytes, mark: Mark | None = None) -> Iterator[Block]:
    """The modelled columns of record batches, coded and hashed with a secret `key` (16 to 64 bytes)."""
    places = tuple(codec.places.values())
    for batch in batches:
        codes = codec.encode(batch)
        spelled = {name: digests(batch.column(name), key)[:, 0] for name in codec.names}
        yield Block(
            np.stack([codes[c.name].astype(np.uint32) for c in codec.columns], axis=1),
            np.stack([spelled[c.column] for c in codec.columns], axis=1),
            None if len(places) == len(codec.columns) else places,
            None if mark is None else mark(batch),
        )
