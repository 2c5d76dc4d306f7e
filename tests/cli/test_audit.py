"""The audit through the real program: what is asked for is attacked, and what cannot be audited is refused with 13."""

import json
import random
import subprocess
from pathlib import Path

import pytest

from synthcli.__main__ import run as run_program
from synthcli.cli.failure import Manner
from tests.cli.conftest import Run, environment, program

ROWS = 1800
SCHEMA = """\
name: people
fields:
  - {name: ward, type: string, constraints: {enum: [north, south, east], required: true}}
  - {name: age, type: integer, constraints: {minimum: 0, maximum: 99, required: true}}
  - {name: size, type: string, constraints: {enum: [small, medium, large], required: true}, categoriesOrdered: true}
  - {name: score, type: integer, constraints: {minimum: 0, maximum: 999}}
  - {name: code, type: integer, constraints: {minimum: 0, maximum: 9999}}
  - {name: constant, type: string, constraints: {enum: [only]}}
  - {name: nothing, type: integer, constraints: {minimum: 0, maximum: 9}}
"""


def lines(count: int = ROWS) -> list[str]:
    draw = random.Random(5)
    return [
        f"{draw.choice(('north', 'south', 'east'))},{draw.randint(0, 99)},{draw.choice(('small', 'medium', 'large'))},"
        f"{draw.randint(0, 999)},{draw.randint(0, 9999)},only,"
        for _ in range(count)
    ]


def table(rows: list[str]) -> str:
    return "\n".join(["ward,age,size,score,code,constant,nothing", *rows]) + "\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model and its rows; half the rows toss a coin. One column is constant, one is always missing."""
    folder = tmp_path_factory.mktemp("audit")
    run = program(folder)
    (folder / "t.csv").write_text(table(lines()))
    (folder / "schema.yaml").write_text(SCHEMA.replace(", categoriesOrdered: true", ""))
    fit = ("fit", "t.csv", "--schema", "schema.yaml", "--epsilon", "1", "--mechanism", "independent")
    assert run(*fit, "--audit-coins", "0.5", "-o", "m.synth").returncode == 0
    assert run("sample", "m.synth", "-o", "s.csv").returncode == 0
    return folder


@pytest.fixture
def released(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[Path, Run]:
    """The folder, and the program at work in it, in this process."""
    monkeypatch.chdir(folder)
    for name, value in environment(SYNTHCLI_LEDGER=str(folder / "ledger.sqlite")).items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        capsys.readouterr()
        code = run_program(list(arguments), Manner.of(arguments))
        return subprocess.CompletedProcess(arguments, code, *capsys.readouterr())

    return folder, run


def test_secrets_links_and_subgroups_are_attacked(released) -> None:
    folder, run = released
    asked = ("--secret", "age", "--link", "ward,age:size,score", "--subgroup", "age >= 50", "--by", "ward")
    rare = ("--subgroup", "age > 98")
    done = run("audit", "t.csv", "s.csv", "--model", "m.synth", *asked, *rare, "-o", "a.json", "--exit-zero")
    assert done.returncode == 0, done.stderr
    audit = json.loads((folder / "a.json").read_text())["audit"]
    found = {metric["id"]: metric for metric in audit["endpoints"]}
    for group in ("age >= 50", "ward == north", "ward == south", "ward == east"):
        assert f"membership.shift.auc.{group}" in found
    assert found["membership.density.auc.age >= 50"]["n"] < 0.7 * found["membership.density.auc"]["n"]
    assert found["attribute.advantage_at_100pct"]["n"] <= ROWS
    assert "membership.shift.auc.age > 98" not in found
    assert any("Not estimable" in note and "age > 98" in note for note in audit["notes"])


def test_shadow_fits_are_made_where_they_are_asked_for(released) -> None:
    folder, run = released
    (folder / "deep.toml").write_text('min_shadows = 9\n[tolerances]\n"*" = 1\n')
    assert run("ledger", "register-policy", "people", "--policy", "deep.toml").returncode == 0
    asked = ("audit", "t.csv", "s.csv", "--model", "m.synth", "--policy", "deep.toml", "--by", "ward")
    ledger = (folder / "ledger.sqlite").read_bytes()
    for few in ((), ("--deep", "--shadows", "8")):
        done = run(*asked, *few, "-o", "a.json", "--force")
        assert done.returncode == 13 and "the policy asks for 9 shadow fits" in done.stderr
    assert (folder / "ledger.sqlite").read_bytes() == ledger, "a refused audit is no attempt"
    done = run(*asked, "--deep", "--shadows", "9", "-o", "a.json", "--force")
    assert done.returncode in (0, 11), done.stderr
    assert "shadow fits …" in done.stderr
    audit = json.loads((folder / "a.json").read_text())["audit"]
    assert audit["setup"]["shadow_fits"] == 9
    found = {metric["id"] for metric in audit["endpoints"]}
    assert {"membership.shadow.auc", "membership.shadow_file.auc.top10", "membership.shadow.auc.ward == north"} <= found
    assert "claim.shadow.epsilon" in {metric["id"] for metric in audit["claims"]}
    assert "membership.shadow.auc" in done.stdout


def test_a_policy_that_names_a_subgroup_without_rows_is_never_a_pass(released) -> None:
    folder, run = released
    limits = '"*" = 1\n"membership.*.auc.age > 98" = 0.7\n"copies.exact.excess.age >*" = 0.9\n'
    (folder / "p.toml").write_text(f"[tolerances]\n{limits}")
    assert run("ledger", "register-policy", "people", "--policy", "p.toml").returncode == 0
    groups = ("--subgroup", "age > 98", "--subgroup", "age >= 50")
    done = run("audit", "t.csv", "s.csv", "--model", "m.synth", "--policy", "p.toml", *groups)
    assert done.returncode == 11, done.stderr
    unmeasured = [line.split("\t")[0] for line in done.stdout.splitlines() if "of this name was measured" in line]
    assert unmeasured == ["membership.*.auc.age > 98", "copies.exact.excess.age > 98"]


@pytest.mark.parametrize(
    "outputs",
    [
        ("-o", "b.json", "--public", "b.json"),
        ("--public", "b.json", "--markdown", "./b.json"),
        ("--public", "b.json", "--junit", "here/b.json"),
        ("-o", "b.json", "--junit", "b.json"),
        ("--junit", "b.xml", "--markdown", "b.xml"),
    ],
)
def test_results_in_one_file_are_refused_before_anything_is_charged(released, outputs: tuple[str, ...]) -> None:
    folder, run = released
    if not (folder / "here").exists():
        (folder / "here").symlink_to(".")
    before, ledger = set(folder.iterdir()), (folder / "ledger.sqlite").read_bytes()
    done = run("audit", "t.csv", "s.csv", "--model", "m.synth", *outputs)
    assert (done.returncode, done.stdout) == (2, "")
    second = outputs[3].removeprefix("./")
    assert done.stderr == (
        f"error: each result needs a file of its own: {second} is named for two\n"
        "  hint: name another file for one of them\n"
    )
    assert set(folder.iterdir()) == before and (folder / "ledger.sqlite").read_bytes() == ledger


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--secret", "agee"), "no modelled column; did you mean 'age'?"),
        (("--link", "ward,age"), "two column sets"),
        (("--link", "ward,age:age"), "share no column"),
        (("--subgroup", "age >"), "the condition"),
        (("--by", "age"), "no list of categories"),
        (("--shadows", "7"), "7 shadow fits would tell too little"),
        (("--shadows", "99999999999"), "99,999,999,999 shadow fits are too many"),
        (("--deep", "--shadows", "1001"), "make 1,000 or fewer"),
    ],
)
def test_what_the_model_does_not_know_is_a_usage_error(released, options, says: str) -> None:
    _, run = released
    done = run("audit", "t.csv", "s.csv", "--model", "m.synth", *options)
    assert (done.returncode, done.stdout) == (2, "") and says in done.stderr


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda rows: [f"index,{rows[0]}", *(f"{i},{row}" for i, row in enumerate(rows[1:]))], "does not write"),
        (lambda rows: [row.partition(",")[2] for row in rows], "'ward'"),
        (lambda rows: rows[:1], "no rows"),
        (lambda rows: ["x,y", "1,2"], "'ward'"),
    ],
)
def test_files_that_the_model_did_not_write_are_refused(released, change, says: str) -> None:
    folder, run = released
    rows = (folder / "s.csv").read_text().splitlines()
    (folder / "bad.csv").write_text("\n".join(change(rows)) + "\n")
    done = run("audit", "t.csv", "bad.csv", "--model", "m.synth")
    assert done.returncode in (3, 13) and says in done.stderr and not done.stdout
    assert done.stderr.count("error:") == 1


@pytest.mark.parametrize(
    ("option", "name"),
    [
        *(("-o", name) for name in ("t.csv", "s.csv", "m.synth", "policy.toml", "ledger.sqlite", "coins/*.json")),
        *((option, "m.synth") for option in ("--public", "--junit", "--markdown")),
    ],
)
def test_no_result_replaces_an_input(released, option: str, name: str) -> None:
    folder, run = released
    (folder / "policy.toml").touch()
    name = next(str(path.relative_to(folder)) for path in folder.glob(name))
    before = (folder / name).read_bytes()
    done = run("audit", "t.csv", "s.csv", "--model", "m.synth", "--policy", "policy.toml", option, name, "--force")
    assert done.returncode == 2 and f"{name} is an input of this command, too" in done.stderr, done.stderr
    assert (folder / name).read_bytes() == before


def test_one_synthetic_row_and_equal_rows_have_a_verdict(released) -> None:
    folder, run = released
    rows = (folder / "s.csv").read_text().splitlines()
    for name, kept in (("one.csv", rows[:2]), ("same.csv", [rows[0], *rows[1:2] * 500])):
        (folder / name).write_text("\n".join(kept) + "\n")
        done = run("audit", "t.csv", name, "--model", "m.synth")
        assert done.returncode in (0, 11), done.stderr
        assert "copies.exact.excess" in done.stdout


def test_a_fit_without_coins_cannot_be_audited(released) -> None:
    _, run = released
    fit = ("fit", "t.csv", "--schema", "schema.yaml", "--epsilon", "1", "--mechanism", "independent")
    assert run(*fit, "-o", "bare.synth").returncode == 0
    done = run("audit", "t.csv", "s.csv", "--model", "bare.synth")
    assert done.returncode == 13 and "without audit coins" in done.stderr and "--audit-coins" in done.stderr


def test_a_table_that_holds_its_rows_twice_gets_no_fit_that_cannot_be_audited(released) -> None:
    """Whatever the coins keep out trains under another number: said before a model is paid for."""
    folder, run = released
    (folder / "twice.csv").write_text(table(lines(900) * 2))
    fit = ("fit", "twice.csv", "--schema", "schema.yaml", "--epsilon", "1", "--mechanism", "independent")
    done = run(*fit, "--audit-coins", "0.5", "-o", "twice.synth", "--dataset", "twice")
    assert done.returncode == 13 and "a record that no other row of the table has" in done.stderr
    assert not (folder / "twice.synth").exists()
