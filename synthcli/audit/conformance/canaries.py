"""One fit with many canaries: guesses about fair coins, none of which the claim lets come true too often.

Canary i has value i in every column: nobody else shares its cells, so that its noise is its own and one fit tells
nearly as much as many (Steinke, Nasr and Jagielski, NeurIPS 2023). The attack reads the measurements in the model file.
"""

import math
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthcli.audit.conformance.build import Build, PublicTable, Setting, record
from synthcli.audit.conformance.result import Check
from synthcli.audit.lower_bounds import mean_shift_excess
from synthcli.audit.membership import informed
from synthcli.audit.one_run import GUESSED, epsilon_bound, p_value
from synthcli.audit.roc import Scores
from synthcli.synthesizer import Synthesizer

COLUMNS = ("a", "b", "c")


@dataclass(frozen=True)
class CanaryTest:
    """One fit of a table in which each of so many canaries is by the toss of a coin."""

    setting: Setting
    canaries: int
    level: float
    shift_level: float

    def checks(self, build: Build) -> Iterator[Check]:
        """The number of right guesses against the claim, and the distance of the two arms' scores."""
        heads = np.frombuffer(secrets.token_bytes(self.canaries), dtype=np.uint8) & 1 == 1
        recording = record(build.prepare(self._table(heads), self.setting))
        scores = self._scores(recording.synthesizer)
        yield self._guessed(heads, scores)
        mu = math.sqrt(2 * recording.synthesizer.statement.rho)
        found, p = mean_shift_excess(scores[heads], scores[~heads], mu)
        yield Check(
            id=f"canaries.shift.{self._suffix}",
            title="Canaries that are in and out lie no further apart than rho implies",
            holds=p >= self.shift_level,
            figure=found,
            bound=mu,
            note=f"p {p:.2g}; rests on noise that is independent and Gaussian",
        )

    @property
    def _suffix(self) -> str:
        return f"{self.setting.mechanism}.{self.setting.epsilon:g}"

    def _table(self, heads: NDArray[np.bool_]) -> PublicTable:
        values = ", ".join(f'"{i}"' for i in range(self.canaries))
        facts = f"type: string, constraints: {{enum: [{values}], required: true}}"
        fields = "\n".join(f"- {{name: {name}, {facts}}}" for name in COLUMNS)
        rows = "".join(f"{i},{i},{i}\n" for i in np.flatnonzero(heads))
        return PublicTable("canaries", f"name: canaries\nfields:\n{fields}\n", ",".join(COLUMNS) + "\n" + rows)

    def _scores(self, synthesizer: Synthesizer) -> Scores:
        """The log-likelihood ratio of each canary, by an attacker who knows all but the coins."""
        domain = synthesizer.codec.domain
        codes = {name: np.arange(self.canaries, dtype=np.uint32) for name in domain.attributes}
        nobody = {m.clique: np.zeros(m.values.shape, dtype=np.int64) for m in synthesizer.measurements}
        return informed(codes, domain, synthesizer.measurements, nobody, np.random.default_rng()).score

    def _guessed(self, heads: NDArray[np.bool_], scores: Scores) -> Check:
        """ "In" for the highest scores, "out" for the lowest: how many guesses there are was fixed before."""
        each = round(GUESSED * self.canaries / 2)
        order = np.argsort(scores, kind="stable")
        correct = int(heads[order[-each:]].sum()) + int((~heads[order[:each]]).sum())
        claim, delta = self.setting.epsilon, self.setting.delta
        p = p_value(self.canaries, 2 * each, correct, claim, delta)
        return Check(
            id=f"canaries.guesses.{self._suffix}",
            title="Guesses about one fit's canaries come true no more often than epsilon allows (lower bound)",
            holds=p >= self.level,
            figure=epsilon_bound(self.canaries, 2 * each, correct, delta, 1 - self.level),
            bound=claim,
            note=f"{correct} of {2 * each} guesses about {self.canaries} canaries were right, p {p:.2g}",
        )
