"""A private table in memory, for tests of the boundary."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st

from synthcli.marginal import Clique, Domain, tabulate

DOMAIN = Domain(("x", "y", "z"), (3, 4, 2))


class Plain:
    """Rows are codes already."""

    domain = DOMAIN

    def encode(self, batch: Any) -> dict[str, np.ndarray]:
        return {name: batch[:, axis].astype(np.uint8) for axis, name in enumerate(DOMAIN.attributes)}


@dataclass
class Rows:
    """Rows of codes over `DOMAIN` and one column of strings; counts the passes."""

    codes: list[tuple[int, int, int]]
    words: list[str] = field(default_factory=list)
    passes: int = 0

    def count(self, codec: Any, cliques: Sequence[Clique]) -> dict[Clique, np.ndarray]:
        self.passes += 1
        batch = np.array(self.codes, dtype=np.int64).reshape(-1, 3)
        return tabulate(codec.encode(batch), codec.domain, cliques)

    def keys(self, column: str) -> dict[str, int]:
        return dict(Counter(self.words))


row = st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 1))
cliques = st.lists(st.sets(st.sampled_from(DOMAIN.attributes), max_size=3).map(DOMAIN.clique), min_size=1, max_size=5)
