"""Bounding the rows of a unit: at most K, each as likely as any other, and no unit's rows depend on another's.

The coupling of the proof is carried out: every row keeps its draw, a whole unit comes or goes, and the rows that are
kept of the others must be the same. A bound that ranked rows across units, or by their place, would fail.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from synthcli.privacy import bounding
from synthcli.privacy.bounding import BoundedRows, Bounding, PrivacyUnit

Row = tuple[str, int]
"""A unit, and the number that this row of it goes by, wherever it stands."""


def _units(rows: Sequence[Row]) -> np.ndarray:
    words = [hashlib.sha256(unit.encode()).digest()[:16] for unit, _ in rows]
    return np.frombuffer(b"".join(words), dtype=np.uint64).reshape(-1, 2)


def _bound(rows: Sequence[Row], most: int, sizes: Sequence[int] = ()) -> BoundedRows:
    """The rows in pieces of these sizes, and what is left at the end."""
    found, start = Bounding(most), 0
    for size in (*sizes, len(rows)):
        found.add(_units(rows[start : start + size]))
        start += size
    return found.finish()


def _kept(rows: Sequence[Row], most: int, sizes: Sequence[int], monkeypatch: pytest.MonkeyPatch) -> list[Row]:
    """What is kept where every row has a draw of its own, which goes with it."""
    draws = iter([int.from_bytes(hashlib.sha256(repr(row).encode()).digest()[:8], "big") for row in rows])
    with monkeypatch.context() as patch:
        patch.setattr(bounding, "_draw", lambda count: np.array([next(draws) for _ in range(count)], dtype=np.uint64))
        patch.setattr(bounding, "_WINDOW", 5)
        return [rows[i] for i in _bound(rows, most, sizes).kept]


tables = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 10**6)), max_size=40, unique=True)


@settings(max_examples=100, deadline=None)
@given(rows=tables, most=st.integers(1, 5), sizes=st.lists(st.integers(0, 9), max_size=6))
def test_all_rows_of_a_unit_are_counted_though_not_all_are_kept(rows: list[Row], most: int, sizes: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bounding, "_WINDOW", 5)
        found = _bound(rows, most, sizes)
    units = [rows[i][0] for i in found.kept[found.first]]
    assert dict(zip(units, found.times.tolist(), strict=True)) == dict(Counter(unit for unit, _ in rows))
    assert np.array_equal(np.bincount(found.unit_of, minlength=found.units), np.minimum(found.times, most))


@settings(max_examples=200, deadline=None)
@given(
    rows=tables,
    more=st.lists(st.integers(0, 10**6), min_size=1, max_size=30, unique=True),
    most=st.integers(1, 5),
    sizes=st.lists(st.integers(0, 9), max_size=6),
    data=st.data(),
)
def test_a_unit_more_changes_no_row_of_the_others(
    rows: list[Row], more: list[int], most: int, sizes: list[int], data: st.DataObject
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        alone = _kept(rows, most, sizes, patch)
        beside = _kept(data.draw(st.permutations([*rows, *(("new", i) for i in more)])), most, sizes, patch)
    assert {row for row in beside if row[0] != "new"} == set(alone), "order, batches and the new unit play no part"
    assert len(beside) - len(alone) == min(len(more), most)
    assert max(Counter(unit for unit, _ in beside).values()) <= most


@settings(max_examples=100, deadline=None)
@given(rows=tables, most=st.integers(1, 5), sizes=st.lists(st.integers(0, 9), max_size=6))
def test_each_unit_has_as_many_rows_as_it_may(rows: list[Row], most: int, sizes: list[int]) -> None:
    found = _bound(rows, most, sizes)
    units = [rows[i][0] for i in found.kept]
    there = Counter(unit for unit, _ in rows)
    assert Counter(units) == {unit: min(count, most) for unit, count in there.items()}
    assert len(set(found.kept.tolist())) == len(found.kept)
    assert found.rows == len(rows) and found.units == len(there)
    assert [units[i] for i in np.flatnonzero(found.first)] == list(dict.fromkeys(units)), "units stand together"
    assert found.unit_of.tolist() == [list(dict.fromkeys(units)).index(unit) for unit in units]
    assert set(found.as_set().numbers()) == set(found.kept)


def _choices(most: int, times: int) -> Counter[tuple[int, ...]]:
    """Which of a unit's four rows were kept, over many equal units whose rows lie far apart."""
    rows = [(f"u{i}", place) for place in range(4) for i in range(times)]
    found = _bound(rows, most, [times] * 2)
    of: dict[str, list[int]] = defaultdict(list)
    for i in found.kept:
        of[rows[i][0]].append(rows[i][1])
    return Counter(tuple(sorted(kept)) for kept in of.values())


@pytest.mark.parametrize(("most", "subsets"), [(1, 4), (2, 6), (3, 4)])
def test_all_choices_of_rows_are_alike(most: int, subsets: int) -> None:
    """Chi-square over all subsets, 24,000 units: a false alarm once in a million runs, for each K."""
    found = _choices(most, 24_000)
    assert len(found) == subsets
    assert stats.chisquare(list(found.values())).pvalue > 1e-6


def test_the_first_row_of_a_unit_is_any_of_its_rows() -> None:
    """Chi-square over the four places, 24,000 units: a false alarm once in a million runs."""
    rows = [(f"u{i}", place) for i in range(24_000) for place in range(4)]
    found = _bound(rows, 3)
    places = Counter(rows[i][1] for i in found.kept[found.first])
    assert sum(places.values()) == 24_000
    assert stats.chisquare(list(places.values())).pvalue > 1e-6


def test_draws_are_fresh() -> None:
    assert not np.intersect1d(bounding._draw(1000), bounding._draw(1000)).size


@pytest.mark.parametrize("rows", [0, -1, bounding.MOST + 1])
def test_a_bound_that_means_nothing_is_refused(rows: int) -> None:
    with pytest.raises(ValueError):
        PrivacyUnit("person", rows)
