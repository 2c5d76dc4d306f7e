"""The rows under attack: which ones are chosen, what they hold, and how they stand among the other real rows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from synthcli.audit.block import Block, concatenate
from synthcli.audit.coins import OTHERS, Coins
from synthcli.errors import InvalidAudit

MAX_CANDIDATES = 120_000
"""Candidates that are compared at most: where chance matches are common, fewer leave the bound above its tolerance."""
MAX_ROWS = 100_000
"""Rows that the chosen candidates have, about, and as many that the others have: who solves for all coins needs memory
for each."""
FEWEST_CAPPED = 2_000
"""However many rows they have, so many units of either kind are chosen."""

APART = (
    "model more columns that tell rows apart, name the --privacy-unit if people have several rows, or mend an export "
    "that repeats rows; equal rows of different people are to stay"
)
"""What helps where rows are alike. To remove equal rows would not: the model would learn that people are rarer."""


def more_coins_help(coins: Coins, compared: int, tossed: int, least: int) -> bool:
    """Whether a coin for each would let `least` of either arm be compared: as large a share as were of those that
    tossed."""
    share = compared / tossed if tossed else 1.0
    return share * coins.could_toss >= 2 * least


@dataclass(frozen=True, eq=False)
class Chosen:
    """Row numbers (ascending) with what the coins say of them; the choice looks at no value.

    Candidates tossed a coin; `trains` holds for heads, and for the other training rows that were drawn at random.
    """

    numbers: NDArray[np.int64]
    candidate: NDArray[np.bool_]
    trains: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Guessed:
    """Rows (codes) that are guessed about, whose each is (an index of the chosen rows), and whether it trains."""

    codes: NDArray[np.uint32]
    unit: NDArray[np.intp]
    trains: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Arms:
    """The chosen rows, one of each chosen unit.

    `every`: all rows that count of the chosen units, `unit`: whose each is, an index of the chosen rows, and `first`:
    where the chosen rows are among them. Where every row is a unit, they are the chosen rows themselves.
    `own`: which of the chosen rows have a record that no other row of the table has; all, until somebody has looked. No
    coin decides it, so that among the rows that have one every toss of the coins is as likely as any other.
    """

    chosen: Chosen
    every: Block
    unit: NDArray[np.intp]
    first: NDArray[np.intp]
    own: NDArray[np.bool_]

    @cached_property
    def block(self) -> Block:
        """The chosen rows."""
        return self.every[self.first] if self.is_of_units else self.every

    @property
    def members(self) -> NDArray[np.intp]:
        """The candidates with a record of their own that train (heads): indices of the chosen rows."""
        return np.flatnonzero(self.chosen.candidate & self.own & self.chosen.trains)

    @property
    def non_members(self) -> NDArray[np.intp]:
        """Those that are held out (tails)."""
        return np.flatnonzero(self.chosen.candidate & self.own & ~self.chosen.trains)

    @property
    def shared(self) -> int:
        """How many candidates membership attacks leave out, since another row has their very record."""
        return int(np.sum(self.chosen.candidate & ~self.own))

    @property
    def is_of_units(self) -> bool:
        """Whether units are compared of which some have several rows."""
        return len(self.unit) > len(self.first)

    @property
    def what(self) -> str:
        """What is compared, in words."""
        return "units" if self.is_of_units else "rows"

    @cached_property
    def at_stake(self) -> NDArray[np.uint32]:
        """The codes (rows × attributes) of all rows that go with a chosen candidate's coin, heads or tails."""
        return self.every.codes[self._at_stake]

    @cached_property
    def owner(self) -> NDArray[np.intp]:
        """Whose the rows at stake are: an index of the chosen candidates."""
        return (np.cumsum(self.chosen.candidate) - 1)[self.unit[self._at_stake]]

    @property
    def _at_stake(self) -> NDArray[np.bool_]:
        return self.chosen.candidate[self.unit]

    @property
    def has_lone_rows(self) -> bool:
        """Whether every candidate has one row, the chosen one."""
        return len(self.owner) == int(self.chosen.candidate.sum())

    @property
    def guessed(self) -> Guessed:
        """What guesses are about: the chosen rows or, where candidates have several rows, all rows at stake."""
        if self.has_lone_rows:
            return Guessed(self.block.codes, np.arange(len(self.block)), self.chosen.trains)
        unit = self.unit[self._at_stake]
        return Guessed(self.at_stake, unit, self.chosen.trains[unit])

    @property
    def watched(self) -> NDArray[np.uint32]:
        """Codes of the chosen rows and, where candidates have several rows, behind them of all rows at stake."""
        return self.block.codes if self.has_lone_rows else np.concatenate([self.block.codes, self.at_stake])

    def parted(self, watched: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The columns of a table about `watched` that are the chosen rows', and those of the rows at stake."""
        if self.has_lone_rows:
            return watched, watched[:, self.chosen.candidate]
        return watched[:, : len(self.block)], watched[:, len(self.block) :]


def choose(coins: Coins, rng: np.random.Generator) -> Chosen:
    """The candidates and other training rows, of each as many as are compared at most; drawn by row number alone."""
    heads = coins.heads
    candidates, most = coins.candidates, most_candidates(coins)
    if len(candidates) > most:
        kept = np.sort(rng.choice(len(candidates), most, replace=False))
        candidates, heads = candidates[kept], heads[kept]
    others = _others(coins, rng)
    numbers = np.concatenate([candidates, others])
    order = np.argsort(numbers)
    is_candidate = np.arange(len(numbers)) < len(candidates)
    trains = np.concatenate([heads, np.ones(len(others), dtype=np.bool_)])
    return Chosen(numbers[order], is_candidate[order], trains[order])


def most_candidates(coins: Coins) -> int:
    """How many candidates are compared at most, however many toss a coin."""
    return min(MAX_CANDIDATES, _most(coins))


def _most(coins: Coins) -> int:
    """How many units of either kind are chosen at most."""
    if coins.units is None:
        return max(MAX_CANDIDATES, OTHERS)
    units = max(1, len(np.unique(coins.units.owner)))
    return max(FEWEST_CAPPED, MAX_ROWS * units // max(units, len(coins.units.known)))


def _others(coins: Coins, rng: np.random.Generator) -> NDArray[np.int64]:
    """Up to `OTHERS` training rows that tossed no coin; of a unit, the row that represents it."""
    if coins.units is not None:
        pool = np.unique(coins.units.owner)
    elif coins.rows <= 4 * OTHERS:
        pool = np.arange(coins.rows, dtype=np.int64)
    else:
        pool = np.unique(rng.integers(0, coins.rows, size=2 * OTHERS))
    pool = np.setdiff1d(pool, coins.candidates, assume_unique=True)
    most = min(OTHERS, _most(coins))
    return pool if len(pool) <= most else np.sort(rng.choice(pool, most, replace=False))


def gather(real: Iterable[Block], coins: Coins, chosen: Chosen) -> Arms:
    """One pass over the real rows; `InvalidAudit` where their number is not that of the coins."""
    wanted, unit = coins.rows_of(chosen.numbers)
    parts: list[Block] = []
    rows = 0
    for start, block in numbered(real):
        parts.append(block[_within(wanted, start, len(block))])
        rows = start + len(block)
    if rows != coins.rows or not parts:
        raise InvalidAudit(
            f"the data have {rows:,} rows, but the coins were tossed for {coins.rows:,}",
            "audit with the very file that the model was fitted on",
        )
    return Arms(
        chosen=chosen,
        every=concatenate(parts),
        unit=unit,
        first=np.searchsorted(wanted, chosen.numbers),
        own=np.ones(len(chosen.numbers), dtype=np.bool_),
    )


def _within(numbers: NDArray[np.int64], start: int, count: int) -> NDArray[np.int64]:
    """Those of the row numbers (ascending) that lie in start … start + count - 1, counted from there."""
    low, high = np.searchsorted(numbers, (start, start + count))
    return numbers[low:high] - start


def numbered(real: Iterable[Block]) -> Iterator[tuple[int, Block]]:
    """Blocks with the number of their first row."""
    start = 0
    for block in real:
        yield start, block
        start += len(block)
