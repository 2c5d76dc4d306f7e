"""Persons and their rows from a release made by hand: what is drawn, how likely it is, and what a file may claim."""

from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import chi2

from synthcli.archive import read_archive, write_archive
from synthcli.artifact import FORMAT, OF_ROWS, load, save
from synthcli.conditional import subpopulation
from synthcli.errors import InputError, UsageError
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


def _of_persons(release: Synthesizer) -> np.ndarray:
    """P(sex, rows), rows one, two to four and five to eight."""
    assert release.persons is not None
    return release.persons.model.marginal(("sex", "rows of one key")) / release.persons.model.total


def _independent(persons: Persons, number: int) -> list[pa.Table]:
    """So many persons, each drawn alone: rows of one block are less scattered than independent ones."""
    rng = np.random.default_rng(11)
    return [pa.Table.from_batches([d.rows for d in persons.sample(1, rng)]) for _ in range(number)]


@pytest.mark.parametrize(
    ("where", "balance", "sexes"),
    [
        ("`rows of one key` >= 3 or sex == 'm' and `rows of one key` == 1", None, None),
        ("`rows of one key` >= 3", "sex", (0.5, 0.5)),
        (None, "sex:f=1,m=4", (0.2, 0.8)),
    ],
)
def test_chosen_persons_follow_the_model_given_the_condition(
    where: str | None, balance: str | None, sexes: tuple[float, float] | None
) -> None:
    """Counts of sex and number of rows over independent persons, chi-square, and rows given the sex: false alarm 1e-6.

    Numbers of rows are even inside a code: 3 and 4 are two in three of the second, all of the third is above.
    """
    release = _release()
    code = {1: (0, 1.0), **dict.fromkeys((2, 3, 4), (1, 1 / 3)), **dict.fromkeys((5, 6, 7, 8), (2, 0.25))}
    joint = np.array([[_of_persons(release)[s, c] * share for c, share in code.values()] for s in range(2)])
    satisfied = np.ones_like(joint, dtype=bool)
    if where is not None:
        satisfied[:, :2] = False
        satisfied[1, 0] = sexes is None
    chosen = subpopulation(release, where, balance)
    assert chosen.probability == pytest.approx(joint[satisfied].sum())
    wanted = np.where(satisfied, joint, 0.0) / joint[satisfied].sum()
    if sexes is not None:
        wanted *= (np.array(sexes) / wanted.sum(axis=1))[:, None]
    assert chosen.inflation == pytest.approx((wanted / joint).max())
    drawn = _independent(Persons(release, chosen), 500)
    counts = np.zeros_like(joint)
    for rows in drawn:
        counts["fm".index(rows["sex"][0].as_py()), rows.num_rows - 1] += 1
    assert not counts[wanted == 0].any()
    some = wanted > 0
    statistic = ((counts - 500 * wanted)[some] ** 2 / (500 * wanted[some])).sum()
    assert statistic < chi2.isf(1e-6, some.sum() - 1)
    kinds = pa.concat_tables(drawn).to_pandas()
    of_rows = release.model.marginal(("sex", "kind"))
    for place, sex in enumerate("fm"):
        here, share = kinds[kinds.sex == sex].kind, of_rows[place, 0] / of_rows[place].sum()
        assert abs((here == "a").mean() - share) < 5 * (share * (1 - share) / len(here)) ** 0.5


def _with_wards(release: Synthesizer) -> Synthesizer:
    """Wards are person-level, too, and rules leave men in ward x no row."""
    assert release.persons is not None
    columns = tuple(replace(c, level=Level.PERSON) if c.name == "ward" else c for c in release.schema.columns)
    sex, counted = release.persons.codec.columns
    own = Codec((sex, _categories("ward", "xyz"), counted))
    zeros = np.zeros((2, 2, 3))
    zeros[1, :, 0] = -np.inf
    persons = replace(release.persons, codec=own, model=MarkovRandomField(own.domain, {}, 300.0))
    model = replace(release.model, potentials={**release.model.potentials, ("sex", "kind", "ward"): zeros})
    return replace(release, schema=replace(release.schema, columns=columns), persons=persons, model=model)


def test_a_balance_is_one_of_persons_who_may_have_rows() -> None:
    """A third of the men may have none, and are drawn again among the men."""
    release = _with_wards(_release())
    persons = _chosen(release, 600, balance="sex").groupby("key").first()
    assert dict(persons.sex.value_counts()) == {"f": 300, "m": 300}
    assert set(persons[persons.sex == "m"].ward) == {"y", "z"} and set(persons[persons.sex == "f"].ward) == set("xyz")
    together = _chosen(release, 600, where="sex == 'f' or sex == 'm'").groupby("key").first()
    assert abs((together.sex == "f").mean() - 0.6) < 5 * (0.24 / 600) ** 0.5, "without a balance, so are all"


def test_a_condition_whose_persons_may_have_no_row_is_refused() -> None:
    release = _release(zeros="-")
    for asked in ({"balance": "sex"}, {"where": "sex == 'm'"}):
        with pytest.raises(UsageError, match="no person of those wanted for whom the rules leave a row"):
            _chosen(release, 5, **asked)
    assert set(_chosen(release, 50, where="sex == 'f'").sex) == {"f"}


def _chosen(release: Synthesizer, persons: int, **asked: str) -> Any:
    source = Persons(release, subpopulation(release, **asked))
    return pa.Table.from_batches([d.rows for d in source.sample(persons, np.random.default_rng(1))]).to_pandas()


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
