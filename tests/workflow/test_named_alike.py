"""Columns that are called as the part of a date is: both are modelled, in a table of rows as in one of persons."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synthcli.artifact import load
from synthcli.workflow.fit import run_fit
from synthcli.workflow.requests import FitRequest, SampleRequest
from synthcli.workflow.sample import run_sample

SCHEMA = """
name: visits
fields:
- {name: person, type: integer, "synthcli:role": unit}
- {name: born, type: date, "synthcli:level": person, constraints: {required: true}}
- {name: born (month), type: string, constraints: {enum: [early, late], required: true}}
- {name: born (weekday), type: integer, "synthcli:role": drop}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everybody is born in spring, on a Monday to Thursday; the other column is about something else."""
    place = tmp_path_factory.mktemp("alike")
    rng = np.random.default_rng(5)
    days = pd.date_range("1960-01-01", "1999-12-31")
    days = days[(days.month <= 5) & (days.month >= 3) & (days.day_of_week < 4)]
    born = rng.choice(days.strftime("%Y-%m-%d"), 3_000)
    rows = pd.DataFrame({"person": np.repeat(np.arange(3_000), 2), "born": np.repeat(born, 2)})
    rows["born (month)"] = rng.choice(["early", "late"], len(rows), p=[0.8, 0.2])
    rows["born (weekday)"] = 0
    rows.to_csv(place / "t.csv", index=False)
    (place / "s.yaml").write_text(SCHEMA)
    return place


@pytest.mark.parametrize("persons", [False, True])
def test_a_column_called_as_a_part_of_a_date(persons: bool, folder: Path) -> None:
    model = folder / f"{persons}.synth"
    request = FitRequest(
        data=str(folder / "t.csv"),
        schema=folder / "s.yaml",
        output=model,
        epsilon="40",
        max_rows_per_unit=2,
        persons=persons,
        ledger=str(folder / "ledger.sqlite"),
    )
    run_fit(request)
    codec = load(model).codec
    parts = {c.name for c in codec.columns if c.part_of == "born"}
    assert parts == {"born (month)*", "born (weekday)*"}, "no attribute is called as a column of the file is"
    run_sample(SampleRequest(model=model, output=str(folder / "s.csv"), rows=2_000, seed=1, force=True))
    drawn = pd.read_csv(folder / "s.csv", parse_dates=["born"])
    assert set(drawn["born (month)"]) == {"early", "late"} and (drawn["born (month)"] == "early").mean() > 0.7
    assert drawn.born.dt.month.between(3, 5).mean() > 0.9 and (drawn.born.dt.day_of_week < 4).mean() > 0.9
