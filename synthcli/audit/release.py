"""The audit of one release: every endpoint, with what it could have seen and what the claim would have allowed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from synthcli.audit import distance
from synthcli.audit.arms import Arms, choose, gather
from synthcli.audit.attack import Levels, judge_attack
from synthcli.audit.ceilings import detectable_auc, detectable_excess, gaussian_mu
from synthcli.audit.copies import copy_tests, count_copies, excess, shares
from synthcli.audit.experiment import Experiment
from synthcli.audit.notes import contradictions, write_notes
from synthcli.audit.one_run import one_run
from synthcli.audit.rates import clopper_pearson
from synthcli.audit.result import AuditResult, Curve, Histogram
from synthcli.audit.roc import permutation_p
from synthcli.audit.scan import Surroundings, Synthetic, scan_synthetic, survey
from synthcli.audit.scoring import Scored, score_candidates
from synthcli.audit.strangers import refuse_strangers
from synthcli.errors import InvalidAudit
from synthcli.metric import Metric

Progress = Callable[[str, float], None]
"""Called with the stage and the share of it that is done (0 … 1)."""

SYNTHETIC_SAMPLE = 10_000
"""Synthetic rows in the all-pairs distances; every other endpoint uses all of them."""
FAMILY = 15
"""Endpoints at most: three of copies, and for three attacks two measures in two strata."""
FALSE_ALARM = 0.01
"""The chance, at most, that a release within its tolerances fails on any endpoint: Bonferroni over `FAMILY`, which
answers the question whether anything fails as Holm does, whose first step it is."""
_TOSSES = 999


@dataclass(frozen=True, kw_only=True)
class _Part:
    """What one kind of attack adds to the result."""

    endpoints: tuple[Metric, ...] = ()
    diagnostics: tuple[Metric, ...] = ()
    curves: tuple[Curve, ...] = ()
    histograms: tuple[Histogram, ...] = ()
    detection_limits: Mapping[str, float] = field(default_factory=dict)
    ceilings: Mapping[str, float] = field(default_factory=dict)
    claims: tuple[Metric, ...] = ()


def run_audit(
    experiment: Experiment,
    *,
    confidence: float = 0.95,
    min_nonmembers: int = 200,
    seed: int = 0,
    share: float = 1.0,
    progress: Progress = lambda stage, done: None,
) -> AuditResult:
    """Attack a release: two passes over the real rows, one over the synthetic rows.

    `confidence` is that of the one-sided bounds; `min_nonmembers` the fewest held-out rows that may answer; `seed`
    draws samples and calibration halves, never a coin; `share` of the error levels is left to this attempt. Raises
    `InvalidAudit` where the set-up cannot answer.
    """
    rng = np.random.default_rng(seed)
    levels = Levels(1 - share * (1 - confidence), 1 - share * FALSE_ALARM / FAMILY)
    domain = experiment.model.domain
    cliques = tuple(dict.fromkeys(m.clique for m in experiment.measurements))
    tests = copy_tests(len(domain))
    progress("real rows", 0.0)
    arms = gather(experiment.real(), experiment.coins, choose(experiment.coins, rng))
    _enough(arms, min_nonmembers)
    crowds = tuple(dict.fromkeys(test.crowds(len(domain)) for test in tests))
    around = survey(experiment.real(), experiment.coins, arms, crowds, domain, cliques)
    progress("synthetic rows", 0.4)
    matches = tuple(test.matches() for test in tests)
    synthetic = scan_synthetic(experiment.synthetic(), arms, matches, domain, cliques, SYNTHETIC_SAMPLE, rng)
    refuse_strangers(experiment, arms, around, synthetic)
    progress("attacks", 0.7)
    scored = score_candidates(experiment, arms, around, synthetic)
    parts = (
        _copies(arms, around, synthetic, levels),
        _membership(scored, gaussian_mu(experiment.epsilon, experiment.delta), levels, rng),
        _distances(experiment, arms, synthetic, levels.confidence, rng),
        _claims(scored, experiment, levels),
    )
    progress("attacks", 1.0)
    return _result(experiment, arms, synthetic, levels, parts)


def _enough(arms: Arms, min_nonmembers: int) -> None:
    """`InvalidAudit` for too few rows in either arm."""
    members, others = len(arms.members), len(arms.non_members)
    if min(members, others) < max(2, min_nonmembers):
        raise InvalidAudit(
            f"{members:,} members and {others:,} non-members can be compared, but the audit needs {min_nonmembers:,} "
            f"of each ({arms.shared:,} were left out: their record occurs in both arms)",
            "fit again with a larger --audit-coins, or lower min_nonmembers in the policy",
        )


def _copies(arms: Arms, around: Surroundings, synthetic: Synthetic, levels: Levels) -> _Part:
    gating: list[Metric] = []
    shown: list[Metric] = []
    limits: dict[str, float] = {}
    for test in copy_tests(arms.block.codes.shape[1]):
        count = count_copies(test, arms, around, synthetic)
        metric = excess(test, count, levels.confidence, levels.strict)
        (gating if test.gates else shown).append(metric)
        shown.extend(shares(test, count, levels.confidence))
        limits[metric.id] = detectable_excess(
            count.training, count.held_out, count.chance / count.held_out, levels.strict
        )
    return _Part(endpoints=tuple(gating), diagnostics=tuple(shown), detection_limits=limits)


def _membership(scored: Scored, mu: float, levels: Levels, rng: np.random.Generator) -> _Part:
    findings = [judge_attack(attack, levels, mu, rng) for attack in scored.attacks()]
    limits = {name: limit for finding in findings for name, limit in finding.detection_limits.items()}
    ceilings = {name: ceiling for finding in findings for name, ceiling in finding.ceilings.items()}
    shown = [judge_attack(attack, levels, mu, rng) for attack in scored.informed_attacks()]
    ceilings |= {name: ceiling for finding in shown for name, ceiling in finding.ceilings.items()}
    rows = np.concatenate([scored.heads, scored.tails])
    is_member = np.arange(len(rows)) < len(scored.heads)
    p = permutation_p(np.stack([s[rows] for s in scored.scores.values()], axis=1), is_member, rng, _TOSSES)
    below, above = clopper_pearson(round(p * (_TOSSES + 1)), _TOSSES + 1, levels.confidence)
    chance = Metric(
        id="membership.any.p",
        value=p,
        low=below,
        high=above,
        n=_TOSSES,
        better="higher",
        title="Chance of so good a best attack, were there no leakage (coins tossed anew)",
    )
    return _Part(
        endpoints=tuple(metric for finding in findings for metric in finding.endpoints),
        diagnostics=(*(metric for finding in shown for metric in finding.endpoints), chance),
        curves=tuple(finding.curve for finding in findings),
        detection_limits=limits,
        ceilings=ceilings,
    )


def _claims(scored: Scored, experiment: Experiment, levels: Levels) -> _Part:
    """The attacker of whom the claim speaks, as a lower bound of epsilon."""
    bound = one_run(scored.informed, scored.coins, experiment.delta, levels)
    return _Part(claims=(bound,), ceilings={bound.id: experiment.epsilon})


def _distances(
    experiment: Experiment, arms: Arms, synthetic: Synthetic, confidence: float, rng: np.random.Generator
) -> _Part:
    size = min(len(arms.members), len(arms.non_members), distance.MAX_ROWS)
    inside, outside = (
        distance.nearest(
            arms.block.codes[rng.choice(arm, size, replace=False)], synthetic.sample.codes, experiment.spans
        )
        for arm in (arms.members, arms.non_members)
    )
    return _Part(
        diagnostics=distance.diagnose(inside, outside, confidence), histograms=distance.histograms(inside, outside)
    )


def _result(
    experiment: Experiment, arms: Arms, synthetic: Synthetic, levels: Levels, parts: tuple[_Part, ...]
) -> AuditResult:
    members, others = len(arms.members), len(arms.non_members)
    limits = {name: limit for part in parts for name, limit in part.detection_limits.items()}
    ceilings = {name: ceiling for part in parts for name, ceiling in part.ceilings.items()}
    diagnostics = tuple(metric for part in parts for metric in part.diagnostics)
    claims = tuple(metric for part in parts for metric in part.claims)
    smallest = detectable_auc(members, others)
    notes = write_notes(experiment.coins, arms, smallest, limits["copies.exact.excess"])
    return AuditResult(
        setup={
            "real_rows": experiment.coins.rows,
            "candidates": len(experiment.coins.candidates),
            "members": members,
            "non_members": others,
            "shared_records": arms.shared,
            "training_rows_compared": int(arms.chosen.trains.sum()),
            "synthetic_rows": synthetic.rows,
            "synthetic_rows_in_distances": len(synthetic.sample),
            "confidence": levels.confidence,
            "false_alarm": (1 - levels.strict) * FAMILY,
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
        notes=(*contradictions(diagnostics, ceilings), *notes),
    )
