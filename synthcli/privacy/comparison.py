"""How far exact tables are from a model's estimates: one integer for each table, in units of 1/16 row.

There may be a hundred thousand tables, of hundreds of cells each. So only a group of them is in memory at any time:
it is counted, estimated, compared, and forgotten.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthcli.marginal import Clique, Domain, Table

GRID = 16
"""Estimates are compared with exact counts in units of 1/16 row."""

LARGEST = 2.0**54
"""More rows than an estimate may have."""

Estimator = Callable[[Sequence[Clique]], Mapping[Clique, Table]]
"""Cliques to their tables in expected rows: a public function, as a model's marginals are."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Cliques, and what their tables are expected to be; the estimates are made when they are needed.

    Compared by identity: the distances of one are worked out once.
    """

    cliques: tuple[Clique, ...]
    estimate: Estimator

    def estimates(self, domain: Domain, cliques: Sequence[Clique]) -> Mapping[Clique, Table]:
        """The expected tables of some of the cliques; `ValueError` for one that does not fit or is no table of rows."""
        tables = self.estimate(cliques)
        for clique in cliques:
            if domain.shape_of(clique) != tables[clique].shape:
                raise ValueError("an estimate does not fit the domain")
            if not is_rows(tables[clique]):
                raise ValueError("estimates are finite numbers of rows, below 2^54")
        return tables


def is_rows(estimate: Table) -> bool:
    """Whether these are finite numbers of rows, below 2^54 together (a sum with NaN or infinity in it is neither)."""
    return bool(np.abs(estimate).sum() <= LARGEST)


def on_grid(rows: Table | float) -> NDArray[np.int64]:
    """The nearest multiples of 1/16 row, as integers, in one row."""
    return np.rint(np.asarray(rows, dtype=np.float64) * GRID).astype(np.int64).ravel()


def distance(exact: NDArray[np.int64], estimate: Table) -> int:
    """The L1 distance in grid units. Exact: below 2^60 for any table of less than 2^48 rows."""
    return int(np.abs(exact.ravel() * GRID - on_grid(estimate)).sum())
