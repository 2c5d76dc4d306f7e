"""All membership scores of all candidates, and who is most exposed: before any coin is looked at."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthcli.audit.arms import Arms
from synthcli.audit.attack import Attack
from synthcli.audit.block import as_codes
from synthcli.audit.experiment import Experiment
from synthcli.audit.membership import informed, likelihood, ratio, shift
from synthcli.audit.roc import Scores
from synthcli.audit.scan import Surroundings, Synthetic

EXPOSED_SHARE = 0.1
EXPOSED_ROWS = 200
"""The most exposed candidates are the top tenth by predicted detectability, but at least so many."""

TITLES = {
    "ratio": "Marginal-ratio attack on the synthetic file",
    "likelihood": "Likelihood-ratio attack on the model",
    "shift": "Count-shift attack on the measurements",
    "informed": "Attacker who knows every other row",
}


@dataclass(frozen=True, eq=False)
class Scored:
    """Scores by attack and `exposed`, for the candidates `rows` of the arms' block; `heads` and `tails` index them.

    `informed` is the attacker who knows every other row: his scores, and whom he finds most exposed. `coins` are those
    of all rows, whether their record occurs in both arms or not.
    """

    scores: dict[str, Scores]
    informed: Scores
    exposed: NDArray[np.bool_]
    exposed_to_informed: NDArray[np.bool_]
    heads: NDArray[np.intp]
    tails: NDArray[np.intp]
    coins: NDArray[np.bool_]

    def attacks(self) -> Iterator[Attack]:
        """Every attack on all rows, and on the most exposed ones where both arms have enough of them."""
        for name, score in self.scores.items():
            yield from self._strata(name, score, self.exposed)

    def informed_attacks(self) -> Iterator[Attack]:
        """The same of the attacker who knows every other row."""
        return self._strata("informed", self.informed, self.exposed_to_informed)

    def _strata(self, name: str, score: Scores, exposed: NDArray[np.bool_]) -> Iterator[Attack]:
        yield Attack(name, TITLES[name], score[self.heads], score[self.tails])
        heads, tails = self.heads[exposed[self.heads]], self.tails[exposed[self.tails]]
        if min(len(heads), len(tails)) >= EXPOSED_ROWS // 4:
            yield Attack(name, TITLES[name], score[heads], score[tails], "top10")


def score_candidates(experiment: Experiment, arms: Arms, around: Surroundings, synthetic: Synthetic) -> Scored:
    """Score every chosen candidate; records that occur in both arms help as reference, and are then left out."""
    rows = np.flatnonzero(arms.chosen.candidate)
    model, domain = experiment.model, experiment.model.domain
    codes = as_codes(arms.block[rows], domain.attributes)
    shifted = shift(codes, domain, experiment.measurements, model.total)
    knowing = informed(codes, domain, experiment.measurements, around.background)
    heads, tails = np.searchsorted(rows, arms.members), np.searchsorted(rows, arms.non_members)
    lone = np.concatenate([heads, tails])
    return Scored(
        scores={
            "ratio": ratio(codes, domain, synthetic.counts),
            "likelihood": likelihood(codes, model),
            "shift": shifted.score,
        },
        informed=knowing.score,
        exposed=_top(shifted.detectability, lone),
        exposed_to_informed=_top(knowing.detectability, lone),
        heads=heads,
        tails=tails,
        coins=arms.chosen.trains[rows],
    )


def _top(detectability: Scores, lone: NDArray[np.intp]) -> NDArray[np.bool_]:
    """The most detectable of the `lone` rows; none where they would be more than half of them."""
    mask = np.zeros(len(detectability), dtype=np.bool_)
    size = max(round(EXPOSED_SHARE * len(lone)), EXPOSED_ROWS)
    if 2 * size <= len(lone):
        lone = np.sort(lone)
        mask[lone[np.argsort(-detectability[lone], kind="stable")[:size]]] = True
    return mask
