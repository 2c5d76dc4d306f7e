"""Rules at the command line: told before anything is spent, kept in the rows, named on the page."""

import json
import random
from pathlib import Path

import pytest

from tests.cli.conftest import Run

SCHEMA = """\
name: wards
fields:
  - {name: id, type: string, "synthcli:role": surrogate, "synthcli:surrogate": {format: pattern, pattern: A9}}
  - {name: sex, type: string, constraints: {enum: [male, female], required: true}}
  - {name: pregnant, type: boolean, constraints: {required: true}}
  - {name: begin, type: integer, constraints: {minimum: 0, maximum: 30, required: true}}
  - {name: end, type: integer, constraints: {minimum: 0, maximum: 30}}
  - {name: letter, type: string}
rules:
  - impossible: {sex: male, pregnant: yes}
  - order: [begin, end]
  - {determines: {sex: letter}, table: {male: m, female: f}}
  - unique: [id]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    draw = random.Random(5)
    lines = ["id,sex,pregnant,begin,end,letter"]
    for i in range(4000):
        sex, begin = draw.choice(["male", "female"]), min(30, int(draw.gammavariate(3, 3)))
        end = min(30, begin + int(draw.gammavariate(2, 2)))
        sick = sex == "female" and draw.random() < 0.3
        lines.append(f"{i},{sex},{str(sick).lower()},{begin},{end if draw.random() < 0.8 else ''},{sex[0]}")
    lines.append("x,male,true,9,3,m")
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "schema.yaml").write_text(SCHEMA)
    return tmp_path


FIT = ("fit", "t.csv", "--schema", "schema.yaml", "--epsilon", "8", "-o", "m.synth")


def _shares(rows: list[list[str]], *places: int) -> dict[tuple[str, ...], float]:
    """The share of every combination of these columns."""
    keys = [tuple(row[place] for place in places) for row in rows]
    return {key: keys.count(key) / len(keys) for key in set(keys)}


def test_from_the_schema_to_the_page(inside: Run, folder: Path) -> None:
    planned = inside(*FIT, "--dry-run", "--json")
    assert json.loads(planned.stdout)["rules"] == [
        "impossible: sex male, and pregnant true",
        "begin <= end",
        "letter follows from sex by a table of 2 entries",
        "id never comes twice",
    ]
    told = json.loads(inside("profile", "t.csv", "--rules", "schema.yaml", "--json").stdout)
    assert [rule["rows"] for rule in told["rules"]] == [1, 1, 0, 0]
    fitted = inside(*FIT)
    assert fitted.returncode == 0, fitted.stderr
    assert "fewer identifiers than a sample as large as the table" in fitted.stderr and "id (260 for " in fitted.stderr
    assert inside("sample", "m.synth", "-n", "200", "--seed", "4", "-o", "small.csv").returncode == 0
    identifiers = [line.split(",")[0] for line in (folder / "small.csv").read_text().splitlines()[1:]]
    assert len(set(identifiers)) == 200
    refused = inside("sample", "m.synth", "-n", "300", "-o", "large.csv")
    assert refused.returncode == 2 and "260 identifiers" in refused.stderr
    assert "the pattern of column 'id' has only" in refused.stderr and "A99 has enough" in refused.stderr
    assert not (folder / "large.csv").exists()
    assert inside("sample", "m.synth", "-n", "300").stdout == "", "not even the header, which nobody could take back"
    assert inside("report", "--model", "m.synth", "-o", "r.html").returncode == 0
    page = (folder / "r.html").read_text()
    assert "Rules that hold in every row" in page and "begin &lt;= end" in page and "computed by a rule" in page


@pytest.mark.parametrize("option", [(), ("--dry-run",)])
def test_a_regular_expression_is_refused_before_budget_is_spent(
    inside: Run, folder: Path, option: tuple[str, ...]
) -> None:
    (folder / "schema.yaml").write_text(SCHEMA.replace("pattern: A9", 'pattern: "P-[0-9]{6}"'))
    refused = inside(*FIT, *option)
    assert refused.returncode == 3 and not (folder / "m.synth").exists()
    assert "column 'id': its pattern is written as a regular expression" in refused.stderr
    assert "for example P-999999" in refused.stderr.replace("\n", " ")
    assert not (folder / "ledger.sqlite").exists(), "nothing was reserved, let alone spent"


def test_marginals_stay_accurate_and_conditions_keep_the_rules(inside: Run, folder: Path) -> None:
    """Total variation under 6 %, where noise and rounding give 1 to 2 %: some 20 standard deviations away."""
    schema = SCHEMA.replace("pattern: A9", "pattern: A9999")
    (folder / "schema.yaml").write_text(schema)
    fitted = inside(*FIT)
    assert fitted.returncode == 0 and "identifiers" not in fitted.stderr
    assert inside("sample", "m.synth", "-n", "4000", "--seed", "1", "-o", "s.csv").returncode == 0
    where = ("--where", "sex == 'female' and pregnant == true")
    found = inside("sample", "m.synth", "-n", "500", "--seed", "1", *where, "-o", "w.csv")
    assert found.returncode == 0, found.stderr
    files = ((folder / name).read_text().splitlines()[1:] for name in ("t.csv", "s.csv", "w.csv"))
    real, drawn, some = ([line.split(",") for line in lines] for lines in files)
    for rows in (drawn, some):
        for _, sex, sick, begin, end, letter in rows:
            assert not (sex == "male" and sick == "true")
            assert not end or int(begin) <= int(end)
            assert letter == sex[0]
    assert {(row[1], row[2]) for row in some} == {("female", "true")}
    for places in ((1,), (2,), (3,), (4,), (1, 2)):
        one, other = _shares(real, *places), _shares(drawn, *places)
        assert sum(abs(one.get(key, 0) - other.get(key, 0)) for key in one | other) / 2 < 0.06, places
