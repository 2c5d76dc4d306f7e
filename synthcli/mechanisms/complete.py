"""Columns in which missing values are no more than noise have none: the model's, not the table's.

Most columns of most tables are complete, and nothing tells a mechanism so: where no value is missing, noise makes of
that a few rows that have none, in every second column. They are within the noise, and useless: a whole number that may
be missing is no whole number to most programs. So missing values that are likelier to be noise than to be there are
taken for none (`resolution.is_noise`).
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from synthcli.mechanisms.interface import Fit
from synthcli.mechanisms.resolution import is_noise
from synthcli.pgm.estimation import pool

_NEVER = -50.0
"""The logarithm of the odds that are left: no file has so many rows. A rule may forbid, and noise may not."""


def complete(fitted: Fit, gaps: Mapping[str, int]) -> Fit:
    """The fit with a model that gives no row a missing value in a column whose count of them is no more than noise.

    `gaps`: by attribute, the code that stands for a missing value alone. What else the model says stays in proportion.
    """
    one_ways = {m.clique: m for m in pool([m for m in fitted.measurements if len(m.clique) == 1])}
    potentials = dict(fitted.model.potentials)
    for attribute, code in gaps.items():
        measured = one_ways.get((attribute,))
        if measured is not None and measured.values.size > 1 and is_noise(measured, code):
            odds = np.where(np.arange(measured.values.size) == code, _NEVER, 0.0)
            potentials[attribute,] = potentials.get((attribute,), 0.0) + odds
    return replace(fitted, model=replace(fitted.model, potentials=potentials))
