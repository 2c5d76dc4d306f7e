"""Independent columns: the whole budget on one-way marginals. The floor that a mechanism has to beat."""

from dataclasses import dataclass
from typing import ClassVar

from synthcli.mechanisms.interface import Fit, Progress
from synthcli.mechanisms.workload import Workload
from synthcli.pgm.estimation import estimate
from synthcli.privacy.curator import MarginalCurator


@dataclass(frozen=True, kw_only=True)
class Independent:
    """One-way marginals alone; the model is their product."""

    coarsens: ClassVar[bool] = False

    def run(self, curator: MarginalCurator, workload: Workload, rho: float, progress: Progress) -> Fit:
        """Spend `rho` on all one-way marginals in one call."""
        progress("measuring one-way marginals", 0.0)
        measurements = curator.measure([(a,) for a in curator.domain.attributes], rho)
        model = estimate(curator.domain, measurements)
        progress("measuring one-way marginals", 1.0)
        return Fit(model=model, measurements=measurements)
