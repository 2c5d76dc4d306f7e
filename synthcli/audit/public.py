"""What an audit may say in public: counts in which one unit counts once, whoever else is in the table.

Given the released model and rows, a candidate's two marks depend on his own row alone: whether the file holds it,
although the model would seldom draw it, and whether the model finds its combination likelier than its single values, by
a threshold that rows drawn from the model itself fix. So a row that is added changes the counts of one arm, each by at
most one: three counts, L1 sensitivity 3. The references and the isolation of rows that the other endpoints use would
make a mark depend on other private rows; there are none here.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from synthcli.audit.arms import numbered
from synthcli.audit.attack import LOW_RATE, Levels
from synthcli.audit.block import Block, as_codes
from synthcli.audit.experiment import Experiment
from synthcli.audit.neighbours import cell_hashes
from synthcli.audit.rates import newcombe
from synthcli.audit.roc import Scores
from synthcli.marginal import Codes
from synthcli.metric import Metric
from synthcli.pgm.markov_random_field import MarkovRandomField
from synthcli.pgm.sampling import sample

SENSITIVITY = 3
"""How much one unit changes the counts of both arms together, in L1: its arm's rows, copies and hits."""
MOST_EXPECTED = 0.1
"""A row counts as copied only if the model would put fewer copies than this into the file."""
_DRAWN = 20_000


@dataclass(frozen=True, kw_only=True)
class Arm:
    """Counts of one arm; noisy ones may be anything."""

    rows: int
    copied: int
    likely: int


@dataclass(frozen=True, kw_only=True)
class ArmCounts:
    """Heads and tails of all candidates."""

    members: Arm
    non_members: Arm

    def values(self) -> list[int]:
        """All six counts."""
        return [count for arm in (self.members, self.non_members) for count in (arm.rows, arm.copied, arm.likely)]

    @staticmethod
    def of(values: Iterable[int]) -> "ArmCounts":
        """The counts back from `values`."""
        a, b, c, d, e, f = values
        return ArmCounts(members=Arm(rows=a, copied=b, likely=c), non_members=Arm(rows=d, copied=e, likely=f))


def count_arms(experiment: Experiment, seed: int) -> ArmCounts:
    """Two streams, once each. All candidates count: a cap or a sample would depend on the others."""
    lift = Lift(experiment.model)
    threshold = lift.quantile(1 - LOW_RATE, np.random.default_rng(seed))
    heads, rows, density, likely = [], [], [], []
    for block, coins in _candidates(experiment):
        codes = as_codes(block, experiment.model.domain.attributes)
        heads.append(coins)
        rows.append(_hashes(block))
        density.append(np.exp(np.asarray(experiment.model.log_density(codes))))
        likely.append(lift.scores(codes) > threshold)
    is_there, written = _found(np.concatenate(rows), experiment.synthetic())
    copied = is_there & (written * np.concatenate(density) <= MOST_EXPECTED)
    arms = (_arm(mask, copied, np.concatenate(likely)) for mask in (np.concatenate(heads), ~np.concatenate(heads)))
    return ArmCounts(members=next(arms), non_members=next(arms))


def _arm(mask: NDArray[np.bool_], copied: NDArray[np.bool_], likely: NDArray[np.bool_]) -> Arm:
    return Arm(rows=int(mask.sum()), copied=int((copied & mask).sum()), likely=int((likely & mask).sum()))


def _candidates(experiment: Experiment) -> Iterator[tuple[Block, NDArray[np.bool_]]]:
    """The candidates' rows, a block at a time, with their coins."""
    coins = experiment.coins
    for start, block in numbered(experiment.real()):
        low, high = np.searchsorted(coins.candidates, (start, start + len(block)))
        yield block[coins.candidates[low:high] - start], coins.heads[low:high]


def _hashes(block: Block) -> NDArray[np.uint64]:
    hashes: NDArray[np.uint64] = cell_hashes(block.codes).sum(axis=1, dtype=np.uint64)
    return hashes


def _found(rows: NDArray[np.uint64], synthetic: Iterable[Block]) -> tuple[NDArray[np.bool_], int]:
    """Which rows the file holds, as the model sees them, and how many rows it has."""
    found, written = np.zeros(len(rows), dtype=np.bool_), 0
    for block in synthetic:
        found |= np.isin(rows, _hashes(block))
        written += len(block)
    return found, written


class Lift:
    """log p(row) - Σ log p(value) under a model: how much its structure, and not its margins, speaks for a row."""

    def __init__(self, model: MarkovRandomField) -> None:
        self._model = model
        self._logs = {
            name: np.log(np.maximum(table / table.sum(), 1e-300))
            for name in model.domain.attributes
            for table in (np.asarray(model.marginal((name,)), dtype=np.float64),)
        }

    def scores(self, codes: Codes) -> Scores:
        """Higher for rows that the model remembers as a combination."""
        score = np.asarray(self._model.log_density(codes), dtype=np.float64)
        for name, logs in self._logs.items():
            score = score - logs[codes[name]]
        return score

    def quantile(self, share: float, rng: np.random.Generator) -> float:
        """That of rows drawn from the model: no private row has a say in it."""
        scores = np.concatenate([self.scores(codes) for codes in sample(self._model, _DRAWN, rng, _DRAWN)])
        return float(np.quantile(scores, share))


def public_endpoints(counts: ArmCounts, levels: Levels, margin: Callable[[float], int]) -> tuple[Metric, ...]:
    """Both endpoints from noisy counts. `margin(error)`: what a count's noise exceeds with that probability at most."""
    inside, outside = counts.members, counts.non_members
    marks = (
        ("public.copies.excess", "Rare rows that come back in the file", inside.copied, outside.copied),
        ("public.lift.advantage_at_1pct", "Rows likelier than their single values", inside.likely, outside.likely),
    )
    return tuple(
        _endpoint(name, title, (hits, inside.rows, chance, outside.rows), levels, margin)
        for name, title, hits, chance in marks
    )


def _endpoint(
    name: str, title: str, four: tuple[int, int, int, int], levels: Levels, margin: Callable[[float], int]
) -> Metric:
    hits, rows, chance, others = four
    low, high = _bounds(four, levels.confidence, margin)
    value = _share(hits, rows) - _share(chance, others)
    return Metric(
        id=name,
        value=min(max(value, low), high),
        low=low,
        high=high,
        low_strict=min(_bounds(four, levels.strict, margin)[0], value, high),
        n=max(rows, 0) + max(others, 0),
        title=title,
        note=f"about {hits:,} of {rows:,} members and {chance:,} of {others:,} non-members, after noise",
    )


def _share(hits: int, rows: int) -> float:
    return min(max(hits, 0), max(rows, 1)) / max(rows, 1)


def _bounds(four: tuple[int, int, int, int], confidence: float, margin: Callable[[float], int]) -> tuple[float, float]:
    """Newcombe's bounds at the worst corners of what the four counts may have been before the noise.

    Half of the error is left to the noise of the four counts, half to chance.
    """
    error = 1 - confidence
    reach = margin(error / 8)
    corners = []
    for signs in product((-1, 1), repeat=4):
        hits, rows, chance, others = (count + sign * reach for count, sign in zip(four, signs, strict=True))
        rows, others = max(rows, 1), max(others, 1)
        corners.append(newcombe(_clip(hits, rows), rows, _clip(chance, others), others, 1 - error / 2))
    return min(low for low, _ in corners), max(high for _, high in corners)


def _clip(hits: int, rows: int) -> int:
    return min(max(hits, 0), rows)
