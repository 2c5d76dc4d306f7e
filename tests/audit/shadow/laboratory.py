"""A small table, honest fits of it with plain seeded noise (no privacy is at stake here), and audits by shadow fits."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pytest

from synthcli.audit.coins import Coins, flip_units
from synthcli.audit.experiment import Experiment, prepare
from synthcli.audit.shadow.attack import ShadowAttack
from synthcli.audit.shadow.tosses import game_of
from synthcli.engine.interface import RowMask
from synthcli.engine.local import LocalEngine
from synthcli.marginal import Clique, Measurement
from synthcli.pgm.estimation import estimate
from synthcli.privacy.bounding import Bounding
from synthcli.synthesizer import CoinStatement, Synthesizer
from synthcli.table.codec import Codec
from synthcli.table.schema import Schema
from synthcli.workflow.trial import Trial, simulated_trials

ROWS = 1200


@cache
def trial() -> Trial:
    """720 rows of a simulated table."""
    with TemporaryDirectory() as folder:
        (found,) = simulated_trials(Path(folder), range(1), ROWS, "independent")
        object.__setattr__(found, "synthesizer", found._fit(1.0).synthesizer)
        return found


@dataclass(frozen=True, eq=False)
class Held:
    rows: pa.Table

    def batches(self, schema: Schema, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        yield from (self.rows if columns is None else self.rows.select(list(columns))).to_batches(max_chunksize=300)


@dataclass(frozen=True, eq=False)
class Laboratory:
    """Measures a chain of pairs with Gaussian noise of `sigma`. Where it `mixes_up`, the mask of every second batch is
    turned around: a bug after which those who should be kept out train there, and the others do not."""

    sigma: float
    rng: np.random.Generator
    mixes_up: bool = False

    def count(self, rows: RowMask, codec: Codec, cliques: Sequence[Clique]) -> Mapping[Clique, np.ndarray]:
        return LocalEngine(Held(trial().real), skeleton().schema, keep=rows).count(codec, cliques)

    def fit(self, trains: RowMask) -> Synthesizer:
        domain = skeleton().model.domain
        names = domain.attributes
        tables = self.count(
            mixed_up(trains) if self.mixes_up else trains,
            skeleton().codec,
            tuple(pairwise(names)),
        )
        noisy = [Measurement(c, t + self.rng.normal(0, self.sigma, t.shape), self.sigma) for c, t in tables.items()]
        return replace(skeleton(), model=estimate(domain, noisy), measurements=tuple(noisy))


def mixed_up(trains: RowMask) -> RowMask:
    """The mask that the bug makes of this one."""
    rows = trial().real.num_rows
    turned = trains(0, rows) ^ (np.arange(rows) // 100 % 2 == 1)
    return lambda start, count: turned[start : start + count]


def skeleton() -> Synthesizer:
    """A synthesizer of the table, for its schema and codec."""
    found: Synthesizer = trial().synthesizer  # type: ignore[attr-defined]
    return found


def tossed(seed: int) -> Coins:
    """Six rows in ten toss a coin."""
    rng = np.random.default_rng(seed)
    candidates = np.flatnonzero(rng.random(trial().real.num_rows) < 0.6)
    return Coins(
        rows=trial().real.num_rows, candidates=candidates, heads=rng.random(len(candidates)) < 0.5, salt=bytes(32)
    )


def tossed_by_units(seed: int) -> Coins:
    """Six units in ten toss a coin, of one to five rows each, of which three count."""
    rng, rows = np.random.default_rng(seed), trial().real.num_rows
    unit = rng.permutation(np.repeat(np.arange(rows), rng.integers(1, 6, rows))[:rows]).astype(np.uint64)
    bounding = Bounding(3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets, "token_bytes", rng.bytes)
        bounding.add(np.stack([unit, unit], axis=1))
        return flip_units(bounding.finish(), 0.6)


def attacked(
    laboratory: Laboratory, coins: Coins, release: Synthesizer, rows: int, shadows: int
) -> tuple[Experiment, ShadowAttack]:
    """The experiment and the attack on a release and so many rows of it."""
    statement = replace(release.statement, coins=CoinStatement(share=0.6, commitment=coins.commitment()))
    release = replace(release, statement=statement)
    drawn = list(release.sample(rows, np.random.default_rng(8)))
    experiment = prepare(release, coins, real=lambda: trial().real.to_batches(), synthetic=lambda: drawn)
    attack = ShadowAttack(
        release=release,
        file=lambda: drawn,
        real=lambda: trial().real.to_batches(max_chunksize=250),
        game=game_of(coins),
        laboratory=laboratory,
        shadows=shadows,
    )
    return experiment, attack
