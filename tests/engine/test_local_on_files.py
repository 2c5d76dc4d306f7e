"""The local engine on a file, with the codec that a fit uses."""

import csv

import numpy as np

from synthcli.engine.local import LocalEngine
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.encoders import CategoryEncoder
from synthcli.table.schema import Column, Kind, Schema
from synthcli.table.source import open_source


def test_a_csv_file_is_counted_under_its_mask(tmp_path):
    rng = np.random.default_rng(0)
    words, numbers = rng.choice(["red", 'b,"l', "rare"], 5000), rng.integers(0, 3, 5000)
    with (tmp_path / "t.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([("a", "b"), *zip(words, (str(n) if n else "" for n in numbers), strict=True)])
    columns = (
        Column(name="a", kind=Kind.STRING),
        Column(name="b", kind=Kind.INTEGER, categories=("1", "2")),
    )
    keep = rng.random(5000) < 0.7
    engine = LocalEngine(
        open_source(str(tmp_path / "t.csv"), None),
        Schema(name="t", columns=columns),
        lambda start, rows: keep[start : start + rows],
    )
    encoders = {
        "a": CategoryEncoder(values=('b,"l', "red"), type=Kind.STRING, missing=True, other=True),
        "b": CategoryEncoder(values=("1", "2"), type=Kind.INTEGER, missing=True, other=False),
    }
    codec = Codec(tuple(ColumnCodec(name, encoder) for name, encoder in encoders.items()))
    table = engine.count(codec, [("a", "b")])["a", "b"]
    for a, word in enumerate(('b,"l', "red")):
        for b, number in enumerate((1, 2)):
            assert table[a, b] == (keep & (words == word) & (numbers == number)).sum()
    assert table.sum() == keep.sum()
    assert engine.keys("a") == {w: (keep & (words == w)).sum() for w in ("red", 'b,"l', "rare")}
    assert engine.keys("b") == {str(n): (keep & (numbers == n)).sum() for n in (1, 2)}
