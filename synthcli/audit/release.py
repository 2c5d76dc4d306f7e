"""The audit of one release: every endpoint, with what it could have seen and what the claim would have allowed."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from synthcli.audit.arms import Arms, most_candidates
from synthcli.audit.attack import Levels
from synthcli.audit.attacks import Attacks
from synthcli.audit.audited_table import AuditedTable, look_at_table
from synthcli.audit.ceilings import detectable_auc, gaussian_mu
from synthcli.audit.experiment import Experiment
from synthcli.audit.notes import contradictions, write_notes
from synthcli.audit.parts import Part
from synthcli.audit.result import AuditResult
from synthcli.audit.scan import Synthetic, scan_synthetic
from synthcli.audit.shadow.attack import ShadowAttack
from synthcli.audit.strangers import refuse_strangers

Progress = Callable[[str, float], None]
"""Called with the stage and the share of it that is done (0 … 1)."""


def _silent(stage: str, done: float) -> None:
    """Says nothing."""


SYNTHETIC_SAMPLE = 10_000
"""Synthetic rows in distances between all pairs; every other endpoint uses all of them."""
COPIES = 3
"""Endpoints about copies. Half of the chance of a false alarm is theirs: a leak of few rows shows in them alone."""
FAMILY = 39
"""The other endpoints at most: for four attacks two measures in three strata; for three kinds of guesses three
coverages; the order of rows; four about the claim; copies and guesses by stratum, which share the level of one. The
other half is theirs."""
FAMILY_OF_GROUP = 9
"""Endpoints that a named subgroup adds: those of the four attacks, and one about the claim."""
FALSE_ALARM = 0.01
"""The chance, at most, that a release within its tolerances fails on any endpoint: Bonferroni over the family, which
answers the question whether anything fails as Holm does, whose first step it is."""


FAMILY_OF_SHADOWS = 13
"""Endpoints that shadow fits add: for two attacks two measures in three strata; one about the claim."""
SHADOWS_OF_GROUP = 4
"""And those of a named subgroup."""


def family(experiment: Experiment, shadow: ShadowAttack | None = None) -> int:
    """How many endpoints there are at most, beside those about copies."""
    fixed = FAMILY + (FAMILY_OF_SHADOWS if shadow else 0)
    return fixed + (FAMILY_OF_GROUP + (SHADOWS_OF_GROUP if shadow else 0)) * len(experiment.subgroups)


def run_audit(
    experiment: Experiment,
    shadow: ShadowAttack | None = None,
    *,
    confidence: float = 0.95,
    min_nonmembers: int = 200,
    seed: int = 0,
    share: float = 1.0,
    progress: Progress = _silent,
) -> AuditResult:
    """Attack a release: two passes over the real rows, one over the synthetic rows; by `shadow` fits, too, if given.

    `confidence` is that of the one-sided bounds; `min_nonmembers` the fewest held-out rows that may answer; `seed`
    draws samples and calibration halves, never a coin; `share` of the error levels is left to this attempt. Raises
    `InvalidAudit` where the set-up cannot answer.
    """
    of_table = np.random.default_rng(seed)
    (rng,) = of_table.spawn(1)
    progress("real rows", 0.0)
    table = look_at_table(experiment, min_nonmembers, of_table)
    return attack_file(experiment, table, rng, shadow, confidence=confidence, share=share, progress=progress)


def attack_file(
    experiment: Experiment,
    table: AuditedTable,
    rng: np.random.Generator,
    shadow: ShadowAttack | None = None,
    *,
    confidence: float = 0.95,
    share: float = 1.0,
    progress: Progress = _silent,
) -> AuditResult:
    """The same where the real rows have been looked at, by an audit of any file of the same fit, coins and rows."""
    levels = Levels(1 - share * (1 - confidence), 1 - share * FALSE_ALARM / 2 / family(experiment, shadow))
    progress("synthetic rows", 0.4)
    synthetic = scan_synthetic(experiment.synthetic(), table.arms, table.wanted, SYNTHETIC_SAMPLE, rng)
    refuse_strangers(experiment, table.arms, table.around, synthetic)
    progress("attacks", 0.7)
    of_copies = replace(levels, strict=1 - share * FALSE_ALARM / 2 / COPIES)
    parts = tuple(Attacks(experiment, table, synthetic, levels, of_copies, rng, shadow).run(progress))
    progress("attacks", 1.0)
    result = _result(experiment, table.arms, synthetic, levels, parts)
    design = {
        "false_alarm": 2 * (1 - levels.strict) * family(experiment, shadow),
        "shadow_fits": shadow.shadows if shadow else 0,
    }
    return replace(result, setup={**result.setup, **design})


def _result(
    experiment: Experiment, arms: Arms, synthetic: Synthetic, levels: Levels, parts: tuple[Part, ...]
) -> AuditResult:
    members, others = len(arms.members), len(arms.non_members)
    limits = {name: limit for part in parts for name, limit in part.detection_limits.items()}
    ceilings = {name: ceiling for part in parts for name, ceiling in part.ceilings.items()}
    diagnostics = tuple(metric for part in parts for metric in part.diagnostics)
    claims = tuple(metric for part in parts for metric in part.claims)
    smallest = detectable_auc(members, others, levels.confidence)
    notes = write_notes(experiment.coins, arms, smallest, limits.get("copies.exact.excess"))
    return AuditResult(
        setup={
            "real_rows": experiment.coins.rows,
            "candidates": len(experiment.coins.candidates),
            "without_coin": experiment.coins.could_toss - len(experiment.coins.candidates),
            "most_candidates": most_candidates(experiment.coins),
            "members": members,
            "non_members": others,
            "shared_records": arms.shared,
            "compared": arms.what,
            "training_rows_compared": int(arms.chosen.trains.sum()),
            "synthetic_rows": synthetic.rows,
            "synthetic_rows_in_distances": len(synthetic.sample),
            "confidence": levels.confidence,
            "epsilon": experiment.epsilon,
            "delta": experiment.delta,
            "mu": gaussian_mu(experiment.epsilon, experiment.delta),
            "coin_commitment": experiment.coins.commitment(),
        },
        endpoints=tuple(metric for part in parts for metric in part.endpoints),
        diagnostics=diagnostics,
        curves=tuple(curve for part in parts for curve in part.curves),
        histograms=tuple(histogram for part in parts for histogram in part.histograms),
        detection_limits=limits,
        ceilings=ceilings,
        claims=(*(m for m in diagnostics if m.id.startswith("membership.informed.auc")), *claims),
        breakdowns=tuple(breakdown for part in parts for breakdown in part.breakdowns),
        notes=(*contradictions(diagnostics, ceilings), *notes, *(note for part in parts for note in part.notes)),
    )
