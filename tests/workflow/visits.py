"""A table of visits: persons with several rows each, and a model of it."""

from pathlib import Path

import numpy as np
import pandas as pd

from synthcli.workflow.fit import run_fit
from synthcli.workflow.requests import FitRequest, SampleRequest
from synthcli.workflow.sample import run_sample

PERSONS, MOST = 2_000, 12
SCHEMA = """
name: visits
fields:
- {name: person, type: integer, "synthcli:role": unit, "synthcli:max-rows": 12}
- {name: sex, type: string, "synthcli:level": person, constraints: {enum: [f, m], required: true}}
- {name: age, type: integer, "synthcli:level": person, constraints: {minimum: 0, maximum: 99, required: true}}
- {name: group, type: string, "synthcli:level": person}
- {name: kind, type: string, constraints: {enum: [birth, ward, out], required: true}}
- {name: visit, type: string, "synthcli:role": surrogate, "synthcli:surrogate": {format: uuid}}
- {name: cost, type: number, "synthcli:decimals": 2, constraints: {minimum: 0, maximum: 900}}
- {name: stay, type: integer, constraints: {minimum: 0, maximum: 40, required: true}}
rules:
- {determines: {sex: group}, table: {f: women, m: men}}
- impossible: {sex: m, kind: birth}
- impossible: {age: {below: 15}, kind: birth}
"""


def table() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    sex, age = rng.choice(["f", "m"], PERSONS), rng.integers(0, 95, PERSONS)
    of_row = np.repeat(np.arange(PERSONS), np.minimum(1 + rng.poisson(np.where(sex == "f", 4.0, 1.5)), MOST))
    rows = pd.DataFrame({"person": of_row + 5_000, "sex": sex[of_row], "age": age[of_row]})
    rows["group"] = rows.sex.map({"f": "women", "m": "men"})
    births = (rows.sex == "f") & (rows.age >= 15) & (rng.random(len(rows)) < 0.4)
    rows["kind"] = np.where(births, "birth", rng.choice(["ward", "out"], len(rows)))
    rows["visit"] = [f"v{i}" for i in range(len(rows))]
    rows["cost"] = np.round(rng.uniform(0, 300, len(rows)) * np.where(rows.kind == "ward", 3, 1), 2)
    rows["stay"] = rng.poisson(3, len(rows))
    return rows.sample(frac=1, random_state=1)


def fitted(place: Path) -> Path:
    """The folder with the table `t.csv`, its schema `s.yaml`, and the model `m.synth`."""
    table().to_csv(place / "t.csv", index=False)
    (place / "s.yaml").write_text(SCHEMA)
    run_fit(fit_request(place))
    return place


def fit_request(place: Path, schema: str = "s.yaml", **more: object) -> FitRequest:
    settings: dict[str, object] = {
        "epsilon": "8",
        "max_rows_per_unit": 4,
        "ledger": str(place / "ledger.sqlite"),
        **more,
    }
    return FitRequest(data=str(place / "t.csv"), schema=place / schema, output=place / "m.synth", **settings)  # type: ignore[arg-type]


def sampled(place: Path, name: str, **more: object) -> pd.DataFrame:
    settings: dict[str, object] = {"seed": 4, "force": True, "ledger": str(place / "ledger.sqlite"), **more}
    run_sample(SampleRequest(model=place / "m.synth", output=str(place / name), **settings))  # type: ignore[arg-type]
    return pd.read_csv(place / name)
