"""Which chosen rows or units the synthetic rows match, what a match is worth, and which of them are counted.

A row may match in several ways: but for one column, whichever that is. Each way has a chance of its own, and counted
are the matches in the rarest ways, so many that chance gives one of any of them seldom.

Where units tossed, a unit matches if any of its rows does. What it weighs is the sum over its different records: coins
are exchangeable among units, whatever the records of one have in common. Counted are its rarest matches by the same
rule, so that chance matches no unit oftener than a row.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from synthcli.audit.arms import Arms
from synthcli.audit.block import Block
from synthcli.audit.chance import certainty_of, match_weights, ways_to_match
from synthcli.audit.commonness import commonness
from synthcli.audit.experiment import Experiment
from synthcli.audit.scan import Cells, Search, Synthetic, hashed

IMPROBABLE = 0.03
"""Matches that chance gives a row or unit no more often than this are counted; every match weighs what it is worth."""
_IN_SEVERAL_WAYS = 0.5
"""Of that, where a row may match in several ways: most rows then have some that are rare, and chance matches as few."""
_SAMPLED = 2_000
"""Rows by which the share of those that can be counted is estimated."""
CROWDED = 0.2
"""If no more can be counted, copies of a twentieth of the rows would not bring the excess to the default tolerance."""

UNDECIDED = 0.1
"""Where fewer of a crowd are matched, or fewer are not, chance adds so little that groups of like rows only cost."""


@dataclass(frozen=True, eq=False)
class Matches:
    """By row or unit: whether it matches, what that is worth, whether it tells; the share of its matches that could, of
    all ways in which it could match (not a number where nobody looked); what one row's are worth at most; and, in a
    crowd of which chance matches some and not others, how common each is."""

    found: NDArray[np.bool_]
    weights: NDArray[np.float64]
    tells: NDArray[np.bool_]
    could: NDArray[np.float64]
    largest: float = 1.0
    common: NDArray[np.float64] | None = None

    @property
    def telling(self) -> float:
        """The share of matches that could tell: none, where nobody looked."""
        known = self.could[~np.isnan(self.could)]
        return float(known.mean()) if len(known) else 0.0

    def among(self, chosen: NDArray[np.bool_]) -> "Matches":
        """Those of some rows or units (a mask), of which others may be able to tell than of all."""
        found, weights, tells, could = self.found[chosen], self.weights[chosen], self.tells[chosen], self.could[chosen]
        return Matches(found, weights, tells, could, self.largest)

    @property
    def counted(self) -> NDArray[np.bool_]:
        """The matches that are counted."""
        return self.found if too_few(self.telling) else self.found & self.tells


def too_few(telling: float) -> bool:
    """Whether the matches of so small a share of rows could not tell."""
    return telling <= CROWDED


def unweighed(found: NDArray[np.bool_], alone: NDArray[np.bool_]) -> Matches:
    """Matches of which the model cannot say what they are worth: those of the rows that stand alone, if any do."""
    matches = Matches(found, found.astype(np.float64), alone, alone.astype(np.float64))
    return replace(matches, weights=matches.counted.astype(np.float64))


def weighed(
    searches: Sequence[Search], experiment: Experiment, arms: Arms, synthetic: Synthetic, rng: np.random.Generator
) -> Matches:
    """Every match by what chance makes of it; the searches are ways in which a row may match."""
    records = different_records(arms, searches[0].cells)
    found = np.stack([synthetic.found_of_units[search][records] for search in searches], axis=1)
    sampled = rng.choice(len(arms.first), min(_SAMPLED, len(arms.first)), replace=False)
    matched = arms.unit[records[found.any(axis=1)]]
    looked_at = np.isin(arms.unit[records], np.append(matched, sampled))
    records, found = records[looked_at], found[looked_at]
    unit, (expected, ways) = arms.unit[records], _expected(searches, experiment, arms.every[records], synthetic.rows)
    most = IMPROBABLE * (_IN_SEVERAL_WAYS if len(searches) > 1 else 1.0)
    tells, weights = _rarest(unit, expected, most), match_weights(found, expected)

    def by_unit(values: NDArray[np.generic]) -> NDArray[np.float64]:
        return np.bincount(unit, weights=values, minlength=len(arms.first)).astype(np.float64)

    could = np.full(len(arms.first), np.nan)
    could[sampled] = by_unit((ways * tells).sum(axis=1))[sampled] / np.bincount(unit)[sampled]
    matches = Matches(
        found=by_unit(np.asarray(found.any(axis=1))) > 0,
        weights=by_unit(weights),
        tells=by_unit(np.asarray((found & tells).any(axis=1))) > 0,
        could=could,
        largest=float(weights.max(initial=0.0)),
    )
    if not too_few(matches.telling) or not UNDECIDED <= matches.found.mean() <= 1 - UNDECIDED:
        return matches
    return replace(matches, common=commonness(arms.every, arms.unit, len(arms.first)))


def _expected(
    searches: Sequence[Search], experiment: Experiment, block: Block, rows: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rows × searches: how many rows of the model's would match, and which share of copies does so."""
    expected, ways = ways_to_match(experiment.model, block, rows, [search.without for search in searches])
    if searches[0].cells == "spelled" and experiment.certainty is not None:
        expected = expected * certainty_of(experiment.certainty, block)[:, None]
    return expected, ways


def _rarest(unit: NDArray[np.intp], expected: NDArray[np.float64], most: float) -> NDArray[np.bool_]:
    """Of each unit the rarest ways in which its records may match: chance gives at most so many matches in all."""
    units, chances = np.repeat(unit, expected.shape[1]), expected.ravel()
    order = np.lexsort((chances, units))
    total = np.append(0.0, np.cumsum(chances[order]))
    begins = np.searchsorted(units[order], units[order])
    rarest = np.zeros(len(units), dtype=np.bool_)
    rarest[order] = total[1:] - total[begins] <= most
    return rarest.reshape(expected.shape)


def different_records(arms: Arms, cells: Cells) -> NDArray[np.intp]:
    """Which of the chosen units' rows to look at: of those of one unit with equal cells, one."""
    if not arms.is_of_units:
        return arms.first
    records = hashed(arms.every, cells).sum(axis=1, dtype=np.uint64)
    order = np.lexsort((records, arms.unit))
    again = (np.diff(arms.unit[order]) == 0) & (np.diff(records[order]) == 0)
    return np.sort(order[np.append(True, ~again)])
