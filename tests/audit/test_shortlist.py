"""Neighbours found on a shortlist, against a search of all rows."""

import numpy as np
import pytest

from synthcli.audit import shortlist
from synthcli.audit.distance import gower
from synthcli.audit.shortlist import NEIGHBOURS, Shortlist, column_distances

SPANS = (0, 9, 0, 0, 5, 0)
CHOICES = ((0,), (1,), (2, 3), (4,), (5, 0, 1))


@pytest.mark.parametrize("listed", [16, 128, 1000])
def test_the_nearest_without_some_columns_are_the_nearest(listed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few codes, so that many rows are nearly as near: a short list does not do, and all rows are searched."""
    monkeypatch.setattr(shortlist, "_SHORTLISTED", listed)
    rng = np.random.default_rng(1)
    rows, synthetic = (rng.integers(0, [3, 10, 2, 4, 6, 3], (count, 6)).astype(np.uint32) for count in (70, 600))
    jitter = 1e-3 * rng.random(600, dtype=np.float32)
    for place, columns in column_distances(rows, synthetic, SPANS, 64):
        assert columns.sum(axis=0) / 6 == pytest.approx(gower(rows[place], synthetic, SPANS), abs=1e-6)
        total = columns.sum(axis=0) + jitter
        near, gaps = Shortlist(columns, total).nearest_without(CHOICES)
        for choice, chosen in enumerate(CHOICES):
            rest = total - columns[list(chosen)].sum(axis=0)
            assert np.sort(gaps[choice]) == pytest.approx(np.sort(rest)[:, :NEIGHBOURS], abs=1e-5)
            assert np.take_along_axis(rest, near[choice], axis=1) == pytest.approx(gaps[choice], abs=1e-5)
            assert all(len(set(row)) == NEIGHBOURS for row in near[choice].tolist())


def test_fewer_rows_than_neighbours_are_all_of_them() -> None:
    rows = np.zeros((3, 2), dtype=np.uint32)
    ((_, columns),) = column_distances(rows, rows[:2], (0, 0), 64)
    near, gaps = Shortlist(columns, columns.sum(axis=0)).nearest_without([(0,)])
    assert np.sort(near[0]).tolist() == [[0, 1]] * 3 and not gaps.any()
