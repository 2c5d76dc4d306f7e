"""Many fits on both sides of a worst case: the best possible attack must not beat the claim.

Without: ten rows of zeros. With: one row of ones more (as in Ganev, Annamalai and Kulynych 2026). The attack knows both
tables and reads the whole transcript: it is the likelihood ratio of all answers, and no other test of one transcript is
better (Neyman and Pearson). It uses the declared scales: where the noise is smaller, it succeeds too often.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import special

from synthcli.audit.conformance.build import Build, Fittable, PublicTable, Setting, exact_vector, record
from synthcli.audit.conformance.result import Check, Progress
from synthcli.audit.lower_bounds import Errors, best_threshold, epsilon_of_mu, mean_shift_excess
from synthcli.audit.roc import Scores
from synthcli.privacy.curator import PrivateTable
from synthcli.privacy.exact import ExactCounts
from synthcli.privacy.transcript import Answered

SCHEMA = """
name: worst
fields:
- {name: a, type: integer, constraints: {enum: ["0", "1"], required: true}}
- {name: b, type: integer, constraints: {enum: ["0", "1"], required: true}}
- {name: c, type: integer, constraints: {enum: ["0", "1"], required: true}}
"""
_WITHOUT = "a,b,c\n" + 10 * "0,0,0\n"
WITHOUT = PublicTable("ten rows of zeros", SCHEMA, _WITHOUT)
WITH = PublicTable("ten rows of zeros and one of ones", SCHEMA, _WITHOUT + "1,1,1\n")


@dataclass(frozen=True)
class LikelihoodTest:
    """Fits of one setting: so many on each side, half of them to choose the threshold.

    `level` is that of each bound, `shift_level` that of the test of the means.
    """

    setting: Setting
    fits: int
    level: float
    shift_level: float

    def checks(self, build: Build, progress: Progress) -> Iterator[Check]:
        """The claim against the bounds; for Gaussian noise alone also mu, which is sharper than epsilon."""
        outside, inside = (build.prepare(table, self.setting) for table in (WITHOUT, WITH))
        sides = outside.table(), inside.table()
        scores, rho, gaussian = np.zeros((self.fits, 2)), 0.0, True
        for i in range(self.fits):
            for side, fittable in enumerate((outside, inside)):
                scores[i, side], rho, plain = _scored(fittable, *sides)
                gaussian &= plain
            progress(f"many fits of {self._name}", (i + 1) / self.fits)
        yield from self._judged(scores[:, 1], scores[:, 0], math.sqrt(2 * rho) if gaussian else None)

    @property
    def _name(self) -> str:
        return f"{self.setting.mechanism} at epsilon {self.setting.epsilon:g}"

    def _judged(self, inside: Scores, outside: Scores, mu: float | None) -> Iterator[Check]:
        half = self.fits // 2
        threshold = best_threshold(inside[:half], outside[:half])
        hits, false = int((inside[half:] > threshold).sum()), int((outside[half:] > threshold).sum())
        trials = self.fits - half
        errors = Errors.of(hits, trials, false, trials, 1 - self.level)
        note = f"named {hits} of {trials} with the row, {false} of {trials} without"
        epsilon, delta = self.setting.epsilon, self.setting.delta
        title = "epsilon is no larger than claimed (lower bound)"
        yield self._check("epsilon", title, errors.epsilon(delta), epsilon, note)
        if mu is None:
            return
        note = f"{note}; epsilon at least {epsilon_of_mu(errors.mu(), delta):.3g} if the noise is Gaussian"
        yield self._check("mu", "mu is no larger than rho implies (lower bound)", errors.mu(), mu, note)
        found, p = mean_shift_excess(inside, outside, mu)
        yield Check(
            id=f"likelihood.shift.{self._suffix}",
            title="The two sides lie no further apart than rho implies",
            holds=p >= self.shift_level,
            figure=found,
            bound=mu,
            note=f"p {p:.2g}",
        )

    @property
    def _suffix(self) -> str:
        return f"{self.setting.mechanism}.{self.setting.epsilon:g}"

    def _check(self, what: str, title: str, low: float, claim: float, note: str) -> Check:
        return Check(
            id=f"likelihood.{what}.{self._suffix}", title=title, holds=low <= claim, figure=low, bound=claim, note=note
        )


def _scored(fittable: Fittable, outside: PrivateTable, inside: PrivateTable) -> tuple[float, float, bool]:
    """One fit: its log-likelihood ratio, the rho it printed, and whether all its noise was Gaussian."""
    recording = record(fittable)
    without, with_row = ExactCounts(outside), ExactCounts(inside)
    score = sum(log_likelihood_ratio(entry, without, with_row) for entry in recording.transcript)
    gaussian = all(entry.question.kind in ("marginals", "distances") for entry in recording.transcript)
    return score, recording.synthesizer.statement.rho, gaussian


def log_likelihood_ratio(entry: Answered, outside: ExactCounts, inside: ExactCounts) -> float:
    """log P(answer | inside) - log P(answer | outside) under the declared noise; answers about keys have none here."""
    without, with_row = exact_vector(entry, outside), exact_vector(entry, inside)
    scale = entry.question.scale
    if entry.question.kind == "largest":
        one, other = (special.log_softmax(scores / scale) for scores in (with_row, without))
        return float(one[entry.answer] - other[entry.answer])
    if entry.question.kind == "keys":
        raise ValueError("the worst case has no categories to learn")
    answer = np.asarray(entry.answer, dtype=np.float64)
    squares = ((answer - without) ** 2).sum() - ((answer - with_row) ** 2).sum()
    return float(squares / (2 * scale * scale))
