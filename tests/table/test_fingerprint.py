"""Sketches keep the smallest hashes; released rows are found, chance matches are not taken for them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.table.fingerprint import FALSE_ALARM, LEVELS, Fingerprint, Sketch, recognise
from synthcli.table.row_hash import mix


def sketch(values: np.ndarray, most: int = 512, expected: np.ndarray | None = None, blocks: int = 3) -> Sketch:
    """Of rows that are numbers; `expected` by number."""
    made = Sketch(most)
    for block in np.array_split(values, blocks):
        figures = None if expected is None else lambda rows, block=block: expected[block[rows]]
        made.add(mix(block.astype(np.uint64) + np.uint64(17)), figures)
    return made


@given(st.lists(st.integers(0, 200), min_size=1, max_size=400), st.integers(1, 60), st.integers(1, 5))
def test_a_sketch_holds_the_smallest_hashes_each_once(values: list[int], most: int, blocks: int) -> None:
    made = sketch(np.array(values), most, expected=np.arange(201) / 1e9, blocks=blocks)
    wanted = np.unique(mix(np.array(values, dtype=np.uint64) + np.uint64(17)))[:most]
    assert np.array_equal(made.rows(), wanted)
    kept = made.fingerprint()
    assert np.array_equal(kept.hashes, wanted)
    again = Fingerprint.from_bytes(kept.to_bytes())
    assert again.threshold == made.threshold
    assert np.array_equal(again.hashes, kept.hashes)
    assert np.array_equal(again.levels, kept.levels)


def test_levels_are_upper_bounds() -> None:
    expected = np.array([0.0, 1e-4, 1.1e-4, 1e-3, 0.05, 0.1, 0.11, 5.0])
    kept = sketch(np.arange(8), expected=expected).fingerprint()
    order = np.argsort(mix(np.arange(8, dtype=np.uint64) + np.uint64(17)))
    held = expected[order][expected[order] <= 0.1]
    assert len(kept.levels) == 6
    assert np.all(held <= np.array(LEVELS)[kept.levels])


def released(shares: np.ndarray, rows: int, rng: np.random.Generator) -> Fingerprint:
    """A draw from a distribution over numbers, and what is remembered of it."""
    drawn = np.flatnonzero(rng.multinomial(rows, shares))
    return sketch(drawn, expected=rows * shares).fingerprint()


@pytest.mark.parametrize("cells", [50, 5_000, 100_000])
def test_real_rows_of_any_distribution_are_not_taken_for_released_ones(cells: int) -> None:
    """The real rows are more concentrated than the model, even on the same cells: chance matches are common.

    By the stated false-alarm rate of 1e-9 each, none of these 60 is found.
    """
    rng = np.random.default_rng(cells)
    model = rng.dirichlet(np.full(cells, 0.3))
    for power in (1.0, 2.0, 0.5):
        real = model**power / (model**power).sum()
        for _ in range(20):
            table = sketch(np.unique(rng.choice(cells, 3000, p=real)), most=4096)
            assert recognise(table, released(model, 3000, rng)) is None


@pytest.mark.parametrize(("share", "subset"), [(0.1, 20_000), (1.0, 1_000)])
def test_mixtures_and_subsets_are_found(share: float, subset: int) -> None:
    """A tenth of 20,000 rows, or 1,000 of the released rows alone: by the binomial law missed once in 10^4."""
    rng = np.random.default_rng(5)
    drawn = rng.integers(0, 10**7, 20_000)
    fingerprint = sketch(drawn, expected=np.full(10**7, 20_000 / 1e7)).fingerprint()
    copies = int(share * subset)
    table = np.concatenate([rng.choice(drawn, copies, replace=False), rng.integers(10**7, 10**9, subset - copies)])
    match = recognise(sketch(table, most=4096), fingerprint)
    assert match is not None
    assert match.share == pytest.approx(share, abs=0.06)


def test_the_false_alarm_is_what_is_stated() -> None:
    """Were the levels' bound not there, chance matches would be found: the test above can fail."""
    rng = np.random.default_rng(9)
    model = rng.dirichlet(np.full(5_000, 0.3))
    drawn = np.flatnonzero(rng.multinomial(3000, model))
    blind = sketch(drawn, expected=np.zeros(5_000)).fingerprint()
    assert recognise(sketch(np.unique(rng.choice(5_000, 3000, p=model)), most=4096), blind) is not None
    assert FALSE_ALARM <= 1e-9
