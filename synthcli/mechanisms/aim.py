"""AIM: an adaptive and iterative mechanism.

McKenna, Mullins, Sheldon and Miklau 2022 (arXiv 2201.12677), algorithms 1 to 4. Each round selects the marginal that
the model knows worst (beyond what measuring could mend), measures it, refits, and spends more per round once a round
teaches little. The workload's downward closure is the set of candidates; those whose model would grow beyond the part
of `max_cells` that the budget spent so far has earned must wait.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import pi, sqrt
from typing import ClassVar

import numpy as np

from synthcli.marginal import Clique, Table
from synthcli.mechanisms.interface import Fit, Progress
from synthcli.mechanisms.size_limit import affordable
from synthcli.mechanisms.workload import Workload
from synthcli.pgm.estimation import ROUND, estimate
from synthcli.pgm.markov_random_field import MarkovRandomField
from synthcli.privacy.curator import Candidate, MarginalCurator

ALPHA = 0.9
"""The share of a round's cost that goes to its measurement; the rest to its selection."""

_SAFE = 1.0 - 1e-9


@dataclass(frozen=True)
class _Round:
    """The noise of a round: standard deviation of the measurement for each row of a unit, epsilon of the selection."""

    sigma: float
    epsilon: float

    @property
    def rho(self) -> float:
        """1 / (2 sigma^2) + epsilon^2 / 8."""
        return self.measurement_rho + self.epsilon**2 / 8.0

    @property
    def measurement_rho(self) -> float:
        """1 / (2 sigma^2)."""
        return 0.5 / self.sigma**2

    def annealed(self) -> "_Round":
        """Half the noise: a round that taught little makes way for fewer, better ones."""
        return _Round(self.sigma / 2.0, self.epsilon * 2.0)

    @staticmethod
    def costing(rho: float) -> "_Round":
        """A round that costs rho, divided by ALPHA."""
        return _Round(sqrt(1.0 / (2.0 * ALPHA * rho)), sqrt(8.0 * (1.0 - ALPHA) * rho))


@dataclass(frozen=True, kw_only=True)
class Aim:
    """The published algorithm.

    `max_cells` bounds the model (cells of the junction tree) and so memory and time; `rounds_per_attribute` is the
    paper's T / d: the budget is laid out for that many rounds, and annealing usually needs far fewer.
    """

    coarsens: ClassVar[bool] = False
    max_cells: int = 200_000
    rounds_per_attribute: int = 16

    def __post_init__(self) -> None:
        if self.max_cells < 1 or self.rounds_per_attribute < 1:
            raise ValueError("AIM's limits are positive")

    def run(self, curator: MarginalCurator, workload: Workload, rho: float, progress: Progress) -> Fit:
        """Spend `rho` in rounds of selecting, measuring and refitting."""
        domain = curator.domain
        budget = rho * _SAFE
        weights = {c: w for c, w in workload.candidates().items() if domain.size(c) <= self.max_cells}
        plan = _Round.costing(budget / (self.rounds_per_attribute * len(domain)))
        first = len(domain) * plan.measurement_rho
        measured = list(curator.measure([(a,) for a in domain.attributes], first))
        model = estimate(domain, measured, effort=ROUND)
        spent, last = first, False
        sizes: dict[Clique, int] = {}
        ahead: set[Clique] = set()
        while not last:
            if budget - spent < 2.0 * plan.rho:
                plan, last = _Round.costing(budget - spent), True
            progress("selecting and measuring", spent / budget)
            earned = min(1.0, (spent + plan.rho) / budget)
            allowed = affordable(model.tree, tuple(model.potentials), weights, self.max_cells * earned, sizes)
            if not ahead.issuperset(allowed):  # counted in few passes: what twice the budget spent so far would earn
                most = self.max_cells * min(1.0, 2.0 * earned)
                ahead.update(affordable(model.tree, tuple(model.potentials), weights, most, sizes), allowed)
                curator.prefetch(ahead)
            estimates = model.marginals(list(allowed))
            noise = plan.sigma * curator.rows_per_unit
            chosen = _select(curator, allowed, estimates, plan.epsilon, noise)
            measured += curator.measure([chosen], plan.measurement_rho)
            spent += plan.rho
            refitted = estimate(domain, measured, start=model, effort=ROUND)
            if _taught_little(refitted, chosen, estimates[chosen], noise):
                plan = plan.annealed()
            model = refitted
        progress("fitting", 0.0)
        model = estimate(domain, measured, start=model)
        progress("fitting", 1.0)
        return Fit(model=model, measurements=tuple(measured))


def _select(
    curator: MarginalCurator,
    allowed: Mapping[Clique, int],
    estimates: Mapping[Clique, Table],
    epsilon: float,
    sigma: float,
) -> Clique:
    """The exponential mechanism on w_r (|M_r(D) - M_r(p)|_1 - sqrt(2/pi) sigma n_r)."""
    cliques = list(allowed)
    candidates = [
        Candidate(
            clique=clique,
            estimate=estimates[clique],
            weight=allowed[clique],
            penalty=_noise(estimates[clique].size, sigma),
        )
        for clique in cliques
    ]
    return cliques[curator.select(candidates, epsilon)]


def _noise(size: int, sigma: float) -> float:
    """The expected L1 norm of the noise on a table of this size."""
    return sqrt(2.0 / pi) * sigma * size


def _taught_little(model: MarkovRandomField, clique: Clique, before: Table, sigma: float) -> bool:
    """The annealing rule (algorithm 3): the measured marginal moved by no more than noise would move it."""
    return bool(np.abs(model.marginal(clique) - before).sum() <= _noise(before.size, sigma))
