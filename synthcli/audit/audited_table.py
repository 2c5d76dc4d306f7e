"""The real rows as an audit sees them before it knows the file: one look serves the audits of many files of one fit."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from synthcli.audit.arms import APART, Arms, choose, gather, more_coins_help
from synthcli.audit.coins import Coins
from synthcli.audit.copies import copy_tests
from synthcli.audit.experiment import Experiment
from synthcli.audit.fairness import refuse_shifted
from synthcli.audit.scan import Surroundings, Wanted, survey
from synthcli.audit.scoring import ModelScores, score_by_model
from synthcli.audit.strangers import OWN, neighbours
from synthcli.audit.views import draw_views
from synthcli.errors import InvalidAudit


@dataclass(frozen=True, kw_only=True, eq=False)
class AuditedTable:
    """The chosen rows, how they stand among the other real rows, and what to look for in a file.

    `experiment` is the one that it was made for; of its file nothing is looked at.
    """

    experiment: Experiment
    arms: Arms
    around: Surroundings
    wanted: Wanted
    rng: np.random.Generator

    @cached_property
    def model_scores(self) -> ModelScores:
        """What the model and its measurements say of the candidates, whatever was drawn from it."""
        return score_by_model(self.experiment, self.arms, self.around, self.rng)


def look_at_table(experiment: Experiment, min_nonmembers: int, rng: np.random.Generator) -> AuditedTable:
    """Two passes over the real rows; `InvalidAudit` where what they hold cannot be compared."""
    coins, domain = experiment.coins, experiment.model.domain
    cliques = tuple(dict.fromkeys(m.clique for m in experiment.measurements))
    views = draw_views(experiment.spans, rng, among=experiment.viewed)
    arms = gather(experiment.real(), coins, choose(coins, rng))
    _refuse_few(coins, arms, min_nonmembers)
    refuse_shifted(arms, domain.attributes)
    tests = copy_tests(arms.block.columns)
    near = [neighbours(arms.block.columns), neighbours(arms.block.columns, "spelled")]
    crowds = [test.crowds(arms.block.columns) for test in tests] + [OWN, *near]
    wanted = Wanted(domain=domain, cliques=cliques, views=views, searches=tuple(dict.fromkeys(filter(None, crowds))))
    around = survey(experiment.real(), coins, arms, wanted)
    arms = replace(arms, own=around.isolated[OWN])
    _refuse_few(coins, arms, min_nonmembers)
    of_units, of_chosen = (
        tuple(search for test in tests if test.of_units is whole for search in test.searches(arms.block.columns))
        for whole in (True, False)
    )
    wanted = replace(wanted, searches=of_chosen, of_units=of_units)
    return AuditedTable(experiment=experiment, arms=arms, around=around, wanted=wanted, rng=rng)


def _refuse_few(coins: Coins, arms: Arms, least: int) -> None:
    """`InvalidAudit` for too few candidates of either arm that can be compared.

    Who has another row's record cannot be told from it. A table that holds its rows twice trains on what the coins
    kept out: no attack could tell the arms apart.
    """
    members, others = len(arms.members), len(arms.non_members)
    if min(members, others) < max(2, least):
        left_out = f" ({arms.shared:,} were left out: another row of the table has their very record)"
        raise InvalidAudit(
            f"{members:,} members and {others:,} non-members can be compared, but the audit needs {least:,} "
            f"of each{left_out if arms.shared else ''}",
            _advice(coins, arms, least),
        )


def _advice(coins: Coins, arms: Arms, least: int) -> str:
    compared = len(arms.members) + len(arms.non_members)
    if arms.shared > compared:
        return APART
    if more_coins_help(coins, compared, compared + arms.shared, max(2, least)):
        return "fit again with a larger --audit-coins, or lower min_nonmembers in the policy"
    return "no --audit-coins gives as many: take a larger table, or lower min_nonmembers in the policy"
