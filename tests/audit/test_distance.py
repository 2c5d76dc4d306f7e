import numpy as np
import pytest

from synthcli.audit.distance import diagnose, gower, histograms, nearest


def test_gower_is_its_definition() -> None:
    rows = np.array([[0, 0, 3], [5, 1, 3]], dtype=np.uint32)
    others = np.array([[10, 0, 1]], dtype=np.uint32)
    assert gower(rows, others, (10, 0, 0))[:, 0] == pytest.approx([(1 + 0 + 1) / 3, (0.5 + 1 + 1) / 3])


def test_nearest_agrees_with_all_pairs() -> None:
    rng = np.random.default_rng(0)
    rows, others = (rng.integers(0, 6, (n, 4)).astype(np.uint32) for n in (300, 77))
    table = np.sort(gower(rows, others, (5, 0, 5, 0)), axis=1)
    found = nearest(rows, others, (5, 0, 5, 0))
    assert np.allclose(found.first, table[:, 0]) and np.allclose(found.second, table[:, 1])
    assert np.allclose(found.back, gower(rows, others, (5, 0, 5, 0)).min(axis=0))
    assert np.all((found.ratio >= 0) & (found.ratio <= 1))


def test_one_synthetic_row_is_enough() -> None:
    found = nearest(np.zeros((3, 2), np.uint32), np.ones((1, 2), np.uint32), (0, 0))
    assert np.allclose(found.first, 1) and np.allclose(found.ratio, 1)


def test_copied_members_lie_nearer_and_the_histograms_add_up() -> None:
    rng = np.random.default_rng(1)
    members, others = (rng.integers(0, 9, (400, 6)).astype(np.uint32) for _ in range(2))
    inside, outside = nearest(members, members, (0,) * 6), nearest(others, members, (0,) * 6)
    found = {metric.id: metric for metric in diagnose(inside, outside, 0.95)}
    assert found["distance.dcr.auc"].low > 0.95 and found["distance.dcr.share"].low > 0.95
    for histogram in histograms(inside, outside):
        for shares in histogram.series.values():
            assert sum(shares) == pytest.approx(1) and len(shares) == len(histogram.edges) - 1
