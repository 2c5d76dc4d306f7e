"""Signals in the middle of a job: what was reserved is told, as text or as JSON."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from synthcli.privacy.ledger import Status, open_ledger
from tests.cli.conftest import environment
from tests.cli.table_fixture import SCHEMA, csv, rows

PROBE = """\
import sys, time
from pathlib import Path
import synthcli.workflow.{module} as module
def wait(*_, **__):
    Path("ready").touch()
    time.sleep(60)
module.{job} = wait
sys.argv = ["synthcli", *{arguments!r}]
from synthcli.__main__ import main
main()
"""
RELEASE = """\
[data]
path = "t.csv"
schema = "schema.yaml"
[fit]
epsilon = 0.5
mechanism = "independent"
audit_coins = 0.9
[publish]
folder = "public"
"""
FIT = ("fit", "t.csv", "--schema", "schema.yaml", "--epsilon", "0.5", "--mechanism", "independent", "-o", "m.synth")
SPENT = "epsilon 0.5 and delta 1e-9 of wards stay spent: noise may have been drawn, and nobody can take it back"
KEPT = "the model is paid for and kept; the next run of this release takes it up, and spends nothing"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "t.csv").write_text(csv(rows(800)))
    (tmp_path / "schema.yaml").write_text(SCHEMA)
    (tmp_path / "synthcli.toml").write_text(RELEASE)
    open_ledger(tmp_path / "ledger.sqlite").init("wards", "1", "1e-6")
    return tmp_path


def _ended(folder: Path, job: str, arguments: tuple[str, ...], number: signal.Signals) -> tuple[int, str, str]:
    """Code, stdout and stderr of a process that was told to end when it had come to this job."""
    module, name = job.split(".")
    (folder / "probe.py").write_text(PROBE.format(module=module, job=name, arguments=arguments))
    process = subprocess.Popen(
        [sys.executable, "probe.py"],
        cwd=folder,
        env=environment(SYNTHCLI_LEDGER=str(folder / "ledger.sqlite")),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(1200):
        if (folder / "ready").exists() or process.poll() is not None:
            break
        time.sleep(0.05)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.mark.parametrize(("number", "word"), [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated")])
def test_a_fit_that_drew_noise_says_what_stays_spent(folder: Path, number: signal.Signals, word: str) -> None:
    code, out, err = _ended(folder, "fit.learn", (*FIT, "--quiet"), number)
    assert (code, out, err) == (128 + number, "", f"error: {word}\n  {SPENT}\n")
    assert open_ledger(folder / "ledger.sqlite").account("wards").releases == 1
    assert not (folder / "m.synth").exists()


def test_json_has_one_object_for_a_signal_too(folder: Path) -> None:
    code, out, err = _ended(folder, "fit.learn", (*FIT, "--quiet", "--json"), signal.SIGTERM)
    assert (code, err) == (143, "")
    assert json.loads(out)["error"] == {"code": 143, "message": "terminated", "hint": "", "details": [SPENT]}


def test_a_fit_that_drew_no_noise_gives_the_reservation_back(folder: Path) -> None:
    assert _ended(folder, "fit.training_rows", (*FIT, "--quiet"), signal.SIGTERM) == (143, "", "")
    assert [s.status for s in open_ledger(folder / "ledger.sqlite").history("wards")] == [Status.CANCELLED]


@pytest.mark.parametrize(("job", "says"), [("fit.learn", SPENT), ("release._gate_and_publish", KEPT)])
def test_a_release_says_what_stays_spent_and_what_is_kept(folder: Path, job: str, says: str) -> None:
    code, _, err = _ended(folder, job, ("release", "--quiet"), signal.SIGINT)
    assert (code, err) == (130, f"error: interrupted\n  {says}\n")
    assert (folder / ".synthcli" / "t" / "model.synth").exists() == (says == KEPT)


CALLED = """\
import opendp.prelude as dp, os, signal, time
from synthcli.__main__ import _raise_no_more, _unwind
from synthcli.cli.failure import Signalled
dp.enable_features("contrib", "honest-but-curious")
signal.signal(signal.SIGINT, _unwind)
space = dp.vector_domain(dp.atom_domain(T=int)), dp.symmetric_distance()
def told(rows):
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.05)
    return rows
called = dp.t.make_user_transformation(*space, *space, told, lambda distance: distance)
answer = None
try:
    answer = called([1, 2])
    time.sleep(60)
except Signalled:
    _raise_no_more()
    print(answer)
    print("left", flush=True)
"""


def test_a_signal_waits_until_opendp_has_returned(tmp_path: Path) -> None:
    """What is raised in a function that OpenDP calls gets lost, or ends the process by a fault of memory."""
    done = subprocess.run([sys.executable, "-c", CALLED], env=environment(), capture_output=True, text=True, timeout=50)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[1, 2]\nleft\n", "")


LOADED = """\
import os, signal, sys, time
from synthcli.__main__ import _raise_no_more, _unwind
from synthcli.cli.failure import Signalled
signal.signal(signal.SIGINT, _unwind)
try:
    import loses
    time.sleep(60)
except Signalled:
    _raise_no_more()
    print("loaded" if "loses" in sys.modules else "lost")
    print("left", flush=True)
"""
LOSES = """\
import os, signal, time
try:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.05)
except BaseException:
    raise ImportError("a library without its half") from None
"""


def test_a_signal_waits_until_a_module_is_loaded(tmp_path: Path) -> None:
    """What is raised while a library loads comes out as another exception, or not at all."""
    (tmp_path / "loses.py").write_text(LOSES)
    (tmp_path / "probe.py").write_text(LOADED)
    done = _probe(tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "loaded\nleft\n", "")


EARLY = """\
import os, signal, sys
class Signals:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), {number})
sys.meta_path.insert(0, Signals())
sys.argv = ["synthcli", "--version"]
from synthcli.__main__ import main
main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("module", ["synthcli.cli", "typer", "dataclasses"])
def test_a_signal_while_the_program_starts_ends_it_quietly(tmp_path: Path, module: str, number: signal.Signals) -> None:
    (tmp_path / "probe.py").write_text(EARLY.format(module=module, number=int(number)))
    done = _probe(tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (128 + number, "", "")


CLOSED = """\
import sys
from sqlalchemy import event
from synthcli.cli.failure import Signalled
from synthcli.privacy.ledger import open_ledger
book = open_ledger(sys.argv[1])
@event.listens_for(book._engine, "reset")
def interrupted(*_):
    raise Signalled(130)
try:
    book.account("wards")
except Signalled:
    print("left", flush=True)
"""


def test_a_signal_while_the_ledger_is_closed_prints_no_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CLOSED, str(tmp_path / "l.sqlite")]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=50)
    assert (done.returncode, done.stdout, done.stderr) == (0, "left\n", "")


IGNORED = """\
import os, signal, sys, time, weakref
import synthcli.__main__ as module
class Lost:
    def __del__(self):
        os.kill(os.getpid(), {number})
        time.sleep(5)
def job(*_, **__):
    {where}
    try:
        time.sleep(40)
    finally:
        time.sleep(0.5)  # as long as several looks for a signal that is lost
        print("settled", flush=True)
import synthcli.workflow.sample
synthcli.workflow.sample.run_sample = job
sys.argv = ["synthcli", "sample", "m.synth", "-o", "rows.csv", "--quiet"]
module.main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "where",
    [
        "Lost()",
        "held = type('Held', (), {})(); seen = weakref.ref(held, Lost.__del__); del held",
    ],
)
def test_a_signal_where_python_ignores_exceptions_is_raised_again(
    tmp_path: Path, number: signal.Signals, where: str
) -> None:
    """It is not swallowed, prints nothing, and lets what is settled on the way out be settled."""
    (tmp_path / "probe.py").write_text(IGNORED.format(number=int(number), where=where))
    done = _probe(tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (128 + number, "settled\n", "")


LATE = """\
import os, signal, sys
import synthcli.__main__ as module
module.run = lambda *_: os.kill(os.getpid(), signal.SIGINT)
module.main()
"""


def test_a_signal_when_the_command_is_done_has_its_code(tmp_path: Path) -> None:
    (tmp_path / "probe.py").write_text(LATE)
    done = _probe(tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def _probe(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "probe.py"], cwd=folder, env=environment(), capture_output=True, text=True, timeout=50
    )
