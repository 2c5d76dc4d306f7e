"""Columns in which missing values are no more than noise are complete; those in which they are clear keep them."""

from math import exp, pi, sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.artifact import load
from synthcli.marginal import Domain, Measurement
from synthcli.mechanisms.complete import complete
from synthcli.mechanisms.interface import Fit
from synthcli.mechanisms.resolution import COMPLETE, is_noise, refined
from synthcli.pgm.estimation import estimate
from synthcli.table.schema import Schema
from synthcli.table.schema_file import parse_schema
from synthcli.workflow.fit import run_fit
from synthcli.workflow.learn import _free_gaps
from synthcli.workflow.requests import FitRequest, SampleRequest
from synthcli.workflow.sample import run_sample

DOMAIN = Domain(("a", "b"), (3, 3))
PAIR = np.array([[300, 100, 4], [100, 480, 60], [8, 3, 2]])
SIGMA = 10.0


def _fitted() -> Fit:
    """Of a, 13 rows are missing, by noise of 10; of b, 66."""
    measured = (
        Measurement(("a",), PAIR.sum(axis=1), SIGMA),
        Measurement(("b",), PAIR.sum(axis=0), SIGMA),
        Measurement(("a", "b"), PAIR, SIGMA),
    )
    return Fit(model=estimate(DOMAIN, measured), measurements=measured)


def test_what_is_noise_goes_and_the_rest_stays_in_proportion() -> None:
    before = _fitted()
    after = complete(before, {"a": 2, "b": 2})
    a, b = after.model.marginal(("a",)), after.model.marginal(("b",))
    assert a[2] < 1e-15 * a.sum() and b[2] > 50
    assert a.sum() == pytest.approx(before.model.total)
    whole, rest = (fit.model.marginal(("a", "b"))[:2] for fit in (before, after))
    assert rest / rest.sum() == pytest.approx(whole / whole.sum(), rel=1e-9)
    assert after.measurements is before.measurements
    untouched = complete(_fitted(), {"b": 2}).model.marginal(("a",))
    assert untouched == pytest.approx(before.model.marginal(("a",)))


@given(st.integers(0, 400), st.floats(0.5, 200.0), st.integers(500, 10**6))
def test_the_bar_is_that_of_bayes(missing: int, stddev: float, rows: int) -> None:
    """Against the two densities themselves: a normal count of none, and any share up to a half."""
    measured = Measurement(("a",), np.array([rows, missing]), stddev)
    none = COMPLETE * exp(-(missing**2) / (2 * stddev**2)) / (stddev * sqrt(2 * pi))
    some = 1.0 / ((rows + missing) / 2.0)
    if abs(none / some - 1.0) > 1e-9 and rows + missing > stddev:
        assert is_noise(measured, 1) == (none > some)


def test_of_a_merged_code_the_missing_value_has_no_odds() -> None:
    """A rare category and a missing value in one code; where both are noise, they share it."""
    domain = Domain(("a",), (4,), gaps={"a": 3})
    groups = {"a": np.array([0, 1, 2, 2])}
    noise, clear = (Measurement(("a",), np.array([900, 800, 25, n]), SIGMA) for n in (20, 60))
    assert refined(groups, [noise], domain)["a"].weights.tolist() == [1, 1, 1, 0]
    assert refined(groups, [clear], domain)["a"].weights[3] > 0
    alone = refined({"a": np.array([0, 1, 1, 2])}, [noise], domain)["a"]
    assert alone.weights[3] > 0, "a group has odds"


def test_rules_that_speak_of_missing_values_have_the_last_word() -> None:
    fields = ", ".join(f'{{"name": "{name}", "type": "boolean"}}' for name in ("left", "sex", "age"))
    rule = '{"missing": {"column": "left", "when": {"sex": [true]}}}'
    text = f'{{"fields": [{fields}], "synthcli:name": "t", "rules": [{rule}]}}'
    schema: Schema = parse_schema(text, "here", is_json=True)

    class Codec:
        domain = Domain(("left", "sex", "age"), (3, 3, 3), gaps={"left": 2, "sex": 2, "age": 2})

    assert _free_gaps(Codec(), schema) == {"age": 2}  # type: ignore[arg-type]
    assert _free_gaps(Codec(), schema, ["age"]) == {}  # type: ignore[arg-type]


def test_complete_columns_come_back_complete(tmp_path: Path) -> None:
    """50,000 rows at epsilon 20: a complete column keeps missing values once in 300,000 fits. `some` misses 2 %."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"n": rng.integers(0, 500, 50_000), "x": rng.gamma(2.0, 9.0, 50_000).round(2)})
    table["word"] = rng.choice(["a", "b", "c"], 50_000)
    table["some"] = np.where(rng.random(50_000) < 0.02, None, rng.choice(["u", "v"], 50_000))
    table.to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "s.yaml").write_text(
        "{name: t, fields: [{name: n, type: integer}, {name: x, type: number}, {name: word, type: string}, "
        "{name: some, type: string}]}"
    )
    model, ledger = tmp_path / "m.synth", str(tmp_path / "ledger.sqlite")
    run_fit(
        FitRequest(data=str(tmp_path / "t.csv"), schema=tmp_path / "s.yaml", output=model, epsilon="20", ledger=ledger)
    )
    run_sample(SampleRequest(model=model, output=str(tmp_path / "y.csv")))
    drawn = pd.read_csv(tmp_path / "y.csv")
    assert drawn[["n", "x", "word"]].notna().all(axis=None)
    assert drawn["n"].dtype == np.int64
    assert drawn["some"].isna().mean() == pytest.approx(table["some"].isna().mean(), abs=0.002)
    assert load(model).model.marginal(("n",)).sum() == pytest.approx(50_000, rel=0.01)
