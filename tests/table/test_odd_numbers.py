"""Numbers with a decimal comma or a percent sign are text: the note of their column says what to write instead."""

from pathlib import Path

import pytest

from synthcli.table.patterns import spelt_as_numbers
from synthcli.table.profile import Finding, propose
from synthcli.table.schema import Role
from synthcli.table.source import open_source

COMMA = "looks like numbers with a decimal comma: write them with a decimal point"
PERCENT = "looks like numbers with a percent sign: write them without the sign"


def _finding(folder: Path, values: list[str]) -> Finding:
    (folder / "t.csv").write_text("\n".join(["other;n", *(f"x;{value}" for value in values)]) + "\n")
    with open_source(str(folder / "t.csv")) as source:
        return propose(source, "t").findings[-1]


@pytest.mark.parametrize(
    ("values", "note"),
    [
        ([f"{i % 431},{i % 90 + 10}" for i in range(3000)], COMMA),
        ([f"{i % 9 + 1}.{i % 431 + 100},{i % 90 + 10}" for i in range(3000)], COMMA),
        ([*(f"{i % 431},5" for i in range(3000)), *["NA"] * 30], COMMA),
        ([f"{i % 97}.{i % 10}%" for i in range(3000)], PERCENT),
        ([f"-{i % 970} %" for i in range(3000)], PERCENT),
        (
            [f"{i % 97},{i % 10} %" for i in range(3000)],
            "looks like numbers with a percent sign and a decimal comma: write them without the sign, "
            "and a decimal point",
        ),
    ],
)
def test_the_note_of_a_column_that_is_left_out_says_why(tmp_path: Path, values: list[str], note: str) -> None:
    found = _finding(tmp_path, values)
    assert found.column.role is Role.DROP
    assert found.note.endswith(f"; {note}")


def test_unequal_ones_are_told_too_though_they_look_like_keys(tmp_path: Path) -> None:
    assert _finding(tmp_path, [f"{i},25" for i in range(3000)]).note.endswith(COMMA)


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["1,234", "12,500", "7,001"],
        ["1", "2", "3,5"],
        ["a,b", "1,5"],
        ["1,2,3", "4,5,6"],
        ["10 %", "a lot"],
        ["%", "5"],
        ["2024", "007"],
    ],
)
def test_other_text_is_not(texts: list[str]) -> None:
    assert spelt_as_numbers(texts) == ""
