"""Coins tossed anew for the candidates of an audit, without a look at the real ones."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthcli.audit.coins import Coins
from synthcli.engine.interface import RowMask
from synthcli.errors import InvalidAudit

Mask = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Game:
    """Who plays, and nothing of how the real coins fell.

    `candidates`: row numbers, ascending; `always`: the rows that train whatever the coins say, a bool for each row of
    the table; `rows` and `owner`: all rows that go with a candidate's coin, his own among them, and whose they are (an
    index of `candidates`). `most` of each candidate's rows train, the row that represents him always among them.
    """

    candidates: NDArray[np.int64]
    always: Mask
    rows: NDArray[np.int64]
    owner: NDArray[np.intp]
    most: int = 1

    def trains(self, heads: Mask, rng: np.random.Generator) -> Mask:
        """Which rows train if the coins fall so."""
        found = self.always.copy()
        found[self._drawn(heads, rng)] = True
        return found

    def _drawn(self, heads: Mask, rng: np.random.Generator) -> NDArray[np.int64]:
        """The rows of the heads: all, or the representative and others at random up to the bound."""
        if len(self.rows) == len(self.candidates):
            return self.candidates[heads]
        stays = heads[self.owner]
        rows, owner = self.rows[stays], self.owner[stays]
        draws = np.where(rows == self.candidates[owner], -1.0, rng.random(len(rows)))
        order = np.lexsort((draws, owner))
        rows, owner = rows[order], owner[order]
        first = np.searchsorted(owner, owner)
        kept: NDArray[np.int64] = rows[np.arange(len(rows)) - first < self.most]
        return kept


def game_of(coins: Coins, units: NDArray[np.uint64] | None = None, most: int = 1) -> Game:
    """The game that these coins were tossed for. Their `heads` are not looked at.

    `units` (rows × words, equal for rows of one unit) tells whose rows are whose where coins are those of units, of
    which `most` rows count. What trains of a unit that tossed no coin is what trained in the release.
    """
    candidates = coins.candidates
    if coins.units is None:
        always = np.ones(coins.rows, dtype=np.bool_)
        always[candidates] = False
        return Game(candidates=candidates, always=always, rows=candidates, owner=np.arange(len(candidates)))
    if units is None or len(units) != coins.rows:
        raise InvalidAudit(
            "the rows of the units cannot be told apart: shadow fits need the unit's column",
            "audit the very table that the model was fitted on",
        )
    _, unit = np.unique(units, axis=0, return_inverse=True)
    unit = unit.ravel()
    owner_of = np.full(int(unit.max(initial=-1)) + 1, -1, dtype=np.intp)
    owner_of[unit[candidates]] = np.arange(len(candidates))
    owner = owner_of[unit]
    rows = np.flatnonzero(owner >= 0)
    always = coins.units.trains.mask(0, coins.rows) & (owner < 0)
    return Game(candidates=candidates, always=always, rows=rows, owner=owner[rows], most=most)


def tosses(candidates: int, count: int, rng: np.random.Generator) -> Iterator[Mask]:
    """Fair coins for so many shadow fits; every second one has the opposite of those before.

    So each candidate is in half of the fits (of an even number), which tells most about him.
    """
    for number in range(count):
        if number % 2 == 0:
            heads = rng.random(candidates) < 0.5
        yield heads if number % 2 == 0 else ~heads


def as_mask(rows: Mask) -> RowMask:
    """The mask of a whole table as an engine asks for it."""
    return lambda start, count: rows[start : start + count]
