"""The two streams, read once each with everything counted on the way: the real rows around the chosen ones, and the
synthetic rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from synthcli.audit.arms import Arms, numbered
from synthcli.audit.block import Block, as_codes, concatenate
from synthcli.audit.coins import Coins
from synthcli.audit.neighbours import Hashes, cell_hashes, column_hashes, crowded, near
from synthcli.errors import InvalidAudit
from synthcli.marginal import Clique, Domain, tabulate

Search = tuple[Literal["codes", "spelled"], int]
"""Which cells to compare, and the Hamming distance up to which a row counts as found."""
Tables = Mapping[Clique, NDArray[np.int64]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Surroundings:
    """The real rows around the chosen ones.

    `isolated[search]`: which chosen rows have no other real row within the distance, on either side of the coin (of
    other units, the rows that represent them).
    `background`: exact counts of the training rows other than the chosen candidates.
    """

    isolated: Mapping[Search, NDArray[np.bool_]]
    background: Tables
    background_rows: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Synthetic:
    """The synthetic rows: how many, which chosen rows they come near, their counts, and a random sample of them."""

    rows: int
    found: Mapping[Search, NDArray[np.bool_]]
    counts: Tables
    sample: Block


def survey(
    real: Iterable[Block],
    coins: Coins,
    arms: Arms,
    searches: Sequence[Search],
    domain: Domain,
    cliques: Sequence[Clique],
) -> Surroundings:
    """One pass over the real rows."""
    finder = _Finder(arms.block, searches)
    finder.look_within()
    background = _zeros(domain, cliques)
    rows = 0
    candidates = arms.chosen.numbers[arms.chosen.candidate]
    for start, block in numbered(real):
        others = _without(arms.chosen.numbers, start, len(block)) & coins.represents(start, len(block))
        finder.look(block[others])
        trains = block[_without(candidates, start, len(block)) & coins.keep(start, len(block))]
        _add(background, trains, domain)
        rows += len(trains)
    isolated = {search: ~found for search, found in finder.found.items()}
    return Surroundings(isolated=isolated, background=background, background_rows=rows)


def scan_synthetic(
    synthetic: Iterable[Block],
    arms: Arms,
    searches: Sequence[Search],
    domain: Domain,
    cliques: Sequence[Clique],
    sample_rows: int,
    rng: np.random.Generator,
) -> Synthetic:
    """One pass over the synthetic rows; `InvalidAudit` where there are none."""
    finder = _Finder(arms.block, searches)
    counts = _zeros(domain, cliques)
    rows = 0
    kept: list[Block] = []
    keys = np.empty(0)
    for block in synthetic:
        finder.look(block)
        _add(counts, block, domain)
        rows += len(block)
        keys = np.concatenate([keys, rng.random(len(block))])
        kept = [concatenate([*kept, block])]
        if len(keys) > sample_rows:
            best = np.sort(np.argpartition(keys, sample_rows)[:sample_rows])
            keys, kept = keys[best], [kept[0][best]]
    if not rows:
        raise InvalidAudit("the synthetic file holds no rows", "draw some with: synthcli sample")
    return Synthetic(rows=rows, found=finder.found, counts=counts, sample=kept[0])


class _Finder:
    """Marks the rows of a block that come near any row of a stream, a piece of the stream at a time."""

    def __init__(self, block: Block, searches: Sequence[Search]) -> None:
        self._rows = {cells: _hashed(block, cells) for cells, _ in searches}
        self.found = {search: np.zeros(len(block), dtype=np.bool_) for search in searches}

    def look(self, block: Block) -> None:
        """Search among these rows too."""
        others = {cells: _hashed(block, cells) for cells in self._rows}
        for (cells, distance), found in self.found.items():
            left = np.flatnonzero(~found)
            found[left] = near(self._rows[cells][left], others[cells], distance)

    def look_within(self) -> None:
        """Search among the block's own other rows."""
        for (cells, distance), found in self.found.items():
            found |= crowded(self._rows[cells], distance)


def _hashed(block: Block, cells: str) -> Hashes:
    return cell_hashes(block.codes) if cells == "codes" else column_hashes(block.spelled)


def _without(numbers: NDArray[np.int64], start: int, count: int) -> NDArray[np.bool_]:
    """Which of the rows start … start + count - 1 are not among these numbers (ascending)."""
    mask = np.ones(count, dtype=np.bool_)
    low, high = np.searchsorted(numbers, (start, start + count))
    mask[numbers[low:high] - start] = False
    return mask


def _zeros(domain: Domain, cliques: Sequence[Clique]) -> dict[Clique, NDArray[np.int64]]:
    return {clique: np.zeros(domain.project(clique).shape, dtype=np.int64) for clique in cliques}


def _add(tables: dict[Clique, NDArray[np.int64]], block: Block, domain: Domain) -> None:
    for clique, table in tabulate(as_codes(block, domain.attributes), domain, tuple(tables)).items():
        tables[clique] += table
