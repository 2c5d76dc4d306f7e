"""What every adapter shares: its arguments, reading and writing tables of codes, and the zCDP that a budget affords.

An adapter is one script in an environment of its own. It reads the training rows and the public domain, fits its peer
at a budget, and writes as many synthetic rows as there are training rows.
"""

import argparse
import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Task:
    """Codes (rows x columns), the sizes of the public domain by column, the budget, and the adapter's own options."""

    codes: np.ndarray
    sizes: dict[str, int]
    epsilon: float
    delta: float
    seed: int
    output: Path
    options: argparse.Namespace

    @property
    def columns(self) -> list[str]:
        return list(self.sizes)


def read_task(**options: object) -> Task:
    """The task on the command line; each keyword is an option of this adapter with its default."""
    parser = argparse.ArgumentParser()
    parser.add_argument("train", type=Path)
    parser.add_argument("domain", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--epsilon", type=float, required=True)
    parser.add_argument("--delta", type=float, default=1e-9)
    parser.add_argument("--seed", type=int, default=0)
    for name, default in options.items():
        parser.add_argument(f"--{name}", type=type(default), default=default)
    given = parser.parse_args()
    sizes = json.loads(given.domain.read_text())
    codes = np.loadtxt(given.train, delimiter=",", skiprows=1, dtype=np.int64, ndmin=2)
    np.random.seed(given.seed)  # noqa: NPY002 - peers draw from the global generator
    return Task(
        codes=codes,
        sizes=sizes,
        epsilon=given.epsilon,
        delta=given.delta,
        seed=given.seed,
        output=given.output,
        options=given,
    )


def write_rows(task: Task, columns: dict[str, np.ndarray]) -> None:
    """Write the synthetic rows, columns in the domain's order."""
    rows = np.stack([np.asarray(columns[name]).astype(np.int64) for name in task.columns], axis=1)
    np.savetxt(task.output, rows, fmt="%d", delimiter=",", header=",".join(task.columns), comments="")


def affordable_rho(epsilon: float, delta: float) -> float:
    """The largest rho such that rho-zCDP implies (epsilon, delta)-DP.

    Canonne, Kamath and Steinke, "The discrete Gaussian for differential privacy" (2020), proposition 7: delta is the
    minimum over alpha of exp((alpha - 1)(alpha rho - epsilon)) / (alpha - 1) * (1 - 1 / alpha)^alpha.
    """
    alpha = 1 + np.exp(np.linspace(math.log(1e-3), math.log(1e6), 200_000))
    constant = alpha * np.log1p(-1 / alpha) - np.log(alpha - 1)
    low, high = 0.0, epsilon + 1
    for _ in range(60):
        middle = (low + high) / 2
        least = float(np.min((alpha - 1) * (alpha * middle - epsilon) + constant))
        low, high = (middle, high) if least <= math.log(delta) else (low, middle)
    return low
