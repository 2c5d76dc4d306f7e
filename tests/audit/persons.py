"""Tables of persons with several rows each, and audits of files about them."""

import secrets
from dataclasses import dataclass

import numpy as np
import pytest

from synthcli.audit.block import Block
from synthcli.audit.coins import Coins, flip_units
from synthcli.audit.experiment import Experiment
from synthcli.privacy.bounding import Bounding
from tests.audit.simulation import PAIRS, SHAPE, Population, block, chunked, fit, measure


@dataclass(frozen=True)
class Persons:
    """A table of persons with one to six rows each, which differ in the last column alone."""

    rows: Block
    unit: np.ndarray
    coins: Coins
    experiment: Experiment


def table_of(unit: np.ndarray, codes: np.ndarray, most: int, sigma: float, rng: np.random.Generator) -> Persons:
    """A table of which pairs are measured, and fresh rows of the population as its file. Each unit tosses."""
    rows, bounding = block(codes, rng), Bounding(most)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets, "token_bytes", rng.bytes)
        bounding.add(np.stack([unit.astype(np.uint64)] * 2, axis=1))
        coins = flip_units(bounding.finish(), 0.5)
    measured = measure(rows[coins.keep(0, len(rows))].codes, PAIRS, sigma, rng)
    experiment = Experiment(
        coins=coins,
        real=chunked(rows),
        synthetic=chunked(block(Population().draw(5000, rng), rng)),
        model=fit(measured),
        measurements=measured,
        spans=(0,) * len(SHAPE),
        epsilon=1.0,
        delta=1e-9,
    )
    return Persons(rows, unit, coins, experiment)
