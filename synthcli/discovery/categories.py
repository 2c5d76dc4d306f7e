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
    if len(names) < 2:
        return {name: curator.keys(name, *split(rho, (1.0,)), *split(delta, (1.0,))) for name in names}
    for_presence, for_first, for_second = split(rho, SHARES)
    delta_first, delta_second = split(delta, (1.0, 1.0))
    survey = curator.on(Survey({name: View(name, Presence()) for name in names}))
    there = {m.clique[0]: m for m in survey.measure([(name,) for name in names], for_presence)}
    found = _keys(names, curator, for_first, delta_first, lambda done: progress(done / 2))
    open_names = [name for name in names if _is_open(found[name], there[name])]
    more = _keys(open_names, curator, for_second, delta_second, lambda done: progress(0.5 + done / 2))
    rhos = for_first / len(names), for_second / max(len(open_names), 1)
    return {name: _together(found[name], more.get(name, {}), rhos) for name in names}


def _is_open(found: Keys, there: Measurement) -> bool:
    """Whether much has not been listed, beyond the noise in how much there is."""
    values = max(float(there.values[0]), 1.0)
    return values - sum(found.values()) > UNLISTED * values + 2.0 * there.stddev


def _keys(
    names: Sequence[str], curator: Curator, rho: float, delta: float, progress: Callable[[float], None]
) -> dict[str, dict[str, int]]:
    """An equal share for each column."""
    found: dict[str, dict[str, int]] = {}
    if not names:
        return found
    rhos, deltas = split(rho, [1.0] * len(names)), split(delta, [1.0] * len(names))
    for done, (name, share, chance) in enumerate(zip(names, rhos, deltas, strict=True)):
        progress(done / len(names))
        found[name] = curator.keys(name, share, chance)
    return found


def _together(first: Keys, second: Keys, rhos: tuple[float, float]) -> dict[str, int]:
    """The keys of both looks; counts that were seen twice weighted by their precision."""
    both: dict[str, Any] = {**first, **second}
    for key in first.keys() & second.keys():
        both[key] = round((rhos[0] * first[key] + rhos[1] * second[key]) / sum(rhos))
    return dict(sorted(both.items()))
