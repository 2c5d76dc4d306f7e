"""The trusted curator: holds the rows and the budget. Nothing leaves but by five methods.

Each of `keys`, `measure`, `measure_groups`, `distances` and `select` is an OpenDP measurement on exact counts, asked
through one privacy filter (fully adaptive composition, approximate zero-concentrated differential privacy: Whitehouse
et al. 2023). OpenDP checks the sensitivities, adds up the costs, and refuses the query that would exceed the budget.
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from math import inf, nextafter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthcli.errors import BudgetRefused
from synthcli.marginal import Clique, Domain, Measurement, Merge
from synthcli.marginal.gaps import Gaps
from synthcli.privacy import noise
from synthcli.privacy import opendp_names as dp
from synthcli.privacy import transformations as exactly
from synthcli.privacy.budget import Budget
from synthcli.privacy.comparison import GRID, Comparison, Estimator
from synthcli.privacy.exact import Coding, ExactCounts, PrivateTable, Side, View
from synthcli.privacy.question import Question
from synthcli.privacy.transformations import Candidate

__all__ = ["Candidate", "Coding", "Curator", "MarginalCurator", "PrivateTable"]

_SAFE = 1.0 - 2.0**-50


@dataclass
class _Meter:
    """What has been paid: a running sum of OpenDP's maps, rounded up (the odometer adds all of them up again)."""

    paid: tuple[float, float] = (0.0, 0.0)
    reading: tuple[float, float] | None = None
    closed: bool = False


class Curator:
    """Answers from one private table until the budget is spent.

    At every query the filter adds up all earlier costs anew, about 0.3 ms for each: ask for many tables at once.
    After a refusal OpenDP's filter answers nothing more: a refused query ends the fit.
    """

    def __init__(self, table: PrivateTable, budget: Budget, rows_per_unit: int = 1) -> None:
        self._budget = budget
        self._side = Side(rows_per_unit)
        self._exact = ExactCounts(table)
        self._filter = dp.c.make_privacy_filter(
            dp.c.make_fully_adaptive_composition(exactly.EXACT_COUNTS, exactly.UNITS, noise.APPROXIMATE_ZCDP),
            d_in=1,
            d_out=(budget.rho, budget.key_delta),
        )(self._exact)
        self._meter = _Meter()

    @property
    def persons(self) -> "Curator":
        """This curator, asked about persons: the table in which each unit has one row. Filter and budget are shared."""
        other = copy(self)
        other._side = Side(persons=True)
        return other

    @property
    def spent(self) -> tuple[float, float]:
        """(rho, delta) spent so far, read off OpenDP's odometer (about 0.1 ms for each query asked)."""
        if self._meter.reading is None:
            rho, delta = self._filter.privacy_loss(1)
            self._meter.reading = float(rho), float(delta)
        return self._meter.reading

    @property
    def remaining_rho(self) -> float:
        """What is left of rho, rounded down: a query for all of it is answered."""
        return max(0.0, (self._budget.rho - self._meter.paid[0]) * _SAFE)

    def keys(self, column: str, rho: float, delta: float) -> dict[str, int]:
        """The values of a raw column that occur clearly more often than the noise, with noisy counts; sorted by value.

        Costs at most rho and delta. Raises `BudgetRefused` when they are not left, `UsageError` for a delta that is
        too small to be certified.
        """
        scale, threshold = noise.keys_scales_for(rho, delta, self._side.rows_per_unit)
        self._exact.keyed(
            column, self._side
        )  # counted here: what is raised inside of OpenDP does not come out as itself
        (found,) = self._ask([Question.keys(column, scale, threshold, self._side)])
        return dict(sorted((bytes.fromhex(key).decode(), int(count)) for key, count in found.items()))

    def on(self, codec: Coding) -> "MarginalCurator":
        """This curator's answers about marginals over the codec's domain."""
        return MarginalCurator(self, View(codec, side=self._side))

    def _ask(self, questions: Sequence[Question]) -> list[Any]:
        """The one way through the filter: the answers to questions that are asked together, in their order.

        OpenDP refuses every query after the first one that it refused.
        """
        measurements = [question.measurement() for question in questions]
        query = measurements[0] if len(measurements) == 1 else noise.together(measurements)
        cost, meter = query.map(1), self._meter
        paid = (_sum_up(meter.paid[0], cost[0]), _sum_up(meter.paid[1], cost[1]))
        if paid[0] > self._budget.rho or paid[1] > self._budget.key_delta:
            meter.closed = bool(self.spent)  # the odometer can be read for the last time
        try:
            answer = self._filter(query)
        except dp.OpenDPException as problem:
            if meter.closed:
                raise self._refusal(*cost) from None
            raise RuntimeError(f"OpenDP could not answer a query ({problem.variant})") from None
        meter.paid, meter.reading, meter.closed = paid, None, False
        return [answer] if len(measurements) == 1 else list(answer)

    def _refusal(self, rho: float, delta: float) -> BudgetRefused:
        left = max(0.0, self._budget.key_delta - self._meter.paid[1])
        return BudgetRefused(
            f"the fit's privacy budget is spent: a query costs rho {rho:.4g} and delta {delta:.2g}, "
            f"and rho {self.remaining_rho:.4g} and delta {left:.2g} are left",
            "fit again with a larger --epsilon or --delta",
        )


def _sum_up(paid: float, cost: float) -> float:
    """The sum, rounded up."""
    return nextafter(paid + cost, inf) if paid and cost else paid + cost


class MarginalCurator:
    """A curator's answers about marginals over one domain. Made by `Curator.on`."""

    def __init__(self, curator: Curator, view: View) -> None:
        self._curator = curator
        self._view = view

    @property
    def domain(self) -> Domain:
        """The attributes that can be asked about. Public."""
        return self._view.domain

    @property
    def rows_per_unit(self) -> int:
        """How many rows one unit has at most: noise grows with it. Public."""
        return self._view.side.rows_per_unit

    @property
    def spent(self) -> tuple[float, float]:
        """(rho, delta) that the whole curator has spent."""
        return self._curator.spent

    @property
    def remaining_rho(self) -> float:
        """What is left of the whole curator's rho, rounded down."""
        return self._curator.remaining_rho

    def prefetch(self, cliques: Iterable[Clique]) -> None:
        """Count these cliques now, in one pass over the rows, for later questions about them or any part of them."""
        self._curator._exact.prefetch(self._view, [self._known(clique) for clique in cliques])

    def measure(self, cliques: Sequence[Clique], rho: float) -> tuple[Measurement, ...]:
        """Noisy tables of these cliques, int64, in their order: one noise call, one sigma, rho for all together.

        sigma = rows_per_unit sqrt(number of cliques / (2 rho)). Raises `BudgetRefused` when rho is not left.
        """
        return self.measure_groups([(cliques, rho)]) if cliques else ()

    def measure_groups(self, groups: Sequence[tuple[Sequence[Clique], float]]) -> tuple[Measurement, ...]:
        """Noisy tables of groups of cliques, each group with its own rho and sigma: one query, OpenDP's composition.

        In the order of the groups. Raises `BudgetRefused` when the sum of the rhos is not left.
        """
        wanted = [[self._known(clique) for clique in cliques] for cliques, _ in groups]
        if not all(wanted):
            raise ValueError("a group of cliques is empty")
        self.prefetch(clique for cliques in wanted for clique in cliques)
        units = self._view.side.rows_per_unit
        sigmas = [
            noise.sigma_for(rho, exactly.marginals_sensitivity(len(cliques), units))
            for cliques, (_, rho) in zip(wanted, groups, strict=True)
        ]
        questions = [
            Question.marginals(self._view, cliques, sigma) for cliques, sigma in zip(wanted, sigmas, strict=True)
        ]
        answers = self._curator._ask(questions) if questions else ()
        return tuple(
            Measurement(clique, part, sigma)
            for cliques, sigma, cells in zip(wanted, sigmas, answers, strict=True)
            for clique, part in zip(cliques, self._parted(cliques, cells), strict=True)
        )

    def _parted(self, cliques: Sequence[Clique], cells: Any) -> list[NDArray[np.int64]]:
        """The tables of a concatenated vector."""
        ends = np.cumsum([self.domain.size(clique) for clique in cliques])
        parts = np.split(np.asarray(cells, dtype=np.int64), ends[:-1])
        return [part.reshape(self.domain.project(c).shape) for c, part in zip(cliques, parts, strict=True)]

    def distances(
        self, cliques: Sequence[Clique], estimate: Estimator, rho: float
    ) -> tuple[dict[Clique, float], float]:
        """The L1 distance in rows of every exact table from its estimate, noisy, and the noise's standard deviation.

        `estimate` gives the tables of the cliques that it is asked for, in expected rows: a model's `marginals`. It is
        asked for some after the other, so that many tables need not be in memory together.
        One vector, discrete Gaussian noise on a grid of 1/16 row: stddev = rows_per_unit sqrt(tables / (2 rho)). For
        many decisions at once where `select` would be asked for each. Raises `BudgetRefused` when rho is not left.
        """
        if not cliques:
            raise ValueError("there is nothing to compare")
        comparison = Comparison(tuple(self._known(clique) for clique in cliques), estimate)
        self._curator._exact.distances(self._view, comparison)  # outside of OpenDP, so that errors come out as they are
        sigma = noise.sigma_for(rho, exactly.distances_sensitivity(len(cliques), self._view.side.rows_per_unit))
        (answer,) = self._curator._ask([Question.distances(self._view, comparison, sigma)])
        noisy = np.asarray(answer, dtype=np.float64) / GRID
        return dict(zip(comparison.cliques, noisy.tolist(), strict=True)), sigma / GRID

    def select(self, candidates: Sequence[Candidate], epsilon: float) -> int:
        """The index of a candidate with a high score, by the exponential mechanism; costs rho = epsilon^2 / 8.

        score = weight x (L1 distance of exact table and estimate - penalty), as in AIM (McKenna et al. 2022, Eq. 1);
        the probability of a candidate is proportional to exp(epsilon score / (2 sensitivity)), where the sensitivity
        is the largest weight x rows_per_unit. Raises `BudgetRefused` when the cost is not left.
        """
        self._check(candidates)
        sensitivity = exactly.scores_sensitivity(candidates, self._view.side.rows_per_unit)
        scale = noise.max_scale_for(epsilon * epsilon / 8.0, sensitivity)
        (index,) = self._curator._ask([Question.largest(self._view, candidates, scale)])
        return int(index)

    def merged(self, merges: Mapping[str, Merge]) -> "MarginalCurator":
        """The same rows and budget over a coarser domain; what was counted already is merged, not counted again."""
        return MarginalCurator(self._curator, self._view.merged(merges))

    def with_gaps(self, gaps: Gaps) -> "MarginalCurator":
        """The same rows and budget, with attributes that say of others whether a row has a value (`marginal.gaps`)."""
        return MarginalCurator(self._curator, self._view.with_gaps(gaps))

    def _check(self, candidates: Sequence[Candidate]) -> None:
        """Refuse estimates that do not fit, and count what they are compared with."""
        if not candidates:
            raise ValueError("there is nothing to compare")
        for candidate in candidates:
            if self.domain.project(self._known(candidate.clique)).shape != candidate.estimate.shape:
                raise ValueError("a candidate's estimate does not fit the domain")
        self.prefetch([candidate.clique for candidate in candidates])

    def _known(self, clique: Clique) -> Clique:
        """The clique, which must name attributes of the domain in its order."""
        if self.domain.clique(clique) != tuple(clique):
            raise ValueError("a clique names attributes in the order of the domain, each once")
        return tuple(clique)
