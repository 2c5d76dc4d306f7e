"""Exact tables, however attributes are packed and rows are cut into blocks."""

from itertools import chain, combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.marginal import Clique, Codes, Domain, tabulate
from synthcli.marginal.tabulate import Tally, _packs, _plan, groups


@st.composite
def questions(draw: st.DrawFn) -> tuple[Domain, list[Clique], Codes]:
    """Sizes around a byte and two, one code and many; cliques of up to four attributes, also out of order."""
    sizes = st.sampled_from([1, 2, 3, 5, 16, 17, 127, 255, 256, 257, 300, 4000])
    shape = tuple(draw(st.lists(sizes, min_size=1, max_size=7)))
    domain = Domain(tuple("abcdefg"[: len(shape)]), shape)
    possible = [c for k in (0, 1, 2, 3, 4) for c in combinations(domain.attributes, k) if domain.size(c) <= 200_000]
    cliques = draw(st.lists(st.sampled_from(possible), min_size=1, max_size=12))
    backwards = draw(st.booleans())
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows = draw(st.sampled_from([0, 1, 7, 300]))
    codes = {}
    for a, size in zip(domain.attributes, shape, strict=True):
        column = rng.integers(0, size, rows)
        column[: rows // 3] = size - 1
        codes[a] = column.astype(np.min_scalar_type(size - 1))
    return domain, [c[::-1] for c in cliques] if backwards else cliques, codes


def _by_hand(codes: Codes, domain: Domain, clique: Clique) -> np.ndarray:
    ordered = domain.clique(clique)
    table = np.zeros([domain.card(a) for a in ordered], dtype=np.int64)
    rows = len(next(iter(codes.values())))
    for row in range(rows):
        table[tuple(int(codes[a][row]) for a in ordered)] += 1
    return table


@given(questions(), st.booleans())
@settings(max_examples=150)
def test_every_cell_of_every_clique(question: tuple[Domain, list[Clique], Codes], pairs: bool) -> None:
    domain, cliques, codes = question
    if pairs:
        cliques = [*cliques, *(c for c in combinations(domain.attributes, 2) if domain.size(c) <= 200_000)]
    before = {a: column.copy() for a, column in codes.items()}
    tables = tabulate(codes, domain, cliques)
    assert set(tables) == set(cliques)
    for clique, table in tables.items():
        assert table.dtype == np.int64
        assert table.flags.c_contiguous
        assert np.array_equal(table, _by_hand(codes, domain, clique))
    assert all(np.array_equal(before[a], column) for a, column in codes.items()), "codes are left as they were"


@given(questions(), st.integers(0, 300))
@settings(max_examples=50)
def test_blocks_add_up(question: tuple[Domain, list[Clique], Codes], cut: int) -> None:
    domain, cliques, codes = question
    tally = Tally(domain, cliques)
    tally.add({a: column[:cut] for a, column in codes.items()})
    tally.add({a: column[cut:] for a, column in codes.items()})
    whole = tabulate(codes, domain, cliques)
    assert all(np.array_equal(table, whole[clique]) for clique, table in tally.tables().items())


@given(questions(), st.integers(1, 100_000))
@settings(max_examples=100)
def test_groups_are_small_or_one_joint_table(question: tuple[Domain, list[Clique], Codes], most: int) -> None:
    domain, cliques, _ = question
    cliques = [domain.clique(clique) for clique in cliques] + list(combinations(domain.attributes, 2))
    found = groups(domain, cliques, most)
    assert sorted(chain(*found)) == sorted(cliques)
    pack_of = {a: pack for pack in _packs(domain, domain.clique(chain(*cliques))) for a in pack}
    joints = [{frozenset(pack_of[a] for a in clique) for clique in group} for group in found]
    for group, inside in zip(found, joints, strict=True):
        assert sum(domain.size(clique) for clique in group) <= most or len(inside) == 1
    assert sum(map(len, joints)) == len(set().union(*joints)), "no joint table is counted twice"


def test_pairs_in_groups_are_packed_as_they_are_together() -> None:
    """So that counting group after group takes no more tables."""
    domain = Domain(tuple(f"a{i}" for i in range(40)), tuple(2 + (7 * i) % 19 for i in range(40)))
    pairs = tuple(combinations(domain.attributes, 2))
    parts = groups(domain, pairs, 10_000)
    assert len(parts) > 5
    assert sum(len(_plan(domain, part).joints) for part in parts) <= len(_plan(domain, pairs).joints) + len(parts)


def test_few_tables_are_counted_for_many_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixteen attributes of 4 codes are packed by four: six tables instead of 120."""
    domain = Domain(tuple("abcdefghijklmnop"), (4,) * 16)
    counted: list[int] = []
    bincount = np.bincount

    def spy(cells: np.ndarray, minlength: int) -> np.ndarray:
        counted.append(minlength)
        return bincount(cells, minlength=minlength)

    monkeypatch.setattr(np, "bincount", spy)
    codes = {a: np.arange(50, dtype=np.uint8) % 4 for a in domain.attributes}
    tabulate(codes, domain, list(combinations(domain.attributes, 2)))
    assert counted == [1 << 16] * 6
    counted.clear()
    tabulate(codes, domain, [("a", "b")])
    assert counted == [16]


@pytest.mark.parametrize("column", [np.array([0, 3], dtype=np.uint8), np.array([0, -1], dtype=np.int8)])
def test_a_code_outside_is_no_other_cell(column: np.ndarray) -> None:
    domain = Domain(("a", "b"), (3, 300))
    with pytest.raises(ValueError, match="'a' lies outside"):
        tabulate({"a": column, "b": np.zeros(2, dtype=np.uint16)}, domain, [("a", "b")])


def test_counts_do_not_wrap() -> None:
    """More rows in one cell than 16 bits count, in tables of every width of cell number."""
    rows = 70_000
    domain = Domain(("a", "b", "c"), (256, 257, 70_000))
    codes: Codes = {
        "a": np.full(rows, 255, np.uint8),
        "b": np.full(rows, 256, np.uint16),
        "c": np.full(rows, 69_999, np.uint32),
    }
    tables = tabulate(codes, domain, [("a",), ("a", "b"), ("c",)])
    assert tables[("a",)][255] == tables["a", "b"][255, 256] == tables[("c",)][69_999] == rows
