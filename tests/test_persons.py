"""Persons and their rows from a release made by hand: what is drawn, how likely it is, and what a file may claim."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from synthcli.archive import read_archive, write_archive
from synthcli.artifact import FORMAT, OF_ROWS, load, save
from synthcli.errors import InputError
from synthcli.marginal import StructuralZeros
from synthcli.persons import Persons
from synthcli.pgm.markov_random_field import MarkovRandomField
from synthcli.pgm.structural_zeros import with_zeros
from synthcli.row_chance import RowChance
from synthcli.synthesizer import PersonModel, PrivacyStatement, Synthesizer
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.encoders import CategoryEncoder, GridEncoder
from synthcli.table.rules.kinds import Condition, Impossible
from synthcli.table.schema import Column, Kind, Level, Role, Schema, Surrogate

STATEMENT = PrivacyStatement(
    dataset="t", epsilon=1.0, delta=1e-9, rho=0.1, key_delta=0.0, mechanism="sieve", spends=(), created="2026-01-01"
)
NEVER = Impossible(conditions=(Condition(column="sex", values=("m",)), Condition(column="kind", values=("a", "b"))))


def _categories(name: str, values: str) -> ColumnCodec:
    return ColumnCodec(name, CategoryEncoder(values=tuple(values), type=Kind.STRING, missing=False, other=False))


def _release(
    counts: tuple[int, ...] = (1, 2, 5, 9), rules: tuple[Impossible, ...] = (), zeros: str = "", of_person: str = "sex"
) -> Synthesizer:
    """Sex and number of rows of persons, kind and ward of rows; `zeros` leaves a code of sex no kind but these.

    Without `of_person` sex is of rows, too.
    """
    rng = np.random.default_rng(7)
    fields = {"sex": "fm", "kind": "ab", "ward": "xyz"}
    columns = [Column(name="key", kind=Kind.STRING, role=Role.SURROGATE, surrogate=Surrogate("pattern", "AA-999"))]
    for name, values in fields.items():
        level = Level.PERSON if name == of_person else Level.EVENT
        columns.append(Column(name=name, kind=Kind.STRING, level=level, categories=tuple(values), required=True))
    grid = GridEncoder(type=Kind.INTEGER, edges=np.array(counts), decimals=None, missing=False)
    sex = (_categories("sex", "fm"),) if of_person else ()
    own = Codec((*sex, ColumnCodec("rows of one key", grid)))
    rows = Codec(tuple(_categories(name, values) for name, values in fields.items()))
    if zeros:
        possible = np.array([[True, True], [kind in zeros for kind in "ab"]])
        rows = replace(rows, zeros=(StructuralZeros(("sex", "kind"), possible),))
    of_persons = {own.domain.attributes: rng.normal(size=own.domain.shape)}
    of_rows = {
        c: rng.normal(size=rows.domain.shape_of(c)) for c in (("sex", "kind"), ("kind", "ward"), ("sex", "ward"))
    }
    return Synthesizer(
        schema=Schema(name="t", columns=tuple(columns), rules=rules),
        codec=rows,
        model=MarkovRandomField(rows.domain, with_zeros(rows.domain, of_rows), 900.0),
        measurements=(),
        statement=STATEMENT,
        persons=PersonModel(
            key="key", codec=own, model=MarkovRandomField(own.domain, of_persons, 300.0), measurements=()
        ),
    )


def _drawn(release: Synthesizer, persons: int, seed: int = 1, block: int = 1 << 17) -> pa.Table:
    return pa.Table.from_batches([d.rows for d in Persons(release).sample(persons, np.random.default_rng(seed), block)])


@pytest.mark.parametrize("of_person", ["sex", ""], ids=["with person-level columns", "without any"])
def test_densities_of_all_rows_are_those_of_the_drawn_ones(of_person: str) -> None:
    """Twelve rows are possible; 40,000 persons give each to within 0.01 (six standard deviations, persons together)."""
    release = _release(of_person=of_person)
    every = pa.RecordBatch.from_pylist([{"sex": s, "kind": k, "ward": w} for s, k, w in product("fm", "ab", "xyz")])
    chances = np.exp(RowChance(release).log_density(every))
    assert chances.sum() == pytest.approx(1.0)
    rows = _drawn(release, 40_000).to_pandas()
    shares = rows.groupby(["sex", "kind", "ward"]).size() / len(rows)
    for row, chance in zip(every.to_pylist(), chances, strict=True):
        assert shares.get(tuple(row.values()), 0.0) == pytest.approx(chance, abs=0.01)
    assert release.persons is not None
    assert len(rows) / 40_000 == pytest.approx(release.persons.mean_rows, rel=0.01)


@pytest.mark.parametrize("block", [1, 7, 64, 10_000])
def test_persons_are_whole_whatever_the_block(block: int) -> None:
    pieces = list(Persons(_release()).sample(100, np.random.default_rng(2), block))
    assert all(piece.rows.num_rows <= block for piece in pieces)
    rows = pa.Table.from_batches([piece.rows for piece in pieces]).to_pandas()
    persons = pa.Table.from_batches([piece.persons for piece in pieces]).to_pandas()
    assert rows.key.nunique() == len(persons) == 100 and persons.key.is_unique
    assert (rows.key != rows.key.shift()).sum() == 100, "a person's rows follow each other"
    assert rows.groupby("key").sex.nunique().max() == 1
    assert rows.key.str.fullmatch("[A-Z]{2}-[0-9]{3}").all()


def test_persons_without_a_possible_row_are_drawn_again() -> None:
    """All that is left follows the model of persons, given that a row is possible."""
    rows = _drawn(_release(zeros="b"), 4_000).to_pandas()
    assert set(rows[rows.sex == "m"].kind) == {"b"} and set(rows.sex) == {"f", "m"}
    assert set(_drawn(_release(zeros="-"), 4_000).to_pandas().sex) == {"f"}


def test_rules_that_leave_no_person_a_row_end_the_sampling() -> None:
    release = _release(zeros="-")
    assert release.persons is not None
    only = {("sex", "rows of one key"): np.array([[-np.inf] * 3, [0.0] * 3])}
    model = replace(release.persons.model, potentials=only)
    with pytest.raises(InputError, match="no person for whom the rules leave a row"):
        _drawn(replace(release, persons=replace(release.persons, model=model)), 5)


def test_a_person_has_at_least_one_row() -> None:
    with pytest.raises(ValueError, match="at least one row"):
        _release(counts=(0, 2))


def test_files_that_are_not_what_they_say(tmp_path: Path) -> None:
    path = tmp_path / "m.synth"
    save(_release(), path)
    again = load(path)
    assert again.persons is not None and again.persons.mean_rows == _release().persons.mean_rows  # type: ignore[union-attr]
    manifest, arrays = read_archive(path, FORMAT)
    plain = {k: v for k, v in manifest.items() if k not in ("format", "format_version", "arrays")}
    lies = [
        (OF_ROWS, plain, arrays),
        (FORMAT, {k: v for k, v in plain.items() if k != "persons"}, arrays),
        (FORMAT, plain | {"persons": plain["persons"] | {"key": "sex"}}, arrays),
        (FORMAT, plain | {"persons": plain["persons"] | {"key": "nobody"}}, arrays),
        (FORMAT, plain, {k: v for k, v in arrays.items() if not k.startswith("persons-")}),
    ]
    for kind, document, content in lies:
        write_archive(path, kind, document, content)
        with pytest.raises(InputError, match="damaged"):
            load(path)


def test_a_model_without_persons_keeps_the_first_form(tmp_path: Path) -> None:
    path = tmp_path / "m.synth"
    save(replace(_release(), persons=None), path)
    assert read_archive(path, OF_ROWS)[0]["format_version"] == 1
    assert load(path).persons is None


def test_rules_of_the_schema_are_put_back_from_the_file(tmp_path: Path) -> None:
    release = _release(
        rules=(replace(NEVER, conditions=(NEVER.conditions[0], Condition(column="kind", values=("a",)))),)
    )
    save(release, tmp_path / "m.synth")
    rows = _drawn(load(tmp_path / "m.synth"), 2_000).to_pandas()
    assert set(rows[rows.sex == "m"].kind) == {"b"} and set(rows[rows.sex == "f"].kind) == {"a", "b"}
