"""A simulated population with correlated columns, and audits of files about a table drawn from it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from synthcli.audit.block import Block
from synthcli.audit.coins import Coins
from synthcli.marginal import Clique, Domain, Measurement, tabulate
from synthcli.pgm.estimation import estimate
from synthcli.pgm.markov_random_field import MarkovRandomField
from synthcli.pgm.sampling import sample
from synthcli.privacy.row_set import RowSet

SHAPE = (2, 5, 10, 16, 30, 4, 12, 24, 8, 6, 20, 15)
DOMAIN = Domain(tuple("abcdefghijkl"), SHAPE)
PAIRS = tuple((DOMAIN.attributes[i], DOMAIN.attributes[i + 1]) for i in range(len(SHAPE) - 1))
ROWS = 8_000


@dataclass(frozen=True)
class Population:
    """Rows of one of 40 latent classes, each with its own law of every column."""

    seed: int = 0

    def draw(self, rows: int, rng: np.random.Generator) -> np.ndarray:
        """Codes, one row per person."""
        law = np.random.default_rng(self.seed)
        classes = rng.integers(0, 40, rows)
        columns = []
        for size in SHAPE:
            edges = np.cumsum(law.dirichlet(np.full(size, 0.35), size=40), axis=1)
            columns.append(np.minimum((rng.random(rows)[:, None] > edges[classes]).sum(axis=1), size - 1))
        return np.stack(columns, axis=1).astype(np.uint32)


def block(codes: np.ndarray, rng: np.random.Generator) -> Block:
    """Codes with a raw spelling each: the last column has a finer value than its code."""
    spelled = codes.astype(np.uint64)
    spelled[:, -1] += rng.integers(0, 1 << 40, len(codes), dtype=np.uint64) << np.uint64(8)
    return Block(codes, spelled)


def toss(rows: int, share: float, rng: np.random.Generator) -> Coins:
    """Coins with a fixed seed, for tests alone."""
    candidates = np.flatnonzero(rng.random(rows) < share)
    return Coins(rows=rows, candidates=candidates, heads=rng.random(len(candidates)) < 0.5, salt=bytes(32))


def flipped(coins: Coins) -> Coins:
    """The same game among units, all coins turned around."""
    assert coins.units is not None
    trains = coins.keep(0, coins.rows)
    rows, owner = coins.rows_of(coins.candidates)
    trains[rows] = ~coins.heads[owner]
    units = replace(coins.units, trains=RowSet.of(coins.rows, np.flatnonzero(trains)))
    return replace(coins, heads=~coins.heads, units=units)


def measure(codes: np.ndarray, cliques: Sequence[Clique], sigma: float, rng) -> tuple[Measurement, ...]:
    """Noisy counts (plain Gaussian: no privacy is at stake here)."""
    tables = tabulate(dict(zip(DOMAIN.attributes, codes.T, strict=True)), DOMAIN, cliques)
    return tuple(Measurement(c, t + rng.normal(0, sigma, t.shape), sigma) for c, t in tables.items())


def fit(measurements: Sequence[Measurement]) -> MarkovRandomField:
    return estimate(DOMAIN, measurements)


def synthesise(model: MarkovRandomField, rows: int, rng: np.random.Generator) -> Block:
    parts = [np.stack([codes[a] for a in DOMAIN.attributes], axis=1) for codes in sample(model, rows, rng)]
    return block(np.concatenate(parts).astype(np.uint32), rng)


@dataclass(frozen=True)
class Table:
    """A private table with its coins; `training` are the rows that a fit may see."""

    rows: Block
    coins: Coins

    @property
    def training(self) -> Block:
        return self.rows[self.coins.keep(0, self.coins.rows)]


def chunked(rows: Block, size: int = 3000) -> Callable[[], list[Block]]:
    """A stream of several blocks."""
    return lambda: [rows[start : start + size] for start in range(0, len(rows), size)]
