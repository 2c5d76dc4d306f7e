"""Run a command, and say what it cost: wall seconds, CPU seconds, peak memory of the largest process in it.

A process starts its life with the peak memory of the one that made it, so commands are started by a small process: this
file as a script.
"""

import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Cost:
    """`peak_mb` is that of the largest of the command's processes; `cpu` is user and system time of all of them."""

    wall: float
    cpu: float
    peak_mb: float


class TooSlow(Exception):
    """A command that was ended because its time was up."""

    def __init__(self, cost: Cost) -> None:
        super().__init__(f"ended after {cost.wall:.0f} s")
        self.cost = cost


def run(*command: str, cwd: str, timeout: float = math.inf, accepted: Collection[int] = (0,)) -> Cost:
    """The cost of one process and its children; `RuntimeError` with what it said if it fails (ends with another status
    than the accepted ones), `TooSlow` if it lasts.

    The timeout is in CPU seconds, or twice as many wall seconds: what else a machine does should not fail a command.
    """
    starter = [sys.executable, "-I", __file__, str(timeout), cwd, *command]
    found = json.loads(subprocess.run(starter, check=True, stdout=subprocess.PIPE).stdout)
    cost = Cost(wall=found["wall"], cpu=found["cpu"], peak_mb=found["peak_mb"])
    if found["late"]:
        raise TooSlow(cost)
    if found["status"] not in accepted:
        raise RuntimeError(f"{' '.join(command)}\n{found['said']}")
    return cost


def start(timeout: float, cwd: str, command: list[str]) -> dict[str, object]:
    """What became of a command: its cost, its exit status, what it said on stderr, whether its time was up.

    It is ended, too, when nobody is left who asked.
    """
    begun, late, parent = time.perf_counter(), False, os.getppid()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=said, start_new_session=True)
        while True:
            done, status, usage = os.wait4(process.pid, os.WNOHANG)
            if done:
                break
            spent = max(_cpu(process.pid), (time.perf_counter() - begun) / 2)
            if not late and (spent > timeout or os.getppid() != parent):
                os.killpg(process.pid, signal.SIGKILL)
                late = True
            time.sleep(min(0.2, 0.005 + (time.perf_counter() - begun) / 100))
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        return {
            "wall": time.perf_counter() - begun,
            "cpu": usage.ru_utime + usage.ru_stime,
            "peak_mb": usage.ru_maxrss / 1024,
            "status": process.returncode,
            "said": said.read(),
            "late": late,
        }


def _cpu(pid: int) -> float:
    """CPU seconds so far of a running process and its ended children; 0 where the system does not say (no /proc)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    print(json.dumps(start(float(sys.argv[1]), sys.argv[2], sys.argv[3:])))
