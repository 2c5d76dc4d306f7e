"""Pieces drawn inside windows: against a list of those that fit, and their masses."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from synthcli.table.windowed import Windowed

PIECES = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4), st.integers(0, 3), st.integers(0, 2)), min_size=1)
"""A gap before it, its width, its mass and its key."""


@given(pieces=PIECES, rows=st.lists(st.tuples(st.integers(0, 3), st.integers(-2, 30), st.integers(0, 9))))
def test_only_pieces_of_the_key_that_reach_into_the_window(
    pieces: list[tuple[int, int, int, int]], rows: list[tuple[int, int, int]]
) -> None:
    gap, width, mass, key = np.array(pieces, dtype=np.int64).T
    high = np.cumsum(gap + width)
    low = high - width
    wanted, first, size = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    drawn = Windowed(low, high, key, mass.astype(float)).draw(wanted, first, first + size, np.random.default_rng(0))
    for row, piece in enumerate(drawn):
        fits = (key == wanted[row]) & (low < first[row] + size[row]) & (high > first[row])
        if size[row]:
            assert (piece >= 0) == fits.any()
        if piece >= 0:
            assert fits[piece]
            heavy = fits & (mass > 0)
            assert mass[piece] > 0 or not heavy.any()


def test_pieces_come_by_the_mass_that_the_window_leaves_them() -> None:
    """False alarm 1e-6."""
    low, high = np.array([0, 4, 6, 10]), np.array([4, 6, 10, 12])
    mass, key = np.array([8.0, 5.0, 3.0, 4.0]), np.array([1, 2, 1, 1])
    rows = 20_000
    drawn = Windowed(low, high, key, mass).draw(
        np.ones(rows, int), np.full(rows, 3), np.full(rows, 11), np.random.default_rng(1)
    )
    counts = np.bincount(drawn, minlength=4)
    assert counts[1] == 0
    shares = np.array([2.0, 3.0, 2.0]) / 7.0
    assert chisquare(counts[[0, 2, 3]], rows * shares).pvalue > 1e-6
