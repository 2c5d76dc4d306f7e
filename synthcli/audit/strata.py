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
from synthcli.audit.copies import Copied, CopyTest
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

    Records that several rows have count, too, as they do among all copies and guesses.
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
    """Counted matches of either arm; where hardly any row of the stratum could tell, those of all its rows."""
    trains = arms.chosen.trains[stratum.rows]
    if min(np.sum(trains), np.sum(~trains)) < MIN_ROWS:
        return
    for test, matches in copies.items():
        if test.gates:
            yield _excess(test, stratum, _count(matches.among(stratum.rows), trains, arms.what), levels)


def _count(inside: Matches, trains: Mask, what: str) -> Copied:
    hits, chance = (int(np.sum(inside.counted & side)) for side in (trains, ~trains))
    training, held_out = int(trains.sum()), int(np.sum(~trains))
    return Copied(
        hits=hits,
        training=training,
        chance=chance,
        held_out=held_out,
        p=fisher(hits, training, chance, held_out),
        telling=inside.telling,
        what=what,
    )


def _excess(test: CopyTest, stratum: Stratum, count: Copied, levels: Levels) -> tuple[Metric, float]:
    """The difference of the shares (Newcombe's bounds, and Fisher's test), and the least that would be found."""
    four, rate = count.four, count.chance / count.held_out
    metric = Metric(
        id=f"copies.{test.name}.excess.{stratum.suffix}",
        value=count.hits / count.training - rate,
        low=excess_bound(*four, levels.confidence),
        high=newcombe(*four, levels.confidence)[1],
        low_strict=excess_bound(*four, levels.strict),
        n=count.training + count.held_out,
        title=test.title + stratum.words,
        note=f"{count.hits:,} of {count.training:,} training {count.what}, {count.chance:,} of {count.held_out:,} "
        f"held-out; {count.telling:.0%} of the rows could tell{', so all matches count' * count.crowded}; "
        f"Fisher's p = {count.p:.2g}",
    )
    least = detectable_excess(count.training, count.held_out, rate, levels.strict)
    return metric, min(1.0, least / count.room) if count.room else 1.0
