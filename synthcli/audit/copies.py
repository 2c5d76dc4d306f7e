"""Copies: do records of training rows reappear more often than those of rows that were kept out?

What is common in the population appears in an honest file by chance, and tells nothing about one person. So a match
counts for the more, the more improbable the released model finds it, and the codec the spelling of its values; where
they cannot tell (changes of two columns), only rows count that no other real row comes near. Where hardly any row is so
rare, all matches count alike: that bounds what somebody learns from a match, and finds no copy that the crowd hides.
The held-out rows measure how often such matches happen by chance; only the difference is evidence, since any row is as
likely to be held out as any other.
Where units tossed, units are counted: one is copied if any of its rows is (`matches`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthcli.audit.arms import Arms
from synthcli.audit.attack import Levels
from synthcli.audit.ceilings import detectable_hits
from synthcli.audit.chance import weight_p
from synthcli.audit.commonness import alike
from synthcli.audit.experiment import Experiment
from synthcli.audit.matches import Matches, too_few, unweighed, weighed
from synthcli.audit.rates import clopper_pearson, post_stratified
from synthcli.audit.scan import Cells, Search, Surroundings, Synthetic
from synthcli.metric import Metric

_WIDEST_FOR_PAIRS = 32
"""Distance 2 takes d (d - 1) / 2 joins: beyond this many columns it is left out."""
HIDDEN = 0.5
"""If more training rows than this could be copied and not be found, a note says so."""


@dataclass(frozen=True)
class CopyTest:
    """A row matches if a synthetic row lies within `match` of it.

    `isolation` None: matches are weighed by the model's chance of them. Else those count that no other real row comes
    within that distance of.
    """

    name: str
    cells: Cells
    match: int
    title: str
    isolation: int | None = None
    gates: bool = True

    @property
    def of_units(self) -> bool:
        """Whether all rows of a unit are looked for; else one, which stands alone where no other unit's is near."""
        return self.isolation is None

    def searches(self, columns: int) -> tuple[Search, ...]:
        """What to look for among the synthetic rows: near copies by the column in which they may differ."""
        if self.match == 1:
            return tuple(Search(self.cells, 0, without=column) for column in range(columns))
        return (Search(self.cells, self.match),)

    def crowds(self, columns: int) -> Search | None:
        """What to look for among the real rows, if anything; some column stays in."""
        return None if self.isolation is None else Search(self.cells, max(0, min(self.isolation, columns - 1)))


_TESTS = (
    CopyTest("exact", "codes", 0, "Exact copies (as the model sees a row)"),
    CopyTest("near", "codes", 1, "Near copies (all columns but one)"),
    CopyTest("raw", "spelled", 0, "Exact copies (every cell as it is spelt)"),
    CopyTest("near2", "codes", 2, "Near copies (all columns but two)", isolation=2, gates=False),
)


def copy_tests(columns: int) -> tuple[CopyTest, ...]:
    """The tests for a table of that many columns."""
    return _TESTS if columns <= _WIDEST_FOR_PAIRS else _TESTS[:3]


@dataclass(frozen=True, kw_only=True)
class Copied:
    """Counted matches in either arm, of so many rows or units (`what`); the chance of the weights of all (`weight_p`);
    and the share of rows whose match could tell. Where these are too few, `crowded`, the matches of all are counted;
    `groups` are the four counts of rows or units that are about as common, where these were told apart."""

    hits: int
    training: int
    chance: int
    held_out: int
    p: float
    telling: float
    what: str = "rows"
    groups: tuple[tuple[int, int, int, int], ...] = ()

    @property
    def crowded(self) -> bool:
        """Whether every match was counted."""
        return too_few(self.telling)

    @property
    def room(self) -> float:
        """The share of copies that would show: in a crowd where there was no match by chance."""
        return 1 - self.chance / self.held_out if self.crowded else self.telling

    @property
    def four(self) -> tuple[int, int, int, int]:
        """As the rates take them."""
        return self.hits, self.training, self.chance, self.held_out

    def excess(self, confidence: float) -> tuple[float, float, float]:
        """The difference of the shares, like rows against like, and its bounds."""
        return post_stratified(self.groups or (self.four,), confidence)


def find_copies(
    test: CopyTest,
    experiment: Experiment,
    arms: Arms,
    around: Surroundings,
    synthetic: Synthetic,
    rng: np.random.Generator,
) -> Matches:
    """What the synthetic rows match of the chosen rows, or units: no coin is looked at."""
    columns = arms.block.columns
    searches, crowds = test.searches(columns), test.crowds(columns)
    if crowds is None:
        return weighed(searches, experiment, arms, synthetic, rng)
    return unweighed(synthetic.found[searches[0]], around.isolated[crowds])


def count_copies(matches: Matches, arms: Arms, level: float, rng: np.random.Generator) -> Copied:
    """Count both arms: the chosen training rows, or units, and the held-out ones. `level`: what the p-value will be
    held to."""
    trains = arms.chosen.trains
    return Copied(
        hits=int(np.sum(matches.counted & trains)),
        training=int(trains.sum()),
        chance=int(np.sum(matches.counted & ~trains)),
        held_out=int(np.sum(~trains)),
        p=weight_p(matches.weights, trains, level, rng, matches.largest),
        telling=matches.telling,
        what=arms.what,
        groups=_like_against_like(matches, trains),
    )


def _like_against_like(matches: Matches, trains: NDArray[np.bool_]) -> tuple[tuple[int, int, int, int], ...]:
    """The four counts of every group of rows that are about as common; none where nobody asked."""
    if matches.common is None:
        return ()
    group = alike(matches.common, trains)
    counts = [
        np.bincount(group, weights=of) for of in (matches.counted & trains, trains, matches.counted & ~trains, ~trains)
    ]
    return tuple(
        (int(hits), int(training), int(chance), int(others))
        for hits, training, chance, others in zip(*counts, strict=True)
    )


def excess(test: CopyTest, count: Copied, levels: Levels) -> Metric:
    """The share of copied training rows minus the share of copied held-out rows (Newcombe's bounds, of all groups).

    A lower bound is above zero where, and only where, the weighed matches say so: then at least one row was copied.
    """
    value, low, high = count.excess(levels.confidence)
    bounds = (
        _bound(count, low, levels.confidence),
        _bound(count, count.excess(levels.strict)[1], levels.strict),
    )
    return Metric(
        id=f"copies.{test.name}.excess",
        value=max(value, *bounds),
        low=bounds[0],
        high=max(high, *bounds),
        low_strict=bounds[1],
        n=count.training + count.held_out,
        title=test.title,
        note=f"{count.hits:,} of {count.training:,} training {count.what}, {count.chance:,} of {count.held_out:,} "
        f"held-out; {count.telling:.0%} of the rows could tell{_hiding(count, levels.strict)}; p = {count.p:.2g}",
    )


def _hiding(count: Copied, strict: float) -> str:
    """What else there is to say of the rows that could not tell."""
    hide = detectable_copies(count, strict) > HIDDEN
    if count.crowded:
        plain = count.hits / count.training - count.chance / count.held_out
        like = f", like rows against like ({len(count.groups)} groups; {plain:.2%} by all alike)"
        like *= len(count.groups) > 1
        fewer = "; of fewer synthetic rows (sample --rows) fewer match by chance"
        return f", so all matches count{like}{', and copies would hide among them' * hide}{fewer}"
    return ", and copies would hide among the others" * hide


def _bound(count: Copied, low: float, confidence: float) -> float:
    is_found = count.p <= 1 - confidence
    return max(low, 1 / count.training) if is_found else min(low, 0.0)


def detectable_copies(count: Copied, strict: float) -> float:
    """The least share of training rows whose copies would be found with 90 % power; 1 where no copy would be."""
    least = detectable_hits(count.training, count.held_out, count.chance / count.held_out, strict)
    return min(1.0, least / count.room) if count.room else 1.0


def shares(test: CopyTest, count: Copied, confidence: float) -> tuple[Metric, Metric]:
    """The two shares by themselves, with exact bounds: what happens by chance is shown beside what happened."""
    return (
        _share(f"copies.{test.name}.training_share", test.title, count.hits, count.training, confidence),
        _share(f"copies.{test.name}.held_out_share", test.title, count.chance, count.held_out, confidence),
    )


def _share(name: str, title: str, hits: int, trials: int, confidence: float) -> Metric:
    low, high = clopper_pearson(hits, trials, confidence)
    return Metric(id=name, value=hits / trials, low=low, high=high, n=trials, title=title)
