"""What every mechanism is: it measures through the curator, and returns a model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from synthcli.marginal import Measurement, Merge
from synthcli.marginal.gaps import Gaps
from synthcli.mechanisms.workload import Workload
from synthcli.pgm.markov_random_field import MarkovRandomField
from synthcli.privacy.curator import MarginalCurator

Progress = Callable[[str, float], None]
"""Called with the stage and the share of it that is done (0 … 1)."""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """A model and the noisy marginals it was fitted to, over one domain.

    `merges` maps the curator's domain to the model's, for attributes that the mechanism coarsened. `gaps` are
    attributes that it added behind them: whether a row has a value of another one (`marginal.gaps`).
    """

    model: MarkovRandomField
    measurements: tuple[Measurement, ...]
    merges: Mapping[str, Merge] = field(default_factory=dict)
    gaps: Gaps = field(default_factory=dict)


class Mechanism(Protocol):
    """A select–measure–estimate strategy. Reaches the data through the curator alone.

    `coarsens`: it measures one-way marginals on fine codes and merges them as its noise demands, along a scale too.
    """

    coarsens: ClassVar[bool]

    def run(self, curator: MarginalCurator, workload: Workload, rho: float, progress: Progress) -> Fit:
        """Spend at most `rho`, and fit a model that answers the workload well."""
        ...
