"""All membership scores of all candidates, and who is most exposed: before any coin is looked at."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthcli.audit.arms import Arms
from synthcli.audit.attack import Attack
from synthcli.audit.experiment import Experiment
from synthcli.audit.membership import Shift, density, informed, likelihood, ratio, shift, together
from synthcli.audit.roc import Scores
from synthcli.audit.scan import Surroundings, Synthetic
from synthcli.audit.shadow.attack import Verdicts
from synthcli.marginal import Domain

Mask = NDArray[np.bool_]

MIN_ROWS = 50
"""Fewer rows of either arm than this are no stratum: it is not estimable."""
EXPOSED_ROWS = 200
"""The top tenth has at least so many rows; the top hundredth is a hundredth, or not estimable."""

TITLES = {
    "ratio": "Marginal-ratio attack on the synthetic file",
    "density": "Density-ratio attack on the synthetic file",
    "likelihood": "Likelihood-ratio attack on the model",
    "shift": "Count-shift attack on the measurements",
    "informed": "Attacker who knows every other row",
    "shadow": "Shadow-fit attack on the whole release",
    "shadow_file": "Shadow-fit attack on the synthetic file",
}
STRATA = {"": "", "top10": ", most exposed tenth", "top1": ", most exposed hundredth"}


@dataclass(frozen=True, eq=False)
class Scored:
    """Scores by attack, for the candidates `rows` of the arms' block; `heads` and `tails` index them.

    `informed` is the attacker who knows every other row: his scores. The strata are masks of candidates, by the suffix
    of their endpoints: those of all attacks, and those whom the informed attacker finds most exposed. `coins` are those
    of all candidates, whether their record is their own or not.
    """

    scores: dict[str, Scores]
    informed: Scores
    strata: Mapping[str, Mask]
    informed_strata: Mapping[str, Mask]
    heads: NDArray[np.intp]
    tails: NDArray[np.intp]
    coins: Mask

    def attacks(self) -> Iterator[Attack]:
        """Every attack on every stratum in which both arms have enough rows."""
        for name, score in self.scores.items():
            yield from self._attacks(name, score, self.strata)

    def informed_attacks(self) -> Iterator[Attack]:
        """The same of the attacker who knows every other row."""
        return self._attacks("informed", self.informed, self.informed_strata)

    def shadow_attacks(self, found: Mapping[str, Verdicts]) -> Iterator[Attack]:
        """The same of what shadow fits say; the most exposed rows are those that they find so."""
        lone = np.concatenate([self.heads, self.tails])
        named = {suffix: mask for suffix, mask in self.strata.items() if suffix not in STRATA}
        for name, verdicts in found.items():
            yield from self._attacks(name, verdicts.score, {**exposed(verdicts.detectability, lone), **named})

    def not_estimable(self) -> tuple[str, ...]:
        """The suffixes of the strata that have too few rows."""
        return tuple(suffix for suffix, mask in self.strata.items() if not self._has_enough(mask))

    def _attacks(self, name: str, score: Scores, strata: Mapping[str, Mask]) -> Iterator[Attack]:
        for suffix, mask in strata.items():
            if not suffix or self._has_enough(mask):
                heads, tails = self.heads[mask[self.heads]], self.tails[mask[self.tails]]
                title = TITLES[name] + STRATA.get(suffix, f", where {suffix}")
                yield Attack(name, title, score[heads], score[tails], suffix)

    def _has_enough(self, mask: Mask) -> bool:
        return min(int(mask[self.heads].sum()), int(mask[self.tails].sum())) >= MIN_ROWS


@dataclass(frozen=True, eq=False)
class ModelScores:
    """Scores of the chosen candidates that no file enters."""

    likelihood: Scores
    shift: Shift
    informed: Shift


def score_by_model(experiment: Experiment, arms: Arms, around: Surroundings, rng: np.random.Generator) -> ModelScores:
    """What the model and its measurements say of every chosen candidate, by all of its rows."""
    model, domain, owner = experiment.model, experiment.model.domain, arms.owner
    apart = None if arms.has_lone_rows else owner
    codes = dict(zip(domain.attributes, arms.at_stake.T, strict=True))
    shifted = shift(codes, domain, experiment.measurements, model.total, apart)
    return ModelScores(
        likelihood=together(likelihood(codes, model, apart), owner),
        shift=Shift(together(shifted.score, owner), np.sqrt(together(shifted.detectability**2, owner))),
        informed=informed(codes, domain, experiment.measurements, around.background, rng, owner),
    )


def score_candidates(
    domain: Domain,
    arms: Arms,
    around: Surroundings,
    by_model: ModelScores,
    synthetic: Synthetic,
    groups: Mapping[str, Mask],
) -> Scored:
    """Score every chosen candidate; those whose record another row has help as reference, and are then left out.

    `groups`: named subgroups, as masks of the chosen rows.
    """
    rows = np.flatnonzero(arms.chosen.candidate)
    codes, owner = dict(zip(domain.attributes, arms.at_stake.T, strict=True)), arms.owner
    apart = None if arms.has_lone_rows else owner
    looks = density(around.at_stake_alike, synthetic.at_stake_alike, around.rows - 1, synthetic.rows)
    shifted, knowing = by_model.shift, by_model.informed
    heads, tails = np.searchsorted(rows, arms.members), np.searchsorted(rows, arms.non_members)
    lone = np.concatenate([heads, tails])
    named = {name: mask[rows] for name, mask in groups.items()}
    return Scored(
        scores={
            "ratio": together(ratio(codes, domain, synthetic.counts, apart) - 1, owner),
            "density": together(looks, owner),
            "likelihood": by_model.likelihood,
            "shift": shifted.score,
        },
        informed=knowing.score,
        strata={**exposed(shifted.detectability, lone), **named},
        informed_strata={**exposed(knowing.detectability, lone), **named},
        heads=heads,
        tails=tails,
        coins=arms.chosen.trains[rows],
    )


def exposed(detectability: Scores, lone: NDArray[np.intp]) -> dict[str, Mask]:
    """All rows, and the most detectable of the `lone` ones: none where the tenth would be more than half of them."""
    tenth, hundredth = max(round(0.1 * len(lone)), EXPOSED_ROWS), round(0.01 * len(lone))
    return {
        "": np.ones(len(detectability), dtype=np.bool_),
        "top10": _top(detectability, lone, tenth if 2 * tenth <= len(lone) else 0),
        "top1": _top(detectability, lone, hundredth),
    }


def _top(detectability: Scores, lone: NDArray[np.intp], size: int) -> Mask:
    mask = np.zeros(len(detectability), dtype=np.bool_)
    ordered = np.sort(lone)
    mask[ordered[np.argsort(-detectability[ordered], kind="stable")[:size]]] = True
    return mask
