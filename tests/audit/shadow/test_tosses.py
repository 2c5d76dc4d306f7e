from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.audit.coins import Coins, flip, flip_units
from synthcli.audit.shadow.tosses import Game, game_of, tosses
from synthcli.privacy.bounding import Bounding
from tests.audit.simulation import flipped

MOST = 3


@given(st.integers(1, 40), st.integers(8, 21), st.integers(0, 1000))
def test_every_candidate_is_in_half_of_the_shadows(candidates: int, count: int, seed: int) -> None:
    heads = np.array(list(tosses(candidates, count, np.random.default_rng(seed))))
    assert heads.shape == (count, candidates)
    assert np.all(np.abs(heads.sum(axis=0) - count / 2) <= 0.5)


def same(one: Game, other: Game) -> bool:
    fields = ("candidates", "always", "tossed", "owner")
    return all(np.array_equal(getattr(one, f), getattr(other, f)) for f in fields)


def test_of_rows_the_heads_train_and_all_who_tossed_nothing() -> None:
    coins = flip(200, 0.4)
    game = game_of(coins)
    heads = np.random.default_rng(0).random(len(coins.candidates)) < 0.5
    trains = game.trains(heads)
    assert np.array_equal(np.flatnonzero(~trains), coins.candidates[~heads])
    assert np.array_equal(game.trains(coins.heads), coins.keep(0, 200))


def test_the_real_coins_are_not_looked_at() -> None:
    coins = flip(200, 0.4)
    assert same(game_of(coins), game_of(replace(coins, heads=~coins.heads)))


@pytest.fixture(scope="module")
def persons() -> tuple[np.ndarray, Coins]:
    """400 units of one to six rows, of which three count; two thirds tossed a coin."""
    rng = np.random.default_rng(1)
    unit = rng.permutation(np.repeat(np.arange(400), rng.integers(1, 7, 400)))
    bounding = Bounding(MOST)
    bounding.add(np.stack([unit, unit], axis=1).astype(np.uint64))
    return unit, flip_units(bounding.finish(), 0.66)


def test_of_units_the_rows_of_heads_train_up_to_the_bound(persons: tuple[np.ndarray, Coins]) -> None:
    unit, coins = persons
    game = game_of(coins)
    heads = np.random.default_rng(2).random(len(coins.candidates)) < 0.5
    trains = game.trains(heads)
    for row, head in zip(coins.candidates, heads, strict=True):
        own = np.flatnonzero(unit == unit[row])
        assert trains[own].sum() == (min(MOST, len(own)) if head else 0)
        assert trains[row] == head
    others = ~np.isin(unit, unit[coins.candidates])
    assert np.array_equal(trains[others], coins.keep(0, len(unit))[others])
    assert np.array_equal(game.trains(coins.heads), coins.keep(0, len(unit)))


def test_which_units_trained_is_not_looked_at(persons: tuple[np.ndarray, Coins]) -> None:
    """What counts of a candidate in the release is left out, be he in it or not."""
    unit, coins = persons
    game = game_of(coins)
    assert not game.always[np.isin(unit, unit[coins.candidates])].any()
    assert same(game, game_of(flipped(coins)))


def test_rows_go_with_the_candidates_that_own_them(persons: tuple[np.ndarray, Coins]) -> None:
    unit, coins = persons
    game, attacked = game_of(coins), np.arange(3, len(coins.candidates), 7)
    mine, owner = game.owned(attacked)
    assert np.array_equal(unit[game.tossed[mine]], unit[coins.candidates[attacked][owner]])
    assert not np.isin(unit[game.tossed[~mine]], unit[coins.candidates[attacked]]).any()
