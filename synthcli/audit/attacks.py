"""The attacks on one file, one kind after the other."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from synthcli.audit.attack import Levels
from synthcli.audit.audited_table import AuditedTable
from synthcli.audit.ceilings import gaussian_mu
from synthcli.audit.copies import CopyTest, copy_tests, find_copies
from synthcli.audit.experiment import Experiment
from synthcli.audit.guesses import Guesses
from synthcli.audit.inference import Knowledge, infer
from synthcli.audit.matches import Matches
from synthcli.audit.parts import Part, claimed, copied, distances, guarded, guessed, membership, ordered, shadowed
from synthcli.audit.scan import Synthetic
from synthcli.audit.scoring import Mask, Scored, score_candidates
from synthcli.audit.shadow.attack import ShadowAttack
from synthcli.audit.singling_out import single_out
from synthcli.audit.strata import Stratum, copies_by_stratum, guesses_by_stratum, strata_of
from synthcli.errors import InputError, SynthError

Progress = Callable[[str, float], None]

_TITLES = {
    "singling_out": "Singling out",
    "attribute": "Attribute inference",
    "linkability": "Linkability",
}

_BEFORE = 0.7
"""The share of an audit that is done before its attacks."""


@dataclass(frozen=True, eq=False)
class Attacks:
    """What is attacked, and how sure an attack has to be: `of_copies` where it is about copies, else `levels`."""

    experiment: Experiment
    table: AuditedTable
    synthetic: Synthetic
    levels: Levels
    of_copies: Levels
    rng: np.random.Generator
    shadow: ShadowAttack | None = None

    def run(self, progress: Progress) -> Iterator[Part]:
        """One kind of attack after the other; one that breaks down takes none of the others with it."""
        kinds = self._kinds(progress)
        for number, (name, attack) in enumerate(kinds.items()):
            progress("attacks", _BEFORE + (1 - _BEFORE) * number / len(kinds))
            # a shadow fit that refuses is no fault of the user's; a file that went away is
            yield from guarded(name, attack, InputError if name == "shadow" else SynthError)

    def _kinds(self, progress: Progress) -> Mapping[str, Callable[[], tuple[Part, ...]]]:
        kinds = {
            "copies": self._copies,
            "membership": self._membership,
            "singling_out": self._singling_out,
            "attribute, linkability": self._inference,
            "copies by stratum": self._copies_by_stratum,
            "singling_out by stratum": lambda: self._by_stratum("singling_out"),
            "attribute by stratum": lambda: self._by_stratum("attribute"),
            "linkability by stratum": lambda: self._by_stratum("linkability"),
            "order": self._order,
            "distance": self._distance,
            "claim": self._claim,
        }
        return kinds if self.shadow is None else {**kinds, "shadow": lambda: self._shadow(progress)}

    @cached_property
    def _mu(self) -> float:
        return gaussian_mu(self.experiment.epsilon, self.experiment.delta)

    @cached_property
    def _subgroups(self) -> Mapping[str, Mask]:
        marks = self.table.arms.block.marks
        return {} if marks is None else dict(zip(self.experiment.subgroups, marks.T, strict=True))

    @cached_property
    def _scored(self) -> Scored:
        table, domain = self.table, self.experiment.model.domain
        return score_candidates(domain, table.arms, table.around, table.model_scores, self.synthetic, self._subgroups)

    @cached_property
    def _found(self) -> Mapping[CopyTest, Matches]:
        arms, around = self.table.arms, self.table.around
        return {
            test: find_copies(test, self.experiment, arms, around, self.synthetic, self.rng)
            for test in copy_tests(arms.block.columns)
        }

    @cached_property
    def _singled_out(self) -> Guesses:
        return single_out(self.table.arms, self.table.wanted.views, self.table.around, self.synthetic)

    @cached_property
    def _inferred(self) -> Mapping[str, Guesses]:
        spans = self.experiment.spans
        knowledge = self.experiment.knowledge or Knowledge(tuple((place,) for place in range(len(spans))))
        secrets, links = infer(self.table.arms, self.synthetic.sample.codes, spans, knowledge, self.rng)
        return {"attribute": secrets, "linkability": links}

    def _copies(self) -> tuple[Part, ...]:
        return (copied(self.experiment, self.table.arms, self._found, self.synthetic, self.of_copies, self.rng),)

    def _membership(self) -> tuple[Part, ...]:
        return (membership(self._scored, self._mu, self.levels, self.rng),)

    def _singling_out(self) -> tuple[Part, ...]:
        return (self._guessed("singling_out"),)

    def _inference(self) -> tuple[Part, ...]:
        return self._guessed("attribute"), self._guessed("linkability")

    def _guessed(self, name: str) -> Part:
        return guessed(name, _TITLES[name], self._guesses(name), self._mu, self.levels)

    def _guesses(self, name: str) -> Guesses:
        return self._singled_out if name == "singling_out" else self._inferred[name]

    @cached_property
    def _strata(self) -> tuple[Stratum, ...]:
        return strata_of(self.table, self._subgroups)

    def _copies_by_stratum(self) -> tuple[Part, ...]:
        return (copies_by_stratum(self._strata, self.table.arms, self._found, self.levels),)

    def _by_stratum(self, name: str) -> tuple[Part, ...]:
        guesses = self._guesses(name)
        return (guesses_by_stratum(self._strata, name, _TITLES[name], guesses, self._mu, self.levels),)

    def _order(self) -> tuple[Part, ...]:
        return (ordered(self.experiment, self.table.arms, self.synthetic, self.levels, self.rng),)

    def _distance(self) -> tuple[Part, ...]:
        return (distances(self.experiment, self.table.arms, self.synthetic, self.levels.confidence, self.rng),)

    def _claim(self) -> tuple[Part, ...]:
        return (claimed(self._scored, self.experiment, self.levels),)

    def _shadow(self, progress: Progress) -> tuple[Part, ...]:
        assert self.shadow is not None
        found = self.shadow.run(self.table.arms.chosen, self.synthetic.rows, self.rng, progress)
        return (shadowed(self._scored, found, self.experiment, self.levels, self.rng),)
