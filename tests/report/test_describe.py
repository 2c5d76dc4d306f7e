import json
from dataclasses import asdict, replace
from itertools import combinations

import numpy as np
import pytest

import synthcli.report.describe as describe_module
from synthcli.errors import UsageError
from synthcli.marginal import Domain, Measurement
from synthcli.pgm.markov_random_field import MarkovRandomField
from synthcli.report.describe import cramers_v, describe, summarise_model
from synthcli.report.document import from_document, to_document
from synthcli.report.html import render_html
from synthcli.synthesizer import Synthesizer
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.encoders import CategoryEncoder
from synthcli.table.schema import Column, Kind, Role, Schema, Surrogate
from tests.report.pages import POLICY, report, statement

SIZES = {"a": 3, "b": 4, "c": 2}


def synthesizer() -> Synthesizer:
    rng = np.random.default_rng(1)
    domain = Domain(tuple(SIZES), tuple(SIZES.values()))
    potentials = {pair: rng.normal(0, 1, domain.project(pair).shape) for pair in (("a", "b"), ("b", "c"))}
    columns = {
        name: Column(name=name, kind=Kind.STRING, categories=tuple(f"{name}{i}" for i in range(size)), required=True)
        for name, size in SIZES.items()
    }
    surrogate = Column(name="id", kind=Kind.STRING, role=Role.SURROGATE, surrogate=Surrogate("uuid"))
    codecs = tuple(
        ColumnCodec(name, CategoryEncoder(values=column.categories, type=Kind.STRING, missing=False, other=False))
        for name, column in columns.items()
    )
    return Synthesizer(
        schema=Schema(name="t", columns=(surrogate, *columns.values())),
        codec=Codec(codecs),
        model=MarkovRandomField(domain, potentials, 900.0),
        measurements=(Measurement(("a", "b"), np.zeros((3, 4), dtype=np.int64), 2.0),),
        statement=statement(tuple(SIZES)),
    )


def joint(model: MarkovRandomField) -> np.ndarray:
    """The whole table, by brute force."""
    a, b, c = np.indices(model.domain.shape)
    log = model.potentials["a", "b"][a, b] + model.potentials["b", "c"][b, c]
    return np.exp(log) / np.exp(log).sum()


def test_shares_and_dependence_are_the_joint_tables() -> None:
    fitted = synthesizer()
    summary = summarise_model(fitted)
    table = joint(fitted.model)
    for axis, (name, column) in enumerate(zip(SIZES, summary.columns[1:], strict=True)):
        others = tuple(set(range(3)) - {axis})
        np.testing.assert_allclose(column.shares, table.sum(axis=others), atol=1e-9)
        assert column.name == name and column.codes == SIZES[name]
        assert column.labels == tuple(f"{name}{i}" for i in range(SIZES[name]))
    for i, j in combinations(range(3), 2):
        pair = table.sum(axis=tuple({0, 1, 2} - {i, j}))
        expected = np.outer(pair.sum(1), pair.sum(0))
        v = np.sqrt(((pair - expected) ** 2 / expected).sum() / (min(pair.shape) - 1))
        assert summary.dependence[i][j] == summary.dependence[j][i] == pytest.approx(v, abs=1e-6)
    assert summary.measured == {("a", "b")}
    assert summary.columns[0].role == "surrogate" and not summary.columns[0].labels


def test_little_memory_gives_the_same_pairs(monkeypatch) -> None:
    fitted = synthesizer()
    at_once = summarise_model(fitted).dependence
    monkeypatch.setattr(describe_module, "MAX_CELLS", 7)
    np.testing.assert_allclose(summarise_model(fitted).dependence, at_once, atol=1e-12)


@pytest.mark.parametrize(
    ("table", "v"),
    [
        (np.outer([1.0, 2, 3], [4.0, 5]), 0.0),
        (np.diag([1.0, 2, 3]), 1.0),
        (np.array([[1.0, 2.0, 3.0]]), 0.0),
        (np.array([[3.0, 0, 0], [0, 2, 0]]), 1.0),
        (np.array([[0.0, 0], [1, 2]]), 0.0),
    ],
)
def test_cramers_v_of_known_tables(table: np.ndarray, v: float) -> None:
    assert cramers_v(table) == pytest.approx(v, abs=1e-9)


def document(privacy: dict) -> object:
    findings = report(2).findings
    plain = to_document(findings.audit, findings.quality, findings.verdict, POLICY, privacy)
    return from_document(json.loads(json.dumps(plain)))


def test_a_model_and_its_audit_make_a_report() -> None:
    fitted = synthesizer()
    found = describe(fitted, document(asdict(fitted.statement)))
    assert found.findings and found.design.policy == POLICY
    assert describe(fitted).design is None
    assert "No leakage detected" in render_html(found, public=True)
    assert found.provenance["a"]["declared"] == ("minimum", "maximum")


def test_the_audit_of_another_model_is_refused() -> None:
    fitted = synthesizer()
    other = replace(fitted.statement, epsilon=2.0)
    with pytest.raises(UsageError, match="another model"):
        describe(fitted, document(asdict(other)))
