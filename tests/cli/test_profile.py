import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.table_fixture import csv, rows


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "wards.csv"
    file.write_text(csv())
    return file


def test_a_profile_is_a_table_on_stdout_and_a_schema_in_a_file(inside: Run, table: Path, tmp_path: Path) -> None:
    done = inside("profile", table.name, "-o", "schema.yaml")
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [line[:3] for line in lines[1:3]] == [["ward", "string", "model"], ["age", "integer", "model"]]
    assert "next: edit schema.yaml" in done.stderr
    assert (tmp_path / "schema.yaml").stat().st_mode & 0o077 == 0
    assert "synthcli:name: wards" in (tmp_path / "schema.yaml").read_text()


def test_json_and_a_name(inside: Run, table: Path) -> None:
    found = json.loads(inside("profile", table.name, "--json", "--name", "clinic").stdout)
    assert (found["schema_version"], found["name"], found["rows"]) == (1, "clinic", 400)
    assert {column["name"]: column["type"] for column in found["columns"]} == {
        "ward": "string",
        "age": "integer",
        "score": "number",
        "seen": "date",
        "seen_at": "datetime",
        "urgent": "boolean",
    }


def same(inside: Run, *arguments: str) -> bool:
    found, plain = (json.loads(inside("profile", *a, "--json").stdout) for a in (arguments, ("wards.csv",)))
    return found["columns"] == plain["columns"]


def test_a_byte_order_mark_is_no_part_of_a_name(inside: Run, table: Path, tmp_path: Path) -> None:
    (tmp_path / "bom.csv").write_bytes(b"\xef\xbb\xbf" + table.read_bytes())
    assert same(inside, "bom.csv")


def test_another_dialect_is_detected_or_told(inside: Run, table: Path, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text(table.read_text().replace(",", ";"), "utf-16")
    assert same(inside, "other.csv")
    assert same(inside, "other.csv", "--delimiter", "semicolon", "--encoding", "utf-16")


def test_an_all_missing_column_is_left_out_and_said_so(inside: Run, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(csv([line + "," for line in rows(50)], "ward,age,score,seen,seen_at,urgent,void"))
    column = json.loads(inside("profile", "t.csv", "--json").stdout)["columns"][-1]
    assert (column["name"], column["role"], column["flags"]) == ("void", "drop", ["empty"])


def test_a_folder_and_a_glob_in_it_have_its_name(inside: Run, table: Path, tmp_path: Path) -> None:
    (tmp_path / "clinic.d").mkdir()
    table.rename(tmp_path / "clinic.d" / "2024.csv")
    for data in ("clinic.d", "clinic.d/*.csv", f"{tmp_path}/clinic.d/2*"):
        assert json.loads(inside("profile", data, "--json").stdout)["name"] == "clinic"


def test_one_row_is_a_table(inside: Run, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(csv(rows(1)))
    assert json.loads(inside("profile", "t.csv", "--json").stdout)["rows"] == 1
