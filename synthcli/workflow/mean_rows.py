"""How many rows a person has on average: what noise leaves of two answers, as a tilt of the model of persons.

The model of persons has one answer. The other is the ratio of the tables' totals, which lies between 1 and K, since no
more than K rows of a person are counted. Where all is noise, the first alone would make much of a few persons in a long
tail, and millions of rows of them.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import inf

import numpy as np
from numpy.typing import NDArray

from synthcli.marginal import Measurement, Merge
from synthcli.mechanisms.interface import Fit
from synthcli.pgm.conditional_means import tilt
from synthcli.synthesizer import PersonModel

Floats = NDArray[np.float64]

_CLOSE = 1e-6
"""Means count as the same when they are as close as this, as a share of K."""


def with_mean_rows(persons: PersonModel, rows: Fit, most: int) -> PersonModel:
    """The model nearest to that of persons which has the mean that both answers together give.

    At most `most` rows of a person were counted. Numbers of rows that share a code are tilted inside it, too.
    """
    column = next(c for c in persons.codec.columns if c.name == persons.counted)
    counted = np.minimum(persons.rows_of_cells, most)
    groups = np.arange(len(counted)) if column.merge is None else column.merge.groups
    coarse = persons.model.marginal((column.name,)) / persons.model.total
    shares = coarse[groups] * column.shares
    if counted[shares > 0].max() <= counted[shares > 0].min():
        return persons
    mean = _mean(persons, shares, (counted, groups), rows)
    if abs(mean - shares @ counted) < _CLOSE * most:
        return persons
    factor = np.exp(tilt(shares, counted, mean) * (counted - counted.mean()))
    tilted = np.bincount(groups, column.shares * factor, column.size)
    clique = (column.name,)
    potentials = {**persons.model.potentials, clique: persons.model.potentials.get(clique, 0.0) + np.log(tilted)}
    merge = None if column.merge is None else Merge(groups, column.shares * factor)
    columns = tuple(replace(c, merge=merge) if c.name == column.name else c for c in persons.codec.columns)
    model = replace(persons.model, potentials=potentials)
    return replace(persons, codec=replace(persons.codec, columns=columns), model=model)


def _mean(persons: PersonModel, shares: Floats, cells: tuple[Floats, NDArray[np.intp]], rows: Fit) -> float:
    """Both answers, each weighted by the inverse variance of its noise; the second lies between one row and K."""
    counted, groups = cells
    totals = np.maximum(1.0, [persons.model.total, rows.model.total])
    told, ratio = float(shares @ counted), float(np.clip(totals[1] / totals[0], counted.min(), counted.max()))
    of_totals = np.array([_of_total(measured) for measured in (persons.measurements, rows.measurements)])
    of_ratio = ratio**2 * float(np.sum(of_totals / totals**2))
    of_told = _of_sum(persons.measurements, persons.counted, counted - told, groups) / float(totals[0]) ** 2
    return told + (ratio - told) / (1.0 + of_ratio / of_told)


def _of_total(measurements: Sequence[Measurement]) -> float:
    """The variance of the noise of the total."""
    return _together([float(m.variance.sum()) for m in measurements])


def _of_sum(measurements: Sequence[Measurement], attribute: str, times: Floats, groups: NDArray[np.intp]) -> float:
    """The variance of the noise of the sum over an attribute's cells, each so many times; at most that."""
    tables = [np.moveaxis(m.variance, m.clique.index(attribute), -1) for m in measurements if attribute in m.clique]
    return _together([float(np.sum(table[..., groups] * times**2)) for table in tables])


def _together(variances: Sequence[float]) -> float:
    """The variance of the mean of independent answers, weighted by their inverse variances."""
    return 1.0 / sum(1.0 / variance for variance in variances) if variances else inf
