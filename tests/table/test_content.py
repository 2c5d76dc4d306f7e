"""A table's content: the same in every layout, and another one for every other value."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.table.content import Content, batches_of
from synthcli.table.held import HELD_BYTES
from synthcli.table.schema import Column, Kind, Schema
from synthcli.table.source import open_source, validate

KINDS = {"i": Kind.INTEGER, "x": Kind.NUMBER, "b": Kind.BOOLEAN, "s": Kind.STRING, "d": Kind.DATE, "t": Kind.DATETIME}
KINDS |= {"at": Kind.TIME}
SCHEMA = Schema(name="t", columns=tuple(Column(name=name, kind=kind) for name, kind in KINDS.items()))


def _table(rows: int = 500) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        {
            "i": pd.array(rng.integers(-9, 9, rows), dtype="Int64"),
            "x": rng.normal(size=rows).round(3),
            "b": rng.choice([True, False], rows),
            "s": rng.choice(["", "a", "ab", "Zürich"], rows),
            "d": pd.to_datetime(rng.integers(0, 20_000, rows), unit="D").date,
            "t": pd.to_datetime(rng.integers(0, 10**9, rows), unit="s"),
            "at": pd.to_datetime(rng.integers(0, 86_400, rows), unit="s").time,
        }
    ).astype({"b": object, "s": object})
    for name in table.columns:
        table.loc[rng.random(rows) < 0.1, name] = None
    return table


def _content(place: Path, hold: bool = False) -> bytes:
    with open_source(str(place)) as source:
        held = validate(source, SCHEMA, hold=HELD_BYTES).held if hold else None
        return Content().add(source.batches(SCHEMA) if held is None else batches_of(held, SCHEMA)).digest()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("content")
    _table().to_csv(place / "t.csv", index=False)
    return place


def test_layout_and_other_columns_change_nothing(place: Path) -> None:
    """Nor does it matter whether the table is in memory."""
    said = _content(place / "t.csv")
    assert len(said) == 32 and said == _content(place / "t.csv", hold=True)
    table = _table()
    table.assign(more=1)[["more", *reversed(KINDS)]].to_csv(place / "other.csv", index=False, sep=";")
    assert _content(place / "other.csv") == said
    table.assign(b=table.b.astype("boolean"), s=table.s.replace("", None)).to_parquet(place / "t.parquet")
    assert _content(place / "t.parquet") == said


@pytest.mark.parametrize("name", KINDS)
def test_one_other_cell_is_another_table(name: str, place: Path) -> None:
    said, table = _content(place / "t.csv"), _table()
    there = table[name].notna() & (table[name] != "")
    first, second = table.index[there & (table[name] != table[name][there].iloc[0])][0], table.index[there][0]
    for changed in (None, table[name][second]):
        other = table.copy()
        other.loc[first, name] = changed
        other.to_csv(place / "changed.csv", index=False)
        assert _content(place / "changed.csv") != said
    table.iloc[::-1].to_csv(place / "changed.csv", index=False)
    assert _content(place / "changed.csv") != said, "so is another order of the rows"


@given(words=st.lists(st.text(max_size=3) | st.none(), min_size=1, max_size=20), cut=st.integers(0, 20))
def test_however_rows_are_cut(words: list[str | None], cut: int) -> None:
    whole = pa.RecordBatch.from_pydict({"s": pa.array(words, pa.string()), "n": pa.array(range(len(words)))})
    parts = [whole.slice(0, cut), whole.slice(cut)] if cut < len(words) else [whole]
    apart = Content().add([part.select(["s"]) for part in parts]).add([part.select(["n"]) for part in parts])
    assert Content().add([whole]).digest() == Content().add(parts).digest() == apart.digest()


@given(st.lists(st.text(max_size=2) | st.none(), max_size=4), st.lists(st.text(max_size=2) | st.none(), max_size=4))
def test_texts_do_not_run_into_each_other(one: list[str | None], other: list[str | None]) -> None:
    digests = [
        Content().add([pa.RecordBatch.from_pydict({"s": pa.array(w, pa.string())})]).digest() for w in (one, other)
    ]
    assert (digests[0] == digests[1]) == (one == other)
