"""A public table in memory whose rows are codes already: for questions asked of a curator directly."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthcli.marginal import Clique, Codes, Domain, tabulate
from synthcli.privacy.exact import Coding


@dataclass(frozen=True, eq=False)
class CodedTable:
    """Satisfies `PrivateTable`, and is its own coding. `codes`: rows × attributes; `words`: a column of text."""

    domain: Domain
    codes: NDArray[np.uint32]
    words: tuple[str, ...] = ()

    @property
    def joins(self) -> Mapping[str, tuple[str, ...]]:
        """None: a row is its codes."""
        return {}

    def encode(self, batch: Any) -> Codes:
        """The codes of the attributes."""
        return dict(zip(self.domain.attributes, batch.T, strict=True))

    def count(self, codec: Coding, cliques: Sequence[Clique]) -> Mapping[Clique, NDArray[np.int64]]:
        """The exact table of every clique."""
        return tabulate(codec.encode(self.codes), codec.domain, cliques)

    def keys(self, column: str) -> Mapping[str, int]:
        """How often each word occurs."""
        return Counter(self.words)
