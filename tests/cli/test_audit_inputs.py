"""Tables that hold next to nothing: each has an audit with a verdict, or is refused with a reason and exit code 13."""

import random
from pathlib import Path

import pytest

from tests.cli.conftest import Run

ROWS = 1_500
SCHEMA = """\
name: people
fields:
  - {name: ward, type: string, constraints: {enum: [north, south, east]}}
  - {name: age, type: integer, constraints: {minimum: 0, maximum: 99}}
  - {name: score, type: integer, constraints: {minimum: 0, maximum: 9999}}
"""
FIT = ("fit", "t.csv", "--schema", "schema.yaml", "--epsilon", "1", "--mechanism", "independent", "-o", "m.synth")
COINS = ("--audit-coins", "0.5")


def table(line: str, rows: int = ROWS) -> str:
    """Rows of a pattern whose fields are drawn anew each time."""
    draw = random.Random(3)
    drawn = (
        line.format(ward=draw.choice(("north", "south", "east")), age=draw.randrange(100), score=draw.randrange(10_000))
        for _ in range(rows)
    )
    return "\n".join(["ward,age,score", *drawn]) + "\n"


@pytest.fixture
def audit(inside: Run, tmp_path: Path):
    """Fits a table, draws from the model, audits what was drawn."""

    def run(text: str):
        (tmp_path / "t.csv").write_text(text)
        (tmp_path / "schema.yaml").write_text(SCHEMA)
        done = inside(*FIT, *COINS)
        if done.returncode:
            return done
        assert inside("sample", "m.synth", "-o", "s.csv").returncode == 0
        return inside("audit", "t.csv", "s.csv", "--model", "m.synth")

    return run


def test_one_row_is_too_few_for_coins_and_nothing_is_spent(audit, inside: Run, tmp_path: Path) -> None:
    done = audit(table("{ward},{age},{score}", rows=1))
    assert (done.returncode, done.stdout) == (13, "")
    assert "hint: no --audit-coins gives as many: take a larger table" in done.stderr
    assert "no audit would answer" in done.stderr and not (tmp_path / "m.synth").exists()
    assert inside("ledger", "show", "people").stdout.splitlines()[-1].split("\t")[:3] == ["people", "none", "0"]


def test_one_row_in_place_of_the_table_is_not_what_was_fitted(audit, inside: Run, tmp_path: Path) -> None:
    assert audit(table("{ward},{age},{score}")).returncode in (0, 11)
    (tmp_path / "one.csv").write_text(table("{ward},{age},{score}", rows=1))
    done = inside("audit", "one.csv", "s.csv", "--model", "m.synth")
    assert (done.returncode, done.stdout) == (13, "")
    assert "values, or the order of rows, have changed since the fit" in done.stderr


@pytest.mark.parametrize("line", ["north,5,17", ",,"], ids=["all rows equal", "the whole table missing"])
def test_rows_that_are_all_alike_cannot_be_told_apart_and_nothing_is_spent(
    audit, inside: Run, line: str, tmp_path: Path
) -> None:
    done = audit(table(line))
    assert (done.returncode, done.stdout) == (13, "")
    assert "with a record that no other row of the table has" in done.stderr and done.stderr.count("error:") == 1
    assert "hint: model more columns that tell rows apart" in done.stderr and "17" not in done.stderr
    assert not (tmp_path / "m.synth").exists()
    assert inside("ledger", "show", "people").stdout.splitlines()[-1].split("\t")[:3] == ["people", "none", "0"]


@pytest.mark.parametrize("line", ["north,5,{score}", "{ward},,{score}"], ids=["constant columns", "a column missing"])
def test_columns_that_say_nothing_do_not_keep_an_audit_from_its_verdict(audit, line: str) -> None:
    done = audit(table(line))
    assert done.returncode in (0, 11), done.stderr
    rows = {fields[0]: fields for fields in (line.split("\t") for line in done.stdout.splitlines())}
    assert {"copies.raw.excess", "membership.shift.auc", "order.excess"} <= set(rows)
    assert all(fields[7] in ("outcome", "pass", "inconclusive") for fields in rows.values())
