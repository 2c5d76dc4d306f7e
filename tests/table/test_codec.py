"""A batch to codes and back, through merges."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.errors import InputError
from synthcli.marginal import Merge
from synthcli.table.codec import Codec, ColumnCodec, codec_from_json
from synthcli.table.encoders import CategoryEncoder, GridEncoder
from synthcli.table.schema import Kind

SEX = CategoryEncoder(values=("f", "m"), type=Kind.STRING, missing=True, other=False)
AGE = GridEncoder(type=Kind.INTEGER, edges=np.array([0, 10, 20, 30, 40]), decimals=None, missing=False)
HALVES = Merge(np.array([0, 0, 1, 1]), np.array([0.0, 3.0, 0.0, 0.0]))
CODEC = Codec((ColumnCodec("sex", SEX), ColumnCodec("age", AGE, HALVES)))
BATCH = pa.RecordBatch.from_pydict({"sex": ["m", None, "f"], "age": [5, 25, 39], "extra": [1, 2, 3]})


def test_codes_are_coarse() -> None:
    codes = CODEC.encode(BATCH)
    assert {name: column.tolist() for name, column in codes.items()} == {"sex": [1, 2, 0], "age": [0, 1, 1]}
    assert CODEC.domain.shape == (3, 2)
    assert all(column.dtype == np.uint8 for column in codes.values())
    assert set(CODEC.encode(BATCH.select(["age"]))) == {"age"}
    assert CODEC.columns[1].labels() == ("0 to 9 … 10 to 19", "20 to 29 … 30 to 39")
    apart = ColumnCodec("a", CODEC.columns[1].encoder, Merge(np.array([0, 1, 0, 0]), np.ones(4)))
    assert apart.labels() == ("0 to 9 and 2 more", "10 to 19"), "codes that are not neighbours"


def test_decoding_refines_by_the_weights() -> None:
    codes = {"sex": np.array([0, 1, 2], dtype=np.uint8), "age": np.zeros(3, dtype=np.uint8)}
    batch = CODEC.decode(codes, np.random.default_rng(1))
    assert batch.schema.names == ["sex", "age"]
    assert batch.column("sex").to_pylist() == ["f", "m", None]
    assert all(10 <= age < 20 for age in batch.column("age").to_pylist())


def test_what_is_unlisted_stays_so_when_codes_are_merged() -> None:
    wards = CategoryEncoder(values=("a", "b"), type=Kind.STRING, missing=True, other=True)
    merge = Merge(np.array([0, 1, 1, 2]), np.array([1.0, 1.0, 3.0, 1.0]))
    assert ColumnCodec("w", wards).unlisted().tolist() == [0, 0, 1, 0]
    assert ColumnCodec("w", wards, merge).unlisted().tolist() == [0, 0.75, 0]
    assert not CODEC.columns[0].unlisted().any()
    assert not CODEC.columns[1].unlisted().any()


def test_errors_name_the_column() -> None:
    with pytest.raises(InputError, match=r"^column 'age': 1 value"):
        CODEC.encode(pa.RecordBatch.from_pydict({"age": pa.array([None], pa.int64())}))


@given(st.data())
def test_merging_twice_is_merging_by_the_composition(data: st.DataObject) -> None:
    """P(fine | group) of the composition is the product of both steps' probabilities."""
    size = data.draw(st.integers(2, 8))
    weights = st.floats(0, 10)

    def merge(fine: int) -> Merge:
        raw = data.draw(st.lists(st.integers(0, fine - 1), min_size=fine, max_size=fine))
        groups = np.unique(raw, return_inverse=True)[1]
        return Merge(groups, np.array(data.draw(st.lists(weights, min_size=fine, max_size=fine))))

    first = merge(size)
    second = merge(first.coarse_size)
    encoder = CategoryEncoder(values=tuple(map(str, range(size))), type=Kind.INTEGER, missing=False, other=False)
    both = Codec((ColumnCodec("x", encoder, first),)).merged({"x": second}).columns[0].merge
    assert both is not None
    assert np.array_equal(both.groups, second.groups[first.groups])
    for fine in range(size):
        share = _share(first, fine) * _share(second, int(first.groups[fine]))
        assert _share(both, fine) == pytest.approx(share, abs=1e-9)


def _share(merge: Merge, member: int) -> float:
    group = merge.groups == merge.groups[member]
    total = merge.weights[group].sum()
    return float(merge.weights[member] / total) if total > 0 else 1 / int(group.sum())


def test_merged_refuses_unknown_columns_and_keeps_the_rest() -> None:
    with pytest.raises(KeyError):
        CODEC.merged({"wage": HALVES})
    again = CODEC.merged({"sex": Merge(np.array([0, 1, 1]), np.ones(3))})
    assert again.domain.shape == (2, 2)
    assert again.columns[1].merge is HALVES


def test_codecs_survive_a_file() -> None:
    again = codec_from_json(json.loads(json.dumps(CODEC.to_json())))
    assert again.to_json() == CODEC.to_json()
    assert again.domain == CODEC.domain


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("columns",), None),
        (("columns",), {}),
        (("columns", 0), {}),
        (("columns", 0, "name"), "age"),
        (("columns", 0, "name"), 7),
        (("columns", 0, "encoder"), "x"),
        (("columns", 1, "merge"), {}),
        (("columns", 1, "merge", "groups"), [0, 0, 1]),
        (("columns", 1, "merge", "groups"), [0, 0, 2, 2]),
        (("columns", 1, "merge", "groups"), [0, 0, 10**12, 1]),
        (("columns", 1, "merge", "groups"), [0, 0, 1, "1"]),
        (("columns", 1, "merge", "weights"), [0, 0, 1, float("nan")]),
        (("columns", 1, "merge", "weights"), [0, 0, 1, -1]),
        (("columns", 1, "merge", "weights"), [1]),
    ],
)
def test_hostile_codecs_are_refused(path: tuple[str | int, ...], value: object) -> None:
    document = json.loads(json.dumps(CODEC.to_json()))
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(InputError, match="damaged"):
        codec_from_json(document)
