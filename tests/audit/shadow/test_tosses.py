from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.audit.coins import Coins, flip, flip_units
from synthcli.audit.shadow.tosses import Game, game_of, tosses
from synthcli.errors import InvalidAudit
from synthcli.privacy.bounding import Bounding

MOST = 3


@given(st.integers(1, 40), st.integers(8, 21), st.integers(0, 1000))
def test_every_candidate_is_in_half_of_the_shadows(candidates: int, count: int, seed: int) -> None:
    heads = np.array(list(tosses(candidates, count, np.random.default_rng(seed))))
    assert heads.shape == (count, candidates)
    assert np.all(np.abs(heads.sum(axis=0) - count / 2) <= 0.5)


def same(one: Game, other: Game) -> bool:
    fields = ("candidates", "always", "rows", "owner")
    return one.most == other.most and all(np.array_equal(getattr(one, f), getattr(other, f)) for f in fields)


def test_of_rows_the_heads_train_and_all_who_tossed_nothing() -> None:
    coins = flip(200, 0.4)
    game, rng = game_of(coins), np.random.default_rng(0)
    heads = rng.random(len(coins.candidates)) < 0.5
    trains = game.trains(heads, rng)
    assert np.array_equal(np.flatnonzero(~trains), coins.candidates[~heads])
    assert np.array_equal(game.trains(coins.heads, rng), coins.keep(0, 200))


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


def game_of_persons(unit: np.ndarray, coins: Coins) -> Game:
    return game_of(coins, np.stack([unit, unit], axis=1).astype(np.uint64), MOST)


def test_of_units_the_rows_of_heads_train_up_to_the_bound(persons: tuple[np.ndarray, Coins]) -> None:
    unit, coins = persons
    game, rng = game_of_persons(unit, coins), np.random.default_rng(2)
    heads = rng.random(len(coins.candidates)) < 0.5
    trains = game.trains(heads, rng)
    for row, head in zip(coins.candidates, heads, strict=True):
        own = np.flatnonzero(unit == unit[row])
        assert trains[own].sum() == (min(MOST, len(own)) if head else 0)
        assert trains[row] == head
    others = ~np.isin(unit, unit[coins.candidates])
    assert np.array_equal(trains[others], coins.keep(0, len(unit))[others])
    assert not np.array_equal(trains, game.trains(heads, rng))  # which rows of a unit count is drawn anew


def test_which_units_trained_is_not_looked_at(persons: tuple[np.ndarray, Coins]) -> None:
    """What counts of a candidate in the release is left out, be he in it or not."""
    unit, coins = persons
    game = game_of_persons(unit, coins)
    assert not game.always[np.isin(unit, unit[coins.candidates])].any()
    assert np.array_equal(np.flatnonzero(np.isin(unit, unit[coins.candidates])), game.rows)


def test_units_that_cannot_be_told_apart_are_refused(persons: tuple[np.ndarray, Coins]) -> None:
    with pytest.raises(InvalidAudit, match="told apart"):
        game_of(persons[1])
