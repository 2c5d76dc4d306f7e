"""Copies and guesses by stratum: the most exposed rows, and the subgroups that the steward names.

Who belongs to a stratum is known before any coin is looked at, so that either arm is in it alike. These endpoints are
judged where a policy names them, and share the level of one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from synthcli.audit.arms import Arms
from synthcli.audit.attack import Levels
from synthcli.audit.audited_table import AuditedTable
from synthcli.audit.ceilings import detectable_excess, largest_advantage
from synthcli.audit.copies import CopyTest
from synthcli.audit.guesses import Guesses, advantage
from synthcli.audit.matches import Matches
from synthcli.audit.parts import Part
from synthcli.audit.rates import excess_bound, fisher, newcombe
from synthcli.audit.scoring import MIN_ROWS, STRATA, Mask, exposed
from synthcli.metric import Metric

KINDS = 6
"""Endpoints of a stratum: three of copies, three of guesses."""


@dataclass(frozen=True, eq=False)
class Stratum:
    """Some of the chosen rows (a mask): `suffix` ends the endpoints' ids, `words` their titles."""

    suffix: str
    words: str
    rows: Mask


def strata_of(table: AuditedTable, subgroups: Mapping[str, Mask]) -> tuple[Stratum, ...]:
    """The most detectable tenth and hundredth of the candidates, and the subgroups (masks of the chosen rows).

    Records that occur in both arms count: of equal rows, those left where no other coin fell would share one.
    """
    arms, tossed = table.arms, np.flatnonzero(table.arms.chosen.candidate)
    found = []
    for suffix, mask in exposed(table.model_scores.shift.detectability, np.arange(len(tossed))).items():
        rows = np.zeros(len(arms.first), dtype=np.bool_)
        rows[tossed[mask]] = True
        found.append(Stratum(suffix, STRATA[suffix], rows))
    return (*(s for s in found if s.suffix), *(Stratum(n, f", where {n}", m) for n, m in subgroups.items()))


def copies_by_stratum(
    strata: Sequence[Stratum], arms: Arms, copies: Mapping[CopyTest, Matches], levels: Levels
) -> Part:
    """Copies in every stratum of which either arm has enough rows."""
    found = [pair for stratum in strata for pair in _copies(stratum, arms, copies, _shared(strata, levels))]
    return Part(
        endpoints=tuple(metric for metric, _ in found),
        detection_limits={metric.id: limit for metric, limit in found},
    )


def guesses_by_stratum(
    strata: Sequence[Stratum], name: str, title: str, guesses: Guesses, mu: float, levels: Levels
) -> Part:
    """All guesses of an attacker about every stratum of which either arm has enough rows."""
    found = []
    for stratum in strata:
        id, about = f"{name}.advantage_at_100pct.{stratum.suffix}", guesses[stratum.rows[guesses.unit]]
        found.append(advantage(id, title + stratum.words, about, _shared(strata, levels)))
    return Part(
        endpoints=tuple(pair[0] for pair in found if pair),
        detection_limits={pair[0].id: pair[1] for pair in found if pair},
        ceilings={pair[0].id: largest_advantage(mu) for pair in found if pair},
    )


def _shared(strata: Sequence[Stratum], levels: Levels) -> Levels:
    """All these endpoints together have the chance of a false alarm that others have alone."""
    return replace(levels, strict=1 - (1 - levels.strict) / (KINDS * max(1, len(strata))))


def _copies(
    stratum: Stratum, arms: Arms, copies: Mapping[CopyTest, Matches], levels: Levels
) -> Iterator[tuple[Metric, float]]:
    """Counted matches of either arm (Newcombe's bounds, and Fisher's test)."""
    inside, outside = (stratum.rows & side for side in (arms.chosen.trains, ~arms.chosen.trains))
    if min(inside.sum(), outside.sum()) < MIN_ROWS:
        return
    for test, matches in copies.items():
        if test.gates:
            hits, chance = (int(np.sum(matches.counted & side)) for side in (inside, outside))
            four = (hits, int(inside.sum()), chance, int(outside.sum()))
            yield _excess(test, stratum, four, levels, arms.what)


def _excess(
    test: CopyTest, stratum: Stratum, four: tuple[int, int, int, int], levels: Levels, what: str
) -> tuple[Metric, float]:
    hits, training, chance, held_out = four
    metric = Metric(
        id=f"copies.{test.name}.excess.{stratum.suffix}",
        value=hits / training - chance / held_out,
        low=excess_bound(*four, levels.confidence),
        high=newcombe(*four, levels.confidence)[1],
        low_strict=excess_bound(*four, levels.strict),
        n=training + held_out,
        title=test.title + stratum.words,
        note=f"{hits:,} of {training:,} training {what}, {chance:,} of {held_out:,} held-out; "
        f"Fisher's p = {fisher(*four):.2g}",
    )
    return metric, detectable_excess(training, held_out, chance / held_out, levels.strict)
