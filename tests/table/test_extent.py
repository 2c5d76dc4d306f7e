"""The ends that are told are the smallest and the largest value that are drawn, whatever the order of codes."""

import numpy as np
import pytest

from synthcli.marginal import Merge
from synthcli.table.column_codec import ColumnCodec
from synthcli.table.encoders import CategoryEncoder, Encoder, GridEncoder
from synthcli.table.extent import extent
from synthcli.table.schema import Kind

DAY = 86_400_000_000


def _grid(kind: Kind, edges: list[float], **more: object) -> GridEncoder:
    return GridEncoder(type=kind, edges=np.array(edges), **{"decimals": None, "missing": True, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("encoder", "drawn", "says"),
    [
        (_grid(Kind.INTEGER, [0, 5, 9, 30]), [1, 1, 1, 1], "it holds 0 to 29; values may be missing"),
        (_grid(Kind.INTEGER, [0, 5, 9, 30]), [0, 1, 0, 0], "it holds 5 to 8; values are never missing"),
        (_grid(Kind.INTEGER, [0, 5, 9, 30]), [0, 0, 0, 1], "it holds no value; values may be missing"),
        (_grid(Kind.NUMBER, [-2.5, 0, 1.1], decimals=1), [1, 1, 0], "it holds -2.5 to 1.1; values are never missing"),
        (_grid(Kind.NUMBER, [-2.5, 1.1, 4], decimals=1), [1, 0, 0], "it holds -2.5 to 1; values are never missing"),
        (_grid(Kind.NUMBER, [0, 123456789.5]), [1, 0], "it holds 0 to 123456789.5; values are never missing"),
        (_grid(Kind.DATE, [0, 31, 59]), [0, 1, 0], "it holds 1970-02-01 to 1970-02-28; values are never missing"),
        (
            _grid(Kind.DATETIME, [1, DAY], grain=DAY // 24),
            [1, 0],
            "it holds 1970-01-01 01:00:00 to 1970-01-01 23:00:00; values are never missing",
        ),
        (
            CategoryEncoder(values=("b", "a", "c"), type=Kind.STRING, missing=True, other=False),
            [1, 0, 1, 1],
            "it holds b, c; values may be missing",
        ),
        (
            CategoryEncoder(values=("b", "a"), type=Kind.STRING, missing=False, other=True),
            [1, 0, 1],
            "it holds b, a; values are never missing",
        ),
        (
            CategoryEncoder(values=tuple(map(str, range(30, 0, -1))), type=Kind.INTEGER, missing=False, other=False),
            [1] * 30,
            "it holds 1 to 30; values are never missing",
        ),
        (
            CategoryEncoder(values=tuple(f"v{i}" for i in range(12)), type=Kind.STRING, missing=False, other=False),
            [1] * 12,
            f"it holds {', '.join(f'v{i}' for i in range(10))} and 2 more; values are never missing",
        ),
    ],
)
def test_what_is_drawn_is_told(encoder: Encoder, drawn: list[int], says: str) -> None:
    assert extent(ColumnCodec("x", encoder), np.array(drawn) / sum(drawn)) == says


def test_merged_codes_are_looked_into() -> None:
    """The first group has the middle, and the last one both ends: neither names the ends by its place."""
    merge = Merge(np.array([1, 0, 0, 1, 2]), np.array([1.0, 1.0, 0.0, 1.0, 1.0]))
    codec = ColumnCodec("x", _grid(Kind.NUMBER, [-64, -2, 2, 4, 64], decimals=0), merge)
    assert extent(codec, np.array([0.5, 0.4, 0.1])) == "it holds -64 to 64; values may be missing"
    assert extent(codec, np.array([1.0, 0.0, 0.0])) == "it holds -2 to 1; values are never missing"


@pytest.mark.parametrize("seed", range(5))
def test_the_ends_are_those_of_many_draws(seed: int) -> None:
    rng = np.random.default_rng(seed)
    edges = np.unique(np.round(rng.normal(0, 3, 6), 2))
    codec = ColumnCodec("x", _grid(Kind.NUMBER, edges.tolist(), decimals=1, missing=False))
    values = codec.decode(rng.integers(codec.size, size=20_000), rng).to_numpy()
    assert extent(codec, np.ones(codec.size)).startswith(f"it holds {values.min():.15g} to {values.max():.15g};")
