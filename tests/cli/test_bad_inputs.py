"""Inputs spoilt one way at a time: each gets its exit code, one line that names the trouble, and no cell quoted."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.table_fixture import HEADER, SCHEMA, SECRET, csv, rows

FIT = ("fit", "t.csv", "--schema", "schema.yaml", "--epsilon", "1", "--mechanism", "independent", "-o", "m.synth")
PROFILE = ("profile", "t.csv", "-o", "out.yaml")


@dataclass(frozen=True)
class Case:
    """A spoilt input: what lies in the folder, the command, and what must come of it."""

    id: str
    arguments: tuple[str, ...]
    code: int
    says: str
    table: str | bytes = field(default_factory=csv)
    schema: str = SCHEMA
    prepare: Callable[[Path], object] = lambda folder: None


def spoilt(line: str, header: str = HEADER) -> str:
    """The table with one more row."""
    return csv([*rows(50), line], header)


def fit(**changes: str) -> tuple[str, ...]:
    """The fit with some options set otherwise."""
    arguments = list(FIT)
    for name, value in changes.items():
        flag = "-o" if name == "output" else f"--{name.replace('_', '-')}"
        if flag in arguments:
            arguments[arguments.index(flag) + 1] = value
        else:
            arguments += [flag, value]
    return tuple(arguments)


def aim(**changes: str) -> tuple[str, ...]:
    """The same with the mechanism that heeds a workload."""
    return fit(mechanism="aim", **changes)


def without(column: int) -> str:
    lines = [line.split(",") for line in csv([*rows(50), f"{SECRET},1,1,2024-01-01,,true"]).splitlines()]
    return "\n".join(",".join(cell for i, cell in enumerate(line) if i != column) for line in lines) + "\n"


GOOD = f"north,5,1.25,2024-02-03,2024-02-03T10:00:00,true,{SECRET}"


def folder_of(*headers: str) -> Callable[[Path], object]:
    """A folder of CSV files with these headers."""

    def prepare(folder: Path) -> None:
        (folder / "d").mkdir()
        for i, header in enumerate(headers):
            (folder / "d" / f"{i}.csv").write_text(f"{header}\n1,2\n")

    return prepare


GAP = "north,5,1.25,2024-02-03,,true"
"""A row without a value of what is the privacy unit here."""

WITH_UNIT = SCHEMA.replace("{name: seen_at, type: datetime,", '{name: seen_at, type: datetime, "synthcli:role": unit,')

TABLES = [
    Case("empty-file", PROFILE, 3, "t.csv", table=""),
    Case("empty-file-fit", FIT, 3, "t.csv", table=""),
    Case("header-only", PROFILE, 3, "no rows", table=HEADER + "\n"),
    Case("header-only-fit", FIT, 3, "no rows", table=HEADER + "\n"),
    Case("ragged-rows", FIT, 3, "another number of fields", table=spoilt(GOOD)),
    Case("ragged-rows-profile", PROFILE, 3, "another number of fields", table=spoilt(GOOD)),
    Case("wrong-encoding", (*FIT, "--encoding", "utf-8"), 3, "utf-8", table=csv().encode() + b"n\xe9,5,1,,,true\n"),
    Case("utf-16-declared-utf-8", (*FIT, "--encoding", "utf-8"), 3, "t.csv", table=csv().encode("utf-16")),
    *(
        Case(f"no-{name}-mark-{command[0]}", (*command, "--encoding", name), 3, f"t.csv has bytes that are not {name}")
        for name in ("utf-16", "utf-32")
        for command in (FIT, PROFILE)
    ),
    Case("no-mark-by-schema", FIT, 3, "bytes that are not utf-16", schema=SCHEMA + "synthcli:encoding: utf-16\n"),
    Case("nul-byte", FIT, 3, "ward", table=spoilt(f"{SECRET}\0,5,1.25,2024-02-03,,true")),
    Case("text-among-integers", FIT, 3, "column 'age'", table=spoilt(f"north,{SECRET},1.25,2024-02-03,,true")),
    Case("text-among-numbers", FIT, 3, "column 'score'", table=spoilt(f"north,5,{SECRET},2024-02-03,,true")),
    Case("text-among-booleans", FIT, 3, "column 'urgent'", table=spoilt(f"north,5,1.25,2024-02-03,,{SECRET}")),
    Case("text-among-dates", FIT, 3, "column 'seen'", table=spoilt(f"north,5,1.25,{SECRET},,true")),
    Case("no-such-day", FIT, 3, "column 'seen'", table=spoilt("north,5,1.25,2024-02-31,,true")),
    Case("text-among-datetimes", FIT, 3, "column 'seen_at'", table=spoilt(f"north,5,1.25,2024-02-03,{SECRET},true")),
    Case("fraction-among-integers", FIT, 3, "column 'age'", table=spoilt("north,5.5,1.25,2024-02-03,,true")),
    Case("infinite-number", FIT, 3, "infinite", table=spoilt("north,5,inf,2024-02-03,,true")),
    Case("number-too-large", FIT, 3, "column 'score'", table=spoilt("north,5,1e999,2024-02-03,,true")),
    Case("not-in-the-enum", FIT, 3, "not in the list", table=spoilt(f"{SECRET},5,1.25,2024-02-03,,true")),
    Case("below-the-minimum", FIT, 3, "below the minimum", table=spoilt("north,-5,1.25,2024-02-03,,true")),
    Case("above-the-maximum", FIT, 3, "above the maximum", table=spoilt("north,500,1.25,2024-02-03,,true")),
    Case("missing-though-required", FIT, 3, "missing, though required", table=spoilt(",5,1.25,2024-02-03,,true")),
    Case("missing-column", FIT, 3, "column 'age'", table=without(1)),
    Case("extra-column", FIT, 3, "not in the schema", table=csv([GOOD] * 50, HEADER + ",extra")),
    Case("duplicate-column-names", FIT, 3, "more than one column", table=csv([GOOD] * 50, HEADER + ",age")),
    Case("duplicate-column-names-profile", PROFILE, 3, "age", table=csv([GOOD] * 50, HEADER + ",age")),
    Case("all-missing-but-required", FIT, 3, "column 'ward'", table=csv([",5,1,,,true"] * 50)),
    Case("no-header", FIT, 3, "may not be a header", table=f"{SECRET},abc,z\nfoo,bar,d\nfoo,bar,f\n"),
    Case("another-table", FIT, 3, "no column of the schema's", table=f"a,b\n{SECRET},4\nx,5\n"),
    Case("open-quote", FIT, 3, "t.csv", table=csv() + f'"{SECRET},5,1.25,2024-02-03,,true\n'),
    Case("binary-file", PROFILE, 3, "t.csv", table=bytes(range(256)) * 40),
    Case("cut-gzip", PROFILE, 3, "t.csv", table=b"\x1f\x8b\x08\x00" + SECRET.encode()),
    Case("cut-parquet", PROFILE, 3, "t.csv", table=b"PAR1" + SECRET.encode() * 9),
    Case("no-such-file", ("profile", "nowhere.csv", "-o", "out.yaml"), 3, "nowhere.csv"),
    Case("folder-without-tables", ("profile", "d", "-o", "out.yaml"), 3, "no Parquet or CSV", prepare=folder_of()),
    Case("folder-of-two-tables", ("profile", "d", "-o", "out.yaml"), 3, "other columns", prepare=folder_of("a,b", "a")),
    Case("glob-without-match", ("profile", "*.parquet", "-o", "out.yaml", "--name", "t"), 3, "*.parquet"),
    Case("a-pipe", ("profile", "p"), 3, "is not a regular file", prepare=lambda folder: os.mkfifo(folder / "p")),
    Case("empty-stdin", ("profile", "-", "-o", "out.yaml", "--name", "t"), 3, "standard input"),
    Case("stdin-without-a-name", ("profile", "-", "-o", "out.yaml"), 2, "does not say what the data set is called"),
    Case("glob-without-a-name", ("profile", "*.csv", "-o", "out.yaml"), 2, "does not say what the data set is called"),
]

NUMBERS = [
    *(Case(f"epsilon-{v}", fit(epsilon=v), 2, "epsilon") for v in ("0", "-1", "nan", "inf", "one", "")),
    *(Case(f"delta-{v}", fit(delta=v), 2, "delta") for v in ("1", "-1e-9", "nan", "tiny")),
    *(Case(f"coins-{v}", fit(audit_coins=v), 2, "audit-coins") for v in ("1", "-0.1", "nan", "half")),
    *(Case(f"rows-{v}", ("sample", "m.synth", "--rows", v), 2, "--rows") for v in ("0", "-5", "1.5", "many")),
    Case("rows-in-plain-words", ("sample", "m.synth", "-n", "many"), 2, "'--rows' / '-n': it is a whole number"),
    Case("rows-too-few-in-plain-words", ("sample", "m.synth", "-n", "0"), 2, "'--rows' / '-n': it is at least 1"),
    Case("coins-in-plain-words", fit(audit_coins="half"), 2, "'--audit-coins': it is a number"),
    Case("mechanism-in-plain-words", fit(mechanism="magic"), 2, "'--mechanism': 'magic' is not one of"),
    Case("seed-negative", ("sample", "m.synth", "--seed", "-1"), 2, "--seed"),
    Case("mechanism-unknown", fit(mechanism="magic"), 2, "--mechanism"),
    Case("unit-unknown", fit(privacy_unit="agee", max_rows_per_unit="5"), 2, "did you mean 'age'?"),
    Case("unit-modelled", fit(privacy_unit="age", max_rows_per_unit="5"), 2, "'age' is a modelled column"),
    Case("unit-without-a-bound", FIT, 2, "--max-rows-per-unit K", schema=WITH_UNIT),
    Case("unit-other-than-the-schema's", fit(privacy_unit="age"), 2, "marks 'seen_at'", schema=WITH_UNIT),
    Case("bound-without-a-unit", fit(max_rows_per_unit="5"), 2, "means nothing without a privacy unit"),
    *(Case(f"bound-{v}", fit(max_rows_per_unit=v), 2, "--max-rows-per-unit") for v in ("0", "-1", "1.5", "many")),
    Case("bound-too-large", fit(max_rows_per_unit="1000001"), 2, "1,000,000", schema=WITH_UNIT),
    Case("unit-missing-in-rows", fit(max_rows_per_unit="5"), 3, "privacy unit", spoilt(GAP), schema=WITH_UNIT),
    Case("unit-unknown-profile", (*PROFILE, "--privacy-unit", "agee"), 2, "did you mean 'age'?"),
    Case("unit-missing-in-rows-profile", (*PROFILE, "--privacy-unit", "seen_at"), 3, "privacy unit", spoilt(GAP)),
    Case("target-unknown", aim(target="agee"), 2, "did you mean 'age'?"),
    Case("target-without-effect", fit(target="age"), 2, "means nothing to the mechanism 'independent'"),
    Case("workload-missing", aim(workload="no.toml"), 2, "no.toml"),
    Case(
        "workload-misspelt",
        aim(workload="w.toml"),
        2,
        "marginal 1: column 'wrad' is not modelled by the schema; did you mean 'ward'?",
        prepare=lambda f: (f / "w.toml").write_text('[[marginal]]\ncolumns = ["wrad", "age"]\n'),
    ),
    Case("max-cells-0", fit(max_cells="0"), 2, "--max-cells"),
    Case("delimiter-of-two", (*FIT, "--delimiter", "::"), 2, "delimiter"),
    Case("quote-of-two", (*FIT, "--quote", "''"), 2, "quote"),
    Case("encoding-unknown", (*FIT, "--encoding", "klingon"), 2, "encoding"),
    *(Case(f"encoding-{name}", (*FIT, "--encoding", name), 2, "encoding") for name in ("undefined", "idna")),
    Case("encoding-undefined-in-the-schema", FIT, 3, "text encoding", schema=SCHEMA + "synthcli:encoding: undefined\n"),
    Case("option-unknown", (*FIT, "--sed", "7"), 2, "no such option: --sed"),
    Case("option-missing", ("fit", "t.csv", "--schema", "schema.yaml", "-o", "m.synth"), 2, "--epsilon"),
    Case("output-missing", FIT[:-2], 2, "place for its model"),
    Case("public-domain-unknown", fit(public_domain="agee"), 2, "did you mean 'age'?"),
]

SCHEMAS = [
    Case("schema-missing", fit(schema="nowhere.yaml"), 3, "nowhere.yaml"),
    Case("schema-not-yaml", FIT, 3, "schema.yaml", schema="{fields: [\n"),
    Case("schema-empty", FIT, 3, "schema.yaml", schema=""),
    Case("schema-without-fields", FIT, 3, "schema.yaml", schema="name: wards\nfields: []\n"),
    Case("schema-unknown-type", FIT, 3, "ward", schema=SCHEMA.replace("type: string", "type: strange")),
    Case("schema-unknown-key", FIT, 3, "enumm", schema=SCHEMA.replace("enum:", "enumm:")),
    Case(
        "schema-bounds-crossed",
        FIT,
        3,
        "age",
        schema=SCHEMA.replace("minimum: 0, maximum: 99", "minimum: 9, maximum: 1"),
    ),
    Case("schema-empty-enum", FIT, 3, "ward", schema=SCHEMA.replace("[north, south, east]", "[]")),
    Case("schema-field-twice", FIT, 3, "age", schema=SCHEMA.replace("name: score", "name: age")),
    Case("schema-bound-not-a-date", FIT, 3, "seen", schema=SCHEMA.replace('"2024-01-01"', '"soon"')),
]

PLACES = [
    Case("output-in-no-folder", fit(output="no/where/m.synth"), 3, "folder does not exist"),
    Case("output-is-a-folder", fit(output="."), 2, "folder"),
    Case("output-is-there", FIT, 2, "is there already", prepare=lambda f: (f / "m.synth").write_text("")),
    Case("output-under-a-file", fit(output="t.csv/m.synth"), 3, "t.csv"),
    Case("output-where-nobody-may-write", fit(output="/proc/m.synth"), 3, "/proc/m.synth"),
    Case("output-is-stdout", fit(output="-"), 2, "cannot go to standard output"),
    Case("profile-output-of-no-format", ("profile", "none.csv", "-o", "x.txt"), 2, "a schema file ends in .yaml"),
    Case("profile-output-is-there", PROFILE, 2, "is there already", prepare=lambda f: (f / "out.yaml").touch()),
    Case("ledger-is-no-ledger", (*FIT, "--ledger", "t.csv"), 3, "t.csv"),
    Case("ledger-in-proc", (*FIT, "--ledger", "/proc/ledger"), 3, "/proc/ledger"),
    Case("ledger-url-unknown", (*FIT, "--ledger", "nosuch://host/db"), 2, "ledger"),
]

MODELS = [
    Case("model-missing", ("sample", "m.synth"), 3, "m.synth"),
    Case("model-empty", ("sample", "m.synth"), 3, "m.synth", prepare=lambda f: (f / "m.synth").touch()),
    Case("model-is-a-table", ("sample", "t.csv"), 3, "t.csv", table=spoilt(f"{SECRET},5,1,,,true")),
    Case("report-model-missing", ("report", "--model", "m.synth", "-o", "r.html"), 3, "m.synth"),
    Case("model-is-no-model", ("sample", "t.csv"), 3, "t.csv is not a synthcli model, or is damaged"),
    Case("audit-model-missing", ("audit", "t.csv", "t.csv", "--model", "m.synth"), 3, "m.synth"),
]


def config(text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / "synthcli.toml").write_text(text)


RELEASE = ("release", "--config", "synthcli.toml")
CONFIGURATIONS = [
    Case("toml-missing", RELEASE, 2, "synthcli.toml"),
    Case("toml-broken", RELEASE, 2, "not TOML", prepare=config("[data\n")),
    Case("toml-not-utf-8", RELEASE, 2, "is not UTF-8", prepare=lambda f: (f / "synthcli.toml").write_bytes(b"\xff")),
    Case("toml-is-a-folder", RELEASE, 2, "Is a directory", prepare=lambda f: (f / "synthcli.toml").mkdir()),
    Case("config-is-a-folder", (*FIT, "--config", "."), 2, "Is a directory"),
    Case("toml-empty", RELEASE, 2, "problem", prepare=config("")),
    Case("toml-unknown-key", FIT, 2, "problem", prepare=config("[fit]\nepsilom = 1\n")),
    Case("toml-unknown-section", FIT, 2, "problem", prepare=config("[fitt]\nepsilon = 1\n")),
    Case("toml-wrong-type", FIT, 2, "problem", prepare=config('[sample]\nrows = "many"\n')),
    Case("toml-missing-on-demand", (*FIT, "--config", "no.toml"), 2, "no.toml"),
    Case(
        "config-and-no-config",
        (*FIT, "--config", "synthcli.toml", "--no-config"),
        2,
        "exclude each other",
        prepare=config("[sample]\nseed = 7\n"),
    ),
    Case(
        "release-without-coins",
        RELEASE,
        2,
        "problem",
        prepare=config(
            '[data]\npath="t.csv"\nschema="schema.yaml"\n[fit]\nepsilon=1\naudit_coins=0.0\n[publish]\nfolder="p"\n'
        ),
    ),
]

CASES = TABLES + NUMBERS + SCHEMAS + PLACES + MODELS + CONFIGURATIONS


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_spoilt_input_gets_its_code_and_one_line(inside: Run, tmp_path: Path, case: Case) -> None:
    (tmp_path / "t.csv").write_bytes(case.table.encode() if isinstance(case.table, str) else case.table)
    (tmp_path / "schema.yaml").write_text(case.schema)
    case.prepare(tmp_path)
    before = sorted(tmp_path.iterdir())

    done = inside(*case.arguments)

    said = done.stdout + done.stderr
    assert SECRET not in said
    assert "Traceback" not in said
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert (done.returncode, len(errors), done.stdout) == (case.code, 1, ""), said
    assert case.says in said, said
    left = {path.name for path in tmp_path.iterdir() if path not in before}
    assert left <= {"ledger.sqlite"}, "a failure left files behind"


def test_there_are_at_least_forty_of_them_and_each_has_a_name_of_its_own() -> None:
    assert len({case.id for case in CASES}) == len(CASES) >= 40


def test_what_failed_before_any_noise_was_drawn_is_given_back(inside: Run, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(spoilt(f"north,{SECRET},1.25,2024-02-03,,true"))
    (tmp_path / "schema.yaml").write_text(SCHEMA)
    inside("ledger", "init", "wards", "--epsilon", "1", "--delta", "1e-6")
    assert inside(*FIT).returncode == 3
    assert inside("ledger", "show", "wards").stdout.splitlines()[1].split("\t")[2] == "0"


def test_what_the_budget_does_not_hold_is_refused_before_the_data_are_read(inside: Run, tmp_path: Path) -> None:
    (tmp_path / "schema.yaml").write_text(SCHEMA)
    inside("ledger", "init", "wards", "--epsilon", "0.5", "--delta", "1e-6")
    done = inside(*FIT)  # t.csv is not even there
    assert done.returncode == 4
    assert done.stderr.startswith("error: the budget of data set 'wards' does not hold")


@pytest.mark.parametrize("case", [c for c in CASES if c.id in ("no-such-file", "epsilon-0", "toml-unknown-key")])
def test_json_failures_are_one_object_with_the_same_code(inside: Run, tmp_path: Path, case: Case) -> None:
    import json

    (tmp_path / "t.csv").write_text(csv())
    (tmp_path / "schema.yaml").write_text(SCHEMA)
    case.prepare(tmp_path)
    done = inside(*case.arguments, "--json")
    assert (done.returncode, done.stderr) == (case.code, "")
    found = json.loads(done.stdout)
    assert (found["schema_version"], found["error"]["code"]) == (1, case.code)
    assert set(found["error"]) == {"code", "message", "hint", "details"}
