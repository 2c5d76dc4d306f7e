"""Which chosen rows or units the synthetic rows match, what a match is worth, and which of them are counted.

Where units tossed, a unit matches if any of its rows does. What it weighs is the sum over its different records: coins
are exchangeable among units, whatever the records of one have in common. Counted are the matches of its rarest records,
of so many that chance matches any of them no oftener than a single row that is counted.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from synthcli.audit.arms import Arms
from synthcli.audit.chance import certainty_of, expected_matches, match_weights
from synthcli.audit.experiment import Experiment
from synthcli.audit.scan import Cells, Search, Synthetic, hashed

IMPROBABLE = 0.03
"""Matches that chance gives no more often than this are counted; every match weighs what it is worth."""
_SAMPLED = 2_000
"""Rows by which the share of those that can be counted is estimated."""
CROWDED = 0.01
"""If no more rows than this can be counted, these alone could not bring the excess to the default tolerance."""


@dataclass(frozen=True, eq=False)
class Matches:
    """By row or unit: whether it matches, what that is worth, whether it tells; the share of rows that could; and what
    one row's match is worth at most."""

    found: NDArray[np.bool_]
    weights: NDArray[np.float64]
    tells: NDArray[np.bool_]
    telling: float
    largest: float = 1.0

    @property
    def counted(self) -> NDArray[np.bool_]:
        """The matches that are counted."""
        return self.found if too_few(self.telling) else self.found & self.tells


def too_few(telling: float) -> bool:
    """Whether the matches of so small a share of rows could not tell."""
    return telling <= CROWDED


def unweighed(found: NDArray[np.bool_], alone: NDArray[np.bool_]) -> Matches:
    """Matches of which the model cannot say what they are worth: those of the rows that stand alone, if any do."""
    matches = Matches(found, found.astype(np.float64), alone, float(alone.mean()))
    return replace(matches, weights=matches.counted.astype(np.float64))


def weighed(
    search: Search, experiment: Experiment, arms: Arms, synthetic: Synthetic, rng: np.random.Generator
) -> Matches:
    """Every match by what chance makes of it."""

    def chance_of(rows: NDArray[np.intp]) -> NDArray[np.float64]:
        block = arms.every[rows]
        expected = expected_matches(experiment.model, block, synthetic.rows, search.distance)
        if search.cells == "codes" or experiment.certainty is None:
            return expected
        return expected * certainty_of(experiment.certainty, block)

    records = _different_records(arms, search.cells)
    found = synthetic.found_of_units[search][records]
    sampled = rng.choice(len(arms.first), min(_SAMPLED, len(arms.first)), replace=False)
    looked_at = np.isin(arms.unit[records], np.append(arms.unit[records[found]], sampled))
    records, found = records[looked_at], found[looked_at]
    unit, expected = arms.unit[records], chance_of(records)
    tells, weights = _rarest(unit, expected), found * match_weights(expected)

    def by_unit(values: NDArray[np.generic]) -> NDArray[np.float64]:
        return np.bincount(unit, weights=values, minlength=len(arms.first)).astype(np.float64)

    return Matches(
        found=by_unit(found) > 0,
        weights=by_unit(weights),
        tells=by_unit(found & tells) > 0,
        telling=float(np.mean(by_unit(tells)[sampled] / np.bincount(unit)[sampled])),
        largest=float(weights.max(initial=0.0)),
    )


def _rarest(unit: NDArray[np.intp], expected: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Of each unit its rarest records, so many that chance gives so few matches of all of them."""
    order = np.lexsort((expected, unit))
    total = np.append(0.0, np.cumsum(expected[order]))
    begins = np.searchsorted(unit[order], unit[order])
    rarest = np.zeros(len(unit), dtype=np.bool_)
    rarest[order] = total[1:] - total[begins] <= IMPROBABLE
    return rarest


def _different_records(arms: Arms, cells: Cells) -> NDArray[np.intp]:
    """Which of the chosen units' rows to look at: of those of one unit with equal cells, one."""
    if not arms.is_of_units:
        return arms.first
    records = hashed(arms.every, cells).sum(axis=1, dtype=np.uint64)
    order = np.lexsort((records, arms.unit))
    again = (np.diff(arms.unit[order]) == 0) & (np.diff(records[order]) == 0)
    return np.sort(order[np.append(True, ~again)])
