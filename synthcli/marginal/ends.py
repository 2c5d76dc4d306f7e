"""Where mass begins and ends on a scale whose counts are noisy: post-processing alone."""

import numpy as np
from numpy.typing import NDArray


def trim(counts: NDArray[np.float64], sigma: float, significance: float = 4.0) -> slice:
    """Leave out the cells at both ends that hold no more than noise would."""
    first = _onset(counts, sigma, significance)
    last = _onset(counts[::-1], sigma, significance)
    if first is None or last is None or first >= len(counts) - last:
        return slice(0, len(counts))
    return slice(first, len(counts) - last)


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
