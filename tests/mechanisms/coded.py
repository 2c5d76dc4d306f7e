"""Tables that are codes already."""

from collections.abc import Mapping, Sequence

import numpy as np

from synthcli.marginal import Clique, Codes, Domain, tabulate
from synthcli.privacy.curator import Coding


class Coded:
    """A table that is codes already; its own codec."""

    def __init__(self, domain: Domain, codes: Codes) -> None:
        self.domain = domain
        self._codes = codes

    def encode(self, batch: object) -> Codes:
        return self._codes

    def count(self, codec: Coding, cliques: Sequence[Clique]) -> Mapping[Clique, np.ndarray]:
        return tabulate(codec.encode(None), codec.domain, cliques)

    def keys(self, column: str) -> dict[str, int]:
        return {}


def chain_table(rows: int = 4000, seed: int = 0) -> Coded:
    """a - b - c is a chain of strong dependences, d follows a weakly, e is alone and constant."""
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 4, rows)
    b = np.where(rng.random(rows) < 0.9, a, rng.integers(0, 4, rows))
    c = np.where(rng.random(rows) < 0.8, b % 3, rng.integers(0, 3, rows))
    d = np.where(rng.random(rows) < 0.2, a % 2, rng.integers(0, 2, rows))
    columns = {"a": a, "b": b, "c": c, "d": d, "e": np.zeros(rows)}
    codes = {name: values.astype(np.uint8) for name, values in columns.items()}
    return Coded(Domain(tuple(columns), (4, 4, 3, 2, 1)), codes)
