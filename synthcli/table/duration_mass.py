"""Where pairs of dates lie if nothing is known but each alone, and how far they are apart."""

import numpy as np
from numpy.typing import NDArray

from synthcli.table.calendar_join import Calendar, Coded, pieces_of
from synthcli.table.duration import DurationEncoder

_POINTS = 32
"""Every code of the earlier date stands for so many of its days, evenly by their mass."""

_STEPS = np.array([1, 3, 5, 7]) / 8
"""And every cell of the duration for so many of its own."""

_MISSING = 0.01
"""The share of rows without a date. How large it is makes no difference to odds."""


def pairs_apart(since: Calendar, until: Calendar, duration: Coded) -> NDArray[np.float64]:
    """Codes of the earlier date × of the later one × of the duration: how much mass each combination has.

    The earlier date and the duration are drawn alone, and the later date follows. Pairs that leave its grid have none.
    """
    encoder = duration.encoder
    assert isinstance(encoder, DurationEncoder)
    codes, places, masses = _points(since)
    low, width = encoder.edges[:-1], np.diff(encoder.edges)
    steps = (low[:, None] + (width[:, None] * _STEPS).astype(np.int64)).ravel()
    cells = np.repeat(_groups(duration, encoder.cells), len(_STEPS))
    weights = width.astype(np.float64) if duration.merge is None else duration.merge.weights[: encoder.cells]
    later = places[:, None] + steps
    grid = until.column.encoder.edges
    inside = (later >= grid[0]) & (later < grid[-1])
    found = _groups(until.column, len(grid) - 1)[np.searchsorted(grid[1:-1], later, side="right")]
    shape = since.column.size, until.column.size, duration.size
    mass = np.outer(masses, np.repeat(weights, len(_STEPS)))
    place = np.ravel_multi_index(np.broadcast_arrays(codes[:, None], found, cells), shape)
    table = np.bincount(place[inside], mass[inside], int(np.prod(shape))).reshape(shape)
    return _with_missing(table / max(float(table.sum()), 1e-300), since, until, duration)


def _points(since: Calendar) -> tuple[NDArray[np.intp], NDArray[np.int64], NDArray[np.float64]]:
    """Codes, positions and masses that stand for the earlier date."""
    pieces = pieces_of(since.column)
    codes, places, masses = [], [], []
    for code in np.unique(pieces.group):
        mine = np.flatnonzero(pieces.group == code)
        mass = pieces.mass[mine] if pieces.mass[mine].sum() > 0 else np.ones(len(mine))
        share = (np.arange(_POINTS) + 0.5) / _POINTS * mass.sum()
        chosen = mine[np.minimum(np.searchsorted(np.cumsum(mass), share), len(mine) - 1)]
        codes.append(np.full(_POINTS, code))
        places.append((pieces.low[chosen] + pieces.high[chosen] - 1) // 2)
        masses.append(np.full(_POINTS, pieces.mass[mine].sum() / _POINTS))
    return np.concatenate(codes), np.concatenate(places), np.concatenate(masses)


def _groups(column: Coded, cells: int) -> NDArray[np.intp]:
    return np.arange(cells) if column.merge is None else column.merge.groups[:cells]


def _with_missing(table: NDArray[np.float64], since: Calendar, until: Calendar, duration: Coded) -> NDArray[np.float64]:
    """The same with rows that lack a date, whatever the other one is; their codes are the last ones."""
    earlier, later = table.sum(axis=(1, 2)), table.sum(axis=(0, 2))
    lacking = [calendar.column.encoder.missing for calendar in (since, until)]
    for alone, is_lacking in zip((earlier, later), lacking, strict=True):
        alone[len(alone) - is_lacking :] = _MISSING
    absent = np.zeros(table.shape[:2], dtype=np.bool_)
    absent[len(earlier) - lacking[0] :, :] = absent[:, len(later) - lacking[1] :] = True
    if duration.encoder.missing:
        table[:, :, -1] = np.where(absent, np.outer(earlier, later), table[:, :, -1])
    return table
