"""One row for each person, and columns that do not vary within one: against pandas."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.engine.constant import constant_columns
from synthcli.engine.persons import PersonRows, persons_engine
from synthcli.engine.units import bound
from synthcli.privacy.bounding import PrivacyUnit
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.encoders import CategoryEncoder, GridEncoder
from synthcli.table.persons import persons_schema
from synthcli.table.schema import Column, Kind, Level, Role, Schema
from synthcli.table.source import Source, open_source, validate

SCHEMA = Schema(
    name="t",
    columns=(
        Column(name="who", kind=Kind.STRING, role=Role.UNIT),
        Column(name="sex", kind=Kind.STRING, level=Level.PERSON, categories=("f", "m"), required=True),
        Column(name="kind", kind=Kind.STRING, categories=("a", "b"), required=True),
    ),
)
OWN = persons_schema(SCHEMA, "who")
COUNTED = "rows of one who"
CODEC = Codec(
    (
        ColumnCodec("sex", CategoryEncoder(values=("f", "m"), type=Kind.STRING, missing=False, other=False)),
        ColumnCodec(COUNTED, GridEncoder(type=Kind.INTEGER, edges=np.arange(1, 9), decimals=None, missing=False)),
    )
)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> tuple[Source, pd.DataFrame]:
    rng = np.random.default_rng(0)
    sexes = rng.choice(["f", "m"], 200)
    who = np.repeat(np.arange(200), rng.integers(1, 8, 200))
    rows = pd.DataFrame({"who": [f"p{i}" for i in who], "sex": sexes[who], "kind": rng.choice(["a", "b"], len(who))})
    rows = rows.sample(frac=1, random_state=1)
    path = tmp_path_factory.mktemp("table") / "t.csv"
    rows.to_csv(path, index=False)
    return open_source(str(path)), rows


@pytest.mark.parametrize("hold", [0, 1 << 20], ids=["streamed", "held"])
@pytest.mark.parametrize("share", [1.0, 0.4], ids=["all", "some train"])
def test_each_person_counts_once_with_all_rows(hold: int, share: float, table: tuple[Source, pd.DataFrame]) -> None:
    source, rows = table
    bounded = bound(source, SCHEMA, PrivacyUnit("who", 2))
    rng = np.random.default_rng(5)
    trains = np.zeros(bounded.rows, dtype=np.bool_)
    trains[bounded.kept[(rng.random(bounded.units) < share)[bounded.unit_of]]] = True
    persons = PersonRows.of(bounded, lambda start, count: trains[start : start + count])
    engine = persons_engine(source, OWN, persons, COUNTED, validate(source, SCHEMA, hold=hold).held if hold else None)
    found = engine.count(CODEC, [("sex", COUNTED), (COUNTED,)])
    kept = rows[rows.who.isin(rows.who.to_numpy()[trains])]
    seen = kept.groupby("who").agg(sex=("sex", "first"), n=("sex", "size"))
    expected = np.zeros((2, 7), dtype=np.int64)
    np.add.at(expected, ((seen.sex == "m").to_numpy().astype(int), seen.n.to_numpy() - 1), 1)
    assert np.array_equal(found["sex", COUNTED], expected)
    assert np.array_equal(found[COUNTED,], expected.sum(axis=0))
    assert engine.keys("sex") == {k: int(v) for k, v in seen.sex.value_counts().items()}


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(*[st.sampled_from("xyz")] * 3), min_size=1, max_size=12))
def test_constant_columns_are_those_of_one_value_a_unit(rows: list[tuple[str, ...]]) -> None:
    frame = pd.DataFrame(rows, columns=["who", "sex", "rows"])
    columns = tuple(Column(name=name, kind=Kind.STRING) for name in frame.columns)
    found = constant_columns(_Pieces(frame), Schema(name="t", columns=columns), "who", ["sex", "rows"])
    groups = frame.groupby("who")
    varies = groups.nunique().max() > 1
    assert found == tuple(n for n in ("sex", "rows") if groups.size().max() > 1 and not varies[n])


class _Pieces:
    """A frame as batches of three rows."""

    def __init__(self, frame: pd.DataFrame) -> None:
        import pyarrow as pa

        self._batches = pa.Table.from_pandas(frame, preserve_index=False).to_batches(max_chunksize=3)

    def batches(self, schema: Schema, columns=None):  # type: ignore[no-untyped-def]
        yield from self._batches


def test_missing_values_are_a_value(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("who,a,b\n1,,x\n1,,\n2,z,\n")
    columns = tuple(Column(name=name, kind=Kind.STRING) for name in ("who", "a", "b"))
    source = open_source(str(tmp_path / "t.csv"))
    assert constant_columns(source, Schema(name="t", columns=columns), "who", ["a", "b"]) == ("a",)
