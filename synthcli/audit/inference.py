"""Attribute inference and linkability: what the synthetic rows nearest to what is known of a person say about the rest.

Both attackers know some columns of a row and look for synthetic rows that are near in these. Inference: one more
column is a secret, and the neighbours vote on it. Linkability: two lists hold different columns of the same 64 people,
and the neighbours of an entry of the first say which entry of the second is the same person.

Distances are as in `distance.gower`, by codes: a guess of an ordered value is right within a twentieth of its range,
above or below; the codes of dates are as good as any other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthcli.audit.arms import Arms, Guessed
from synthcli.audit.guesses import Guesses
from synthcli.audit.shortlist import Codes, Distances, Places, Shortlist, column_distances, nearest

MAX_ROWS = 2_000
"""Rows of each arm that are attacked, to bound the time."""
LINE_UP = 64
"""People among whom the right one is to be linked."""
_DECAY = 2.0
"""A vote's weight falls by e² with each further column that differs wholly."""
_TOLERANCE = 0.05

Column = tuple[int, ...]
"""The attributes of one column: a date may have several, which all tell of it; the first is its value."""


@dataclass(frozen=True)
class Knowledge:
    """All columns; those that are secret one at a time (none: all of them) while all others are known; and the two sets
    that are linked (None: halves by lot)."""

    columns: tuple[Column, ...]
    secrets: tuple[Column, ...] = ()
    link: tuple[tuple[Column, ...], tuple[Column, ...]] | None = None

    def __post_init__(self) -> None:
        if self.link is not None and (set(self.link[0]) & set(self.link[1]) or not all(self.link)):
            raise ValueError("the two column sets to link are not empty and share no column")


def _plan(knowledge: Knowledge, rng: np.random.Generator) -> tuple[tuple[Column, ...], list[list[int]]]:
    """The secrets, and the attributes of either half to link. A table of one column has neither."""
    columns = knowledge.columns
    if len(columns) < 2:
        return (), []
    halves = knowledge.link or [[columns[i] for i in half] for half in np.array_split(rng.permutation(len(columns)), 2)]
    return knowledge.secrets or columns, [[place for column in half for place in column] for half in halves]


def infer(
    arms: Arms, synthetic: Codes, spans: Sequence[int], knowledge: Knowledge, rng: np.random.Generator
) -> tuple[Guesses, Guesses]:
    """The guesses of both attackers about training rows and held-out ones, drawn without a look at any value."""
    secrets, halves = _plan(knowledge, rng)
    about = arms.guessed
    rows = _drawn(about, rng)
    codes = about.codes[rows]
    values = [secret[0] for secret in secrets]
    voting = _Voting(synthetic, spans, values)
    jitter = 1e-4 * rng.random(len(synthetic), dtype=np.float32)
    found: list[list[tuple[NDArray[Any], ...]]] = [[], []]
    for place, columns in column_distances(codes, synthetic, spans, LINE_UP):
        if secrets:
            near = Shortlist(columns, columns.sum(axis=0) + jitter).nearest_without(secrets)
            sure, right = voting.on(*near, codes[place][:, values].T.astype(np.int64))
            found[0].append((np.tile(rows[place], len(secrets)), sure.ravel(), right.ravel()))
        if halves:
            one, other = (columns[half].sum(axis=0) + jitter for half in halves)
            found[1].append((rows[place], *_linked(one, other)))
    return _guesses(found[0], about), _guesses(found[1], about)


def _drawn(about: Guessed, rng: np.random.Generator) -> NDArray[np.intp]:
    """Rows of both arms in random order."""
    arms_rows = [np.flatnonzero(about.trains), np.flatnonzero(~about.trains)]
    kept = [rng.choice(rows, min(len(rows), MAX_ROWS), replace=False) for rows in arms_rows]
    return np.asarray(rng.permutation(np.concatenate(kept)))


def _guesses(parts: Sequence[tuple[NDArray[Any], ...]], about: Guessed) -> Guesses:
    nothing = np.empty(0, dtype=np.intp), np.empty(0), np.empty(0, dtype=np.bool_)
    row, confidence, right = (np.concatenate(column) for column in zip(nothing, *parts, strict=True))
    return Guesses(unit=about.unit[row], trains=about.trains[row], confidence=confidence, right=right)


class _Voting:
    """Neighbours vote on secrets; how sure the attacker is: their agreement, less what any row would say."""

    def __init__(self, synthetic: Codes, spans: Sequence[int], secrets: Sequence[int]) -> None:
        self._values = np.ascontiguousarray(synthetic[:, secrets].T).astype(np.int64)
        self._slack = np.array([int(_TOLERANCE * spans[secret]) for secret in secrets])[:, None]
        most = int(self._values.max(initial=0)) + 1
        shares = [np.bincount(values, minlength=most) / len(values) for values in self._values]
        self._cumulated = np.pad(np.cumsum(np.array(shares).reshape(-1, most), axis=1), ((0, 0), (1, 0)))

    def on(
        self, near: Places, gaps: Distances, truth: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Secrets × rows: how sure, and whether right. The neighbours' numbers and how far they are: secrets × rows ×
        neighbours."""
        weights = np.exp(-_DECAY * (gaps - gaps.min(axis=2, keepdims=True)))
        values = self._values[np.arange(len(near))[:, None, None], near]
        agree = np.abs(values[..., :, None] - values[..., None, :]) <= self._slack[..., None, None]
        votes = (agree * weights[..., None, :]).sum(axis=3)
        best = votes.argmax(axis=2)[..., None]
        guess = np.take_along_axis(values, best, axis=2)[..., 0]
        agreement = np.take_along_axis(votes, best, axis=2)[..., 0] / weights.sum(axis=2)
        return agreement - self._share(guess), np.abs(guess - truth) <= self._slack

    def _share(self, guess: NDArray[np.int64]) -> NDArray[np.float64]:
        """The share of synthetic rows whose value agrees with the guess."""
        last, secret = self._cumulated.shape[1] - 1, np.arange(len(guess))[:, None]
        high, low = np.minimum(guess + self._slack + 1, last), np.maximum(guess - self._slack, 0)
        return np.asarray(self._cumulated[secret, high] - self._cumulated[secret, low])


def _linked(one: Distances, other: Distances) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Each entry of the first list gets the entry of the second that some neighbour of it is nearest to."""
    near = nearest(one)
    bridges = np.take_along_axis(one, near, axis=1)[:, None, :] + other[:, near].transpose(1, 0, 2)
    cost = bridges.min(axis=2)
    order = np.sort(cost, axis=1)
    margin = order[:, 1] - order[:, 0] if cost.shape[1] > 1 else np.zeros(len(cost))
    return margin.astype(np.float64), cost.argmin(axis=1) == np.arange(len(cost))
