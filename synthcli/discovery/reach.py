"""How far on the number line the values of a column reach, by noisy counts of octaves and of what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from synthcli.discovery.grid import ALONE, LONGEST, Edges, active, clear_cells
from synthcli.marginal import Measurement
from synthcli.marginal.ends import clearest_run, likelihood
from synthcli.pgm.estimation import estimate_total

_ZERO = 2.5
"""How many sigmas zero must show: many rows share it where there are any, and once in 160 columns there are none."""

_BESIDE_CLEAR = 4.0
"""How many sigmas an octave beside such must show, where noise may not be taken for it: it is once in 31,000."""

_PRESENT, _LEFT = 2.0, 2.0
"""A column has values somewhere, and some elsewhere, if so many standard deviations of their number say so."""

_SURE = 3.0
"""They are looked for on both sides of zero at once if so many do."""

_LIKELIER = 2.0
"""The logarithm of how many times likelier values must be elsewhere than near."""

_OF_MANY = 4.6
"""And in columns of years by the logarithm of the number of runs more: noise does that once in 100 columns at most."""

_MANY = 0.1
"""A range that lacks so many of the values does not tell where they lie."""

_AWAY = 12
"""What is left is looked for among so many octaves on either side."""


@dataclass(frozen=True)
class Present:
    """How many rows have a value, and the standard deviation of the noise in it."""

    rows: float
    stddev: float


def present(seen: Mapping[str, Measurement], cells: Mapping[str, int]) -> dict[str, Present]:
    """By column: all rows, as all tables tell together, less those whose code lies behind the cells (missing ones)."""
    total = estimate_total(tuple(seen.values()))
    variance = 1.0 / sum(1.0 / float(m.variance.sum()) for m in seen.values())
    return {
        name: Present(
            rows=total - float(m.values[cells[name] :].sum()),
            stddev=sqrt(variance + float(m.variance[cells[name] :].sum())),
        )
        for name, m in seen.items()
    }


def reach(edges: Edges, counts: NDArray[np.float64], sigma: float, near: NDArray[np.bool_], values: Present) -> slice:
    """The range of octaves to look at more finely: where the mass is, where it must be, and where zeros are.

    Any count beside the mass will do: an octave that is empty after all costs one fine cell, which is cut off again
    where noise is least. Where nothing stands clear, all that is near and not negative; or the clearest run elsewhere,
    if there are values and they are much more likely there. Values that are not accounted for by the range lie outside
    of it: in the clearest run there. Numbers of both signs lie in two runs that mirror each other, where these are
    likelier.
    """
    above = near & (edges[:-1] >= 0)
    near = above if above.any() else near
    inside = active(counts, sigma, near, 0.0, whole=True)
    if len(clear_cells(counts, sigma)):
        both = _of_both_signs(edges, counts, sigma, values)
        inside = _hull(inside, both) if both else _with_other_sign(edges, counts, sigma, inside, values)
        inside = _with_what_is_left(counts, sigma, inside, values)
    elif values.rows > _PRESENT * max(values.stddev, sigma):
        known = replace(values, stddev=0.0)
        inside = _of_both_signs(edges, counts, sigma, values) or _far(counts, sigma, near, known) or inside
    zero = int(np.searchsorted(edges, 0))
    if edges[0] <= 0 < edges[-1] and counts[zero] > _ZERO * sigma:
        return _hull(inside, slice(zero, zero + 1))
    return inside


def reach_beyond(counts: NDArray[np.float64], sigma: float, near: NDArray[np.bool_]) -> slice:
    """All that is near, whatever its counts, and beyond it only octaves that stand clear, or beside those nearly so.

    Of a number whose mean matters: a far octave of noise would hold more of it than all others. So none is taken for
    clear together with its neighbours.
    """
    within = np.flatnonzero(near)
    clear = np.flatnonzero(counts > ALONE * sigma)
    stop = int(max([within[-1], *clear])) + 1
    while stop < len(counts) and counts[stop] > _BESIDE_CLEAR * sigma:
        stop += 1
    return slice(int(within[0]), stop)


def reach_evenly(counts: NDArray[np.float64], sigma: float, inside: slice, values: Present) -> slice:
    """The range with the likeliest run of any length, where that is clear: years are full, but many.

    Of few rows a year, none stands clear of its noise, though all of them together do. Where some do, what the run adds
    must do so, too; where none does, the run must be likelier than the range: both by as much as is left to chance.
    """
    chance = log(len(counts) * (len(counts) + 1) / 2) + _OF_MANY
    run, likely = _likeliest(counts, sigma, values, len(counts))
    held, cells = float(counts[inside].sum()), inside.stop - inside.start
    if not len(clear_cells(counts, sigma)):
        here = likelihood(held, cells, values.rows, sigma, values.stddev)
        return run if likely > max(here, 0.0) + chance else inside
    hull = _hull(inside, run)
    added, more = float(counts[hull].sum()) - held, hull.stop - hull.start - cells
    return hull if likely > _LIKELIER and added > sigma * sqrt(2.0 * chance * more) else inside


def is_settled(counts: NDArray[np.float64], sigma: float, inside: slice, values: Present) -> bool:
    """Whether the counts tell where all values are: some octave stands clear, and the range accounts for the rest."""
    return len(clear_cells(counts, sigma)) > 0 and _left(counts, sigma, inside, values) <= 0.0


def lacks_many(counts: NDArray[np.float64], sigma: float, inside: slice, values: Present) -> bool:
    """Whether more than a tenth of the values must lie outside of the range, beyond what noise may hide."""
    return _left(counts, sigma, inside, values) > _MANY * values.rows


def _left(counts: NDArray[np.float64], sigma: float, inside: slice, values: Present) -> float:
    """How many rows with a value the range does not account for, beyond what noise may hide."""
    left = values.rows - float(counts[inside].sum())
    return left - _LEFT * sqrt(values.stddev**2 + sigma**2 * (inside.stop - inside.start))


def _far(counts: NDArray[np.float64], sigma: float, near: NDArray[np.bool_], rows: Present) -> slice | None:
    """The likeliest run for so many rows, if it is e^2 times as likely as any among the near cells, and as none."""
    run, far = _likeliest(counts, sigma, rows)
    first = int(np.flatnonzero(near)[0])
    _, close = _likeliest(counts[first : int(np.flatnonzero(near)[-1]) + 1], sigma, rows)
    return run if far - max(close, 0.0) > _LIKELIER else None


def _likeliest(
    counts: NDArray[np.float64], sigma: float, values: Present, longest: int = LONGEST
) -> tuple[slice, float]:
    """The run over which so many rows, spread evenly, explain the counts best, and its log-likelihood against none.

    A cell of noise has too few of them.
    """
    before = np.concatenate([[0.0], np.cumsum(counts)])
    best, found = -np.inf, slice(0, 1)
    for cells in range(1, min(longest, len(counts)) + 1):
        likely = likelihood(before[cells:] - before[:-cells], cells, values.rows, sigma, values.stddev)
        start = int(likely.argmax())
        if likely[start] > best:
            best, found = float(likely[start]), slice(start, start + cells)
    return found, best


def _of_both_signs(edges: Edges, counts: NDArray[np.float64], sigma: float, values: Present) -> slice | None:
    """From the likeliest run below zero up to its mirror image above, if both together are likelier than any one run.

    Octaves near zero hold little of what reaches far to both sides, so that no run goes across.
    """
    high = np.flatnonzero(edges > 0)
    high = high[np.isin(-edges[high], edges)]
    if len(high) < 2 or values.rows < _SURE * max(values.stddev, sigma):
        return None
    known, low = replace(values, stddev=0.0), np.searchsorted(edges, -edges[high])
    before = np.concatenate([[0.0], np.cumsum(counts)])
    best, found = -np.inf, slice(0, 1)
    for cells in range(1, min(LONGEST, len(high) - 1) + 1):
        above, below = before[high[cells:]] - before[high[:-cells]], before[low[:-cells]] - before[low[cells:]]
        likely = likelihood(above + below, 2 * cells, known.rows, sigma)
        start = int(likely.argmax())
        if likely[start] > best:
            best, found = float(likely[start]), slice(int(low[start + cells]), int(high[start + cells]))
    _, one = _likeliest(counts, sigma, known)
    return found if best - max(one, 0.0) > _LIKELIER else None


def _with_other_sign(edges: Edges, counts: NDArray[np.float64], sigma: float, inside: slice, values: Present) -> slice:
    """The range with the likeliest run among the mirror images of its octaves, if the rows that it lacks are there.

    Among so many runs the likeliest of noise is likelier than it should be by about their number.
    """
    ends = np.sort(-edges[[inside.start, inside.stop]])
    if ends[1] <= edges[0] or ends[0] >= edges[-1]:
        return inside
    first, last = np.searchsorted(edges, ends[0]), np.searchsorted(edges, ends[1], side="right") - 1
    across = np.zeros(len(counts), dtype=np.bool_)
    across[first:last] = True
    across[inside] = False
    places = np.flatnonzero(across)
    if len(places) < 1:
        return inside
    held, cells = float(counts[inside].sum()), inside.stop - inside.start
    lacking = Present(rows=values.rows - held, stddev=sqrt(values.stddev**2 + cells * sigma**2))
    run, likely = _likeliest(counts[places[0] : places[-1] + 1], sigma, lacking)
    if lacking.rows <= 0 or likely <= _LIKELIER + log(min(LONGEST, len(places)) * len(places)):
        return inside
    return _hull(inside, slice(int(places[0]) + run.start, int(places[0]) + run.stop))


def _with_what_is_left(counts: NDArray[np.float64], sigma: float, inside: slice, values: Present) -> slice:
    if _left(counts, sigma, inside, values) <= 0.0:
        return inside
    away = np.full(len(counts), -np.abs(counts).sum() - sigma)
    for side in (slice(max(inside.start - _AWAY, 0), inside.start), slice(inside.stop, inside.stop + _AWAY)):
        away[side] = counts[side]
    run, sigmas = clearest_run(away, sigma, LONGEST)
    return _hull(inside, run) if sigmas > 0 else inside


def _hull(one: slice, other: slice) -> slice:
    return slice(min(one.start, other.start), max(one.stop, other.stop))
