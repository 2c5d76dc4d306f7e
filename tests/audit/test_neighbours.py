import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from synthcli.audit.neighbours import cell_hashes, column_hashes, crowded, near

tables = st.integers(1, 5).flatmap(
    lambda d: st.tuples(
        arrays(np.int32, st.tuples(st.integers(0, 12), st.just(d)), elements=st.integers(0, 2)),
        arrays(np.int32, st.tuples(st.integers(0, 12), st.just(d)), elements=st.integers(0, 2)),
    )
)


def distances(rows, others):
    return (rows[:, None, :] != others[None, :, :]).sum(axis=2)


@given(tables, st.integers(0, 2))
def test_near_agrees_with_all_pairs(pair, distance: int) -> None:
    rows, others = pair
    expected = (distances(rows, others) <= distance).any(axis=1)
    assert np.array_equal(near(cell_hashes(rows), cell_hashes(others), distance), expected)


@given(tables, st.integers(0, 2))
def test_crowded_agrees_with_all_pairs(pair, distance: int) -> None:
    rows = pair[0]
    close = distances(rows, rows) <= distance
    np.fill_diagonal(close, False)
    assert np.array_equal(crowded(cell_hashes(rows), distance), close.any(axis=1))


def test_swapped_cells_do_not_collide() -> None:
    swapped = np.array([[1, 2], [2, 1]], dtype=np.int32)
    assert not crowded(cell_hashes(swapped), 0).any()
    assert not crowded(column_hashes(swapped.astype(np.uint64)), 0).any()


def test_no_collisions_among_many_rows() -> None:
    """20,000 different rows: a 64-bit collision has probability 1e-11."""
    codes = np.stack(np.unravel_index(np.arange(20_000), (20, 20, 50)), axis=1).astype(np.int32)
    assert not crowded(cell_hashes(codes), 0).any()
