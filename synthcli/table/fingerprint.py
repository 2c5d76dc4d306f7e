"""What is remembered of released rows, so that they are known again: the smallest of their hashes (a bottom-k sketch).

Hashes are random, so that those below a threshold are a fair sample of the different rows of any table. Of a table's
rows below the threshold of a sketch, the share that the sketch holds tells how much of the table was released.

A real row may equal a synthetic one by chance. So every row of a sketch carries how many copies of it the release was
expected to hold, `expected`, and rows above a tenth are left out. Whatever the real rows are, as long as the release
was drawn without a look at them (but through the model), at most a share c of their different rows equals a row
with `expected` of c or less, on average over draws: each is in the release with that probability at most.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc

from synthcli.table.row_hash import Hashes

MOST = 4096
"""Rows that a sketch keeps."""
LEVELS = (1e-4, 1e-3, 1e-2, 1e-1)
"""What is told apart of `expected`; a row counts with the first level that is no smaller."""
FALSE_ALARM = 1e-9
"""The chance, at most, that real rows are taken for those of one release."""

_ALL = np.uint64(2**64 - 1)
_RECORD = np.dtype([("hash", "<u8"), ("level", "u1")])


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """The hashes up to `threshold` of the released rows that seldom come by chance, ascending, each with its level."""

    threshold: np.uint64
    hashes: Hashes
    levels: NDArray[np.uint8]

    def to_bytes(self) -> bytes:
        """As the ledger keeps it."""
        records = np.empty(len(self.hashes), dtype=_RECORD)
        records["hash"], records["level"] = self.hashes, self.levels
        return np.array([self.threshold], dtype="<u8").tobytes() + records.tobytes()

    @staticmethod
    def from_bytes(raw: bytes) -> "Fingerprint":
        """Read what `to_bytes` wrote; `ValueError` for anything else."""
        records = np.frombuffer(raw, dtype=_RECORD, offset=8)
        threshold = np.frombuffer(raw, dtype="<u8", count=1)[0]
        return Fingerprint(threshold, records["hash"].astype(np.uint64), records["level"].copy())


@dataclass(frozen=True)
class Match:
    """Of `looked` different rows of a table, a fair sample, `found` were released."""

    looked: int
    found: int

    @property
    def share(self) -> float:
        """How much of the table was released, its different rows counted once; less is seen than there is."""
        return self.found / self.looked


class Sketch:
    """The smallest hashes of a stream of rows, each once, with a figure for each row."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self.threshold = _ALL
        self._hashes: Hashes = np.empty(0, dtype=np.uint64)
        self._figures: NDArray[np.float64] = np.empty(0)

    def add(self, hashes: Hashes, figures: Callable[[NDArray[np.intp]], NDArray[np.float64]] | None = None) -> None:
        """Take rows in; `figures` is asked about those row numbers alone that may stay."""
        values, rows = np.unique(hashes, return_index=True)
        small = (values <= self.threshold) & ~np.isin(values, self._hashes)
        values, rows = values[small][: self._most], rows[small][: self._most]
        if not len(values):
            return
        found = np.zeros(len(rows)) if figures is None else figures(rows)
        merged = np.concatenate([self._hashes, values])
        order = np.argsort(merged)[: self._most]
        self._hashes, self._figures = merged[order], np.concatenate([self._figures, found])[order]
        if len(order) == self._most:
            self.threshold = self._hashes[-1]

    def rows(self) -> Hashes:
        """The hashes up to the threshold, ascending."""
        return self._hashes

    def fingerprint(self) -> Fingerprint:
        """What to remember of released rows, whose figures are the expected copies."""
        levels = np.searchsorted(LEVELS, self._figures)
        kept = levels < len(LEVELS)
        return Fingerprint(self.threshold, self._hashes[kept], levels[kept].astype(np.uint8))


def recognise(table: Sketch, released: Fingerprint) -> Match | None:
    """How much of a table was released, where it is more than chance; None where it may be chance.

    The rows found are at most binomial in the number looked at (indicators of different rows of one draw are negatively
    associated: Joag-Dev and Proschan 1983); the levels share the false alarm between them.
    """
    rows = table.rows()
    rows = rows[rows <= min(table.threshold, released.threshold)]
    found = np.isin(released.hashes, rows)
    counts = [int(found[released.levels <= level].sum()) for level in range(len(LEVELS))]
    chances = [_at_least(n, len(rows), c) for n, c in zip(counts, LEVELS, strict=True)]
    return Match(len(rows), counts[-1]) if min(chances) < FALSE_ALARM / len(LEVELS) else None


def _at_least(hits: int, trials: int, chance: float) -> Any:
    return bdtrc(hits - 1, trials, chance) if hits else 1.0
