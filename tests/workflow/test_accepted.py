"""A schema that nobody has read: only where it is asked for, once, and said wherever the release is."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from synthcli.artifact import load
from synthcli.discovery.facts import resolve
from synthcli.errors import BudgetRefused, InputError, Remark, UsageError
from synthcli.gate import Outcome
from synthcli.privacy.bounding import PrivacyUnit
from synthcli.privacy.ledger import open_ledger
from synthcli.report.unseen import UNSEEN
from synthcli.table.profile import propose
from synthcli.table.schema_file import load_schema
from synthcli.table.source import open_source
from synthcli.workflow import accepted, release
from synthcli.workflow.plan import plan_fit
from synthcli.workflow.release_config import Given, load_release_config
from synthcli.workflow.requests import FitRequest, mute, silent

HEADER = "person,surname,ward,fee,seen,urgent"


def lines(count: int = 2400) -> list[str]:
    draw = random.Random(5)
    return [
        f"{draw.randint(1, 700)},Name{draw.choice('abcdefghijklmnopqrstu')},{draw.choice(('north', 'south'))},"
        f"{draw.choice((f'{draw.uniform(0, 90):.2f}', 'waived'))},{draw.randint(13, 28)}/0{draw.randint(1, 9)}/2024,"
        f"{draw.choice(('TRUE', 'FALSE'))}"
        for _ in range(count)
    ]


def write(folder: Path, rows: list[str]) -> None:
    (folder / "visits.csv").write_text("\n".join((HEADER, *rows)) + "\n")


def given(home: Path, /, **changes: object) -> Given:
    """What the command line says of a release from this folder; `changes` by key, None to leave one out."""
    said = {
        ("data", "path"): str(home / "visits.csv"),
        ("data", "accept_profile"): True,
        ("fit", "epsilon"): "1",
        ("fit", "mechanism"): "independent",
        ("fit", "audit_coins"): 0.5,
        ("fit", "ledger"): str(home / "ledger.sqlite"),
        ("fit", "privacy_unit"): None,
        ("fit", "max_rows_per_unit"): None,
        ("fit", "public_domain"): None,
        ("sample", "format"): "csv",
        ("audit", "policy"): home / "policy.toml",
        ("publish", "folder"): home / "public",
    }
    named = {key[1]: key for key in said} | {"schema": ("data", "schema"), "header": ("data", "header")}
    said |= {named[name]: value for name, value in changes.items()}
    return {key: value for key, value in said.items() if value is not None}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("accepted")
    write(folder, lines())
    (folder / "policy.toml").write_text('min_nonmembers = 50\n[tolerances]\n"*" = 1\n')
    return folder


@pytest.fixture(scope="module")
def work(folder: Path) -> Path:
    """The private folder of a release that passed."""
    said: list[str] = []
    result = release.run_release(load_release_config(None, given(folder)), warn=said.append)
    assert result.outcome is Outcome.PASS
    assert result.published == folder / "public" / "visits-0001"
    assert "epsilon does not cover them" in said[0]
    assert "surname (looks like personal data: name)" in said[0]
    return folder / ".synthcli" / "visits"


@pytest.fixture
def no_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever profiles a table fails."""

    def refuse(*_: object) -> None:
        raise AssertionError("the table was profiled")

    monkeypatch.setattr(accepted, "propose", refuse)


def test_the_schema_says_that_nobody_has_read_it_and_is_private(work: Path) -> None:
    place = work / "schema.yaml"
    assert "\nsynthcli:accepted: unseen\n" in place.read_text()
    assert load_schema(place).accepted_unseen
    assert place.stat().st_mode & 0o077 == 0


def test_the_model_tells_what_was_accepted_and_what_was_learnt(work: Path) -> None:
    statement, schema = load(work / "model.synth").statement, load(work / "model.synth").schema
    assert statement.accepted == {
        "person": ("type", "role"),
        "surname": ("type", "role"),
        "ward": ("type", "role"),
        "fee": ("type", "role", "missing values"),
        "seen": ("type", "role", "format"),
        "urgent": ("type", "role", "spellings"),
    }
    assert (statement.declared, statement.public_by_steward) == ({}, {})
    assert statement.learnt["ward"] == ("categories",)
    assert {"minimum", "maximum", "decimals"} <= set(statement.learnt["fee"])
    assert schema.accepted_unseen
    for column in schema.columns:
        assert (column.minimum, column.maximum, column.categories, column.required) == (None, None, None, False)
        assert (column.decimals, column.flags, column.observed) == (None, (), frozenset())


def test_observed_facts_are_stripped_as_from_a_schema_that_was_read(work: Path) -> None:
    unseen = load_schema(work / "schema.yaml")
    facts, read = resolve(unseen), resolve(replace(unseen, accepted_unseen=False))
    assert facts.schema == replace(read.schema, accepted_unseen=True)
    assert (facts.to_learn, facts.declared, facts.public_by_steward) == (read.to_learn, {}, {})
    assert read.accepted == {}


def test_what_nobody_has_seen_cannot_be_called_public(work: Path) -> None:
    with pytest.raises(UsageError, match="nobody has read this schema"):
        resolve(load_schema(work / "schema.yaml"), public=["ward"])


def test_a_request_that_the_standing_schema_contradicts_names_its_place(work: Path, folder: Path) -> None:
    with pytest.raises(UsageError, match="modelled column") as refused:
        release.run_release(load_release_config(None, given(folder, privacy_unit="ward", max_rows_per_unit=1)))
    assert any("schema.yaml, or delete it" in note for note in refused.value.__notes__)


def test_all_that_is_published_says_so_in_words(work: Path, folder: Path) -> None:
    latest = folder / "public" / "latest"
    manifest = json.loads((latest / "manifest.json").read_text())
    assert manifest["not_covered"] == UNSEEN
    assert manifest["privacy"]["accepted"]["fee"] == ["type", "role", "missing values"]
    assert json.loads((latest / "visits.csv.provenance.json").read_text())["not_covered"] == UNSEEN
    for page in (latest / "report.html", work / "report.html"):
        assert UNSEEN in page.read_text()
        assert "type, role, missing values" in page.read_text()


def test_the_same_again_is_up_to_date_and_looks_at_nothing(work: Path, folder: Path, no_look: None) -> None:
    before = (work / "schema.yaml").read_bytes()
    result = release.run_release(load_release_config(None, given(folder)))
    assert (result.up_to_date, result.spent, result.schema) == (True, 0.0, work / "schema.yaml")
    assert (work / "schema.yaml").read_bytes() == before


def test_a_table_that_changed_is_held_against_the_schema_that_stands(
    work: Path, folder: Path, no_look: None, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(lambda: write(folder, lines()))
    spent, before = (
        open_ledger(folder / "ledger.sqlite").account("visits").spent_epsilon,
        (work / "schema.yaml").read_bytes(),
    )
    write(folder, [*lines(), "1,Namea,north,much,13/01/2024,TRUE"])
    with pytest.raises(InputError) as refused:
        release.run_release(load_release_config(None, given(folder)))
    assert any(isinstance(note, Remark) and "schema.yaml, or delete it" in note for note in refused.value.__notes__)
    assert open_ledger(folder / "ledger.sqlite").account("visits").spent_epsilon == spent
    write(folder, [*lines(), "1,Namea,north,1000000.125,13/01/1024,TRUE"])
    assert release.run_release(load_release_config(None, given(folder))).spent == 1.0
    assert (work / "schema.yaml").read_bytes() == before


def test_a_schema_that_was_read_since_is_no_longer_unseen(work: Path, tmp_path: Path) -> None:
    read = tmp_path / "schema.yaml"
    read.write_text((work / "schema.yaml").read_text().replace("synthcli:accepted: unseen\n", ""))
    plan = plan_fit(FitRequest(data="", schema=read, output=tmp_path / "m", epsilon="1"))
    assert plan.facts.accepted == {}
    assert not plan.facts.schema.accepted_unseen


def test_persons_are_protected_here_too(folder: Path, tmp_path: Path) -> None:
    asked = given(folder, privacy_unit="person", max_rows_per_unit=3, folder=tmp_path / "public")
    config = load_release_config(None, asked)
    config.work.mkdir(parents=True)
    schema = accepted.accepted_schema(config, silent, mute)
    plan = plan_fit(release.fit_request(config, schema, tmp_path / "m"))
    assert plan.unit == PrivacyUnit("person", 3)
    assert plan.facts.accepted["person"] == ("type",)  # that it is the unit is the steward's word
    assert load_schema(schema).unit == "person"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"accept_profile": None}, "schema: is required, or accept_profile (--schema FILE, or --accept-profile)"),
        ({"schema": "schema.yaml"}, "one of the two"),
        ({"public_domain": ["ward"]}, "nobody has seen"),
        ({"path": "-"}, "more than once"),
    ],
)
def test_what_makes_no_sense_is_refused_before_a_row_is_read(
    folder: Path, changes: dict[str, object], says: str
) -> None:
    with pytest.raises(UsageError) as refused:
        load_release_config(None, given(folder, **changes))
    assert says in refused.value.details[0]


def test_without_a_schema_the_hint_names_both_ways(folder: Path) -> None:
    with pytest.raises(UsageError) as refused:
        load_release_config(None, given(folder, accept_profile=None))
    assert "visits.csv -o schema.yaml" in refused.value.hint
    assert "--accept-profile" in refused.value.hint


def test_a_schema_named_by_an_option_goes_before_an_acceptance_in_the_file(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "synthcli.toml").write_text("[data]\naccept_profile = true\n")
    config = load_release_config(tmp_path / "synthcli.toml", given(folder, accept_profile=None, schema=Path("s.yaml")))
    assert config.schema == Path("s.yaml")


def test_a_budget_that_refuses_keeps_the_rows_unread(folder: Path, tmp_path: Path, no_look: None) -> None:
    ledger = open_ledger(tmp_path / "ledger.sqlite")
    ledger.init("visits", "0.5", "1e-6")
    asked = given(folder, ledger=str(tmp_path / "ledger.sqlite"), folder=tmp_path / "public")
    with pytest.raises(BudgetRefused):
        release.run_release(load_release_config(None, asked))


HEADLESS = b"".join(f"Ur,{n},{n % 7}\n".encode() for n in range(100))
CP1252 = ("town,fee\n" + "Zürich,1\n" * 100).encode("cp1252")
QUOTED = b"town,fee\n" + b"'Ur','x'\n" * 100


@pytest.mark.parametrize(
    ("raw", "hint"), [(HEADLESS, "--no-header"), (CP1252, "--encoding cp1252"), (QUOTED, "--quote")]
)
def test_no_row_decides_how_the_others_are_read(raw: bytes, hint: str, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "raw.csv").write_bytes(raw)
    config = load_release_config(None, given(folder, path=str(tmp_path / "raw.csv"), folder=tmp_path / "public"))
    with pytest.raises(InputError) as refused:
        release.run_release(config)
    assert hint in refused.value.hint
    assert not (config.work / "schema.yaml").exists()


ODD: dict[str, Callable[[list[str]], list[str]]] = {
    "an extreme row": lambda rows: [*rows, "700,Namea,elsewhere,9876543.2109,28/09/1024,TRUE"],
    "a row less": lambda rows: rows[1:],
}


@pytest.mark.parametrize("how", ODD)
def test_neighbours_of_one_shape_give_one_public_schema(how: str, tmp_path: Path) -> None:
    schemas = []
    for rows in (lines(), ODD[how](lines())):
        write(tmp_path, rows)
        with open_source(str(tmp_path / "visits.csv")) as source:
            schemas.append(resolve(propose(source, "visits").schema).schema)
    assert schemas[0] == schemas[1]
