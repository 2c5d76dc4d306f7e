"""Rare values and extremes, counted by hand; what a model loses shows."""

import numpy as np
import pyarrow as pa
import pytest

from synthcli.quality.compare import compare
from synthcli.table.category_encoder import CategoryEncoder
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.grid_encoder import GridEncoder
from synthcli.table.schema import Column, Kind, Schema

VALUES = ("a", "b", "r1", "r2")
CODEC = Codec(
    (
        ColumnCodec("v", CategoryEncoder(values=VALUES, type=Kind.STRING, missing=False, other=True)),
        ColumnCodec("n", GridEncoder(type=Kind.INTEGER, edges=np.array([0, 500, 1001]), decimals=None, missing=True)),
    )
)
SCHEMA = Schema(name="t", columns=(Column(name="v", kind=Kind.STRING), Column(name="n", kind=Kind.INTEGER)))


def stream(values: list[str], numbers: list[int | None], size: int = 130) -> list[pa.RecordBatch]:
    whole = pa.RecordBatch.from_arrays([pa.array(values), pa.array(numbers, pa.int64())], names=["v", "n"])
    return [whole.slice(start, size) for start in range(0, whole.num_rows, size)]


def test_rare_values_are_counted_where_they_are_rare_in_the_real_rows() -> None:
    real = stream(["a"] * 600 + ["b"] * 380 + ["r1"] * 8 + ["r2"] * 4 + ["unseen"] * 8, [1] * 1000)
    synthetic = stream(["a"] * 1500 + ["b"] * 490 + ["r1"] * 10, [1] * 2000)
    (rare,) = compare(CODEC, SCHEMA, real, synthetic).rare
    assert (rare.name, rare.values, rare.lost) == ("v", 2, 1)
    assert (rare.real, rare.synthetic, rare.unlisted) == (0.012, 0.005, 0.008)


def test_extremes_are_those_of_the_values_and_not_of_the_codes() -> None:
    numbers = [*range(1000), *[None] * 50]
    narrow = [200 + n // 2 for n in range(1000)]
    quality = compare(CODEC, SCHEMA, stream(["a"] * 1050, numbers), stream(["a"] * 1000, narrow))
    (ends,) = quality.extremes
    assert (ends.low, ends.high, ends.synthetic_low, ends.synthetic_high) == ("10", "989", "205", "694")
    assert (ends.below, ends.above) == (0.0, 0.0)
    assert (ends.real_below, ends.real_above) == (0.01, 0.01)
    wide = compare(CODEC, SCHEMA, stream(["a"] * 1000, narrow), stream(["a"] * 1050, numbers)).extremes[0]
    assert (wide.below, wide.above) == (0.205, 0.305)


def test_long_streams_are_sampled_at_random() -> None:
    rng = np.random.default_rng(1)
    numbers = np.sort(rng.integers(0, 1001, 120_000)).tolist()
    (ends,) = compare(CODEC, SCHEMA, stream(["a"] * 120_000, numbers, 9999), stream(["a"] * 9, [5] * 9)).extremes
    assert int(ends.low) == pytest.approx(10, abs=3)
    assert int(ends.high) == pytest.approx(990, abs=3)
