"""The attack by shadow fits: toss the candidates' coins anew, fit and sample as the release did, score, and compare.

The attacker knows the rows of all candidates and all other rows, the algorithm and its settings, and sees the release;
he does not know how the coins fell. What he computes is a function of the release, of randomness of his own, and of
what is the same for every toss of the coins: so every score is as valid as those of the other attacks.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.audit.arms import Chosen
from synthcli.audit.experiment import Batches
from synthcli.audit.roc import Scores
from synthcli.audit.shadow.evidence import KINDS, Known, Laboratory, evidence
from synthcli.audit.shadow.likelihood_ratio import learn
from synthcli.audit.shadow.tosses import Game, Mask, as_mask, tosses
from synthcli.synthesizer import Synthesizer

SEEN = {"shadow": KINDS, "shadow_file": ("ratio", "density")}
"""By attack: the kinds of scores that it puts together; the second sees the file alone."""

Progress = Callable[[str, float], None]


@dataclass(frozen=True, eq=False)
class Verdicts:
    """What an attack says of each candidate: `score`, higher for a likelier member, and how detectable he is."""

    score: Scores
    detectability: Scores


@dataclass(frozen=True, kw_only=True, eq=False)
class ShadowAttack:
    """A release, the file that is said to be drawn from it, and what it takes to do the same again.

    `real`: all rows of the table, canonical and in the order of the file. One shadow lives at a time, in memory alone.
    """

    release: Synthesizer
    file: Batches
    real: Batches
    game: Game
    laboratory: Laboratory
    shadows: int

    def run(self, chosen: Chosen, rows: int, rng: np.random.Generator, progress: Progress) -> Mapping[str, Verdicts]:
        """By attack what is said of the candidates among the chosen rows, in their order; `rows` are drawn of each
        shadow. Of the chosen rows only which they are is looked at, not whether they train."""
        attacked = np.searchsorted(self.game.candidates, chosen.numbers[chosen.candidate])
        known = self._known(chosen, attacked)
        scores = np.empty((self.shadows, len(attacked), len(KINDS)))
        heads = np.empty((self.shadows, len(attacked)), dtype=np.bool_)
        for number, tossed in enumerate(tosses(len(self.game.candidates), self.shadows, rng)):
            progress("shadow fits", number / self.shadows)
            heads[number] = tossed[attacked]
            scores[number] = self._shadow(tossed, known, rows, rng)
        progress("shadow fits", 1.0)
        return compared(evidence(self.release, self.file(), known), scores, heads)

    def _shadow(self, heads: Mask, known: Known, rows: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """The scores that a release gives whose coins fell so; it is forgotten at once."""
        shadow = self.laboratory.fit(as_mask(self.game.trains(heads)))
        return evidence(shadow, shadow.sample(rows, rng), known)

    def _known(self, chosen: Chosen, attacked: NDArray[np.intp]) -> Known:
        mine, owner = self.game.owned(attacked)
        unattacked = np.zeros(len(self.game.always), dtype=np.bool_)
        unattacked[self.game.tossed[~mine]] = True
        names = self.release.codec.names
        return Known(
            rows=_rows(self.real, names, chosen.numbers),
            candidate=chosen.candidate,
            at_stake=_rows(self.real, names, self.game.tossed[mine]),
            owner=owner,
            laboratory=self.laboratory,
            always=as_mask(self.game.always),
            unattacked=as_mask(unattacked) if unattacked.any() else None,
        )


def compared(release: NDArray[np.float64], scores: NDArray[np.float64], heads: Mask) -> dict[str, Verdicts]:
    """The release's scores (candidates × kinds) by what the shadows' (shadows × candidates × kinds) teach."""
    found = {}
    for name, kinds in SEEN.items():
        places = [KINDS.index(kind) for kind in kinds]
        learnt = learn(scores[:, :, places], heads)
        found[name] = Verdicts(learnt.ratio(release[:, places]), learnt.detectability)
    return found


def _rows(real: Batches, names: tuple[str, ...], numbers: NDArray[np.int64]) -> pa.RecordBatch:
    """These rows of the table (ascending numbers), as one batch."""
    parts: list[pa.RecordBatch] = []
    start = 0
    for batch in real():
        low, high = np.searchsorted(numbers, (start, start + batch.num_rows))
        parts.append(batch.select(list(names)).take(pa.array(numbers[low:high] - start)))
        start += batch.num_rows
    (joined,) = pa.Table.from_batches(parts).combine_chunks().to_batches()
    return joined
