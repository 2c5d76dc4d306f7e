"""Equal rows get equal numbers, whatever file they come from; other rows do not."""

from datetime import date, datetime, time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.table.row_hash import cell_hashes, row_hashes
from synthcli.table.source import open_source

KEY = bytes(range(16))


def one(value: object, kind: pa.DataType) -> int:
    return int(cell_hashes(pa.array([value], kind), KEY)[0])


@pytest.mark.parametrize(
    ("spelling", "value", "kind"),
    [
        ("3", 3, pa.int64()),
        ("3.0", 3, pa.int8()),
        (" 3.10", 3.1, pa.float64()),
        ("-0", 0.0, pa.float64()),
        ("1e3", 1000, pa.int64()),
        ("007", 7, pa.int64()),
        ("2024-02-29", date(2024, 2, 29), pa.date32()),
        ("2024-02-29 00:00:00", date(2024, 2, 29), pa.date32()),
        ("2024-02-29T13:05:00.25Z", datetime(2024, 2, 29, 13, 5, 0, 250000), pa.timestamp("us")),
        ("08:30", time(8, 30), pa.time64("us")),
        ("08:30:00", time(8, 30), pa.time32("s")),
        ("08:30:05.250", time(8, 30, 5, 250000), pa.time64("ns")),
        ("08:30:05.000", time(8, 30, 5), pa.time32("ms")),
        ("True", True, pa.bool_()),
        ("no", False, pa.bool_()),
        ("NA", None, pa.int64()),
        ("", float("nan"), pa.float64()),
        ("café", "café", pa.large_string()),
    ],
)
def test_a_spelling_and_a_typed_value_are_the_same(spelling: str, value: object, kind: pa.DataType) -> None:
    assert one(spelling, pa.string()) == one(value, kind)
    assert int(cell_hashes(pa.array([spelling]).dictionary_encode(), KEY)[0]) == one(value, kind)


@given(st.lists(st.one_of(st.none(), st.text(max_size=8)), min_size=1), st.binary(min_size=16, max_size=16))
def test_dictionaries_and_plain_text_agree(words: list[str | None], key: bytes) -> None:
    text = pa.array(words, pa.string())
    assert np.array_equal(cell_hashes(text, key), cell_hashes(text.dictionary_encode(), key))


@given(st.lists(st.floats(allow_infinity=False), min_size=1, unique=True))
def test_different_numbers_differ(numbers: list[float]) -> None:
    hashes = cell_hashes(pa.array(numbers, pa.float64()), KEY)
    assert len(set(hashes.tolist())) == len({("nan" if n != n else n + 0.0) for n in numbers})


def test_impossible_dates_and_other_keys_differ() -> None:
    assert one("2024-02-30", pa.string()) != one("2024-02-31", pa.string())
    assert cell_hashes(pa.array(["x"]), KEY)[0] != cell_hashes(pa.array(["x"]), bytes(16))[0]


def test_columns_matter_and_their_order_does_not(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "a": rng.integers(0, 5, 300),
            "b": rng.normal(size=300).round(3),
            "c": rng.choice(["x", "y", None], 300),
            "d": rng.random(300) < 0.5,
            "e": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 10**6, 300), "s"),
        }
    )
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_parquet(tmp_path / "t.parquet")
    found = []
    for name, names in (("t.csv", "abcde"), ("t.parquet", "edcba")):
        (batch,) = open_source(str(tmp_path / name)).raw_batches(list(names))
        found.append(row_hashes([(c, batch.column(c)) for c in names], KEY))
    assert np.array_equal(found[0], found[1])
    assert len(np.unique(found[0])) == 300
    swapped = row_hashes([("b", batch.column("a")), ("a", batch.column("b"))], KEY)
    assert not np.isin(swapped, row_hashes([(c, batch.column(c)) for c in "ab"], KEY)).any()
