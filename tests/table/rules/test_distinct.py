"""Identifiers that a rule calls unique never come twice, across batches, and until the pattern has no more."""

import uuid

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.errors import UsageError
from synthcli.table.rules.distinct import Permutation
from synthcli.table.schema import Surrogate
from synthcli.table.surrogate import SurrogateColumn


@given(st.integers(1, 3000), st.integers(0, 2**32))
def test_a_permutation_is_one(size: int, seed: int) -> None:
    there = Permutation(size, np.random.default_rng(seed)).of(np.arange(size, dtype=np.uint64))
    assert sorted(there.tolist()) == list(range(size))


def test_large_ones_keep_inside_and_differ_by_key() -> None:
    numbers = np.arange(50_000, dtype=np.uint64)
    one, other = (Permutation(10**15, np.random.default_rng(seed)).of(numbers) for seed in (1, 2))
    assert max(one.max(), other.max()) < 10**15
    assert len(np.unique(one)) == len(np.unique(other)) == len(numbers)
    assert not np.any(one == other)
    assert abs(float(one.mean()) / 10**15 - 0.5) < 0.01  # 8 standard deviations of even draws


@pytest.mark.parametrize("pattern", [r"A9-\9", "a99", "99 x"])
def test_a_pattern_gives_all_it_has_and_no_more(pattern: str) -> None:
    column = SurrogateColumn(Surrogate("pattern", pattern), np.random.default_rng(3), distinct=True)
    size = 26 * 10 if "A" in pattern else 2600 if "a" in pattern else 100
    taken = [text for rows in (size // 2, 1, size - size // 2 - 1) for text in column.take(rows).to_pylist()]
    assert len(set(taken)) == size
    assert all(len(text) == len(pattern.replace("\\", "")) for text in taken)
    with pytest.raises(UsageError, match=f"{size:,} identifiers"):
        column.take(1)


def test_unique_uuids_are_still_random_uuids() -> None:
    column = SurrogateColumn(Surrogate("uuid"), np.random.default_rng(3), distinct=True)
    made = [uuid.UUID(text) for text in column.take(2000).to_pylist()]
    assert len(set(made)) == 2000
    assert {one.version for one in made} == {4}
    assert {one.variant for one in made} == {uuid.RFC_4122}
