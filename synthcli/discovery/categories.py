"""Categories learnt from the budget: a first look at all columns, and a closer one where much is still unlisted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.discovery.survey import Survey, View
from synthcli.marginal import Measurement
from synthcli.privacy.budget import split
from synthcli.privacy.curator import Curator

SHARES = (0.1, 0.25, 0.65)
"""Of the stage's rho: how many values each column has, a first look for keys, a closer one."""

UNLISTED = 0.02
"""A column is looked at more closely if more than this share of its values has not been listed."""

Keys = Mapping[str, int]

Share = tuple[float, float]
"""A part of rho, and one of delta."""


@dataclass(frozen=True)
class Presence:
    """Whether a value is there: code 0, or missing: code 1."""

    size: int = 2

    def encode(self, values: pa.Array) -> NDArray[np.uint8]:
        """One code for each value."""
        return np.asarray(values.is_null(nan_is_null=True).to_numpy(zero_copy_only=False), dtype=np.uint8)


def learn_categories(
    names: Sequence[str], curator: Curator, rho: float, delta: float, progress: Callable[[float], None]
) -> dict[str, dict[str, int]]:
    """Thresholded stable keys of every column with their noisy counts, sorted by value. Spends at most rho and delta.

    Columns of few values show them at once; what these do not need goes to the others. What no column needs is left.
    """
    presence, looks = _looks(len(names), rho, delta)
    if len(looks) < 2:
        return {name: curator.keys(name, *_each(looks[0], 1)) for name in names}
    first, second = looks
    survey = curator.on(Survey({name: View(name, Presence()) for name in names}))
    there = {m.clique[0]: m for m in survey.measure([(name,) for name in names], presence)}
    found = _keys(names, curator, first, lambda done: progress(done / 2))
    open_names = [name for name in names if _is_open(found[name], there[name])]
    more = _keys(open_names, curator, second, lambda done: progress(0.5 + done / 2))
    rhos = first[0] / len(names), second[0] / max(len(open_names), 1)
    return {name: _together(found[name], more.get(name, {}), rhos) for name in names}


def shares_of_columns(columns: int, rho: float, delta: float) -> tuple[Share, ...]:
    """What one column is asked with in each look, if all columns are looked at in all of them: the least it gets."""
    return tuple(_each(look, columns) for look in _looks(columns, rho, delta)[1]) if columns else ()


def _looks(columns: int, rho: float, delta: float) -> tuple[float, tuple[Share, ...]]:
    """The rho for how many values each column has, and what each look may spend: one look, where a column is alone."""
    if columns < 2:
        return 0.0, ((rho, delta),)
    presence, *rhos = split(rho, SHARES)
    return presence, tuple(zip(rhos, split(delta, (1.0, 1.0)), strict=True))


def _each(look: Share, columns: int) -> Share:
    """The equal share of each of so many columns."""
    equal = [1.0] * columns
    return split(look[0], equal)[0], split(look[1], equal)[0]


def _is_open(found: Keys, there: Measurement) -> bool:
    """Whether much has not been listed, beyond the noise in how much there is."""
    values = max(float(there.values[0]), 1.0)
    return values - sum(found.values()) > UNLISTED * values + 2.0 * there.stddev


def _keys(
    names: Sequence[str], curator: Curator, look: Share, progress: Callable[[float], None]
) -> dict[str, dict[str, int]]:
    """An equal share for each column."""
    found: dict[str, dict[str, int]] = {}
    for done, name in enumerate(names):
        progress(done / len(names))
        found[name] = curator.keys(name, *_each(look, len(names)))
    return found


def _together(first: Keys, second: Keys, rhos: tuple[float, float]) -> dict[str, int]:
    """The keys of both looks; counts that were seen twice weighted by their precision."""
    both: dict[str, Any] = {**first, **second}
    for key in first.keys() & second.keys():
        both[key] = round((rhos[0] * first[key] + rhos[1] * second[key]) / sum(rhos))
    return dict(sorted(both.items()))
