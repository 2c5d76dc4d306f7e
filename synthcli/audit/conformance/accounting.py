"""Sensitivity and cost, computed anew: what one row really moves, and what the noise then costs, without OpenDP's maps.

A question whose vector one row moves by d in L2 (a maximum: whose scores it moves by d each), under noise of scale s,
costs d^2 / (2 s^2) of rho: the discrete Gaussian mechanism, and the exponential mechanism of epsilon = 2 d / s.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np
from scipy import optimize

from synthcli.audit.conformance.build import Recording
from synthcli.audit.conformance.result import Check
from synthcli.privacy.curator import PrivateTable
from synthcli.privacy.exact import ExactCounts
from synthcli.privacy.question import Question
from synthcli.synthesizer import PrivacyStatement

_HAIR = 1e-9
"""Sums of floating-point numbers may differ by so much, relatively."""


def check_sensitivity(name: str, recording: Recording, neighbours: Sequence[PrivateTable]) -> Check:
    """No neighbour by one unit (a row, or a person with several) moves any question further than OpenDP was told."""
    here, there = ExactCounts(recording.table), [ExactCounts(table) for table in neighbours]
    worst, kind = 0.0, ""
    for entry in recording.transcript:
        question = entry.question
        declared = np.atleast_1d(np.asarray(question.sensitivity, dtype=np.float64))
        for other in there:
            excess = float(np.max(_moved(question, here, other) / declared))
            worst, kind = (excess, question.kind) if excess > worst else (worst, kind)
    return Check(
        id=f"replay.sensitivity.{name}",
        title="One unit moves no answer further than declared (largest share)",
        holds=worst <= 1.0,
        figure=worst,
        bound=1.0,
        note=f"{len(recording.transcript)} questions, {len(neighbours)} neighbours; largest: {kind or 'none'}",
    )


def _moved(question: Question, here: ExactCounts, there: ExactCounts) -> np.ndarray:
    """How far two tables' answers lie apart before noise, in the question's own metric."""
    one, other = question.of(here), question.of(there)
    if question.kind == "keys":
        moved = np.array([abs(one.get(key, 0) - other.get(key, 0)) for key in {*one, *other}] or [0], dtype=np.float64)
        return np.array([np.count_nonzero(moved), math.sqrt(float(moved @ moved)), moved.max()])
    moved = np.abs(np.asarray(one, dtype=np.int64) - np.asarray(other, dtype=np.int64)).astype(np.float64)
    return np.array([moved.max() if question.kind == "largest" else math.sqrt(float(moved @ moved))])


def check_loss(name: str, recording: Recording) -> Iterator[Check]:
    """The costs add up to what the model file says, and that is worth the epsilon that it prints."""
    statement = recording.synthesizer.statement
    questions = [entry.question for entry in recording.transcript]
    rho, key_delta = sum(map(cost, questions)), sum(map(key_cost, questions))
    printed = sum(spend.rho for spend in statement.spends)
    yield Check(
        id=f"replay.rho.{name}",
        title="rho of all questions, added up anew, against the model file's",
        holds=rho <= min(statement.rho, printed) * (1 + _HAIR),
        figure=rho,
        bound=min(statement.rho, printed),
        note=f"{len(questions)} questions",
    )
    yield Check(
        id=f"replay.delta.{name}",
        title="delta of all learnt keys, added up anew, against the model file's",
        holds=key_delta <= statement.key_delta * (1 + _HAIR),
        figure=key_delta,
        bound=statement.key_delta,
    )
    epsilon = _epsilon(rho, key_delta, statement)
    yield Check(
        id=f"replay.epsilon.{name}",
        title="epsilon of that rho, converted anew, against the printed one",
        holds=epsilon <= statement.epsilon * (1 + 1e-6),
        figure=epsilon,
        bound=statement.epsilon,
    )


def cost(question: Question) -> float:
    """The rho of a question, from its declared sensitivity and the scale of its noise."""
    declared = question.sensitivity
    distance = declared[1] if question.kind == "keys" else declared
    return (float(distance) / question.scale) ** 2 / 2.0


def key_cost(question: Question) -> float:
    """The delta of learnt keys: the chance that some key that one unit alone has is lifted above the threshold.

    It is largest where all rows of the unit have the same key, or each has its own: the tail is convex there.
    """
    if question.kind != "keys":
        return 0.0
    rows, threshold = int(question.sensitivity[0]), question.threshold
    return max(gaussian_tail(question.scale, threshold - rows), rows * gaussian_tail(question.scale, threshold - 1))


def gaussian_tail(scale: float, above: int) -> float:
    """P(N > above) of the discrete Gaussian, summed from its far end; above is not negative."""
    far = max(above + 2, math.ceil(40 * scale))
    weights = np.exp(-(np.arange(far, -1, -1, dtype=np.float64) ** 2) / (2 * scale * scale))
    return float(weights[: far - above].sum() / (2 * weights.sum() - 1))


def _epsilon(rho: float, key_delta: float, statement: PrivacyStatement) -> float:
    return zcdp_epsilon(rho, statement.delta - max(key_delta, statement.key_delta))


def zcdp_epsilon(rho: float, delta: float) -> float:
    """The epsilon at delta of rho-zCDP (Canonne, Kamath and Steinke 2020, Corollary 13).

    The least over alpha > 1 of alpha rho + (log(1 / delta) + (alpha - 1) log(1 - 1 / alpha) - log alpha) / (alpha - 1).
    """

    def at(log_excess: float) -> float:
        alpha = 1.0 + math.exp(log_excess)
        return alpha * rho + math.log1p(-1.0 / alpha) - (math.log(delta) + math.log(alpha)) / (alpha - 1.0)

    found = optimize.minimize_scalar(at, bounds=(-12.0, 25.0), method="bounded", options={"xatol": 1e-9})
    return max(0.0, float(found.fun))
