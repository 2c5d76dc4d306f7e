"""Row order: do the rows of the file stand in the order of the training rows that they are most like?

Rows that keep the order of the training rows can be matched with them by place, and with whatever else is in that
order. So the file is read from its first row to its last, and each row may name one of the real rows that are most like
it, trained or held out: the longest chain of rows so named whose places in the table never fall (or never rise) is
looked for. Chance gives a chain of about 2 √m of m named rows. Training rows in it beyond the held-out ones are the
evidence: the chain knows no coin, so that, whatever else puts table and file in order (a date, say), either arm is
in it alike. The same for the file ordered by each column that could hold an index. Where units tossed, all their rows
may be named, and units count: one is in the chain if any of its rows is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from synthcli.audit.arms import Arms
from synthcli.audit.attack import Levels
from synthcli.audit.ceilings import detectable_excess
from synthcli.audit.chain import longest_chain
from synthcli.audit.distance import gower
from synthcli.audit.rates import excess_bound, fisher, newcombe
from synthcli.audit.scan import Synthetic
from synthcli.metric import Metric

MAX_ROWS = 2_000
"""Synthetic rows that name the real rows most like them."""
MAX_REAL = 40_000
"""Real rows that may be named, about."""
MAX_TIES = 16
"""Of more real rows that a row is equally like, it names so many, drawn at random."""
_FEWEST = 50
_TRAINING_PER_HELD_OUT = 10
"""More training rows than this to a held-out one only crowd the held-out ones out."""
_MOST_ALIKE = 0.1
"""A column of whose rows more than this share have one code puts them in no order."""
_CHUNK = 64


@dataclass(frozen=True)
class Chain:
    """Rows or units in the longest chain, of those that were named: training ones, and held-out ones."""

    what: str
    hits: int
    training: int
    chance: int
    held_out: int

    @property
    def four(self) -> tuple[int, int, int, int]:
        """As the rates take them."""
        return self.hits, self.training, self.chance, self.held_out


def order_excess(
    arms: Arms,
    synthetic: Synthetic,
    spans: Sequence[int],
    attributes: Sequence[str],
    levels: Levels,
    rng: np.random.Generator,
) -> tuple[Metric, float] | None:
    """Chained training rows minus chained held-out rows, as shares of those named, and the least that would be found.

    The order whose chain has the smallest p-value (Fisher, exact given the coins) is told, with lower bounds that count
    how many orders were tried; the upper bound is the largest of all. None where too few rows are named.
    """
    count = min(len(synthetic.sample), MAX_ROWS)
    rows = _compared(arms, rng)
    if count < _FEWEST or not len(rows):
        return None
    picked = np.sort(rng.choice(len(synthetic.sample), count, replace=False))
    codes = synthetic.sample.codes[picked]
    named = _most_like(codes, arms.every.codes[rows], spans, rng)
    named = replace(named, real=rows[named.real])
    orders = _orders(synthetic.places[picked], codes, spans, attributes)
    chains = [_chain(order, named, arms) for order in orders]
    if min(chains[0].training, chains[0].held_out) < _FEWEST:
        return None
    return _judged(chains, levels, arms.what)


def _judged(chains: Sequence[Chain], levels: Levels, what: str) -> tuple[Metric, float]:
    told = min(chains, key=lambda chain: fisher(*chain.four))
    confidence, strict = (1 - (1 - level) / len(chains) for level in (levels.confidence, levels.strict))
    metric = Metric(
        id="order.excess",
        value=told.hits / told.training - told.chance / told.held_out,
        low=excess_bound(*told.four, confidence),
        high=max(newcombe(*chain.four, levels.confidence)[1] for chain in chains),
        low_strict=excess_bound(*told.four, strict),
        n=told.training + told.held_out,
        title="Order of the rows (training rows in their order beyond held-out rows)",
        note=f"{told.what}: {told.hits:,} of {told.training:,} training {what} in their order, {told.chance:,} of "
        f"{told.held_out:,} held-out; Fisher's p = {fisher(*told.four):.2g}, {len(chains)} order(s) tried",
    )
    first = chains[0]
    return metric, detectable_excess(first.training, first.held_out, first.chance / first.held_out, strict)


def _compared(arms: Arms, rng: np.random.Generator) -> NDArray[np.intp]:
    """All rows of chosen units, of training units only so many to a held-out one."""
    training, held_out = np.flatnonzero(arms.chosen.trains), np.flatnonzero(~arms.chosen.trains)
    most = _TRAINING_PER_HELD_OUT * len(held_out)
    kept = training if len(training) <= most else rng.choice(training, most, replace=False)
    units = np.concatenate([kept, held_out])
    rows = int(np.isin(arms.unit, units).sum())
    if rows > MAX_REAL:
        units = rng.choice(units, len(units) * MAX_REAL // rows, replace=False)
    return np.flatnonzero(np.isin(arms.unit, units))


@dataclass(frozen=True, eq=False)
class _Named:
    """Which rows of the file (`by`) name which real rows (`real`): one entry a pair, in rising order."""

    by: NDArray[np.intp]
    real: NDArray[np.intp]


def _most_like(
    rows: NDArray[np.uint32], others: NDArray[np.uint32], spans: Sequence[int], rng: np.random.Generator
) -> _Named:
    """Each row names the others with the most equal cells, and those at the least distance."""
    measures = [[0] * len(spans), *([spans] if any(spans) else [])]
    pairs = [np.empty(0, dtype=np.intp)]
    for start in range(0, len(rows), _CHUNK):
        for measure in measures:
            row, other = _nearest(gower(rows[start : start + _CHUNK], others, measure), rng)
            pairs.append((start + row) * len(others) + other)
    return _Named(*np.divmod(np.unique(np.concatenate(pairs)), len(others)))


def _nearest(distances: NDArray[np.float32], rng: np.random.Generator) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row and column of those at the least distance of a row; at most `MAX_TIES` a row, drawn at random."""
    is_least = distances <= distances.min(axis=1, keepdims=True) + 1e-6
    row, column = np.divmod(np.flatnonzero(is_least), distances.shape[1])
    ties = np.bincount(row)
    kept = np.ones(len(row), dtype=np.bool_)
    for end, count in zip(np.cumsum(ties), ties, strict=True):
        if count > MAX_TIES:
            kept[end - count : end] = False
            kept[end - count + rng.choice(count, MAX_TIES, replace=False)] = True
    return row[kept], column[kept]


@dataclass(frozen=True, eq=False)
class _Order:
    """An order of the file: the rank of each row; rows of one rank stand in no order, unless the ranks are `unique`."""

    what: str
    rank: NDArray[np.integer]
    unique: bool

    def chain(self, named: _Named, sign: int) -> list[int]:
        """The longest chain of named rows whose numbers, times `sign`, never fall."""
        rank, numbers = self.rank[named.by].astype(np.int64), sign * named.real
        if self.unique:  # each row of the file may stand for one real row
            return [sign * row for row in longest_chain(rank, numbers)]
        order = np.lexsort((numbers, rank))  # whichever order of one rank is best: all of its rows, rising
        return [sign * row for row in longest_chain(np.arange(len(order)), numbers[order])]


def _orders(
    places: NDArray[np.int64], codes: NDArray[np.uint32], spans: Sequence[int], attributes: Sequence[str]
) -> Iterator[_Order]:
    """That of the file, and that of each ordered column that could hold an index: none of its codes has many rows."""
    yield _Order("in the order of the file", places, unique=True)
    for name, column, span in zip(attributes, codes.T, spans, strict=True):
        if span and np.bincount(column).max() <= _MOST_ALIKE * len(column):
            yield _Order(f"in the order of {name!r}", column, unique=False)


def _chain(order: _Order, named: _Named, arms: Arms) -> Chain:
    """Rows are known by their place among those of the chosen units, which rises with that in the table."""
    chained = max((order.chain(named, sign) for sign in (1, -1)), key=len)
    of_chain, of_all = (
        arms.chosen.trains[np.unique(arms.unit[rows])] for rows in (np.array(chained, dtype=np.intp), named.real)
    )
    return Chain(
        what=order.what,
        hits=int(of_chain.sum()),
        training=int(of_all.sum()),
        chance=int((~of_chain).sum()),
        held_out=int((~of_all).sum()),
    )
