"""The build under test: it fits public tables by its own fit, with a curator that the test appoints."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from synthcli.privacy.budget import Budget
from synthcli.privacy.curator import Curator, PrivateTable
from synthcli.privacy.exact import ExactCounts
from synthcli.privacy.transcript import Answered, RecordingCurator
from synthcli.synthesizer import Synthesizer

Appoint = Callable[[PrivateTable, Budget, int], Curator]
"""Makes the curator of a table of whose units so many rows count."""


@dataclass(frozen=True)
class PublicTable:
    """A table without a secret: a schema file and a CSV file, as text.

    `rows_per_unit`: how many rows of a privacy unit count, where the schema marks one.
    """

    name: str
    schema: str
    rows: str
    rows_per_unit: int | None = None

    @property
    def has_rows(self) -> bool:
        """Whether there is a line beside the header."""
        return self.rows.count("\n") > 1


@dataclass(frozen=True)
class Setting:
    """What a user would ask a fit for."""

    mechanism: str
    epsilon: float
    delta: float


class Fittable(Protocol):
    """A public table that can be fitted as often as is asked; reading and checking it is done."""

    def fit(self, appoint: Appoint) -> Synthesizer:
        """Learn a model with this curator."""
        ...

    def table(self) -> PrivateTable:
        """The rows as the curator has them."""
        ...


class Build(Protocol):
    """The build's own way from a table to a model."""

    def prepare(self, table: PublicTable, setting: Setting) -> Fittable:
        """Plan the fit, read and check the table."""
        ...


@dataclass(frozen=True, eq=False)
class Recording:
    """One fit: the model, everything that was asked and answered on the way, and the rows."""

    synthesizer: Synthesizer
    transcript: Sequence[Answered]
    table: PrivateTable

    def residuals(self, kind: str) -> list[tuple[NDArray[np.int64], float]]:
        """Answer minus exact vector, and the declared scale, of every question of this kind."""
        exact = ExactCounts(self.table)
        return [
            (np.asarray(entry.answer, dtype=np.int64) - exact_vector(entry, exact), entry.question.scale)
            for entry in self.transcript
            if entry.question.kind == kind
        ]


def exact_vector(entry: Answered, exact: ExactCounts) -> NDArray[np.int64]:
    """What a vector question computes of these counts, before noise."""
    return np.asarray(entry.question.of(exact), dtype=np.int64)


def record(fittable: Fittable) -> Recording:
    """Fit once, and write down what is said."""
    appointed: list[RecordingCurator] = []

    def appoint(table: PrivateTable, budget: Budget, rows_per_unit: int) -> Curator:
        appointed.append(RecordingCurator(table, budget, rows_per_unit))
        return appointed[-1]

    synthesizer = fittable.fit(appoint)
    (curator,) = appointed
    return Recording(synthesizer, curator.transcript, curator.table)
