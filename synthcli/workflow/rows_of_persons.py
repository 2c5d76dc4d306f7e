"""What the table of rows tells of how many rows persons have: post-processing of two noisy models.

A group's share of the rows, over its share of the persons, is how many rows its persons have beside the mean. Both are
one-way marginals, which noise hardly touches, while the pair of a group and the number of rows is often worth no
measurement. So the model of persons is tilted until the numbers of rows, as far as they were counted, have these means;
before that, until their mean agrees with the totals (`mean_rows.py`).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from synthcli.marginal import Measurement
from synthcli.mechanisms.interface import Fit
from synthcli.pgm.conditional_means import with_means
from synthcli.synthesizer import PersonModel
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.workflow.mean_rows import with_mean_rows

MOST_CELLS = 500_000

Floats = NDArray[np.float64]


def agreeing(persons: PersonModel, codec: Codec, rows: Fit, most: int) -> PersonModel:
    """The model of persons with the numbers of rows that the model of rows implies for each person-level attribute.

    `codec` is that of the rows, with the merges of their `rows` fit; at most `most` rows of a person were counted.
    """
    persons = with_mean_rows(persons, rows, most)
    of_rows = {column.name: column for column in codec.columns}
    counted = np.minimum(persons.rows_of_codes, most)
    mean = float(persons.model.marginal((persons.counted,)) @ counted / persons.model.total)
    means = {}
    for column in persons.codec.without_gaps().columns:
        other = of_rows.get(column.name)
        if other is not None and column.size > 1 and column.encoder.to_json() == other.encoder.to_json():
            means[column.name] = mean * _times_the_mean(persons, column, rows, other)
    if not means:
        return persons
    return replace(persons, model=with_means(persons.model, persons.counted, counted, means, MOST_CELLS))


def _times_the_mean(persons: PersonModel, column: ColumnCodec, rows: Fit, other: ColumnCodec) -> Floats:
    """By code of the persons' column: how many times the mean a person's rows are, drawn to one as far as noise may be.

    A logarithm L with variance v keeps the share 1 - v / L² of itself (positive-part James and Stein).
    """
    own = persons.model.marginal((column.name,)) / persons.model.total
    coarse = rows.model.marginal((other.name,)) / rows.model.total
    shares = other.shares * (coarse if other.merge is None else coarse[other.merge.groups])
    groups = np.arange(column.size) if column.merge is None else column.merge.groups
    of_rows = np.bincount(groups, shares, column.size)
    fine = np.bincount(groups, minlength=column.size)
    noise = [
        _stddev(measured, name) ** 2 * fine / total**2
        for measured, name, total in (
            (persons.measurements, column.name, persons.model.total),
            (rows.measurements, other.name, rows.model.total),
        )
    ]
    least = 1e-12
    logs = np.log(np.maximum(of_rows, least)) - np.log(np.maximum(own, least))
    variance = noise[0] / np.maximum(own, least) ** 2 + noise[1] / np.maximum(of_rows, least) ** 2
    kept = np.maximum(0.0, 1.0 - variance / np.maximum(logs**2, least))
    times: Floats = np.exp(np.clip(kept * logs, -5.0, 5.0))
    return times


def _stddev(measurements: Sequence[Measurement], name: str) -> float:
    """The noise of a fine cell of a one-way marginal: that of its most precise measurement."""
    return min((m.stddev for m in measurements if m.clique == (name,)), default=0.0)
