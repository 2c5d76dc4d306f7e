"""The whole fit as a function of what was released: other rows, same released values, same questions, same model file.

The noise is replaced by a script: every OpenDP measurement keeps its privacy map (so that filter and odometer work as
ever) and its private computation, whose result is thrown away, and answers with values that depend on nothing but how
many questions were asked before. Two unlike tables must then be asked the very same questions, and give the very same
model. No statistics, no false alarms.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import opendp.prelude as dp
import pytest

from synthcli.artifact import save
from synthcli.mechanisms.names import MECHANISMS
from synthcli.privacy import noise
from synthcli.privacy import transformations as exactly
from synthcli.privacy.curator import Curator
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
- {name: age, type: integer, constraints: {minimum: 0, maximum: 120}}
- {name: day, type: date}
- {name: member, type: boolean}
"""
KEYS = {"city": ("Aachen", "Bonn"), "level": ("1.5", "2.5", "4.0")}


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
    """The questions that were asked, and the answers that they get."""

    asked: list[tuple[Any, ...]] = field(default_factory=list)
    measurements: int = 0

    def answers(self, size: int) -> np.ndarray:
        """Counts with some mass in few cells, as a table of about a thousand rows has them."""
        rng = np.random.default_rng(len(self.asked))
        return np.rint(rng.normal(0, 3, size) + 1000 * rng.dirichlet(np.full(size, 0.3))).astype(np.int64)


def _scripted(real: dp.Measurement, answer: Callable[[Any], Any]) -> dp.Measurement:
    """A measurement of the same cost that answers by the script, whatever the rows are."""
    return dp.m.make_user_measurement(
        exactly.EXACT_COUNTS,
        exactly.ROWS,
        noise.APPROXIMATE_ZCDP,
        function=answer,
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
def _replayed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    """Record what becomes of every transformation, and answer by the script."""
    script, described = Script(), _described(monkeypatch)
    real = {name: getattr(noise, name) for name in ("gaussian", "noisy_max", "keyed_counts")}
    ask = Curator._ask

    def record(query: dp.Transformation, kind: str, *scales: float) -> int:
        script.asked.append((kind, *scales, *described[id(query)][1:]))
        return len(script.asked)

    def gaussian(query: dp.Transformation, sigma: float) -> dp.Measurement:
        record(query, "gaussian", sigma)
        return _scripted(real["gaussian"](query, sigma), lambda exact: script.answers(len(query(exact))))

    def noisy_max(query: dp.Transformation, scale: float) -> dp.Measurement:
        place = record(query, "noisy max", scale)
        return _scripted(real["noisy_max"](query, scale), lambda exact: 7919 * place % len(query(exact)))

    def keyed_counts(query: dp.Transformation, scale: float, threshold: int) -> dp.Measurement:
        record(query, "keys", scale, threshold)
        keys = {key.encode().hex(): threshold + 100 * len(key) for key in KEYS[described[id(query)][2]]}
        return _scripted(real["keyed_counts"](query, scale, threshold), lambda exact: query(exact) and keys)

    def counted(curator: Curator, query: dp.Measurement) -> Any:
        script.measurements += 1
        return ask(curator, query)

    for replacement in (gaussian, noisy_max, keyed_counts):
        monkeypatch.setattr(noise, replacement.__name__, replacement)
    monkeypatch.setattr(Curator, "_ask", counted)
    yield script
    monkeypatch.undo()


def _spelt(argument: Any) -> Any:
    """An argument of a transformation as a value that can be compared."""
    if isinstance(argument, exactly.View):
        return argument.domain
    if isinstance(argument, exactly.Candidate):
        return argument.clique, argument.weight, argument.penalty, argument.estimate.tobytes()
    if isinstance(argument, np.ndarray):
        return argument.tobytes()
    return tuple(map(_spelt, argument)) if isinstance(argument, (list, tuple)) else argument


def _fit(folder: Path, text: str, mechanism: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Script, bytes]:
    """What was asked about these rows, and the bytes of the model file (its date left out)."""
    (folder / "table.csv").write_text(text)
    (folder / "schema.yaml").write_text(SCHEMA)
    request = FitRequest(
        data=str(folder / "table.csv"),
        schema=folder / "schema.yaml",
        output=folder / "model.synth",
        epsilon="1",
        delta="1e-6",
        mechanism=mechanism,
    )
    with _replayed(monkeypatch) as script, open_source(request.data) as source:
        synthesizer = _learn(plan_fit(request), source, None, silent)
    save(replace(synthesizer, statement=replace(synthesizer.statement, created="")), request.output)
    return script, request.output.read_bytes()


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_questions_and_model_depend_on_released_values_alone(
    mechanism: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script, model = _fit(tmp_path, _csv(300, 0), mechanism, monkeypatch)
    other_script, other_model = _fit(tmp_path, _csv(7, 2), mechanism, monkeypatch)
    assert len(script.asked) == script.measurements, "every question is recorded"
    assert {"keys", "gaussian"} <= {kind for kind, *_ in script.asked}
    for place, (one, other) in enumerate(zip(script.asked, other_script.asked, strict=True)):
        assert one == other, f"question {place} depends on the rows"
    assert model == other_model
