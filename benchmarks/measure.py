"""Run a command, and say what it cost: wall seconds, CPU seconds, peak memory of the whole process."""

import os
import subprocess
import time
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Cost:
    wall: float
    cpu: float
    peak_mb: float


def run(*command: str, cwd: str) -> Cost:
    """The cost of one process; `RuntimeError` with what it said if it fails."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{' '.join(command)}\n{said}")
    wall = time.perf_counter() - begun
    return Cost(wall=wall, cpu=usage.ru_utime + usage.ru_stime, peak_mb=usage.ru_maxrss / 1024)
