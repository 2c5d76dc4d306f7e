"""Files that hold real rows which the model never saw. Seeds are fixed: what is asserted holds or does not."""

from dataclasses import replace

import numpy as np
import pytest

from synthcli.audit.block import Block
from synthcli.audit.experiment import Experiment
from synthcli.audit.release import run_audit
from synthcli.errors import InvalidAudit
from tests.audit.simulation import PAIRS, SHAPE, chunked, fit, measure, toss

ROWS = 1_500


def coarse(rng: np.random.Generator) -> Block:
    """Rows that have two codes between them, and values of their own."""
    codes = np.zeros((ROWS, len(SHAPE)), dtype=np.uint32)
    codes[:, 0] = rng.integers(0, 2, ROWS)
    return Block(codes, rng.integers(0, 1 << 60, codes.shape, dtype=np.uint64))


def test_the_table_itself_is_refused_where_the_model_takes_its_rows_for_alike() -> None:
    rng = np.random.default_rng(71)
    rows, coins = coarse(rng), toss(ROWS, 0.6, rng)
    measured = measure(rows[coins.keep(0, ROWS)].codes, PAIRS, 12.0, rng)
    experiment = Experiment(
        coins=coins,
        real=chunked(rows),
        synthetic=chunked(rows),
        model=fit(measured),
        measurements=measured,
        spans=(0,) * len(SHAPE),
        epsilon=1.0,
        delta=1e-9,
        certainty=tuple(np.full(size, 0.1) for size in SHAPE),
    )
    with pytest.raises(InvalidAudit, match="the file holds real rows that the model never saw"):
        run_audit(experiment)
    run_audit(replace(experiment, synthetic=chunked(coarse(rng))))
