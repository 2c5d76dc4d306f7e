"""What AIM and MST share on top of the mbi library: counting, Gaussian measurements, selection, projecting a model."""

from itertools import combinations

import jax
import numpy as np
from adapter import Task, write_rows

FLOAT64_ROWS = 100_000


def precision(task: Task) -> None:
    """Follow mbi's advice to calculate in float64 beyond 100,000 rows; call it before mbi is imported."""
    jax.config.update("jax_enable_x64", len(task.codes) > FLOAT64_ROWS)


class Counts:
    """Exact counts of the marginals of a table of codes, each counted once."""

    def __init__(self, codes: np.ndarray, sizes: dict[str, int]) -> None:
        self.codes, self.sizes = codes, sizes
        self._place = {name: i for i, name in enumerate(sizes)}
        self._counted: dict[tuple[str, ...], np.ndarray] = {}

    def __getitem__(self, clique: tuple[str, ...]) -> np.ndarray:
        if clique not in self._counted:
            shape = tuple(self.sizes[name] for name in clique)
            cell = np.ravel_multi_index([self.codes[:, self._place[name]] for name in clique], shape)
            self._counted[clique] = np.bincount(cell, minlength=int(np.prod(shape))).astype(np.float64)
        return self._counted[clique]

    def pairs(self) -> list[tuple[str, ...]]:
        return list(combinations(self.sizes, 2))


def project(model, clique: tuple[str, ...]) -> np.ndarray:
    """The model's marginal, flat. Not compiled: a program per candidate and round costs more than it saves."""
    with jax.disable_jit():
        return np.asarray(model.project(clique).datavector(), dtype=np.float64)


def exponential(scores: np.ndarray, epsilon: float, sensitivity: float, rng: np.random.Generator) -> int:
    """The index that the exponential mechanism picks, as the largest of the scores with Gumbel noise."""
    return int(np.argmax(scores * epsilon / (2 * sensitivity) + rng.gumbel(size=len(scores))))


def draw(task: Task, model, merged: dict[str, np.ndarray] | None = None) -> None:
    """Write as many rows as were given, drawn by the library; `merged` maps codes to those of a compressed domain."""
    rows = model.synthetic_data(rows=len(task.codes), method=task.options.rows)
    write_rows(task, (rows.decompress(merged) if merged else rows).to_dict())
