"""Grids over a number line, from public constants first and then from noisy counts: post-processing alone.

Two looks at a column: an octave grid that every table shares (cells double in width away from zero; calendar years for
dates) finds where the mass lies; a fine grid inside it, with more cells where there is more mass, tells the shape.
Adjacent fine cells are then merged until a cell stands clear of the noise, and a cell that holds much mass by itself
stays an atom.
"""

from collections.abc import Sequence
from datetime import date
from math import floor, inf, log2, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthcli.marginal.ends import clearest_run
from synthcli.table.lattice import Lattice
from synthcli.table.schema import Kind

Edges = NDArray[Any]
"""Ascending edges of half-open cells: float64 for numbers, int64 for everything that is whole."""

ALONE = 5.5
"""How many sigmas of its noise a cell must show, or a run of up to `LONGEST` cells."""
LONGEST = 8
FEWEST_BINS = 6
"""So many bins a scale has where noise hides its shape."""
_FEWEST = 24

_DAY = 86_400_000_000
_EPOCH = date(1970, 1, 1).toordinal()


def _days(year: int) -> int:
    """The first day of a year, in days since 1970."""
    return date(year, 1, 1).toordinal() - _EPOCH


def octaves(kind: Kind, decimals: int | None = None) -> Edges:
    """The public coarse grid of a kind: edges of half-open cells, the same for every table.

    Integers: powers of two up to 2^62; numbers: up to 2^63 and down to 2^-30, with zero in a cell of its own; dates
    (days since 1970) and datetimes (microseconds): the years 1800 to 2200. Numbers that are told in `decimals` have no
    octaves below the last of these: zero then lies beside the smallest numbers.
    """
    if kind is Kind.INTEGER:
        powers = 2 ** np.arange(63, dtype=np.int64)
        return np.concatenate([-powers[::-1], [0], powers])
    if kind is Kind.NUMBER:
        smallest = -30 if decimals is None else max(-30, floor(-decimals * log2(10)))
        magnitudes = 2.0 ** np.arange(smallest, 64)
        return np.concatenate([-magnitudes[::-1], [0.0, np.nextafter(0.0, 1.0)], magnitudes])
    years = np.array([_days(year) for year in range(1800, 2201)], dtype=np.int64)
    return years if kind is Kind.DATE else years * _DAY


def clip(edges: Edges, low: float | int | None, high: float | int | None) -> Edges:
    """The grid between declared bounds: `low` is the first edge, `high` the last one (exclusive on whole numbers)."""
    inner = edges
    if low is not None:
        inner = np.concatenate([np.array([low], edges.dtype), inner[inner > low]])
    if high is not None:
        inner = np.concatenate([inner[inner < high], np.array([high], edges.dtype)])
    return inner if len(inner) > 1 else np.array([inner[0], _next(inner[0])], edges.dtype)


def _next(edge: np.float64 | np.int64) -> float | int:
    return int(edge) + 1 if isinstance(edge, np.integer) else float(np.nextafter(edge, np.inf))


LIKELY_DATES = {
    kind: (_days(1920) * unit, _days(2040) * unit) for kind, unit in ((Kind.DATE, 1), (Kind.DATETIME, _DAY))
}
"""Where dates are if nothing tells, from the first up to the second."""


def likely(edges: Edges, low: int = -1024, high: int = 1024) -> NDArray[np.bool_]:
    """The cells from `low` up to `high`, or all if there are none: where values are if nothing tells."""
    near = (edges[1:] > low) & (edges[:-1] < high) & (np.abs(edges[1:]) + np.abs(edges[:-1]) >= 0.01)
    return near if near.any() else np.ones(len(near), dtype=np.bool_)


def active(
    counts: NDArray[np.float64],
    sigma: float,
    near: NDArray[np.bool_],
    beside: float = 1.0,
    alone: float = ALONE,
    whole: bool = False,
) -> slice:
    """The range of cells that hold the mass: those that stand `alone` sigmas clear of the noise, and what lies between.

    A run of cells may do so together. Their neighbours need only stand `beside` sigmas clear: thin tails are worth an
    empty cell. A far empty cell or run is taken for a full one once in 100,000 columns; where nothing stands clear,
    there is the fullest of the `near` cells, and the range stays among them; it is all of them if `whole`.
    """
    clear = clear_cells(counts, sigma, alone)
    if not len(clear) and whole:
        clear, beside = np.flatnonzero(near), inf
    if not len(clear):
        counts = np.where(near, counts, -inf)
        clear = np.array([counts.argmax()])
    first, last = int(clear[0]), int(clear[-1])
    while first > 0 and counts[first - 1] > beside * sigma:
        first -= 1
    while last < len(counts) - 1 and counts[last + 1] > beside * sigma:
        last += 1
    return slice(first, last + 1)


def clear_cells(counts: NDArray[np.float64], sigma: float, alone: float = ALONE) -> NDArray[np.intp]:
    """The cells that stand clear of the noise, and the run of others that does together."""
    clear = counts > alone * sigma
    others = np.where(clear, -np.abs(counts).sum(), counts)  # no run goes across
    run, sigmas = clearest_run(others, sigma, LONGEST)
    if sigmas > alone:
        clear[run] = True
    return np.flatnonzero(clear)


def is_resolved(edges: Edges, counts: NDArray[np.float64], cells: int) -> bool:
    """Whether `cells` fine cells between these edges will do: the mass fills some of the cells, or they are numbers.

    Mass that lies in one or two cells alone, but for a twentieth, may sit in a small corner of them.
    """
    span_is_small = np.issubdtype(edges.dtype, np.integer) and int(edges[-1]) - int(edges[0]) <= 2 * cells
    is_one_number = len(edges) == 2 and edges[1] == _next(edges[0])
    if bool(span_is_small) or is_one_number:
        return True
    mass = np.maximum(counts, 0.0)
    return float(np.convolve(mass, np.ones(2), mode="full").max()) < 0.95 * float(mass.sum())


def refine(edges: Edges, counts: NDArray[np.float64], sigma: float, cells: int) -> Edges:
    """Split coarse cells into about `cells` fine ones, as many to each as its share of the mass; at least one.

    Fewer, where a cell would hold less than `sigma`: what many cells of noise say of a quantile is mostly noise. Whole
    numbers are not split further than one cell each; where twice as many cells would do, each gets its own, since
    people count in round numbers.
    """
    if np.issubdtype(edges.dtype, np.integer) and int(edges[-1]) - int(edges[0]) <= 2 * cells:
        return np.arange(int(edges[0]), int(edges[-1]) + 1)
    cells = int(np.clip(float(counts.sum()) / sigma, min(_FEWEST, cells), cells))
    mass = np.maximum(counts - sigma, 0.0)
    total = mass.sum()
    share = mass / total if total > 0 else np.full(len(mass), 1 / len(mass))
    parts = [edges[:1]]
    for left, right, portion in zip(edges[:-1], edges[1:], share, strict=True):
        pieces = max(1, round(cells * float(portion)))
        if isinstance(left, np.integer):
            pieces = min(pieces, int(right) - int(left))
            inner = int(left) + (np.arange(1, pieces + 1, dtype=object) * (int(right) - int(left))) // pieces
            parts.append(inner.astype(np.int64))
        else:
            parts.append(np.unique(np.linspace(left, right, pieces + 1))[1:])
    return np.concatenate(parts)


def with_atoms(edges: Edges, values: Sequence[float], unit: float | None) -> Edges:
    """The grid with a cell for each of these values alone, wherever on the line they lie.

    Numbers in multiples of `unit` get no cell that lies between two of them: edges as close to an atom as that go.
    """
    atoms = np.array(values, dtype=edges.dtype)
    if not len(atoms):
        return edges
    if np.issubdtype(edges.dtype, np.integer) or unit is None or _are_between(atoms, unit):
        beyond = atoms + 1 if np.issubdtype(edges.dtype, np.integer) else np.nextafter(atoms, inf)
        return np.unique(np.concatenate([edges, atoms, beyond]))
    multiples = np.rint(atoms / unit)
    low = np.maximum((multiples - 0.5) * unit, np.minimum(edges[0], atoms))
    high = np.minimum((multiples + 0.5) * unit, np.maximum(edges[-1], np.nextafter(atoms, inf)))
    inner = np.isin(np.arange(len(edges)), (0, len(edges) - 1), invert=True)  # at an end, a cell holds both multiples
    far = np.abs(edges[:, None] - atoms).min(axis=1) > np.where(inner, 1.001, 0.999) * unit
    return np.unique(np.concatenate([edges[far], low, high]))


def holding_multiples(edges: Edges, decimals: int | None) -> Edges:
    """The grid of numbers without cells that lie between two multiples of 10^-`decimals`: what holds none is joined.

    Noise would fill them with numbers of any digits. Cells of numbers without decimals stay as they are.
    """
    if decimals is None or np.issubdtype(edges.dtype, np.integer):
        return edges
    lattice = Lattice.of(edges, decimals)
    holds = (lattice.first <= lattice.last) | (np.diff(edges) >= 10.0**-decimals)
    inner = holds[1:] & np.maximum.accumulate(holds)[:-1]  # the first cells join the next, all others the one before
    joined: Edges = edges[np.concatenate([[True], inner, [True]])]
    return joined


def _are_between(atoms: Edges, unit: float) -> bool:
    """Whether some are no multiples of the unit after all."""
    return bool(np.any(np.abs(atoms / unit - np.rint(atoms / unit)) > 1e-6))


def bins(
    counts: NDArray[np.float64], sigma: float, wanted: int, expected: NDArray[np.float64] | None = None
) -> NDArray[np.intp]:
    """Group adjacent fine cells into about `wanted` bins of equal mass, each clear of the noise: their group numbers.

    A cell that holds a bin's mass by itself is an atom: a group of its own. The bins share what the atoms leave, so
    that a column of which most is zero keeps a shape beside it. Where the noise of the cells hides a shape, there are
    `FEWEST_BINS` all the same, of equal mass as far as it is known (`weights`): who measures them has less noise.
    `expected` is how the mass lies over cells as far as it is known, in proportion; alike by default.
    """
    total = max(float(counts.sum()), 1.0)
    atoms = counts > max(total / wanted, 5.0 * sigma)
    left = max(total - float(counts[atoms].sum()), 0.0) / max(wanted - int(atoms.sum()), 1)
    groups = _grouped(counts, sigma, atoms, left, 3.0)
    if groups[-1] + 1 >= FEWEST_BINS:
        return groups
    return _alike(weights(counts, sigma, np.ones(len(counts)) if expected is None else expected), FEWEST_BINS)


def _alike(mass: NDArray[np.float64], wanted: int) -> NDArray[np.intp]:
    """Adjacent cells in up to `wanted` groups that hold about the same mass."""
    mass = mass if mass.sum() > 0 else np.ones(len(mass))
    middle = np.cumsum(mass) - mass / 2
    return np.unique(np.floor(middle / mass.sum() * wanted), return_inverse=True)[1].astype(np.intp)


def segments(counts: NDArray[np.float64], sigma: float, clear: float = 8.0) -> NDArray[np.intp]:
    """Group adjacent fine cells until a group's mass is known to one in `clear`: what is finer than that is noise.

    Spikes are groups of their own.
    """
    return _grouped(counts, sigma, spikes(counts, sigma), 0.0, clear)


def spikes(counts: NDArray[np.float64], sigma: float) -> NDArray[np.bool_]:
    """The cells that rise 5 sigma above those around them."""
    window = np.ones(min(17, len(counts)))
    size = np.convolve(np.ones(len(counts)), window, mode="same") - 1.0
    around = (np.convolve(counts, window, mode="same") - counts) / np.maximum(size, 1.0)
    return np.asarray(counts > np.maximum(around, 0.0) + 5.0 * sigma)


def _grouped(
    counts: NDArray[np.float64], sigma: float, atoms: NDArray[np.bool_], share: float, clear: float
) -> NDArray[np.intp]:
    """Runs of cells that hold `share` and stand `clear` sigmas clear of their noise; atoms apart."""
    groups = np.zeros(len(counts), dtype=np.intp)
    group, mass, width = 0, 0.0, 0
    for i, (count, atom) in enumerate(zip(counts, atoms, strict=True)):
        if width and (atom or mass >= max(share, clear * sigma * sqrt(width))):
            group, mass, width = group + 1, 0.0, 0
        groups[i] = group
        mass, width = (inf if atom else mass + float(count)), width + 1
    lone_tail = group > 0 and mass < 3.0 * sigma * sqrt(width) and not atoms[np.flatnonzero(groups == group - 1)[-1]]
    return np.where(groups == group, group - 1, groups) if lone_tail else groups


def weights(
    counts: NDArray[np.float64], sigma: float, expected: NDArray[np.float64], clear: float = 8.0
) -> NDArray[np.float64]:
    """Non-negative weights of the fine cells: as expected (by width, say) inside each segment; segments as counted.

    What is expected is a proportion. Segments are projected to the simplex; where all of them are noise, it is all.
    """
    groups = segments(counts, sigma, clear)
    masses, total = project(np.bincount(groups, counts).astype(np.float64), sigma), np.bincount(groups, expected)
    return (masses if masses.any() else total)[groups] * expected / total[groups]


def project(counts: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """The non-negative vector of the same sum that is nearest (least squares); nothing where the sum is noise.

    Noise that would spread mass over empty cells is pulled to zero: a soft threshold at the level that keeps the sum.
    """
    total = float(counts.sum())
    if total <= sigma:
        return np.zeros(len(counts))
    falling = np.sort(counts)[::-1]
    level = (np.cumsum(falling) - total) / np.arange(1, len(counts) + 1)
    keep = int(np.flatnonzero(falling > level)[-1])
    projected: NDArray[np.float64] = np.maximum(counts - level[keep], 0.0)
    return projected
