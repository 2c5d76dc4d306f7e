"""How long it takes from one date to a later one, in rows that a fit and a model file give.

Bounds are about three times the largest of what six fits of each kind showed.
"""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from synthcli.artifact import load
from synthcli.conditional import subpopulation
from synthcli.errors import UsageError
from synthcli.row_chance import RowChance
from synthcli.synthesizer import Synthesizer
from synthcli.table.cuts import beginnings
from synthcli.workflow.fit import run_fit
from synthcli.workflow.plan import plan_fit
from synthcli.workflow.requests import FitRequest

ROWS = 8_000
SCHEMA = """
name: stays
fields:
- {{name: discharge, type: {kind}}}
- {{name: kind, type: string, constraints: {{enum: [short, long], required: true}}}}
- {{name: admission, type: {kind}, constraints: {{required: true}}}}
rules:
- order: [admission, discharge]
"""


def _stays(kind: str) -> pd.DataFrame:
    """Two years of stays of two lengths; nobody leaves on a Sunday, most leave before noon, some have not left."""
    rng = np.random.default_rng(4)
    long = rng.random(ROWS) < 0.3
    begin = pd.Timestamp("2021-01-04") + pd.to_timedelta(rng.integers(0, 728, ROWS), unit="D")
    days = np.floor(rng.lognormal(np.where(long, 2.5, 0.7), 0.6)).astype(int)
    end = begin + pd.to_timedelta(days, unit="D")
    end += pd.to_timedelta((end.day_of_week == 6).astype(int), unit="D")
    if kind == "datetime":
        arrived = rng.integers(0, 20, ROWS)
        begin += pd.to_timedelta(arrived, unit="h")
        end += pd.to_timedelta(
            np.where(days > 0, rng.integers(9, 12, ROWS), arrived + rng.integers(1, 4, ROWS)), unit="h"
        )
    table = pd.DataFrame({"discharge": end, "kind": np.where(long, "long", "short"), "admission": begin})
    table.loc[rng.random(ROWS) < 0.1, "discharge"] = None
    return table


@pytest.fixture(scope="module", params=["date", "datetime"])
def release(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Synthesizer]:
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "schema.yaml").write_text(SCHEMA.format(kind=request.param))
    _stays(request.param).to_csv(folder / "t.csv", index=False)
    asked = FitRequest(
        data=str(folder / "t.csv"),
        schema=folder / "schema.yaml",
        output=folder / "m.synth",
        epsilon="4",
        delta="1e-6",
        ledger=folder / "ledger.sqlite",
    )
    assert plan_fit(asked).learnt["discharge"][-1] == "duration"
    run_fit(asked)
    return request.param, load(folder / "m.synth")


def _drawn(synthesizer: Synthesizer, seed: int = 1) -> pa.Table:
    return pa.Table.from_batches(list(synthesizer.sample(ROWS, np.random.default_rng(seed))))


def _distance(real: pd.Series, synthetic: pd.Series) -> float:
    """Kolmogorov–Smirnov."""
    every = np.concatenate([real, synthetic])
    below = [np.searchsorted(np.sort(values), every, side="right") / len(values) for values in (real, synthetic)]
    return float(np.abs(below[0] - below[1]).max())


def _days(table: pd.DataFrame) -> pd.Series:
    apart = (table["discharge"] - table["admission"]).dropna()
    return apart.dt.total_seconds() / 86_400


def _frame(table: pa.Table) -> pd.DataFrame:
    frame = table.to_pandas()
    return frame.assign(**{name: pd.to_datetime(frame[name]).dt.as_unit("us") for name in ("admission", "discharge")})


def test_stays_are_as_long_as_they_were(release: tuple[str, Synthesizer]) -> None:
    kind, synthesizer = release
    real, drawn = _stays(kind), _frame(_drawn(synthesizer))
    assert _days(drawn).min() >= 0
    assert _distance(_days(real), _days(drawn)) < 0.06
    for sort in ("short", "long"):
        apart = (_days(table[table["kind"] == sort]) for table in (real, drawn))
        assert _distance(*apart) < 0.15
    for name in ("admission", "discharge"):
        assert _distance(real[name].dropna().astype(int), drawn[name].dropna().astype(int)) < 0.03
        weekdays = (table[name].dt.day_of_week.value_counts(normalize=True) for table in (real, drawn))
        assert np.subtract(*(shares.reindex(range(7), fill_value=0) for shares in weekdays)).abs().max() < 0.05
        assert drawn[name].isna().mean() == pytest.approx(real[name].isna().mean(), abs=0.01)
    if kind == "datetime":
        before_noon = (table["discharge"].dt.hour.between(9, 11).mean() for table in (real, drawn))
        assert np.subtract(*before_noon) == pytest.approx(0, abs=0.07)


def test_the_seed_gives_the_rows_again_and_each_could_be_drawn(release: tuple[str, Synthesizer]) -> None:
    _, synthesizer = release
    rows = _drawn(synthesizer, 2)
    assert rows.equals(_drawn(synthesizer, 2))
    chance = RowChance(synthesizer).log_density(rows.combine_chunks().to_batches()[0])
    assert np.mean(np.isfinite(chance)) > 0.98, "a few have another weekday or hour than was drawn for them"
    assert np.all(chance[np.isfinite(chance)] < 0)


def test_conditions_hold_where_the_codes_of_a_date_begin(release: tuple[str, Synthesizer]) -> None:
    kind, synthesizer = release
    start = beginnings(next(c for c in synthesizer.codec.columns if c.name == "discharge"))[2]
    found = subpopulation(synthesizer, f"discharge >= '{start}' and kind == 'long'")
    drawn = pa.Table.from_batches(list(found.sample(500, np.random.default_rng(0)))).to_pandas()
    assert (drawn["kind"] == "long").all()
    assert (pd.to_datetime(drawn["discharge"]) >= pd.Timestamp(start)).all()
    assert (pd.to_datetime(drawn["discharge"]) >= pd.to_datetime(drawn["admission"])).all()
    with pytest.raises(UsageError, match="in order"):
        subpopulation(synthesizer, "weekday(discharge) == 'Monday'" if kind == "date" else "hour(discharge) == 9")
