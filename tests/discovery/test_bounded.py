"""What the coarse look says of the mass inside a column's bounds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from synthcli.discovery.bounded import Bounded, Density, drawn_to

EDGES = np.array([0, 1, 2, 4, 8, 16])


def test_clear_counts_are_taken_as_they_are() -> None:
    counts = np.array([100.0, 200.0, 900.0, 800.0, 3_000.0])
    assert Density.of(EDGES, counts, 0.1).masses == pytest.approx(counts, rel=1e-3)


def test_what_noise_tells_is_taken_for_even() -> None:
    counts = np.array([-150.0, 130.0, 20.0, -80.0, 180.0])
    assert Density.of(EDGES, counts, 300.0).masses == pytest.approx(100 * np.array([1, 1, 2, 4, 8]) / 16)


@given(arrays(np.float64, 5, elements=st.floats(-1e6, 1e6)), st.floats(1e-3, 1e6))
def test_every_cell_is_expected_to_hold_something(counts: np.ndarray, sigma: float) -> None:
    density = Density.of(EDGES, counts, sigma)
    finer = density.between(np.arange(17))
    assert np.all(density.masses > 0) and np.all(finer > 0)
    assert finer.sum() >= density.masses.sum() * (1 - 1e-9)
    assert np.all(density.between(np.array([-5, 0, 3, 20, 30])) > 0), "also outside of what was looked at"


def test_inside_a_cell_mass_is_even() -> None:
    finer = Density(EDGES, np.array([1.0, 2.0, 4.0, 40.0, 80.0])).between(np.arange(17))
    assert finer == pytest.approx(np.repeat([1.0, 2.0, 2.0, 10.0, 10.0], [1, 1, 2, 4, 8]))


def test_without_a_look_mass_goes_by_width() -> None:
    assert Bounded(edges=EDGES, decimals=None, grain=1).expected(EDGES) == pytest.approx([1, 1, 2, 4, 8])


def test_noise_leaves_what_was_expected_and_a_shape_beyond_it_shows() -> None:
    expected = np.array([1.0, 1.0, 1.0, 5.0])
    assert drawn_to(expected, np.array([90.0, 110.0, 120.0, 480.0]), 40.0) == pytest.approx(100 * expected)
    clear = np.array([500.0, 100.0, 100.0, 100.0])
    assert drawn_to(expected, clear, 1.0) == pytest.approx(clear, rel=0.01)
    between = drawn_to(expected, clear, 80.0)
    assert 100 < between[0] < 500 and 100 < between[3] < 500 and between.sum() == pytest.approx(800)
