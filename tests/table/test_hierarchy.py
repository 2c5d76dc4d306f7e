"""Hierarchies of categories: what is declared reads back, and what is wrong with it is told without a value."""

from pathlib import Path

import pyarrow as pa
import pytest

from synthcli.errors import InputError
from synthcli.table.hierarchy import Hierarchy
from synthcli.table.parse import parse
from synthcli.table.schema import Column, Kind
from synthcli.table.schema_file import dump_schema, load_schema, parse_schema
from synthcli.table.validation import ColumnTally

TOWNS = Hierarchy(
    (("Ur", "south", "Sumer"), ("Uruk", "south", "Sumer"), ("Kish", "north", "Sumer"), ("Mari", "north", "Syria"))
)


def _schema(field: str, folder: Path | None = None) -> Column:
    return parse_schema(f"fields:\n- {{name: town, {field}}}\n", "the schema", False, "t", folder).columns[0]


def _problem(field: str, folder: Path | None = None) -> str:
    with pytest.raises(InputError) as raised:
        _schema(field, folder)
    (line,) = raised.value.details
    return line.removeprefix("fields[0] (town): ")


def test_groups_are_numbered_at_every_level() -> None:
    levels = TOWNS.levels(("Mari", "Ur", "Kish", "Uruk"))
    assert levels.tolist() == [[0, 1, 2, 1], [0, 1, 1, 1]], "the north of Syria is not that of Sumer"


def test_groups_are_written_out_or_a_table_beside_the_schema(tmp_path: Path) -> None:
    (tmp_path / "towns.csv").write_text(
        "land,town,river,part\nSumer,Ur,E,south\nSumer,Uruk,E,south\nSumer,Kish,E,north\nSyria,Mari,E,north\nSumer,Ur,T,south\n"
    )
    table = _schema("type: string, 'synthcli:hierarchy': {table: towns.csv, levels: [town, part, land]}", tmp_path)
    nested = "{Sumer: {south: [Ur, Uruk], north: [Kish]}, Syria: {north: [Mari]}}"
    assert table.hierarchy == TOWNS
    assert table == _schema(f"type: string, 'synthcli:hierarchy': {nested}")
    assert table.categories == ("Ur", "Uruk", "Kish", "Mari")


@pytest.mark.parametrize("extension", ["yaml", "json"])
def test_a_schema_with_a_hierarchy_reads_back_without_its_table(tmp_path: Path, extension: str) -> None:
    schema = parse_schema(
        "fields:\n- {name: n, type: integer, 'synthcli:hierarchy': {low: [1, 2], high: [9]}}\n"
        "- {name: table, type: string, 'synthcli:hierarchy': {table: [a], levels: [b]}}\n",
        "the schema",
        False,
    )
    path = tmp_path / f"s.{extension}"
    path.write_text(dump_schema(schema, path))
    assert load_schema(path).columns == schema.columns
    assert schema.columns[0].categories == ("1", "2", "9")


def test_observed_facts_give_way_and_declared_categories_stay() -> None:
    tree = "'synthcli:hierarchy': {south: [Ur, Uruk], north: [Kish]}"
    seen = "constraints: {enum: [Ur, Babylon]}, 'synthcli:observed': [categories]"
    column = _schema(f"type: string, {seen}, {tree}")
    assert column.categories == ("Ur", "Uruk", "Kish")
    assert column.declares("categories")
    assert _schema(f"type: string, constraints: {{enum: [Ur, Kish]}}, {tree}").categories == ("Ur", "Kish")
    assert "2 of its categories have no place" in _problem(f"type: string, constraints: {{enum: [a, b, Ur]}}, {tree}")
    bounds = "constraints: {minimum: 1, maximum: 9}, 'synthcli:observed': [minimum, maximum]"
    assert _schema(f"type: integer, {bounds}, 'synthcli:hierarchy': {{a: [1, 2], b: [3]}}").minimum is None


@pytest.mark.parametrize(
    ("hierarchy", "what"),
    [
        ("[a, b]", "must be groups with lists of values"),
        ("{}", "must be groups with lists of values"),
        ("{a: b}", "must be groups with lists of values"),
        ("{a: []}", "must be groups with lists of values"),
        ("{a: [x], b: {c: [y]}}", "every value needs as many groups as the others"),
        ("{a: [x], b: [x]}", r"1 value(s) have more than one place"),
        ("{a: ['']}", "a value or a group has no name"),
        ("{table: t.csv}", "must be groups with lists of values"),
        ("{table: t.csv, levels: [town]}", "levels: must name two columns or more"),
        ("{table: t.csv, levels: [town, town]}", "levels: must name two columns or more"),
        ("{table: none.csv, levels: [town, part]}", "cannot read none.csv"),
        ("{table: t.csv, levels: [town, land]}", "the header of t.csv must name column 'land' once"),
        (
            "{table: twice.csv, levels: [town, part]}",
            "line 3 of twice.csv gives a value of 'town' a second value of 'part'",
        ),
        ("{table: bare.csv, levels: [town, part]}", "bare.csv has no rows below its header"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, hierarchy: str, what: str) -> None:
    (tmp_path / "t.csv").write_text("town,part\nUr,south\n")
    (tmp_path / "twice.csv").write_text("town,part\nUr,south\nUr,north\n")
    (tmp_path / "bare.csv").write_text("town,part\n")
    problem = _problem(f"type: string, 'synthcli:hierarchy': {hierarchy}", tmp_path)
    assert problem.startswith("synthcli:hierarchy: ")
    assert what in problem


def test_hierarchies_are_of_text_or_integers_in_no_order() -> None:
    tree = "'synthcli:hierarchy': {a: [1, 2]}"
    assert "every category must be an integer" in _problem("type: integer, 'synthcli:hierarchy': {a: [x]}")
    assert "for text or integers" in _problem(f"type: number, {tree}")
    assert "in no order" in _problem(f"type: string, categories: ['1'], categoriesOrdered: true, {tree}")
    with pytest.raises(ValueError, match="cannot have a hierarchy"):
        Column(name="x", kind=Kind.STRING, hierarchy=TOWNS)


@pytest.mark.parametrize(
    ("field", "hint"),
    [
        ("", "extend the synthcli:hierarchy of field 'town' (and its enum, if it has one)"),
        (
            "constraints: {enum: [Ur, Kish]}, ",
            "extend the enum of field 'town' (and its synthcli:hierarchy, where that has no place for them)",
        ),
    ],
)
def test_rows_beyond_the_hierarchy_are_told_where_the_list_is(field: str, hint: str) -> None:
    column = _schema(f"type: string, {field}'synthcli:hierarchy': {{south: [Ur, Uruk], north: [Kish]}}")
    tally = ColumnTally(column)
    tally.add(parse(pa.array(["Ur", "Babylon", "Kish"]).dictionary_encode(), column, ()), 3)
    (problem,) = tally.problems()
    assert problem.what == "column 'town': 1 of 3 values are not in the list of categories"
    assert problem.edit == f"correct the rows, or {hint}"
