"""kill -9 at random moments: never a partial output, never an under-counted budget.

SYNTHCLI_CRASHES says how many moments each test tries (default 5).
"""

import json
import os
import random
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest

from synthcli.artifact import load
from synthcli.privacy.ledger import open_ledger
from tests.cli.conftest import environment
from tests.cli.table_fixture import SCHEMA, csv, rows

CRASHES = int(os.environ.get("SYNTHCLI_CRASHES", "5"))
RELEASE = """\
[data]
path = "t.csv"
schema = "schema.yaml"
[fit]
epsilon = 0.5
mechanism = "independent"
audit_coins = 0.5
ledger = "ledger.sqlite"
[publish]
folder = "public"
[audit]
policy = "policy.toml"
"""
POLICY = 'min_nonmembers = 50\n[tolerances]\n"*" = 1\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "t.csv").write_text(csv(rows(1200)))
    (tmp_path / "schema.yaml").write_text(SCHEMA)
    (tmp_path / "synthcli.toml").write_text(RELEASE)
    (tmp_path / "policy.toml").write_text(POLICY)
    return tmp_path


def _start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "synthcli", *arguments],
        cwd=folder,
        env=environment(SYNTHCLI_LEDGER=str(folder / "ledger.sqlite")),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def _duration(folder: Path, *arguments: str) -> float:
    begun = time.monotonic()
    process = _start(folder, *arguments)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said.decode()
    return time.monotonic() - begun


def _spent(folder: Path, dataset: str) -> Decimal:
    return open_ledger(folder / "ledger.sqlite").account(dataset).spent_epsilon


def test_fit_killed_at_random_moments(folder: Path) -> None:
    fit = ("fit", "t.csv", "--schema", "schema.yaml", "--epsilon", "0.5", "--mechanism", "independent", "-o", "m.synth")
    whole = _duration(folder, *fit)
    model, draw = folder / "m.synth", random.Random(1)
    made = 1
    for _ in range(CRASHES):
        model.unlink(missing_ok=True)
        process = _start(folder, *fit)
        time.sleep(draw.uniform(0.0, whole))
        process.kill()
        process.communicate()
        if model.exists():
            assert load(model).statement.epsilon == 0.5
            made += 1
        assert _spent(folder, "wards") >= made * Decimal("0.5")
    before = _spent(folder, "wards")
    model.unlink(missing_ok=True)
    _duration(folder, *fit)
    assert _spent(folder, "wards") == before + Decimal("0.5")


def test_release_killed_at_random_moments(folder: Path) -> None:
    release = ("release", "--config", "synthcli.toml")
    whole = _duration(folder, *release)
    draw, published = random.Random(2), {"t-0001"}
    for attempt in range(CRASHES):
        (folder / "t.csv").write_text(csv(rows(1200, seed=attempt)))  # new data: a new release each time
        process = _start(folder, *release)
        time.sleep(draw.uniform(0.0, whole))
        process.kill()
        process.communicate()
        for place in (folder / "public").iterdir():
            if place.is_dir() and not place.is_symlink():
                _check_whole(place)
                published.add(place.name)
        assert (folder / "public" / "latest").resolve().name in published
        assert _spent(folder, "wards") >= len(published) * Decimal("0.5")
    _duration(folder, *release)
    spent = _spent(folder, "wards")
    _duration(folder, *release)
    assert _spent(folder, "wards") == spent, "the same inputs again spend nothing"
    assert not list(folder.glob(".public.staging*"))


def _check_whole(place: Path) -> None:
    """A published folder is complete, and its manifest tells the truth."""
    manifest = json.loads((place / "manifest.json").read_text())
    assert set(manifest["files"]) == {p.name for p in place.iterdir()} - {"manifest.json"}
    assert set(manifest["files"]) == {"report.html", "t.parquet"}
    assert manifest["gate"] == "pass"
