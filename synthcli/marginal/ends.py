"""Where mass begins and ends on a scale whose counts are noisy: post-processing alone."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

NEARLY_ALL = 0.9
"""So much of what is there must lie between ends that are cut off, but for what noise may hide."""

_HIDDEN = 2.0
"""How many standard deviations of the noise may hide the rest."""

_CHANCE = 1e-3
"""How likely noise may be to show, in even counts, some run that is taken for all of the mass."""

_CLEAR = 6.0
"""A run that stands out of the noise by so many sigmas is none of it, whatever lies beside it."""


def trim(counts: NDArray[np.float64], sigma: float, rows: float, significance: float = 4.0) -> slice:
    """Leave out the cells at both ends that hold no more than noise would.

    `rows` lie in the cells, by all that is known. What is kept must account for them, and be so clear that no noise and
    no run of even counts would be; else all cells stay: of many runs of noise some stands out, wherever the mass lies.
    """
    every = slice(0, len(counts))
    first = _onset(counts, sigma, significance)
    last = _onset(counts[::-1], sigma, significance)
    if first is None or last is None or first >= len(counts) - last:
        return every
    kept = slice(first, len(counts) - last)
    return kept if _holds_all(counts, sigma, rows, kept) else every


def _holds_all(counts: NDArray[np.float64], sigma: float, rows: float, kept: slice) -> bool:
    """Whether a run holds nearly all rows, and stands clear of all noise or is much likelier than all cells alike.

    Of even counts, the mean of a run's likelihood ratio is one; so the chance that one of the n (n + 1) / 2 runs has
    more than that number over `_CHANCE` is at most `_CHANCE` (Markov's inequality).
    """
    held, cells, size = float(counts[kept].sum()), kept.stop - kept.start, len(counts)
    if held < NEARLY_ALL * rows - _HIDDEN * sigma * np.sqrt(cells):
        return False
    gain = likelihood(held, cells, rows, sigma) - likelihood(float(counts.sum()), size, rows, sigma)
    is_clear = held > _CLEAR * sigma * np.sqrt(cells)
    return bool(is_clear or cells == size or gain > np.log(size * (size + 1) / 2 / _CHANCE))


def likelihood(held: Any, cells: int, rows: float, sigma: float, stddev: float = 0.0) -> Any:
    """The log-likelihood of `rows` rows spread evenly over so many cells that show `held`, against none there.

    `stddev`: how well their number is known (normal); the mean of the likelihoods is taken.
    """
    noise, prior = cells * sigma**2, stddev**2
    best = (held * prior + rows * noise) / (noise + prior)
    off = (best - rows) ** 2 / (2 * prior) if prior else 0.0
    return (best * held - best**2 / 2) / noise - off - np.log1p(prior / noise) / 2


def _onset(counts: NDArray[np.float64], sigma: float, significance: float) -> int | None:
    """Where the mass begins: the start of the longest run that is as clear as the clearest, but for one sigma.

    The runs end at the first cell up to which any run is `significance` sigmas of its own noise.
    """
    for end in range(1, len(counts) + 1):
        runs = np.cumsum(counts[:end][::-1]) / (sigma * np.sqrt(np.arange(1, end + 1)))
        clearest = float(runs.max())
        if clearest > significance:
            return end - 1 - int(np.flatnonzero(runs > clearest - 1.0)[-1])
    return None


def clearest_run(counts: NDArray[np.float64], sigma: float, longest: int) -> tuple[slice, float]:
    """The run of at most `longest` cells that stands out of its own noise most, and by how many sigmas."""
    before = np.concatenate([[0.0], np.cumsum(counts)])
    best, found = -np.inf, slice(0, 1)
    for cells in range(1, min(longest, len(counts)) + 1):
        clear = (before[cells:] - before[:-cells]) / (sigma * np.sqrt(cells))
        start = int(clear.argmax())
        if clear[start] > best:
            best, found = float(clear[start]), slice(start, start + cells)
    return found, best
