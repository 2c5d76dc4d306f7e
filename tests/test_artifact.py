"""The model file keeps everything a release needs, and refuses parts that do not fit together."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from synthcli.artifact import load, save
from synthcli.errors import InputError
from synthcli.marginal import Domain, Measurement, Merge
from synthcli.pgm.markov_random_field import MarkovRandomField
from synthcli.synthesizer import CoinStatement, PrivacyStatement, Spend, Synthesizer
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.encoders import CategoryEncoder, GridEncoder
from synthcli.table.schema import Column, Kind, Role, Schema, Surrogate


def synthesizer() -> Synthesizer:
    """Two modelled columns and a made-up one."""
    schema = Schema(
        name="towns",
        columns=(
            Column(name="id", kind=Kind.STRING, role=Role.SURROGATE, surrogate=Surrogate("uuid")),
            Column(name="town", kind=Kind.STRING, categories=("NO", "Ur", "1.10")),
            Column(name="age", kind=Kind.INTEGER, minimum=0, maximum=5, required=True),
        ),
    )
    town = CategoryEncoder(values=("NO", "Ur", "1.10"), type=Kind.STRING, missing=True, other=False)
    age = GridEncoder(type=Kind.INTEGER, edges=np.arange(7), decimals=None, missing=False)
    merge = Merge(np.array([0, 0, 0, 1, 1, 1]), np.array([1.0, 2, 3, 0, 0, 0]))
    domain = Domain(("town", "age"), (4, 2))
    rng = np.random.default_rng(0)
    pair = ("town", "age")
    return Synthesizer(
        schema=schema,
        codec=Codec((ColumnCodec("town", town), ColumnCodec("age", age, merge))),
        model=MarkovRandomField(domain, {("town",): rng.normal(size=4), pair: rng.normal(size=(4, 2))}, 123.5),
        measurements=(
            Measurement(pair, rng.integers(-5, 90, (4, 2)), 3.25),
            Measurement(("age",), np.array([40, 80]), 3.25, parts=np.array([3, 3])),
        ),
        statement=PrivacyStatement(
            dataset="towns",
            epsilon=1.0,
            delta=1e-9,
            rho=0.0149,
            key_delta=0.0,
            mechanism="aim",
            spends=(Spend(stage="aim", rho=0.0149),),
            created="2026-01-31",
            declared={"town": ("categories",)},
            coins=CoinStatement(share=0.1, commitment="ab" * 32),
            versions={"synthcli": "0.1.0"},
        ),
    )


def test_everything_comes_back(tmp_path: Path) -> None:
    before = synthesizer()
    save(before, tmp_path / "m.synth")
    after = load(tmp_path / "m.synth")
    assert after.schema == before.schema
    assert after.statement == before.statement
    assert after.codec.to_json() == before.codec.to_json()
    assert after.model.total == before.model.total
    for clique, table in before.model.potentials.items():
        assert np.array_equal(after.model.potentials[clique], table)
    assert after.measurements[0].clique == ("town", "age")
    assert np.array_equal(after.measurements[0].values, before.measurements[0].values)
    assert after.measurements[0].stddev == 3.25
    assert after.measurements[0].parts is None
    assert np.array_equal(after.measurements[1].variance, before.measurements[1].variance)
    one, two = (next(s.sample(50, np.random.default_rng(4))) for s in (before, after))
    assert one.equals(two)


def _tampered(path: Path, change: dict[str, object]) -> Path:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(members["manifest.json"])
    for dotted, value in change.items():
        place = manifest
        *way, last = dotted.split(".")
        for key in way:
            place = place[int(key)] if isinstance(place, list) else place[key]
        place[int(last) if isinstance(place, list) else last] = value
    members["manifest.json"] = json.dumps(manifest).encode()
    out = path.with_name("tampered")
    with zipfile.ZipFile(out, "w") as archive:
        for name, payload in members.items():
            archive.writestr(name, payload)
    return out


@pytest.mark.parametrize(
    "change",
    [
        {"model.total": -1.0},
        {"model.total": "many"},
        {"model.cliques": [["town"], ["town"]]},
        {"model.cliques": [["town"], ["town", "wage"]]},
        {"model.cliques": [["town"], "town"]},
        {"measurements.0.stddev": 0.0},
        {"measurements.0.clique": ["town"]},
        {"measurements": []},
        {"schema": "fields: [1"},
        {"schema": {"fields": []}},
        {"codec.columns": []},
        {"codec.columns.0.encoder": {"kind": "pickle"}},
        {"codec.columns.1.merge": None},
        {"statement.coins": {"share": 0.1}},
        {"statement.extra": 1},
        {"statement": None},
    ],
)
def test_parts_that_do_not_fit_are_refused(tmp_path: Path, change: dict[str, object]) -> None:
    save(synthesizer(), tmp_path / "m.synth")
    with pytest.raises(InputError) as caught:
        load(_tampered(tmp_path / "m.synth", change))
    assert "damaged" in caught.value.message
    assert caught.value.hint


def test_a_synthesizer_is_valid_by_construction() -> None:
    good = synthesizer()
    with pytest.raises(ValueError, match="different domains"):
        Synthesizer(
            schema=good.schema,
            codec=good.codec,
            model=MarkovRandomField(Domain(("town", "age"), (4, 6)), {}, 1.0),
            measurements=(),
            statement=good.statement,
        )
