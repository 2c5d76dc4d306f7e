"""The whole fit as a function of what was released: other rows, same released values, same questions, same model file.

The noise is replaced by a script: every OpenDP measurement keeps its privacy map (so that filter and odometer work as
ever) and its private computation, whose result is thrown away, and answers with what it would have said of a third
table. Two unlike tables must then be asked the very same questions, and give the very same model. No statistics, no
false alarms.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import opendp.prelude as dp
import pytest

from synthcli.artifact import save
from synthcli.engine.local import LocalEngine
from synthcli.mechanisms.names import MECHANISMS
from synthcli.privacy import noise
from synthcli.privacy import transformations as exactly
from synthcli.privacy.comparison import Comparison
from synthcli.privacy.curator import Candidate, Curator
from synthcli.privacy.exact import ExactCounts, View
from synthcli.table.source import open_source
from synthcli.workflow.fit import _learn
from synthcli.workflow.plan import plan_fit
from synthcli.workflow.requests import FitRequest, silent

SCHEMA = """
name: table
fields:
- {name: city, type: string}
- {name: level, type: number, constraints: {enum: ["1.5", "2.5"]}, "synthcli:observed": [categories]}
- {name: income, type: number}
- {name: age, type: integer, constraints: {minimum: 0, maximum: 70}}
- {name: day, type: date}
- {name: member, type: boolean}
"""


def _csv(rows: int, seed: int) -> str:
    """Unlike tables: other sizes, other ranges, other categories, other gaps."""
    rng = np.random.default_rng(seed)
    lines = ["city,level,income,age,day,member"]
    for _ in range(rows):
        city = f"city{seed}{rng.integers(seed + 2)}"
        income = "" if rng.random() < 0.1 * seed else f"{rng.normal(10**seed, 5):.{seed + 1}f}"
        date = f"{1950 + 20 * seed + rng.integers(9)}-0{1 + seed}-11"
        lines.append(f"{city},{seed}.5,{income},{rng.integers(30 * seed + 5)},{date},{'true' if seed else 'false'}")
    return "\n".join(lines) + "\n"


@dataclass
class Script:
    """The questions that were asked, and the third table that they are answered from."""

    table: ExactCounts
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    measurements: int = 0

    def noisy(self, query: dp.Transformation) -> np.ndarray:
        """Its counts, with noise that only the number of questions decides."""
        exact = np.asarray(query(self.table), dtype=np.int64)
        return exact + np.random.default_rng(len(self.asked)).integers(-9, 10, len(exact))


def _scripted(real: dp.Measurement, query: dp.Transformation, answer: Any) -> dp.Measurement:
    """A measurement of the same cost that computes on the rows, and answers by the script."""

    def function(exact: ExactCounts) -> Any:
        query(exact)
        return answer

    return dp.m.make_user_measurement(
        exactly.EXACT_COUNTS,
        exactly.ROWS,
        noise.APPROXIMATE_ZCDP,
        function=function,
        privacy_map=real.map,
        TO="ExtrinsicObject",
    )


def _described(monkeypatch: pytest.MonkeyPatch) -> dict[int, tuple[Any, ...]]:
    """By its identity, what every transformation was made of (and the transformation, which keeps the identity)."""
    described: dict[int, tuple[Any, ...]] = {}

    def describe(name: str, make: Callable[..., dp.Transformation]) -> None:
        def recorded(*arguments: Any) -> dp.Transformation:
            query = make(*arguments)
            described[id(query)] = (query, name, *map(_spelt, arguments))
            return query

        monkeypatch.setattr(exactly, name, recorded)

    for name, make in inspect.getmembers(exactly, inspect.isfunction):
        if inspect.signature(make).return_annotation is dp.Transformation:
            describe(name, make)
    return described


@contextmanager
def _replayed(table: ExactCounts, monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    """Record what becomes of every transformation, and answer from this table."""
    script, described = Script(table), _described(monkeypatch)
    real = {name: getattr(noise, name) for name in ("gaussian", "noisy_max", "keyed_counts", "together")}
    ask = Curator._ask

    def record(query: dp.Transformation, kind: str, *scales: float) -> None:
        script.asked.append((kind, *scales, *described[id(query)][1:]))

    def gaussian(query: dp.Transformation, sigma: float) -> dp.Measurement:
        record(query, "gaussian", sigma)
        return _scripted(real["gaussian"](query, sigma), query, script.noisy(query))

    def noisy_max(query: dp.Transformation, scale: float) -> dp.Measurement:
        record(query, "noisy max", scale)
        return _scripted(real["noisy_max"](query, scale), query, int(np.argmax(script.noisy(query))))

    def keyed_counts(query: dp.Transformation, scale: float, threshold: int) -> dp.Measurement:
        record(query, "keys", scale, threshold)
        keys = {key: count for key, count in query(table).items() if count > threshold}
        return _scripted(real["keyed_counts"](query, scale, threshold), query, keys)

    def together(queries: Sequence[dp.Measurement]) -> dp.Measurement:
        script.measurements += len(queries) - 1
        return real["together"](queries)

    def counted(curator: Curator, query: dp.Measurement) -> Any:
        script.measurements += 1
        return ask(curator, query)

    for replacement in (gaussian, noisy_max, keyed_counts, together):
        monkeypatch.setattr(noise, replacement.__name__, replacement)
    monkeypatch.setattr(Curator, "_ask", counted)
    yield script
    monkeypatch.undo()


def _spelt(argument: Any) -> Any:
    """An argument of a transformation as a value that can be compared."""
    if isinstance(argument, View):
        return argument.domain
    if isinstance(argument, Candidate):
        return argument.clique, argument.weight, argument.penalty, argument.estimate.tobytes()
    if isinstance(argument, Comparison):
        tables = argument.estimate(argument.cliques)
        return tuple((clique, tables[clique].tobytes()) for clique in argument.cliques)
    if isinstance(argument, np.ndarray):
        return argument.tobytes()
    return tuple(map(_spelt, argument)) if isinstance(argument, (list, tuple)) else argument


def _request(folder: Path, text: str, mechanism: str) -> FitRequest:
    (folder / "table.csv").write_text(text)
    (folder / "schema.yaml").write_text(SCHEMA)
    return FitRequest(
        data=str(folder / "table.csv"),
        schema=folder / "schema.yaml",
        output=folder / "model.synth",
        epsilon="5",
        delta="1e-6",
        mechanism=mechanism,
    )


def _fit(request: FitRequest, third: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Script, bytes]:
    """What was asked about these rows, and the bytes of the model file (its date left out)."""
    plan = plan_fit(request)
    with open_source(str(third)) as other, open_source(request.data) as source:
        table = ExactCounts(LocalEngine(other, plan.facts.schema))
        with _replayed(table, monkeypatch) as script:
            synthesizer = _learn(plan, source, None, silent)
    save(replace(synthesizer, statement=replace(synthesizer.statement, created="")), request.output)
    return script, request.output.read_bytes()


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_questions_and_model_depend_on_released_values_alone(
    mechanism: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    third = tmp_path / "third.csv"
    third.write_text(_csv(3000, 1))
    script, model = _fit(_request(tmp_path, _csv(300, 0), mechanism), third, monkeypatch)
    other_script, other_model = _fit(_request(tmp_path, _csv(7, 2), mechanism), third, monkeypatch)
    assert len(script.asked) == script.measurements, "every question is recorded"
    assert {"keys", "gaussian"} <= {kind for kind, *_ in script.asked}
    for place, (one, other) in enumerate(zip(script.asked, other_script.asked, strict=True)):
        assert one == other, f"question {place} depends on the rows"
    assert model == other_model
