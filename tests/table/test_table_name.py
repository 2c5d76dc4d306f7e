from pathlib import Path

import pytest

from synthcli.table.table_name import table_name


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("stops.csv", "stops"),
        ("a/stops.2024.csv.gz", "stops"),
        ("data/stops/", "stops"),
        ("data/stops/*.csv", "stops"),
        ("data/stops/**/part-[0-9].parquet", "stops"),
        ("-", ""),
        ("*", ""),
        ("**/*.csv", ""),
        (".csv", ""),
    ],
)
def test_a_place_says_what_a_table_is_called(path: str, name: str) -> None:
    assert table_name(path) == name


def test_the_working_directory_has_a_name_and_odd_files_keep_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "wards").mkdir()
    monkeypatch.chdir(tmp_path / "wards")
    assert table_name(".") == "wards"
    Path("t[1].csv").touch()
    assert table_name("t[1].csv") == "t[1]"
