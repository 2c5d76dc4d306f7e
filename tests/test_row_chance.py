"""The stated probability of a row against how often a release draws it."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from synthcli.marginal import Measurement, Merge
from synthcli.pgm.estimation import estimate
from synthcli.row_chance import RowChance
from synthcli.synthesizer import PrivacyStatement, Synthesizer
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.encoders import CategoryEncoder, GridEncoder
from synthcli.table.schema import Column, Kind, Schema

ROWS = 200_000


@pytest.fixture(scope="module")
def synthesizer() -> Synthesizer:
    """A merged grid of integers, numbers with one decimal beside an atom, and categories with unlisted values."""
    whole = GridEncoder(type=Kind.INTEGER, edges=np.array([0, 1, 3, 7]), decimals=None, missing=True)
    number = GridEncoder(
        type=Kind.NUMBER, edges=np.array([0.0, np.nextafter(0.0, 1), 0.5, 1.0]), decimals=1, missing=False
    )
    words = CategoryEncoder(values=("a", "b"), type=Kind.STRING, missing=False, other=True, weights=(1.0, 3.0))
    codec = Codec(
        (
            ColumnCodec("n", whole, Merge(np.array([0, 1, 1, 2]), np.array([1.0, 2.0, 6.0, 1.0]))),
            ColumnCodec("x", number),
            ColumnCodec("w", words),
        )
    )
    rng = np.random.default_rng(2)
    tables = {clique: rng.integers(100, 900, codec.domain.project(clique).shape) for clique in (("n", "x"), ("w",))}
    measured = tuple(Measurement(clique, table, 10.0) for clique, table in tables.items())
    columns = (Column(name="n", kind=Kind.INTEGER), Column(name="x", kind=Kind.NUMBER, decimals=1, required=True))
    return Synthesizer(
        schema=Schema(name="t", columns=(*columns, Column(name="w", kind=Kind.STRING, required=True))),
        codec=codec,
        model=estimate(codec.domain, measured),
        measurements=measured,
        statement=PrivacyStatement(
            dataset="t", epsilon=1, delta=1e-9, rho=1, key_delta=0, mechanism="mst", spends=(), created=""
        ),
    )


def test_rows_come_as_often_as_stated(synthesizer: Synthesizer) -> None:
    drawn = list(synthesizer.sample(ROWS, np.random.default_rng(3)))
    counts = Counter(row for batch in drawn for row in zip(*(c.to_pylist() for c in batch.columns), strict=True))
    rows = list(counts)
    batch = pa.RecordBatch.from_arrays(
        [pa.array(c, t) for c, t in zip(zip(*rows, strict=True), (pa.int64(), pa.float64(), pa.string()), strict=True)],
        names=["n", "x", "w"],
    )
    chance = np.exp(RowChance(synthesizer).log_density(batch))
    seen = np.array([counts[row] for row in rows]) / ROWS
    assert len(rows) == 8 * 11 * 2
    assert chance.sum() == pytest.approx(1.0, abs=0.03)
    assert np.max(np.abs(seen - chance) / np.sqrt(chance / ROWS)) < 5.5
