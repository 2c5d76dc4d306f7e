import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from synthcli.cli.console import Console
from synthcli.cli.progress import telling
from synthcli.cli.table import Table, print_table
from tests.cli.conftest import environment, program

LONG = "x" * 300


def on_a_terminal(code: str, **changes: str) -> str:
    """What a terminal of 80 columns receives from a Python snippet, both streams together."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=slave, stdout=slave, stderr=slave, env=environment(**changes)
    )
    os.close(slave)
    received = b""
    while True:
        try:
            chunk = os.read(master, 65536)
        except OSError:
            break
        if not chunk:
            break
        received += chunk
    process.wait(timeout=60)
    os.close(master)
    return received.decode()


def test_a_piped_table_is_tab_separated_and_never_cut(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(Table(columns=("a", "b"), rows=((LONG, "1\t2\n3"),)))
    assert capsys.readouterr().out == f"a\tb\n{LONG}\t1 2 3\n"


TABLE = """
from synthcli.cli.table import *
print_table(Table(columns=("a", "b"), rows=(("[red]x", "1"),), numeric=frozenset({1})))
"""


def test_a_table_on_a_terminal_is_drawn_and_its_cells_are_no_markup() -> None:
    shown = on_a_terminal(TABLE, TERM="xterm")
    assert "\t" not in shown
    assert "[red]x" in shown


@pytest.mark.parametrize("changes", [{"TERM": "dumb"}, {"TERM": "xterm", "NO_COLOR": "1"}])
def test_no_colour_where_it_is_not_wanted(changes: dict[str, str]) -> None:
    shown = on_a_terminal("from synthcli.cli.failure import *\nreport_failure(ValueError(), Manner())", **changes)
    assert shown.startswith("error: unexpected ValueError")


def test_colour_on_a_terminal_that_can() -> None:
    shown = on_a_terminal("from synthcli.cli.failure import *\nreport_failure(ValueError(), Manner())", TERM="xterm")
    assert shown.startswith("\x1b[1;31merror:\x1b[0m unexpected ValueError")


PROGRESS = (
    "from synthcli.cli.console import Console\n"
    "with Console({arguments}).progress() as tell:\n"
    "    for stage in ('reading', 'measuring'):\n"
    "        for step in range(5): tell(stage, step / 4)\n"
)


def test_progress_is_one_line_a_stage_without_a_terminal() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRESS.format(arguments="")], capture_output=True, text=True, env=environment()
    )
    assert (done.stdout, done.stderr) == ("", "reading …\nmeasuring …\n")


def test_a_long_stage_says_how_long_it_will_take(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([0.0, 10.0, 40.0, 50.0, 500.0, 600.0])
    monkeypatch.setattr("synthcli.cli.progress.monotonic", lambda: next(clock))
    with telling(True) as tell:
        for done in (0.0, 0.1, 0.4, 0.5, 0.5, 1.0):
            tell("fits", done)
    assert capsys.readouterr().err == "fits …\nfits … 40%, about 60 s left\nfits … 50%, about 8 min left\n"


@pytest.mark.parametrize("arguments", ["quiet=True", "show_progress=False"])
def test_progress_can_be_switched_off(arguments: str) -> None:
    code = PROGRESS.format(arguments=arguments)
    assert on_a_terminal(code, TERM="xterm") == ""


def test_progress_is_a_bar_on_a_terminal() -> None:
    shown = on_a_terminal(PROGRESS.format(arguments=""), TERM="xterm")
    assert "reading" in shown
    assert "\x1b[" in shown


def test_json_replaces_text_and_tables(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console(json=True)
    console.text("words")
    console.table(Table(columns=("a",), rows=()))
    console.document({"a": Path("é").name})
    assert json.loads(capsys.readouterr().out) == {"schema_version": 1, "a": "é"}


def test_names_that_standard_output_cannot_write_are_written_by_their_codes(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Größe,€uro\n1,2\n3,4\n", encoding="utf-8")
    run = program(tmp_path)
    done = run("profile", "t.csv", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert [line.split("\t")[0] for line in done.stdout.splitlines()[1:3]] == ["Gr\\xf6\\xdfe", "\\u20acuro"]
    done = run("profile", "t.csv", "--json", PYTHONIOENCODING="ascii")
    assert [column["name"] for column in json.loads(done.stdout)["columns"]] == ["Größe", "€uro"]


def test_rows_on_standard_output_are_bytes_in_utf_8_whatever_its_encoding(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Größe,n\n" + "weiß,1\n" * 20, encoding="utf-8")
    (tmp_path / "schema.yaml").write_text(
        "name: t\nfields:\n  - {name: Größe, type: string, constraints: {enum: [weiß, €], required: true}}\n"
        "  - {name: n, type: integer, constraints: {minimum: 0, maximum: 9}}\n",
        "utf-8",
    )
    run = program(tmp_path)
    fit = ("fit", "t.csv", "--schema", "schema.yaml", "--epsilon", "1", "--mechanism", "independent", "-o", "m.synth")
    assert run(*fit).returncode == 0
    assert run("sample", "m.synth", "-n", "9", "--seed", "1", "-o", "rows.csv").returncode == 0
    command = [sys.executable, "-m", "synthcli", "sample", "m.synth", "-n", "9", "--seed", "1"]
    changes = {"PYTHONIOENCODING": "ascii", "SYNTHCLI_LEDGER": str(tmp_path / "ledger.sqlite")}
    written = subprocess.run(command, cwd=tmp_path, env=environment(**changes), capture_output=True, check=True).stdout
    assert written == (tmp_path / "rows.csv").read_bytes()
    assert written.startswith("Größe,n\n".encode())


def test_quiet_keeps_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console(quiet=True)
    console.say("done")
    console.detail("how")
    console.warn("mind this")
    assert capsys.readouterr().err.endswith("warning: mind this\n")
