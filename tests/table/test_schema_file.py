"""Schema files: what is written reads back, and what is wrong is named, all of it."""

import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.errors import InputError, UsageError
from synthcli.table.schema import Column, Fact, Kind, Role, Schema, Surrogate
from synthcli.table.schema_file import dump_schema, load_schema

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=6)
NAMES = TEXT.filter(bool)
PATTERNS = {
    Kind.DATE: ["default", "%d/%m/%Y", "%Y-%d-%m", "%d.%m.%y"],
    Kind.DATETIME: ["default", "%d %b %Y %H:%M:%S"],
    Kind.TIME: ["default", "%H:%M", "%I:%M %p"],
}
BOUNDS = {
    Kind.INTEGER: st.integers(-(2**63), 2**63 - 1),
    Kind.NUMBER: st.floats(allow_nan=False, allow_infinity=False),
    Kind.DATE: st.dates(),
    Kind.DATETIME: st.datetimes(),
    Kind.TIME: st.times(),
}


@st.composite
def columns(draw: st.DrawFn, name: str) -> Column:
    kind = draw(st.sampled_from(Kind))
    more: dict[str, Any] = {}
    if kind.has_axis and draw(st.booleans()):
        low, high = sorted([draw(BOUNDS[kind]), draw(BOUNDS[kind])])
        more = {"minimum": low, "maximum": high}
    elif kind in (Kind.STRING, Kind.INTEGER) and draw(st.booleans()):
        listed = TEXT if kind is Kind.STRING else st.integers(-99, 99).map(str)
        more["categories"] = tuple(draw(st.lists(listed, min_size=1, max_size=4, unique=True)))
        more["ordered"] = draw(st.booleans())
    if kind in PATTERNS:
        more["format"] = draw(st.sampled_from(PATTERNS[kind]))
    if kind is Kind.NUMBER:
        more["decimals"] = draw(st.none() | st.integers(0, 15))
    if kind is Kind.BOOLEAN and draw(st.booleans()):
        more |= {"true_values": ("yes", "1"), "false_values": ("NO",)}
    if draw(st.booleans()):
        more["surrogate"] = draw(st.sampled_from([Surrogate("uuid"), Surrogate("pattern", "A\\9: #")]))
        more["role"] = draw(st.sampled_from(Role))
    return Column(
        name=name,
        kind=kind,
        required=draw(st.booleans()),
        unique=draw(st.booleans()),
        missing_values=draw(st.none() | st.lists(TEXT, max_size=3).map(tuple)),
        flags=tuple(draw(st.lists(st.sampled_from(["key", "name"]), max_size=2))),
        observed=frozenset(draw(st.lists(st.sampled_from(get_args(Fact)), max_size=4))),
        **more,
    )


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    missing = tuple(draw(st.lists(TEXT, max_size=3)))
    found = tuple(draw(columns(name)) for name in names)
    units = [column for column in found if column.role is Role.UNIT][1:]
    found = tuple(replace(column, role=Role.DROP) if column in units else column for column in found)
    encoding = draw(st.sampled_from([None, "cp1252", "utf-16-le"]))
    return Schema(
        name=draw(NAMES),
        columns=found,
        missing_values=missing,
        encoding=encoding,
        accepted_unseen=draw(st.booleans()),
    )


@settings(deadline=None)
@given(schemas(), st.sampled_from(["yaml", "json"]))
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, schema: Schema, form: str) -> None:
    path = tmp_path_factory.getbasetemp() / f"schema.{form}"
    path.write_text(dump_schema(schema, path), "utf-8")
    assert load_schema(path) == schema


def _load(tmp_path: Path, text: str, name: str = "t.yaml") -> Schema:
    (tmp_path / name).write_text(text, "utf-8")
    return load_schema(tmp_path / name)


def test_yaml_does_not_change_spellings(tmp_path: Path) -> None:
    text = """
fields:
  - {name: answer, type: string, constraints: {enum: [NO, yes, 1.10, 2020-01-01, null, ~, 0o17, 1e3]}}
  - {name: day, type: date, constraints: {minimum: 2020-01-01, maximum: 2020-12-31}}
  - {name: when, type: datetime, constraints: {minimum: 2020-01-01, maximum: 2020-01-02 03:04:05+01:00}}
missingValues: ["", NA, -]
"""
    schema = _load(tmp_path, text)
    assert schema["answer"].categories == ("NO", "yes", "1.10", "2020-01-01", "null", "~", "0o17", "1e3")
    assert schema["day"].minimum == date(2020, 1, 1)
    assert schema["when"].minimum == datetime(2020, 1, 1)
    assert schema["when"].maximum == datetime(2020, 1, 2, 2, 4, 5)
    assert schema.missing_values == ("", "NA", "-")
    assert schema.name == "t"


def test_plain_frictionless_json_is_read(tmp_path: Path) -> None:
    document = {
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "fields": [
            {"name": "id", "type": "integer", "title": "Id", "constraints": {"unique": True, "minimum": 1}},
            {"name": "size", "type": "string", "categories": [{"value": "S", "label": "small"}, {"value": "L"}],
             "categoriesOrdered": True},
            {"name": "w", "type": "number", "constraints": {"minimum": 0.5, "maximum": 1e3}},
            {"name": "ok", "type": "boolean", "trueValues": ["Y"], "falseValues": ["N"]},
        ],
    }  # fmt: skip
    schema = _load(tmp_path, json.dumps(document), "t.json")
    assert schema["id"].unique
    assert schema["id"].minimum == 1
    assert schema["size"].categories == ("S", "L")
    assert schema["size"].ordered
    assert (schema["w"].minimum, schema["w"].maximum) == (0.5, 1000.0)
    assert schema["ok"].true_values == ("Y",)


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    text = """
synthcli:version: 2
colour: red
synthcli:encoding: morse
synthcli:accepted: yes
missingValues: NA
fields:
  - {name: a, type: int}
  - {name: b, type: integer, constraints: {minimum: 9, maximum: 1}}
  - {name: b, type: integer, constraints: {minimum: 1.5, pattern: x}}
  - {name: c, type: string, constraints: {enum: []}}
  - {name: d, type: date, constraints: {minimum: 2021-02-30}}
  - {name: e, type: string, constraints: {enum: [x, x]}}
  - {name: f, type: number, constraints: {minimum: .inf, required: maybe}, synthcli:decimals: 77}
  - {type: string}
  - {name: g, type: string, synthcli:role: hide, synthcli:observed: [colour]}
  - {name: h, type: string, synthcli:role: surrogate}
  - {name: i, type: date, format: '%d/%m'}
  - {name: j, type: boolean, constraints: {minimum: 1, enum: [true]}}
  - {name: k, type: integer, constraints: {enum: [1, 01]}}
  - {name: l, type: string, synthcli:surrogate: {format: pattern}}
  - text
"""
    with pytest.raises(InputError, match="26 problems") as caught:
        _load(tmp_path, text)
    lines = "\n".join(caught.value.details)
    for part in (
        "colour: no such key",
        "synthcli:encoding: there is no such text encoding; for example cp1252, latin-1, utf-16",
        "synthcli:accepted: must be unseen, or left out once somebody has read the schema",
        "synthcli:version: the file is of version 2",
        "missingValues: must be a list of text",
        "fields[0] (a): type: must be one of integer, number,",
        "fields[1] (b): its minimum lies above its maximum",
        "fields[2] (b): name: another field has this name",
        "fields[2] (b): constraints.minimum: must be an integer",
        "fields[2] (b): constraints.pattern: no such constraint",
        "fields[3] (c): its list of categories is empty",
        "fields[4] (d): constraints.minimum: must be a date",
        "fields[5] (e): its list of categories names one twice",
        "fields[6] (f): constraints.minimum: must be a number",
        "fields[6] (f): constraints.required: must be true or false",
        "fields[6] (f): synthcli:decimals: must be a whole number",
        "fields[7]: name: must be text",
        "fields[8] (g): synthcli:role: must be one of model, drop, surrogate",
        "fields[8] (g): synthcli:observed: knows",
        "fields[9] (h): a surrogate column says its surrogate's format",
        "fields[10] (i): format: a date format says year, month and day",
        "fields[11] (j): constraints.minimum: a boolean has no bounds",
        "fields[11] (j): constraints.enum: a boolean has no list",
        "fields[12] (k): constraints.enum: names a value twice",
        "fields[13] (l): synthcli:surrogate: a surrogate has a pattern",
        "fields[14]: must be a mapping",
    ):
        assert part in lines


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("t.yaml", "fields: ]", "syntax error in line 1"),
        ("t.yaml", "a: 1\na: 2", "a key is there twice"),
        ("t.json", '{"fields": ', "syntax error in line 1"),
        ("t.json", '{"a": 1, "a": 2}', "a key is there twice"),
        ("t.yaml", "", "1 problem"),
        ("t.yaml", "just text", "1 problem"),
        ("t.yaml", "fields: []", "1 problem"),
        ("t.yaml", "!!python/object/apply:os.system [ls]", "cannot be parsed|1 problem"),
        ("t.yaml", "[" * 5000, "cannot be parsed"),
        ("t.json", "[" * 100_000, "cannot be parsed"),
    ],
)
def test_broken_files(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        _load(tmp_path, text, name)


def test_a_missing_file_and_other_encodings(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file") as caught:
        load_schema(tmp_path / "no.yaml")
    assert "synthcli profile" in caught.value.hint
    (tmp_path / "latin.yaml").write_bytes("fields: [é]".encode("latin-1"))
    with pytest.raises(InputError, match="not UTF-8"):
        load_schema(tmp_path / "latin.yaml")
    with pytest.raises(UsageError, match=r"\.yaml"):
        dump_schema(Schema(name="t", columns=(Column(name="a", kind=Kind.STRING),)), "schema.toml")


def test_a_draft_explains_itself() -> None:
    column = Column(name="age", kind=Kind.INTEGER, minimum=1, maximum=9, observed=frozenset({"minimum", "maximum"}))
    text = dump_schema(Schema(name="t", columns=(column,)), "schema.yaml")
    assert text.startswith("# A schema")
    assert "synthcli:observed:\n  - maximum\n  - minimum" in text
    assert "minimum: 1\n" in text


def test_a_schema_has_one_privacy_unit_at_most(tmp_path: Path) -> None:
    field = '- {{name: {name}, type: string, "synthcli:role": unit}}\n'
    schema = _load(tmp_path, "fields:\n" + field.format(name="person") + "- {name: x, type: string}\n")
    assert schema.unit == "person" and [column.name for column in schema.modelled] == ["x"]
    with pytest.raises(InputError) as caught:
        _load(tmp_path, "fields:\n" + field.format(name="a") + field.format(name="b"))
    assert "rows belong to one privacy unit" in str(caught.value.details)
