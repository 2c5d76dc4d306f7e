"""What may be computed from the exact counts before noise, each with its stability map: OpenDP transformations.

The input metric counts the privacy units by which two tables differ (add or remove); a map turns that number into a
distance between the results: by way of the rows that a unit has at most on the side that is asked about. Everything is
an integer, so that every sensitivity is exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, nextafter, sqrt

import numpy as np
from numpy.typing import NDArray

from synthcli.marginal import Clique, Table
from synthcli.privacy import opendp_names as dp
from synthcli.privacy.comparison import GRID, LARGEST, Comparison, distance, is_rows, on_grid
from synthcli.privacy.exact import ROWS_THEMSELVES, ExactCounts, Side, View
from synthcli.privacy.noise import KEYED, KEYED_COUNTS, L2, LINF

dp.enable_features("contrib", "honest-but-curious")

EXACT_COUNTS = dp.user_domain("ExactCounts", member=lambda value: isinstance(value, ExactCounts))
UNITS = dp.user_distance("privacy units added or removed")

_LARGEST_SCORE = 2**61


@dataclass(frozen=True, eq=False)
class Candidate:
    """A clique that could be measured next, and how well the model knows it already.

    `estimate` is the model's table in expected rows (one axis per attribute of the clique); `weight`, a positive
    integer, is the clique's importance; `penalty`, in rows, is the error that measuring it would leave anyway.
    """

    clique: Clique
    estimate: Table
    weight: int = 1
    penalty: float = 0.0

    def __post_init__(self) -> None:
        if self.weight < 1 or int(self.weight) != self.weight:
            raise ValueError("a candidate's weight is a positive integer")
        if not is_rows(self.estimate) or not abs(self.penalty) <= LARGEST:
            raise ValueError("a candidate's estimate and penalty are finite numbers of rows, below 2^54")


def marginals_sensitivity(cliques: int, rows: int) -> float:
    """L2 distance of concatenated marginals when `rows` rows come or go, rounded up.

    A row changes one cell of each table by one: sqrt(cliques) a row, and the triangle inequality for the rest.
    """
    return nextafter(nextafter(sqrt(cliques), inf) * rows, inf)


def marginals(view: View, cliques: Sequence[Clique]) -> dp.Transformation:
    """The cells of all these tables as one vector."""
    size, most = sum(view.domain.size(clique) for clique in cliques), view.side.rows_per_unit
    return dp.t.make_user_transformation(
        EXACT_COUNTS,
        UNITS,
        dp.vector_domain(dp.atom_domain(T="i64"), size=size),
        L2,
        function=lambda exact: exact.vector(view, cliques),
        stability_map=lambda units: marginals_sensitivity(len(cliques), units * most),
    )


def scores_sensitivity(candidates: Sequence[Candidate], rows: int) -> int:
    """How far any one score moves when `rows` rows come or go, in grid units.

    A row changes one count by one, and so the L1 distance from a fixed estimate by at most one row.
    """
    return GRID * max(int(candidate.weight) for candidate in candidates) * rows


def scores(view: View, candidates: Sequence[Candidate]) -> dp.Transformation:
    """weight x (L1 distance of exact and estimated table - penalty) of every candidate, in grid units."""
    by_one_unit = scores_sensitivity(candidates, view.side.rows_per_unit)
    return dp.t.make_user_transformation(
        EXACT_COUNTS,
        UNITS,
        dp.vector_domain(dp.atom_domain(T="i64"), size=len(candidates)),
        LINF,
        function=lambda exact: _scores(exact, view, candidates),
        stability_map=lambda units: by_one_unit * units,  # asked again at every later query: kept short
    )


def distances_sensitivity(tables: int, rows: int) -> float:
    """L2 distance of a vector of L1 distances when `rows` rows come or go, in grid units, rounded up.

    A row changes each table's distance from its fixed estimate by at most one row.
    """
    return nextafter(marginals_sensitivity(tables, rows) * GRID, inf)


def distances(view: View, comparison: Comparison) -> dp.Transformation:
    """The L1 distance of every exact table from its estimate, in grid units, as a vector to which noise is added."""
    size, most = len(comparison.cliques), view.side.rows_per_unit
    return dp.t.make_user_transformation(
        EXACT_COUNTS,
        UNITS,
        dp.vector_domain(dp.atom_domain(T="i64"), size=size),
        L2,
        function=lambda exact: exact.distances(view, comparison),
        stability_map=lambda units: distances_sensitivity(size, units * most),
    )


def keyed(column: str, side: Side = ROWS_THEMSELVES) -> dp.Transformation:
    """How often each value of a raw column occurs. Keys travel in hexadecimal, since C strings end at a NUL.

    k rows move at most k keys, each by at most k, and the whole by at most k in L2.
    """
    most = side.rows_per_unit
    return dp.t.make_user_transformation(
        EXACT_COUNTS,
        UNITS,
        KEYED_COUNTS,
        KEYED,
        function=lambda exact: {key.encode().hex(): count for key, count in exact.keyed(column, side).items()},
        stability_map=lambda units: (units * most, units * most, units * most),
    )


def _scores(exact: ExactCounts, view: View, candidates: Sequence[Candidate]) -> NDArray[np.int64]:
    exact.prefetch(view, [candidate.clique for candidate in candidates])
    return np.array([_score(exact.table(view, c.clique), c) for c in candidates], dtype=np.int64)


def _score(exact: NDArray[np.int64], candidate: Candidate) -> int:
    """Clamping moves no two scores apart."""
    gain = distance(exact, candidate.estimate) - int(on_grid(candidate.penalty)[0])
    return max(-_LARGEST_SCORE, min(_LARGEST_SCORE, int(candidate.weight) * gain))
