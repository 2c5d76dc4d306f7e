"""Fine codes drawn inside coarse ones."""

import numpy as np
import pytest

from synthcli.marginal import Merge


def test_shares_follow_the_weights_inside_each_group_and_are_even_without_any() -> None:
    merge = Merge(np.array([0, 1, 0, 2, 2]), np.array([1.0, 5.0, 3.0, 0.0, 0.0]))
    assert merge.shares.tolist() == [0.25, 1.0, 0.75, 0.5, 0.5]


@pytest.mark.parametrize("seed", range(5))
def test_codes_are_drawn_by_the_shares(seed: int) -> None:
    """Randomised rounding keeps every count within one row of its share."""
    rng = np.random.default_rng(seed)
    merge = Merge(np.unique(rng.integers(0, 4, 12), return_inverse=True)[1], rng.random(12) * (rng.random(12) > 0.3))
    codes = rng.integers(0, merge.coarse_size, 1_000)
    drawn = np.bincount(merge.refine(codes, rng), minlength=merge.fine_size)
    expected = merge.shares * np.bincount(codes, minlength=merge.coarse_size)[merge.groups]
    assert np.all(np.abs(drawn - expected) < 1)
