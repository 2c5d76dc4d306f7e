"""One question as it goes through the filter: what is computed of the exact counts, and the noise that this gets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from synthcli.marginal import Clique
from synthcli.privacy import noise
from synthcli.privacy import opendp_names as dp
from synthcli.privacy import transformations as exactly
from synthcli.privacy.comparison import Comparison
from synthcli.privacy.exact import ROWS_THEMSELVES, ExactCounts, Side, View
from synthcli.privacy.transformations import Candidate

Kind = Literal["marginals", "distances", "largest", "keys"]


@dataclass(frozen=True, eq=False)
class Question:
    """A query with its noise. `about` holds its public arguments, `exact` is the transformation that they make.

    `scale` is that of the noise (the discrete Gaussian's sigma, or the noisy maximum's), in the units of `exact`;
    `threshold` that of keys.
    """

    kind: Kind
    about: tuple[Any, ...]
    exact: dp.Transformation
    scale: float
    threshold: int = 0

    @classmethod
    def marginals(cls, view: View, cliques: Sequence[Clique], sigma: float) -> "Question":
        """The cells of all these tables with discrete Gaussian noise."""
        return cls("marginals", (view, *cliques), exactly.marginals(view, cliques), sigma)

    @classmethod
    def distances(cls, view: View, comparison: Comparison, sigma: float) -> "Question":
        """Every exact table's distance from its estimate with discrete Gaussian noise."""
        return cls("distances", (view, comparison), exactly.distances(view, comparison), sigma)

    @classmethod
    def largest(cls, view: View, candidates: Sequence[Candidate], scale: float) -> "Question":
        """The index of the candidate with the largest score after noise."""
        return cls("largest", (view, *candidates), exactly.scores(view, candidates), scale)

    @classmethod
    def keys(cls, column: str, scale: float, threshold: int, side: Side = ROWS_THEMSELVES) -> "Question":
        """The frequent values of a column with noisy counts."""
        return cls("keys", (column, side), exactly.keyed(column, side), scale, threshold)

    def measurement(self) -> dp.Measurement:
        """The OpenDP measurement that answers it."""
        if self.kind == "keys":
            return noise.keyed_counts(self.exact, self.scale, self.threshold)
        return (
            noise.noisy_max(self.exact, self.scale)
            if self.kind == "largest"
            else noise.gaussian(self.exact, self.scale)
        )

    def of(self, exact: ExactCounts) -> Any:
        """What is computed of these counts, before noise: for public tables alone."""
        return self.exact(exact)

    @property
    def sensitivity(self) -> Any:
        """How far one unit moves what is computed, as OpenDP is told: L2, or largest change, or the three of keys."""
        return self.exact.map(1)

    @property
    def asked(self) -> tuple[Any, ...]:
        """Everything public about the question, as a value that can be compared."""
        return (self.kind, self.scale, self.threshold, *map(_spelt, self.about))


def _spelt(argument: Any) -> Any:
    if isinstance(argument, View):
        return argument.domain, argument.side
    if isinstance(argument, Candidate):
        estimate = np.asarray(argument.estimate, dtype=np.float64)
        return argument.clique, argument.weight, argument.penalty, estimate.tobytes()
    if isinstance(argument, Comparison):
        tables = argument.estimate(argument.cliques)
        return tuple((clique, np.asarray(tables[clique], dtype=np.float64).tobytes()) for clique in argument.cliques)
    return argument
