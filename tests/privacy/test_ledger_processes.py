"""The ledger under many processes, and under kill -9."""

import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

from synthcli.privacy.ledger import Status, open_ledger

# Forks its processes after the imports, and lets them all go at the same moment.
RESERVE = """
import os, sys
from synthcli.errors import BudgetRefused
from synthcli.privacy.ledger import open_ledger

waiting, gate = os.pipe()
children = []
for _ in range(int(sys.argv[2])):
    child = os.fork()
    if not child:
        os.close(gate)
        os.read(waiting, 1)  # returns when the last holder of the gate closes it
        try:
            ledger = open_ledger(sys.argv[1])
            ledger.commit(ledger.reserve("d", "0.1", "1e-10"), artifact_digest="x")
        except BudgetRefused:
            os._exit(4)
        except BaseException:
            os._exit(1)
        os._exit(0)
    children.append(child)
os.close(gate)
print(*[os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children])
"""

RESERVE_AND_HANG = """
import sys, time
from synthcli.privacy.ledger import open_ledger
open_ledger(sys.argv[1]).reserve("d", "0.25", "1e-10")
print("reserved", flush=True)
time.sleep(600)
"""


def _reserve_in_processes(ledger: Path, processes: int) -> list[int]:
    """The exit codes of so many processes that each ask for a tenth."""
    code = [sys.executable, "-c", RESERVE, str(ledger), str(processes)]
    return [int(word) for word in subprocess.run(code, check=True, capture_output=True, text=True).stdout.split()]


def test_fifty_processes_and_room_for_ten(tmp_path):
    path = tmp_path / "l.sqlite"
    open_ledger(path).init("d", "1.0", "1e-9")
    assert sorted(_reserve_in_processes(path, 50)) == [0] * 10 + [4] * 40
    account = open_ledger(path).account("d")
    assert (account.spent_epsilon, account.spent_delta, account.releases) == (1, Decimal("1e-9"), 10)


def test_processes_may_begin_the_same_ledger_at_once(tmp_path):
    path = tmp_path / "folder" / "l.sqlite"
    assert _reserve_in_processes(path, 20) == [0] * 20
    assert open_ledger(path).account("d").releases == 20


def test_a_killed_process_has_spent(tmp_path):
    path = tmp_path / "l.sqlite"
    open_ledger(path).init("d", "1.0", "1e-9")
    code = [sys.executable, "-c", RESERVE_AND_HANG, str(path)]
    with subprocess.Popen(code, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "reserved\n"
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=30)
    ledger = open_ledger(path)
    assert [spend.status for spend in ledger.history("d")] == [Status.RESERVED]
    assert ledger.account("d").left == (Decimal("0.75"), Decimal("9e-10"))
