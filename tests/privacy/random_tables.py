"""Random small private tables, views of them, and neighbours: what the stability maps and the budget are tested on."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from synthcli.marginal import Clique, Domain, Merge, tabulate
from synthcli.privacy.exact import Coding, View

WORDS = ("a", "b", "", "c\0d", "é", "a ")


@dataclass(frozen=True)
class AsCoded:
    """The coding of rows that are codes already."""

    domain: Domain

    def encode(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        return {name: batch[:, axis].astype(np.uint8) for axis, name in enumerate(self.domain.attributes)}


@dataclass(frozen=True)
class Table:
    """Rows of codes, each with a word."""

    domain: Domain
    rows: tuple[tuple[tuple[int, ...], str], ...]

    def count(self, codec: Coding, cliques: Sequence[Clique]) -> dict[Clique, np.ndarray]:
        batch = np.array([codes for codes, _ in self.rows], dtype=np.int64).reshape(-1, len(self.domain))
        return tabulate(codec.encode(batch), codec.domain, cliques)

    def keys(self, column: str) -> dict[str, int]:
        return dict(Counter(word for _, word in self.rows))


@dataclass(frozen=True)
class Neighbours:
    """Two tables that differ by `apart` rows: some taken away, some added, all in any order."""

    left: Table
    right: Table
    apart: int


@st.composite
def domains(draw: Any, most: int = 4) -> Domain:
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=most))
    names = tuple("abcdef"[: len(sizes)])
    gaps = {
        name: draw(st.integers(0, size - 1)) for name, size in zip(names, sizes, strict=True) if draw(st.booleans())
    }
    return Domain(names, tuple(sizes), gaps=gaps)


def row_of(domain: Domain) -> st.SearchStrategy[tuple[tuple[int, ...], str]]:
    return st.tuples(st.tuples(*(st.integers(0, size - 1) for size in domain.shape)), st.sampled_from(WORDS))


@st.composite
def neighbours(draw: Any, domain: Domain, most: int = 4) -> Neighbours:
    row = row_of(domain)
    common, gone = draw(st.lists(row, max_size=12)), draw(st.lists(row, max_size=most))
    come = draw(st.lists(row, min_size=0 if gone else 1, max_size=most))
    left, right = draw(st.permutations([*common, *gone])), draw(st.permutations([*common, *come]))
    return Neighbours(Table(domain, tuple(left)), Table(domain, tuple(right)), len(gone) + len(come))


@st.composite
def merges(draw: Any, size: int, alone: int | None = None) -> Merge:
    """Any merge, or any that keeps the code `alone` for itself."""
    groups = 2 * np.array(draw(st.lists(st.integers(0, size - 1), min_size=size, max_size=size)), dtype=np.intp)
    if alone is not None:
        groups[alone] = 2 * draw(st.integers(0, size - 1)) + 1
    return Merge(np.unique(groups, return_inverse=True)[1].astype(np.intp), np.ones(size))


@st.composite
def views(draw: Any, domain: Domain) -> View:
    """The plain view, or one with attributes that tell gaps, or merged once or twice; gaps that are told stay apart."""
    view = View(AsCoded(domain))
    if domain.gaps:
        view = view.with_gaps(
            {f"{name}?": name for name in sorted(draw(st.sets(st.sampled_from(sorted(domain.gaps)))))}
        )
    for _ in range(draw(st.integers(0, 2))):
        alone = {of: view.domain.gaps[of] for of in view.gaps.values()}
        chosen = draw(st.sets(st.sampled_from([name for name in view.domain.attributes if name not in view.gaps])))
        view = view.merged({name: draw(merges(view.domain.card(name), alone.get(name))) for name in sorted(chosen)})
    return view


def cliques_of(domain: Domain) -> st.SearchStrategy[list[Clique]]:
    return st.lists(st.sets(st.sampled_from(domain.attributes)).map(domain.clique), min_size=1, max_size=5)


@st.composite
def estimates(draw: Any, view: View, clique: Clique) -> np.ndarray:
    """A table of expected rows; the model's are not negative, but no map may rest on that."""
    shape = view.domain.project(clique).shape
    cells = st.floats(-20, 20, allow_subnormal=False)
    size = view.domain.size(clique)
    return np.array(draw(st.lists(cells, min_size=size, max_size=size))).reshape(shape)
