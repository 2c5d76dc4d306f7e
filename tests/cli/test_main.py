"""The process's way out: its exit code is the command's, whatever still runs beside it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import environment

HELD = """\
import atexit, io, sys, time
import pyarrow.csv
class Slow(io.RawIOBase):
    reads = 0
    def readable(self):
        return True
    def read(self, size=-1):
        self.reads += 1
        time.sleep(0.5 * (self.reads > 1))
        return b"1,2\\n" * (size // 4)
options = pyarrow.csv.ReadOptions(column_names=["a", "b"], block_size=4096)
reader = pyarrow.csv.open_csv(Slow(), read_options=options)
sys.argv = ["synthcli", *{arguments!r}]
from synthcli.__main__ import main
try:
    main()
finally:
    atexit.register(print, "other handlers ran")
"""
"""A reader whose own thread is about to call for the next bytes when the process ends."""


@pytest.mark.parametrize(("arguments", "code"), [(["--version"], 0), (["fit", "absent.csv"], 2), (["--colour"], 2)])
def test_a_reader_that_still_runs_does_not_change_the_exit_code(
    tmp_path: Path, arguments: list[str], code: int
) -> None:
    (tmp_path / "held.py").write_text(HELD.format(arguments=arguments))
    done = subprocess.run(
        [sys.executable, "held.py"], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    assert done.stdout.endswith("other handlers ran\n")
    assert "Fatal" not in done.stderr
