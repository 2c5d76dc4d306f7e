import numpy as np
import pytest

from synthcli.audit.arms import Arms, Chosen
from synthcli.audit.block import Block
from synthcli.audit.inference import Knowledge, infer

COLUMNS = tuple((place,) for place in range(5))


def arms(codes: np.ndarray) -> Arms:
    """Every other row is held out."""
    count = len(codes)
    rows = np.arange(count)
    trains = rows % 2 == 0
    block = Block(codes.astype(np.uint32), codes.astype(np.uint64))
    chosen = Chosen(rows, np.ones(count, dtype=np.bool_), trains)
    return Arms(
        chosen=chosen,
        every=block,
        unit=rows,
        first=rows,
        own=np.ones(count, dtype=np.bool_),
    )


@pytest.fixture
def people() -> np.ndarray:
    """Five columns; the last repeats the first, which is how it can be told."""
    rng = np.random.default_rng(1)
    codes = rng.integers(0, [40, 6, 6, 6, 40], (400, 5))
    codes[:, 4] = codes[:, 0]
    return codes


def test_a_secret_that_the_neighbours_know_is_guessed(people) -> None:
    known = Knowledge(COLUMNS, ((4,),))
    found, links = infer(arms(people), people.astype(np.uint32), (0,) * 5, known, np.random.default_rng(2))
    assert len(found.unit) == 400 and found.right.mean() > 0.95 and len(links.unit) == 400
    assert found.confidence.mean() > 0.5
    elsewhere = people.copy()
    elsewhere[:, 4] = np.random.default_rng(3).permutation(elsewhere[:, 4])
    found, _ = infer(arms(people), elsewhere.astype(np.uint32), (0,) * 5, known, np.random.default_rng(2))
    assert found.right.mean() < 0.1


def test_ordered_guesses_are_right_within_a_twentieth_on_both_sides(people) -> None:
    """A guess that is far too low is no success, as it is where errors keep their sign."""
    for shift, right in ((0, True), (1, True), (-1, True), (-10, False), (10, False)):
        moved = people.astype(np.int64)
        moved[:, 4] = np.clip(moved[:, 4] + shift, 0, 39)
        inner = people[(people[:, 0] > 12) & (people[:, 0] < 27)]
        known = Knowledge(COLUMNS, ((4,),))
        found, _ = infer(arms(inner), moved.astype(np.uint32), (0, 0, 0, 0, 39), known, np.random.default_rng(4))
        assert (found.right.mean() > 0.9) == right


def test_two_halves_of_a_person_are_linked_by_a_row_that_has_both() -> None:
    rng = np.random.default_rng(5)
    codes, eight = rng.integers(0, 8, (256, 8)), tuple((place,) for place in range(8))
    known = Knowledge(eight, link=(eight[:4], eight[4:]))
    _, links = infer(arms(codes), codes.astype(np.uint32), (0,) * 8, known, rng)
    assert links.right.mean() > 0.9
    _, links = infer(arms(codes), rng.integers(0, 8, (256, 8)).astype(np.uint32), (0,) * 8, known, rng)
    assert links.right.mean() < 0.1


def test_a_secret_hides_all_attributes_of_its_column(people) -> None:
    """The last column repeats the first: as one column's attributes they do not give each other away."""
    known = Knowledge(((0, 4), (1,), (2,), (3,)), ((0, 4),))
    found, _ = infer(arms(people), people.astype(np.uint32), (0,) * 5, known, np.random.default_rng(6))
    assert found.right.mean() < 0.6
    with pytest.raises(ValueError, match="share no column"):
        Knowledge(COLUMNS, link=(((0,), (1,)), ((1,), (2,))))


def test_one_column_is_neither_a_secret_nor_linked() -> None:
    codes = np.random.default_rng(7).integers(0, 9, (200, 1))
    found, links = infer(arms(codes), codes.astype(np.uint32), (0,), Knowledge(((0,),)), np.random.default_rng(8))
    assert not len(found.unit) and not len(links.unit)
