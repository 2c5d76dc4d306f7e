"""`synthcli audit conformance`, on this build, with fewer fits than a user's."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from synthcli.audit.conformance.result import Check, Conformance
from synthcli.errors import ExitCode
from synthcli.workflow import conformance
from tests.audit.conformance.small import small
from tests.cli.conftest import Run

PARTS = {"replay", "repeats", "noise", "canaries", "likelihood"}


def test_this_build_is_not_contradicted(inside: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By chance it is with a probability below 1 %: the level that is kept, nearly all of it by conservative bounds."""
    monkeypatch.setattr(conformance, "quick_scope", small)
    done = inside("audit", "conformance", "--json", "-o", "found.json", "--junit", "found.xml")
    assert done.returncode == 0, done.stdout
    document = json.loads(done.stdout)
    assert (document["outcome"], document["scope"], document["contradicted"]) == ("conforms", "small", [])
    ids = [check["id"] for check in document["checks"]]
    assert len(set(ids)) == len(ids) and {name.split(".")[0] for name in ids} == PARTS
    assert len(document["build"]["digest"]) == 64
    assert json.loads((tmp_path / "found.json").read_text()) == document
    suites = ElementTree.parse(tmp_path / "found.xml").getroot()
    assert {suite.get("name") for suite in suites} == PARTS
    assert (suites.get("tests"), suites.get("failures")) == (str(len(ids)), "0")
    assert "replaying: independent …" in done.stderr.splitlines()
    assert not (tmp_path / "ledger.sqlite").exists()


def test_both_results_in_one_file_are_refused_before_anything_is_fitted(inside: Run, tmp_path: Path) -> None:
    done = inside("audit", "conformance", "-o", "found", "--junit", "./found")
    assert (done.returncode, "a file of its own: found is named for two" in done.stderr) == (2, True)
    assert not list(tmp_path.iterdir())


FOUND = Conformance(
    checks=(
        Check(id="replay.rho.sieve", title="rho adds up", holds=True, figure=0.52, bound=0.53),
        Check(id="noise.marginals.scale", title="Noise has its scale", holds=False, figure=0.5, bound=1.0, note="p 0"),
    ),
    scope="quick",
    alarm=0.01,
)


def test_a_contradiction_exits_12_and_names_the_part(
    inside: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(conformance, "run_conformance", lambda full, progress: FOUND)
    done = inside("audit", "conformance", "--junit", "found.xml")
    assert done.returncode == ExitCode.CONTRADICTED
    assert done.stdout.splitlines()[2].split("\t") == ["noise.marginals.scale", "0.5", "1", "contradicted", "p 0"]
    assert done.stderr.splitlines() == [
        "warning: noise.marginals.scale: Noise has its scale: 0.5000, claimed 1 (p 0)",
        "warning: the claimed epsilon is contradicted: release nothing that this build produced",
    ]
    (failure,) = ElementTree.parse(tmp_path / "found.xml").getroot().iter("failure")
    assert failure.get("type") == "contradicted"
    assert inside("audit", "conformance", "--json", "--exit-zero").returncode == 2, "no option makes it green"


def test_nothing_is_run_before_the_outputs_can_be_written(inside: Run, tmp_path: Path) -> None:
    (tmp_path / "found.json").write_text("")
    done = inside("audit", "conformance", "-o", "found.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: found.json is there already\n")


def test_no_checks_are_no_conformance() -> None:
    assert not Conformance(checks=(), scope="none", alarm=0.01).conforms
