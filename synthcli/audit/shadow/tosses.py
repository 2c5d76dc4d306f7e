"""Coins tossed anew for the candidates of an audit, without a look at the real ones."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthcli.audit.coins import Coins
from synthcli.engine.interface import RowMask

Mask = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Game:
    """Who plays, and nothing of how the real coins fell.

    `candidates`: row numbers, ascending; `always`: the rows that train whatever the coins say, a bool for each row of
    the table; `tossed` and `owner`: the rows that train where a candidate's coin shows heads, and whose they are (an
    index of `candidates`).
    """

    candidates: NDArray[np.int64]
    always: Mask
    tossed: NDArray[np.int64]
    owner: NDArray[np.intp]

    def trains(self, heads: Mask) -> Mask:
        """Which rows train if the coins fall so."""
        found = self.always.copy()
        found[self.tossed[heads[self.owner]]] = True
        return found

    def owned(self, attacked: NDArray[np.intp]) -> tuple[Mask, NDArray[np.intp]]:
        """Which of the tossed rows belong to these candidates (indices, ascending), and whose each is: its place among
        them."""
        place = np.full(len(self.candidates), -1, dtype=np.intp)
        place[attacked] = np.arange(len(attacked))
        owner = place[self.owner]
        return owner >= 0, owner[owner >= 0]


def game_of(coins: Coins) -> Game:
    """The game that these coins were tossed for. Their `heads` are not looked at.

    Of units those rows train that trained in the release, or would have: how they were bounded is known.
    """
    tossed, owner = coins.rows_of(coins.candidates)
    always = coins.keep(0, coins.rows)
    always[tossed] = False
    return Game(candidates=coins.candidates, always=always, tossed=tossed, owner=owner)


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
