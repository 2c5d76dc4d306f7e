"""The two streams, read once each with everything counted on the way: the real rows around the chosen ones, and the
synthetic rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from synthcli.audit.arms import Arms, numbered
from synthcli.audit.block import Block, as_codes, concatenate
from synthcli.audit.coins import Coins
from synthcli.audit.neighbours import Hashes, cell_hashes, column_hashes, crowded, near
from synthcli.audit.views import Occurrences, View
from synthcli.errors import InvalidAudit
from synthcli.marginal import Clique, Domain, tabulate

Cells = Literal["codes", "spelled"]


class Search(NamedTuple):
    """Which cells to compare (without those of one column, if one is named by its number), and the Hamming distance up
    to which a row counts as found."""

    cells: Cells
    distance: int
    without: int | None = None


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to count on the way: the cells of these cliques, rows like the chosen ones by view, and rows near them.

    `of_units`: searches for rows near any row of the chosen units, in the synthetic rows alone.
    """

    domain: Domain
    cliques: Sequence[Clique]
    views: Sequence[View]
    searches: Sequence[Search]
    of_units: Sequence[Search] = ()


Tables = Mapping[Clique, NDArray[np.int64]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Surroundings:
    """The real rows around the chosen ones.

    `isolated[search]`: which chosen rows have no other real row within the distance, on either side of the coin (of
    other units, the rows that represent them).
    `alike`: views × chosen rows: how many other real rows look like each one; `at_stake_alike`: the same of the rows at
    stake, of other units the rows that represent them.
    `background`: exact counts of the training rows other than those at stake.
    """

    isolated: Mapping[Search, NDArray[np.bool_]]
    rows: int
    alike: NDArray[np.int64]
    at_stake_alike: NDArray[np.int64]
    background: Tables


@dataclass(frozen=True, kw_only=True, eq=False)
class Synthetic:
    """The synthetic rows: how many, which chosen rows they come near, their counts, and a random sample of them.

    `found_of_units`: the same about all rows of the chosen units (`Arms.every`), for the searches that ask for them.
    `alike`: views × chosen rows: how many synthetic rows look like each one; `at_stake_alike`: of the rows at stake.
    `places`: the row numbers of the sample.
    """

    rows: int
    found: Mapping[Search, NDArray[np.bool_]]
    found_of_units: Mapping[Search, NDArray[np.bool_]]
    alike: NDArray[np.int64]
    at_stake_alike: NDArray[np.int64]
    counts: Tables
    sample: Block
    places: NDArray[np.int64]


def survey(real: Iterable[Block], coins: Coins, arms: Arms, wanted: Wanted) -> Surroundings:
    """One pass over the real rows."""
    finder, alike = _Finder(arms.block, wanted.searches), Occurrences(arms.watched, wanted.views)
    finder.look_within()
    alike.add(arms.block.codes)
    background = _zeros(wanted)
    total = len(arms.block)
    tossed, _ = coins.rows_of(arms.chosen.numbers[arms.chosen.candidate])
    for start, block in numbered(real):
        others = block[_without(arms.chosen.numbers, start, len(block)) & coins.represents(start, len(block))]
        finder.look(others)
        alike.add(others.codes)
        total += len(others)
        known = _without(tossed, start, len(block))
        _add(background, block[known & coins.keep(start, len(block))], wanted.domain)
    of_chosen, of_stakes = arms.parted(alike.table() - _own(arms, wanted.views))
    return Surroundings(
        isolated={search: ~found for search, found in finder.found.items()},
        rows=total,
        alike=of_chosen,
        at_stake_alike=of_stakes,
        background=background,
    )


def _own(arms: Arms, views: Sequence[View]) -> NDArray[np.bool_]:
    """Views × watched rows: whether a row looks like the chosen one of its own unit, as that itself does."""
    found = np.ones((len(views), len(arms.watched)), dtype=np.bool_)
    if not arms.has_lone_rows:
        representatives = arms.block.codes[arms.chosen.candidate]
        for view, row in zip(views, found, strict=True):
            row[len(arms.block) :] = view.numbers(arms.at_stake) == view.numbers(representatives)[arms.owner]
    return found


def scan_synthetic(
    synthetic: Iterable[Block], arms: Arms, wanted: Wanted, sample_rows: int, rng: np.random.Generator
) -> Synthetic:
    """One pass over the synthetic rows; `InvalidAudit` where there are none."""
    finder, of_units = _Finder(arms.block, wanted.searches), _Finder(arms.every, wanted.of_units)
    alike, counts = Occurrences(arms.watched, wanted.views), _zeros(wanted)
    rows = 0
    kept: list[Block] = []
    keys, places = np.empty(0), np.empty(0, dtype=np.int64)
    for block in synthetic:
        finder.look(block)
        of_units.look(block)
        alike.add(block.codes)
        _add(counts, block, wanted.domain)
        keys = np.concatenate([keys, rng.random(len(block))])
        places = np.concatenate([places, np.arange(rows, rows + len(block))])
        kept = [concatenate([*kept, block])]
        rows += len(block)
        if len(keys) > sample_rows:
            best = np.sort(np.argpartition(keys, sample_rows)[:sample_rows])
            keys, places, kept = keys[best], places[best], [kept[0][best]]
    if not rows:
        raise InvalidAudit("the synthetic file holds no rows", "draw some with: synthcli sample")
    of_chosen, of_stakes = arms.parted(alike.table())
    return Synthetic(
        rows=rows,
        found=finder.found | {search: found[arms.first] for search, found in of_units.found.items()},
        found_of_units=of_units.found,
        alike=of_chosen,
        at_stake_alike=of_stakes,
        counts=counts,
        sample=kept[0],
        places=places,
    )


class _Finder:
    """Marks the rows of a block that come near any row of a stream, a piece of the stream at a time."""

    def __init__(self, block: Block, searches: Sequence[Search]) -> None:
        self._rows = {search.cells: hashed(block, search.cells) for search in searches}
        self.found = {search: np.zeros(len(block), dtype=np.bool_) for search in searches}

    def look(self, block: Block) -> None:
        """Search among these rows too."""
        others = {cells: hashed(block, cells) for cells in self._rows}
        for search, found in self.found.items():
            left = np.flatnonzero(~found)
            rows, stream = _cells(self._rows, search)[left], _cells(others, search)
            found[left] = near(rows, stream, search.distance)

    def look_within(self) -> None:
        """Search among the block's own other rows."""
        for search, found in self.found.items():
            found |= crowded(_cells(self._rows, search), search.distance)


def _cells(hashes: Mapping[Cells, Hashes], search: Search) -> Hashes:
    """The hashes that a search compares."""
    cells = hashes[search.cells]
    return cells if search.without is None else np.delete(cells, search.without, axis=1)


def hashed(block: Block, cells: Cells) -> Hashes:
    """One number for each row and column: what its attributes' numbers sum up to."""
    hashes = cell_hashes(block.codes) if cells == "codes" else column_hashes(block.spelled)
    if block.places is None:
        return hashes
    return np.stack([hashes[:, places].sum(axis=1, dtype=np.uint64) for places in block.places], axis=1)


def _without(numbers: NDArray[np.int64], start: int, count: int) -> NDArray[np.bool_]:
    """Which of the rows start … start + count - 1 are not among these numbers (ascending)."""
    mask = np.ones(count, dtype=np.bool_)
    low, high = np.searchsorted(numbers, (start, start + count))
    mask[numbers[low:high] - start] = False
    return mask


def _zeros(wanted: Wanted) -> dict[Clique, NDArray[np.int64]]:
    return {clique: np.zeros(wanted.domain.project(clique).shape, dtype=np.int64) for clique in wanted.cliques}


def _add(tables: dict[Clique, NDArray[np.int64]], block: Block, domain: Domain) -> None:
    for clique, table in tabulate(as_codes(block, domain.attributes), domain, tuple(tables)).items():
        tables[clique] += table
