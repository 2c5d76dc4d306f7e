"""Conditions on dates of which a weekday is modelled: it counts, and so does what other columns have to do with it."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from synthcli.conditional import subpopulation
from synthcli.errors import UsageError
from synthcli.pgm.markov_random_field import MarkovRandomField
from synthcli.synthesizer import PrivacyStatement, Synthesizer
from synthcli.table.calendar import Part, PartEncoder
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.encoders import CategoryEncoder, GridEncoder
from synthcli.table.schema import Column, Kind, Schema

MONDAY = 19_058  # 7 March 2022
STATEMENT = PrivacyStatement(
    dataset="t", epsilon=1.0, delta=1e-9, rho=0.1, key_delta=0.0, mechanism="sieve", spends=(), created="2026-01-01"
)


def _release() -> Synthesizer:
    """Two periods of four and two weeks; few Saturdays, no Sundays; on Mondays alone kind a."""
    grid = GridEncoder(type=Kind.DATE, edges=np.array([MONDAY, MONDAY + 28, MONDAY + 42]), decimals=None, missing=False)
    weekday = PartEncoder(part=Part.WEEKDAY, type=Kind.DATE, missing=False)
    kind = CategoryEncoder(values=("a", "b"), type=Kind.STRING, missing=False, other=False)
    codec = Codec(
        (
            ColumnCodec("day", grid),
            ColumnCodec("day (weekday)", weekday, part_of="day"),
            ColumnCodec("kind", kind),
        )
    )
    with np.errstate(divide="ignore"):
        days = np.log([[4.0, 4, 4, 4, 4, 1, 0], [2, 2, 2, 2, 2, 0, 0]])
        kinds = np.log([[1.0, 0.0], *[[0.0, 1.0]] * 6])
    potentials = {("day", "day (weekday)"): days, ("day (weekday)", "kind"): kinds}
    columns = (
        Column(name="day", kind=Kind.DATE, required=True),
        Column(name="kind", kind=Kind.STRING, categories=("a", "b"), required=True),
    )
    return Synthesizer(
        schema=Schema(name="t", columns=columns),
        codec=codec,
        model=MarkovRandomField(codec.domain, potentials, 900.0),
        measurements=(),
        statement=STATEMENT,
    )


@pytest.mark.parametrize(
    ("where", "probability", "share"),
    [
        ("day == '2022-03-07'", 1 / 31, 1.0),
        ("day == '2022-03-08'", 1 / 31, 0.0),
        ("day == '2022-03-12'", 0.25 / 31, 0.0),
        ("'2022-03-07' <= day < '2022-03-14'", 5.25 / 31, 1 / 5.25),
        ("day < '2022-04-04'", 21 / 31, 4 / 21),
        ("day >= '2022-04-11' and kind == 'b'", 4 / 31, 0.0),
        ("day in ('2022-03-13', '2022-04-12')", 1 / 31, 0.0),
    ],
)
def test_days_are_as_likely_as_their_weekdays(where: str, probability: float, share: float) -> None:
    """Rows are rounded to within one a cell of the model."""
    found = subpopulation(_release(), where)
    assert found.probability == pytest.approx(probability, rel=1e-6)
    rows = pa.Table.from_batches(list(found.sample(2_100, np.random.default_rng(1)))).to_pylist()
    assert sum(row["kind"] == "a" for row in rows) / 2_100 == pytest.approx(share, abs=0.02)
    assert all((row["kind"] == "a") == (row["day"].weekday() == 0) for row in rows), "weekdays go with kinds"
    assert not any(row["day"].weekday() == 6 for row in rows)
    assert min(row["day"] for row in rows) >= date(2022, 3, 7)


def test_a_day_that_its_weekday_excludes_is_refused() -> None:
    with pytest.raises(UsageError, match="its probability is zero"):
        subpopulation(_release(), "day == '2022-03-13'")
