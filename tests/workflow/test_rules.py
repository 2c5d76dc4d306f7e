"""No written row breaks a rule: random rules, random dirty tables, the real fit, CSV and Parquet, a plain checker."""

import csv
import random
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synthcli.errors import InputError
from synthcli.workflow.fit import run_fit
from synthcli.workflow.plan import plan_fit
from synthcli.workflow.requests import FitRequest, SampleRequest
from synthcli.workflow.sample import run_sample

FIELDS = """\
name: stays
fields:
  - {name: sex, type: string, constraints: {enum: [male, female], required: true}}
  - {name: pregnant, type: boolean, trueValues: ["yes"], falseValues: ["no"]}
  - {name: age, type: integer, constraints: {minimum: 0, maximum: 40}}
  - {name: visits, type: integer}
  - {name: low, type: number, "synthcli:decimals": 1}
  - {name: high, type: number, "synthcli:decimals": 1, constraints: {minimum: -5, maximum: 5}}
  - {name: free, type: number}
  - {name: other, type: number}
  - {name: admitted, type: date, format: "%d.%m.%Y"}
  - {name: moved, type: date, constraints: {required: true}}
  - {name: left, type: date, constraints: {minimum: "2020-01-01", maximum: "2020-03-31"}}
  - {name: begun, type: datetime, format: "%Y-%m-%d %H:%M"}
  - {name: ended, type: datetime, format: "%d/%m/%Y %H:%M"}
  - {name: total, type: number, "synthcli:decimals": 2}
  - {name: label, type: string}
rules:
"""
RULES = [
    "{impossible: {sex: male, pregnant: yes}}",
    "{impossible: {age: {below: 12}, pregnant: true}}",
    "{impossible: {age: {from: 5, below: 9}}}",
    "{impossible: {visits: [0, 3], sex: female}}",
    "{impossible: {low: {from: 0.5}, visits: {from: 2}, sex: male}}",
    "{impossible: {high: {from: 5}}}",
    "{impossible: {free: {from: 0.25, below: 0.75}, moved: {below: 2020-02-01}}}",
    "{impossible: {left: {missing: true}, age: {from: 30}}}",
    "{missing: {column: left, when: {sex: [male]}, only: true}}",
    "{missing: {column: left, when: {pregnant: no, visits: {from: 1}}}}",
    "{missing: {column: other, when: {begun: {from: 2020-01-15T00:00:00}}, only: true}}",
    "{order: [admitted, moved, left]}",
    "{order: [moved, left], strict: true}",
    "{order: [admitted, moved], strict: true}",
    "{order: [low, high]}",
    "{order: [high, low], strict: true}",
    "{order: [age, visits]}",
    "{order: [visits, age], strict: true}",
    "{order: [free, other], strict: true}",
    "{order: [begun, ended]}",
    "{order: [begun, ended], strict: true}",
    "{sum: {total: [low, high]}}",
    "{sum: {total: [low, age, visits]}}",
    "{determines: {sex: label}, table: {male: M, female: ''}}",
    "{determines: {age: label}, table: {'1': one, '2': two, '30': many}}",
]
DATES = {"admitted": "%d.%m.%Y", "moved": "%Y-%m-%d", "left": "%Y-%m-%d"}
TIMES = {"begun": "%Y-%m-%d %H:%M", "ended": "%d/%m/%Y %H:%M"}
NUMBERS = ("low", "high", "free", "other", "total")


def _table(seed: int, rows: int) -> str:
    """A dirty table: every column on its own, many missing values; spans that hardly meet in some of the tables."""
    draw = random.Random(seed)
    shift, spread = draw.choice([0, 40]), draw.choice([3, 80])
    lines = ["sex,pregnant,age,visits,low,high,free,other,admitted,moved,left,begun,ended,total,label"]
    for _ in range(rows):
        day = date.fromordinal(date(2020, 1, 1).toordinal() + shift + draw.randrange(spread))
        again = date.fromordinal(date(2020, 1, 1).toordinal() + draw.randrange(90))
        cells = [
            draw.choice(["male", "female"]),
            draw.choice(["yes", "no", ""]),
            str(draw.randint(0, 40)),
            str(int(draw.gammavariate(1, spread))),
            f"{draw.gauss(shift / 10, 2):.1f}",
            f"{max(-5.0, min(5.0, draw.gauss(0, 2))):.1f}",
            draw.choice(["0.25", "0.75", f"{draw.random():.4f}"]),
            str(draw.random() + shift),
            day.strftime("%d.%m.%Y"),
            draw.choice([day, again]).isoformat(),
            again.isoformat(),
            f"{again.isoformat()} {draw.randrange(24):02}:{draw.randrange(60):02}",
            f"{day.strftime('%d/%m/%Y')} {draw.randrange(24):02}:{draw.randrange(60):02}",
            "",
            "x",
        ]
        kept = [c if i in (0, 9, 14) or draw.random() < 0.85 else "" for i, c in enumerate(cells)]
        lines.append(",".join(kept))
    return "\n".join(lines) + "\n"


def _from_csv(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    with path.open(newline="") as file:
        for raw in csv.DictReader(file):
            row: dict[str, Any] = {name: text or None for name, text in raw.items()}
            for name, text in row.items():
                if text is None:
                    continue
                if name in DATES:
                    row[name] = datetime.strptime(text, DATES[name]).date()
                elif name in TIMES:
                    row[name] = datetime.strptime(text, TIMES[name])
                elif name in NUMBERS:
                    row[name] = Decimal(text)
                elif name in ("age", "visits"):
                    row[name] = int(text)
                elif name == "pregnant":
                    row[name] = {"yes": True, "no": False}[text]
            rows.append(row)
    return rows


def _from_parquet(path: Path) -> list[dict[str, Any]]:
    rows = parquet.read_table(path).to_pylist()
    for row in rows:
        for name in NUMBERS:
            row[name] = None if row[name] is None else Decimal(repr(row[name]))
    return rows


def _is(row: dict[str, Any], name: str, *values: object) -> bool:
    return row[name] is not None and row[name] in values


def _in(row: dict[str, Any], name: str, low: Any = None, high: Any = None) -> bool:
    value = row[name]
    return value is not None and (low is None or value >= low) and (high is None or value < high)


def _rise(row: dict[str, Any], *names: str, strict: bool = False) -> bool:
    there = [row[name] for name in names if row[name] is not None]
    return all(a < b if strict else a <= b for i, a in enumerate(there) for b in there[i + 1 :])


def _add_up(row: dict[str, Any], *names: str) -> bool:
    parts = [row[name] for name in names]
    return row["total"] == (None if None in parts else sum(map(Decimal, parts)))


_D, _HALF, _THREE_QUARTERS = Decimal, Decimal("0.5"), Decimal("0.75")
CHECKS = [
    lambda r: not (_is(r, "sex", "male") and _is(r, "pregnant", True)),
    lambda r: not (_in(r, "age", high=12) and _is(r, "pregnant", True)),
    lambda r: not _in(r, "age", 5, 9),
    lambda r: not (_is(r, "visits", 0, 3) and _is(r, "sex", "female")),
    lambda r: not (_in(r, "low", _HALF) and _in(r, "visits", 2) and _is(r, "sex", "male")),
    lambda r: not _in(r, "high", 5),
    lambda r: not (_in(r, "free", _D("0.25"), _THREE_QUARTERS) and _in(r, "moved", high=date(2020, 2, 1))),
    lambda r: not (r["left"] is None and _in(r, "age", 30)),
    lambda r: (r["left"] is None) == _is(r, "sex", "male"),
    lambda r: not (_is(r, "pregnant", False) and _in(r, "visits", 1)) or r["left"] is None,
    lambda r: (r["other"] is None) == _in(r, "begun", datetime(2020, 1, 15)),
    lambda r: _rise(r, "admitted", "moved", "left"),
    lambda r: _rise(r, "moved", "left", strict=True),
    lambda r: _rise(r, "admitted", "moved", strict=True),
    lambda r: _rise(r, "low", "high"),
    lambda r: _rise(r, "high", "low", strict=True),
    lambda r: _rise(r, "age", "visits"),
    lambda r: _rise(r, "visits", "age", strict=True),
    lambda r: _rise(r, "free", "other", strict=True),
    lambda r: _rise(r, "begun", "ended"),
    lambda r: _rise(r, "begun", "ended", strict=True),
    lambda r: _add_up(r, "low", "high"),
    lambda r: _add_up(r, "low", "age", "visits"),
    lambda r: r["label"] == {"male": "M"}.get(r["sex"]),
    lambda r: r["label"] == {1: "one", 2: "two", 30: "many"}.get(r["age"]),
]


@settings(max_examples=14, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(
    chosen=st.lists(st.integers(0, len(RULES) - 1), min_size=1, max_size=7, unique=True),
    seed=st.integers(0, 10**6),
    mechanism=st.sampled_from(["sieve", "mst", "independent"]),
    epsilon=st.sampled_from(["0.5", "20"]),
)
def test_no_written_row_breaks_a_rule(
    tmp_path_factory: pytest.TempPathFactory, chosen: list[int], seed: int, mechanism: str, epsilon: str
) -> None:
    folder = tmp_path_factory.mktemp("rules")
    (folder / "t.csv").write_text(_table(seed, 300))
    (folder / "s.yaml").write_text(FIELDS + "".join(f"  - {RULES[i]}\n" for i in chosen))
    request = FitRequest(
        data=str(folder / "t.csv"),
        schema=folder / "s.yaml",
        output=folder / "m.synth",
        epsilon=epsilon,
        mechanism=mechanism,
        ledger=str(folder / "ledger"),
    )
    try:
        plan_fit(request)
    except InputError as refused:
        assert any(
            word in " ".join(refused.details) for word in ("circle", "two rules", "follows from others", "no row")
        )
        return
    run_fit(request)
    for ending, read in ((".csv", _from_csv), (".parquet", _from_parquet)):
        place = folder / f"out{ending}"
        run_sample(SampleRequest(model=request.output, output=str(place), rows=3000, seed=seed))
        rows = read(place)
        assert len(rows) == 3000
        for i in chosen:
            assert all(CHECKS[i](row) for row in rows), RULES[i]
