"""No noise twice: fits side by side, in forked processes and in threads, under the same seeds of Python and NumPy."""

import os
import random
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from synthcli.audit.conformance.build import Build, Fittable, PublicTable, Setting, record
from synthcli.audit.conformance.result import Check

_CODES = 150
_COLUMNS = ("a", "b", "c")
_PATIENCE = 60
"""Seconds that a forked fit may take before it is ended."""

Noise = NDArray[np.int64]


@dataclass(frozen=True)
class RepeatTest:
    """Two fits of each kind. `level`: the chance that unrelated noise is called related, for each way to run."""

    setting: Setting
    level: float

    def checks(self, build: Build) -> Iterator[Check]:
        """Each way of running fits, against all others."""
        fittable = build.prepare(_table(), self.setting)
        runs: dict[str, list[tuple[Noise, float]]] = {
            "one process": [_seeded(fittable) for _ in range(2)],
            "threads": _in_threads(fittable),
            "forked processes": [_forked(fittable) for _ in range(2)] if hasattr(os, "fork") else [],
        }
        earlier: list[tuple[Noise, float]] = []
        for way, noises in runs.items():
            yield self._check(way, noises, earlier)
            earlier += noises

    def _check(self, way: str, noises: list[tuple[Noise, float]], earlier: list[tuple[Noise, float]]) -> Check:
        """The smallest p-value of "no more cells agree than by chance" over all pairs, times their number."""
        pairs = [*combinations(noises, 2), *((one, other) for one in noises for other in earlier)]
        found = [_agreement(one, other) for one, other in pairs]
        p = min((p for _, p in found), default=1.0) * max(1, len(found))
        share = max((share for share, _ in found), default=0.0)
        return Check(
            id=f"repeats.{way.replace(' ', '-')}.{self.setting.mechanism}",
            title=f"Fits in {way} share no noise (largest share of equal cells)",
            holds=p >= self.level,
            figure=share,
            note=f"{len(found)} pairs of fits, p {min(1.0, p):.2g}" if found else "not possible on this system",
        )


def _agreement(one: tuple[Noise, float], other: tuple[Noise, float]) -> tuple[float, float]:
    """The share of cells whose noise is equal, and the chance of so many (two draws agree with chance sum p(k)^2)."""
    (left, scale), (right, _) = one, other
    support = np.arange(-int(12 * scale) - 2, int(12 * scale) + 3)
    law = np.exp(-(support**2) / (2 * scale * scale))
    chance = float(((law / law.sum()) ** 2).sum())
    equal = int(np.count_nonzero(left == right))
    return equal / len(left), float(stats.binom.sf(equal - 1, len(left), chance))


def _noise(fittable: Fittable) -> tuple[Noise, float]:
    """The noise of a fit's first marginals, and its scale."""
    return record(fittable).residuals("marginals")[0]


def _seeded(fittable: Fittable) -> tuple[Noise, float]:
    """The noise of a fit before which both generators that a library could misuse are seeded alike."""
    states = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        random.seed(1)
        np.random.seed(1)  # noqa: NPY002
        return _noise(fittable)
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002


def _in_threads(fittable: Fittable) -> list[tuple[Noise, float]]:
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(_noise, [fittable] * 2))


def _forked(fittable: Fittable) -> tuple[Noise, float]:
    """The noise of a fit in a child of this process, which inherits every state that could be inherited."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _answer(writer, lambda: _seeded(fittable))
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        content = file.read()
    if os.waitpid(child, 0)[1] != 0:
        raise RuntimeError("a fit in a forked process did not end")
    scale, *noise = np.frombuffer(content, dtype=np.float64)
    return np.array(noise, dtype=np.int64), float(scale)


def _answer(writer: int, job: Callable[[], tuple[Noise, float]]) -> None:
    """In the child: write what the job gives, and leave without the parent's clean-up; never returns."""
    code = 1
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(_PATIENCE)
        noise, scale = job()
        with os.fdopen(writer, "wb") as file:
            file.write(np.array([scale, *noise], dtype=np.float64).tobytes())
        code = 0
    finally:
        os._exit(code)


def _table() -> PublicTable:
    """Columns of many codes and next to no rows: the noise is what is seen."""
    values = ", ".join(f'"{i}"' for i in range(_CODES))
    facts = f"type: string, constraints: {{enum: [{values}], required: true}}"
    fields = "\n".join(f"- {{name: {name}, {facts}}}" for name in _COLUMNS)
    rows = "".join(f"{i},{i},{i}\n" for i in range(20))
    return PublicTable("many codes", f"name: codes\nfields:\n{fields}\n", ",".join(_COLUMNS) + "\n" + rows)
