"""Commands of two words, on a group of our own."""

from typing import Annotated

import pytest
import typer

from synthcli.cli.group import Commands

app = typer.Typer(cls=Commands, rich_markup_mode=None)


@app.command("audit")
def audit(data: str, more: Annotated[int, typer.Option()] = 0) -> str:
    return f"audit {data} {more}"


@app.command("audit controls")
def controls(more: Annotated[int, typer.Option()] = 0) -> str:
    return f"controls {more}"


@app.command("other")
def other(word: str) -> str:
    return f"other {word}"


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["audit", "t.csv"], "audit t.csv 0"),
        (["audit", "--more", "3", "t.csv"], "audit t.csv 3"),
        (["audit", "controls"], "controls 0"),
        (["audit", "controls", "--more", "4"], "controls 4"),
        (["audit", "./controls"], "audit ./controls 0"),
        (["audit", "--", "controls"], "audit controls 0"),
        (["other", "controls"], "other controls"),
    ],
)
def test_two_words_go_before_one(arguments: list[str], answer: str) -> None:
    assert app(arguments, standalone_mode=False) == answer


def test_the_usage_line_has_both_words(capsys: pytest.CaptureFixture[str]) -> None:
    app(["audit", "controls", "--help"], prog_name="synthcli", standalone_mode=False)
    assert capsys.readouterr().out.startswith("Usage: synthcli audit controls [OPTIONS]\n")
