import numpy as np

from synthcli.audit.membership import density
from synthcli.audit.roc import auc
from synthcli.audit.views import Occurrences, View, draw_views
from tests.audit.simulation import SHAPE, Population, toss


def test_views_are_sets_of_columns_inside_the_table() -> None:
    spans = (0, 99, 0, 20, 0, 300, 0, 0)
    views = draw_views(spans, np.random.default_rng(1))
    assert len(set(views)) == len(views) > 50
    for view in views:
        assert 2 <= len(view.columns) <= 6 and list(view.columns) == sorted(set(view.columns))
        for column, width, offset in zip(view.columns, view.widths, view.offsets, strict=True):
            assert 0 <= offset < width and (spans[column] or width == 1)
    assert all(view.columns == (0,) for view in draw_views((5,), np.random.default_rng(2)))

    some = draw_views(spans, np.random.default_rng(1), among=(1, 4, 7))
    assert {column for view in some for column in view.columns} == {1, 4, 7}


def test_a_leak_of_values_shows_better_to_views_that_look_at_no_gap_twice() -> None:
    """Halves of training rows joined anew, in a table of which one cell in seven is missing; fixed seeds."""
    rng, rows, wide = np.random.default_rng(4), 4_000, len(SHAPE)
    codes, coins = Population().draw(rows, rng), toss(rows, 0.4, rng)
    codes[rng.random(codes.shape) < 0.15] = 0
    training = codes[coins.keep(0, rows)]
    file = np.concatenate([rng.permutation(training)[:, :6], rng.permutation(training)[:, 6:]], axis=1)
    real, synthetic = (np.concatenate([c, c == 0], axis=1).astype(np.uint32) for c in (codes, file))

    def found(among: range) -> float:
        views = draw_views((0,) * 2 * wide, rng, 128, among)
        seen = [Occurrences(real[coins.candidates], views) for _ in range(2)]
        seen[0].add(real)
        seen[1].add(synthetic)
        scores = density(seen[0].table() - 1, seen[1].table(), rows - 1, len(file))
        return auc(scores[coins.heads], scores[~coins.heads]).value

    assert found(range(wide)) > found(range(2 * wide)) > 0.6


def test_occurrences_are_those_of_a_scan_of_all_pairs() -> None:
    rng = np.random.default_rng(3)
    rows, stream = (rng.integers(0, 4, (count, 3)).astype(np.uint32) for count in (40, 200))
    views = (View((0, 2), (1, 1), (0, 0)), View((1,), (2,), (1,)), View((0, 1, 2), (1, 3, 2), (0, 2, 1)))
    found = Occurrences(rows, views)
    found.add_own()
    found.add(stream[:70])
    found.add(stream[70:])
    for view, counts in zip(views, found.table(), strict=True):
        everybody = view.steps(np.concatenate([rows, stream]))
        expected = [(everybody == view.steps(row[None])).all(axis=1).sum() - 1 for row in rows]
        assert counts.tolist() == expected


def test_steps_of_ordered_codes() -> None:
    view = View((0,), (4,), (3,))
    assert view.steps(np.arange(9, dtype=np.uint32)[:, None])[:, 0].tolist() == [0, 1, 1, 1, 1, 2, 2, 2, 2]
