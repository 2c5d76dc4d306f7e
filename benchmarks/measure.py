"""Run a command, and say what it cost: wall seconds, CPU seconds, peak memory of the largest process in it."""

import os
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass


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


def run(*command: str, cwd: str, timeout: float | None = None) -> Cost:
    """The cost of one process and its children; `RuntimeError` with what it said if it fails, `TooSlow` if it lasts."""
    begun = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=said, start_new_session=timeout is not None
        )
        late = False
        status, usage = None, None
        while usage is None:
            done, status, found = os.wait4(process.pid, 0 if timeout is None or late else os.WNOHANG)
            if done:
                usage = found
            elif time.perf_counter() - begun > (timeout or 0):
                os.killpg(process.pid, signal.SIGKILL)
                late = True
            else:
                time.sleep(0.02)
        process.returncode = os.waitstatus_to_exitcode(status)
        cost = Cost(
            wall=time.perf_counter() - begun, cpu=usage.ru_utime + usage.ru_stime, peak_mb=usage.ru_maxrss / 1024
        )
        if late:
            raise TooSlow(cost)
        if status:
            said.seek(0)
            raise RuntimeError(f"{' '.join(command)}\n{said.read()}")
    return cost
