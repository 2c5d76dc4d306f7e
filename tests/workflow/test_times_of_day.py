"""Times of day, from a CSV file to rows: their shape, their unit, rules and conditions."""

from datetime import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.stats import ks_2samp

from synthcli.artifact import load
from synthcli.conditional import subpopulation
from synthcli.workflow.fit import run_fit
from synthcli.workflow.requests import FitRequest, SampleRequest
from synthcli.workflow.sample import run_sample

ROWS = 6_000
SCHEMA = """
name: visits
fields:
- {name: arrive, type: time, format: "%H:%M"}
- {name: leave, type: time, format: "%H:%M", constraints: {required: true}}
- {name: at, type: time, format: "%I:%M %p", constraints: {required: true}}
- {name: ward, type: string, constraints: {enum: [day, night], required: true}}
rules:
- order: [arrive, leave]
"""


def _visits() -> pd.DataFrame:
    """Arrivals round nine, stays of up to four hours; appointments at full quarters, and a third of them at noon."""
    rng = np.random.default_rng(0)
    arrive = np.clip(rng.normal(540, 90, ROWS), 0, 1_100).astype(int)
    leave = arrive + rng.integers(0, 240, ROWS)
    at = np.where(rng.random(ROWS) < 1 / 3, 720, 15 * rng.integers(32, 72, ROWS))
    rows = pd.DataFrame({"arrive": _spelt(arrive, "%H:%M"), "leave": _spelt(leave, "%H:%M")})
    rows["at"], rows["ward"] = _spelt(at, "%I:%M %p"), np.where(leave > 660, "night", "day")
    rows.loc[rng.random(ROWS) < 0.1, "arrive"] = None
    return rows


def _spelt(minutes: np.ndarray, pattern: str) -> list[str]:
    return list((pd.Timestamp(0) + pd.to_timedelta(minutes, unit="min")).strftime(pattern))


def _minutes(text: pd.Series, pattern: str) -> pd.Series:
    told = pd.to_datetime(text, format=pattern)
    return told.dt.hour * 60 + told.dt.minute


@pytest.fixture(scope="module", params=["sieve", "mst"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("times")
    _visits().to_csv(place / "t.csv", index=False)
    (place / "s.yaml").write_text(SCHEMA)
    run_fit(
        FitRequest(
            data=str(place / "t.csv"),
            schema=place / "s.yaml",
            output=place / "m.synth",
            epsilon="5",
            mechanism=request.param,
            ledger=str(place / "ledger.sqlite"),
        )
    )
    run_sample(SampleRequest(model=place / "m.synth", output=str(place / "y.csv"), rows=ROWS, seed=1))
    return place


def test_written_times_are_those_of_the_table(folder: Path) -> None:
    real, drawn = (pd.read_csv(folder / name, dtype=str) for name in ("t.csv", "y.csv"))
    for name, pattern in (("arrive", "%H:%M"), ("leave", "%H:%M"), ("at", "%I:%M %p")):
        ours, theirs = (_minutes(rows[name], pattern) for rows in (real, drawn))
        assert ks_2samp(ours.dropna(), theirs.dropna(), method="asymp").statistic < 0.05
        assert abs(ours.isna().mean() - theirs.isna().mean()) < 0.02
    at = _minutes(drawn["at"], "%I:%M %p")
    assert np.mean(at == 720) == pytest.approx(1 / 3, abs=0.05)
    assert np.all(at % 15 == 0)


def test_rules_hold_and_other_columns_follow(folder: Path) -> None:
    drawn = pd.read_csv(folder / "y.csv", dtype=str)
    arrive, leave = (_minutes(drawn[name], "%H:%M") for name in ("arrive", "leave"))
    both = arrive.notna()
    assert both.sum() > 5_000 and (arrive[both] <= leave[both]).all()
    assert np.mean((drawn["ward"] == "night") == (leave > 660)) > 0.9


def test_a_condition_names_times(folder: Path) -> None:
    """In the column's own spelling, or in ISO 8601."""
    found = subpopulation(load(folder / "m.synth"), "at == '12:00 PM' or at > '16:01' and ward == 'day'")
    real = pd.read_csv(folder / "t.csv", dtype=str)
    at = _minutes(real["at"], "%I:%M %p")
    met = (at == 720) | (at > 961) & (real["ward"] == "day")
    assert found.probability == pytest.approx(met.mean(), abs=0.05)
    rows = pa.Table.from_batches(list(found.sample(500, np.random.default_rng(0)))).to_pylist()
    assert all(row["at"] == time(12) or (row["at"] > time(16, 1) and row["ward"] == "day") for row in rows)
