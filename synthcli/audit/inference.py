"""Attribute inference and linkability: what the synthetic rows nearest to what is known of a person say about the rest.

Both attackers know some columns of a row and look for synthetic rows that are near in these. Inference: one more
column is a secret, and the neighbours vote on it. Linkability: two lists hold different columns of the same 64 people,
and the neighbours of an entry of the first say which entry of the second is the same person.

Distances are as in `distance.gower`, by codes: a guess of an ordered value is right within a twentieth of its range,
above or below; the codes of dates are as good as any other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthcli.audit.arms import Arms
from synthcli.audit.guesses import Guesses

MAX_ROWS = 2_000
"""Rows of each arm that are attacked, to bound the time."""
LINE_UP = 64
"""People among whom the right one is to be linked."""
_NEIGHBOURS = 10
_DECAY = 2.0
"""A vote's weight falls by e² with each further column that differs wholly."""
_TOLERANCE = 0.05

Codes = NDArray[np.uint32]
Distances = NDArray[np.float32]


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
    rows = _drawn(arms, rng)
    codes = arms.block.codes[rows]
    voting = _Voting(synthetic, spans)
    jitter = 1e-4 * rng.random(len(synthetic), dtype=np.float32)
    found: list[list[tuple[NDArray[Any], ...]]] = [[], []]
    for place, columns in _column_distances(codes, synthetic, spans):
        total = np.sum(columns, axis=0) + jitter
        for secret in secrets:
            hidden = np.sum([columns[c] for c in secret], axis=0)
            guess = voting.on(secret[0], total - hidden, codes[place, secret[0]])
            found[0].append((rows[place], *guess))
        if halves:
            one, other = (np.sum([columns[c] for c in half], axis=0) + jitter for half in halves)
            found[1].append((rows[place], *_linked(one, other)))
    return _guesses(found[0], arms), _guesses(found[1], arms)


def _drawn(arms: Arms, rng: np.random.Generator) -> NDArray[np.intp]:
    """Rows of both arms in random order."""
    trains = arms.chosen.trains
    arms_rows = [np.flatnonzero(trains), np.flatnonzero(~trains)]
    kept = [rng.choice(rows, min(len(rows), MAX_ROWS), replace=False) for rows in arms_rows]
    return np.asarray(rng.permutation(np.concatenate(kept)))


def _guesses(parts: Sequence[tuple[NDArray[Any], ...]], arms: Arms) -> Guesses:
    nothing = np.empty(0, dtype=np.intp), np.empty(0), np.empty(0, dtype=np.bool_)
    row, confidence, right = (np.concatenate(column) for column in zip(nothing, *parts, strict=True))
    return Guesses(row=row, trains=arms.chosen.trains[row], confidence=confidence, right=right)


def _column_distances(rows: Codes, synthetic: Codes, spans: Sequence[int]) -> Iterator[tuple[slice, list[Distances]]]:
    """For each line-up of rows and each column: the rows' distances (0 … 1) to all synthetic rows."""
    for start in range(0, len(rows), LINE_UP):
        place = slice(start, start + LINE_UP)
        found: list[Distances] = []
        for column, span in enumerate(spans):
            a, b = rows[place, column, None].astype(np.float32), synthetic[None, :, column].astype(np.float32)
            found.append(np.abs(a - b) / np.float32(span) if span else (a != b).astype(np.float32))
        yield place, found


def _nearest(distances: Distances) -> NDArray[np.intp]:
    """Rows × neighbours: the nearest synthetic rows, in no order."""
    count = min(_NEIGHBOURS, distances.shape[1])
    return np.argpartition(distances, count - 1, axis=1)[:, :count]


class _Voting:
    """Neighbours vote on a secret; how sure the attacker is: their agreement, less what any row would say."""

    def __init__(self, synthetic: Codes, spans: Sequence[int]) -> None:
        self._synthetic = synthetic
        self._slack = [int(_TOLERANCE * span) for span in spans]
        self._cumulated = [
            np.concatenate([[0.0], np.cumsum(np.bincount(column, minlength=span + 1)) / len(column)])
            for column, span in zip(synthetic.T, spans, strict=True)
        ]

    def on(self, secret: int, distances: Distances, truth: Codes) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """How sure, and whether right."""
        near = _nearest(distances)
        gaps = np.take_along_axis(distances, near, axis=1)
        weights = np.exp(-_DECAY * (gaps - gaps.min(axis=1, keepdims=True)))
        values = self._synthetic[near, secret].astype(np.int64)
        agree = np.abs(values[:, :, None] - values[:, None, :]) <= self._slack[secret]
        votes = (agree * weights[:, None, :]).sum(axis=2)
        best = votes.argmax(axis=1)[:, None]
        guess = np.take_along_axis(values, best, axis=1)[:, 0]
        agreement = np.take_along_axis(votes, best, axis=1)[:, 0] / weights.sum(axis=1)
        right = np.abs(guess - truth.astype(np.int64)) <= self._slack[secret]
        return agreement - self._share(secret, guess), right

    def _share(self, secret: int, guess: NDArray[np.int64]) -> NDArray[np.float64]:
        """The share of synthetic rows whose value agrees with the guess."""
        cumulated, slack = self._cumulated[secret], self._slack[secret]
        last = len(cumulated) - 1
        high, low = np.minimum(guess + slack + 1, last), np.maximum(guess - slack, 0)
        return np.asarray(cumulated[high] - cumulated[low])


def _linked(one: Distances, other: Distances) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Each entry of the first list gets the entry of the second that some neighbour of it is nearest to."""
    near = _nearest(one)
    bridges = np.take_along_axis(one, near, axis=1)[:, None, :] + other[:, near].transpose(1, 0, 2)
    cost = bridges.min(axis=2)
    order = np.sort(cost, axis=1)
    margin = order[:, 1] - order[:, 0] if cost.shape[1] > 1 else np.zeros(len(cost))
    return margin.astype(np.float64), cost.argmin(axis=1) == np.arange(len(cost))
