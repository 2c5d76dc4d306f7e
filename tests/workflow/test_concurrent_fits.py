"""Many fits at once on one ledger: exactly as many are granted as the budget holds.

SYNTHCLI_FITS says how many fits start at once (default 8; the budget holds a fifth of them).
"""

import os
import subprocess
import sys
from pathlib import Path

from synthcli.privacy.ledger import open_ledger
from tests.cli.conftest import environment
from tests.cli.table_fixture import SCHEMA, csv, rows

FITS = int(os.environ.get("SYNTHCLI_FITS", "8"))
ROOM = max(1, FITS // 5)


def test_exactly_as_many_fits_as_the_budget_holds(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(csv(rows(200)))
    (tmp_path / "schema.yaml").write_text(SCHEMA)
    ledger = open_ledger(tmp_path / "ledger.sqlite")
    ledger.init("wards", f"{ROOM / 10:.1f}", "1e-6")
    fit = ("fit", "t.csv", "--schema", "schema.yaml", "--epsilon", "0.1", "--mechanism", "independent")
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "synthcli", *fit, "-o", f"m{i}.synth"],
            cwd=tmp_path,
            env=environment(SYNTHCLI_LEDGER=str(tmp_path / "ledger.sqlite")),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for i in range(FITS)
    ]
    codes = [process.wait(timeout=280) for process in processes]
    assert sorted(codes) == [0] * ROOM + [4] * (FITS - ROOM)
    assert len(list(tmp_path.glob("m*.synth"))) == ROOM
    account = ledger.account("wards")
    assert account.left is not None
    assert account.left[0] == 0
