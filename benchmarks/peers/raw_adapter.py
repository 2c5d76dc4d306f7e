"""What the adapters of raw tables share: arguments, typed rows in, typed rows out. Used by raw.py.

Numbers and dates (seconds since 1970) are float columns, everything else is text; missing values are missing.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd


@dataclass(frozen=True, kw_only=True)
class RawTask:
    """Rows, what each column is (number, date, category), the budget, and where written rows go."""

    rows: pd.DataFrame
    kinds: dict[str, str]
    epsilon: float
    delta: float
    seed: int
    output: Path


def read_task() -> RawTask:
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", type=Path)
    parser.add_argument("kinds", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--epsilon", type=float, required=True)
    parser.add_argument("--delta", type=float, default=1e-9)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    kinds = json.loads(given.kinds.read_text())
    frame = pd.read_csv(given.rows, dtype={name: str for name, kind in kinds.items() if kind == "category"})
    np.random.seed(given.seed)  # noqa: NPY002 - peers draw from the global generator
    return RawTask(
        rows=frame[list(kinds)],
        kinds=kinds,
        epsilon=given.epsilon,
        delta=given.delta,
        seed=given.seed,
        output=given.output,
    )


def write_rows(task: RawTask, rows: pd.DataFrame) -> None:
    rows[list(task.kinds)].to_csv(task.output, index=False)
