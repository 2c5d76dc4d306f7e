"""What each kind of attack adds to the result: endpoints, diagnostics, curves, and what they could have seen."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from synthcli.audit import distance
from synthcli.audit.arms import Arms
from synthcli.audit.attack import Attack, Levels, judge_attack
from synthcli.audit.ceilings import gaussian_mu, largest_advantage
from synthcli.audit.copies import CopyTest, count_copies, detectable_copies, excess, shares
from synthcli.audit.experiment import Experiment
from synthcli.audit.guesses import Guesses, advantages
from synthcli.audit.matches import Matches
from synthcli.audit.notes import SHADOWS
from synthcli.audit.one_run import one_run
from synthcli.audit.order import order_excess
from synthcli.audit.rates import clopper_pearson
from synthcli.audit.result import Breakdown, Curve, Histogram
from synthcli.audit.roc import permutation_p
from synthcli.audit.scan import Synthetic
from synthcli.audit.scoring import MIN_ROWS, Scored
from synthcli.audit.shadow.attack import Verdicts
from synthcli.audit.unlikely import unlikely_rows, unlikely_units
from synthcli.errors import SynthError, place_of
from synthcli.metric import Metric

_TOSSES = 999


@dataclass(frozen=True, kw_only=True)
class Part:
    """Some of a result."""

    endpoints: tuple[Metric, ...] = ()
    diagnostics: tuple[Metric, ...] = ()
    curves: tuple[Curve, ...] = ()
    histograms: tuple[Histogram, ...] = ()
    detection_limits: Mapping[str, float] = field(default_factory=dict)
    ceilings: Mapping[str, float] = field(default_factory=dict)
    claims: tuple[Metric, ...] = ()
    notes: tuple[str, ...] = ()
    breakdowns: tuple[Breakdown, ...] = ()


def guarded(
    attack: str, run: Callable[[], tuple[Part, ...]], mendable: type[SynthError] = SynthError
) -> tuple[Part, ...]:
    """What an attack finds; where it breaks down, that it did. What the user can mend goes its own way."""
    try:
        return run()
    except (mendable, MemoryError):
        raise
    except Exception as error:
        place = place_of(error)
        what = f"{type(error).__name__} at {place}" if place else type(error).__name__
        return (Part(breakdowns=(Breakdown(attack=attack, error=what),)),)


def copied(
    experiment: Experiment,
    arms: Arms,
    found: Mapping[CopyTest, Matches],
    synthetic: Synthetic,
    levels: Levels,
    rng: np.random.Generator,
) -> Part:
    """Copies of rows."""
    gating: list[Metric] = []
    shown: list[Metric] = []
    limits: dict[str, float] = {}
    for test, matches in found.items():
        count = count_copies(matches, arms, 1 - levels.strict, rng)
        metric = excess(test, count, levels)
        (gating if test.gates else shown).append(metric)
        shown.extend(shares(test, count, levels.confidence))
        limits[metric.id] = detectable_copies(count, levels.strict)
    unlikely, of_rows = unlikely_rows(experiment.model, arms, synthetic, levels.confidence)
    said = (of_rows, unlikely_units(experiment, arms, synthetic))
    return Part(
        endpoints=tuple(gating),
        diagnostics=(*shown, unlikely),
        detection_limits=limits,
        notes=tuple(filter(None, said)),
    )


def membership(scored: Scored, mu: float, levels: Levels, rng: np.random.Generator) -> Part:
    """Every attack that scores rows, and the chance of the best of them."""
    found = _judged(scored.attacks(), mu, levels, rng)
    shown = _judged(scored.informed_attacks(), mu, levels, rng)
    return replace(
        found,
        diagnostics=(*shown.endpoints, _chance(scored, levels, rng)),
        ceilings={**found.ceilings, **shown.ceilings},
        notes=_not_estimable(scored),
    )


def shadowed(
    scored: Scored, found: Mapping[str, Verdicts], experiment: Experiment, levels: Levels, rng: np.random.Generator
) -> Part:
    """The attacks by shadow fits, and what the first of them, who sees most, says of the claim."""
    judged = _judged(scored.shadow_attacks(found), gaussian_mu(experiment.epsilon, experiment.delta), levels, rng)
    bound = one_run(found["shadow"].score, scored.coins, experiment.delta, levels)
    bound = replace(bound, id="claim.shadow.epsilon", title=f"{bound.title} by shadow fits")
    ceilings = {**judged.ceilings, bound.id: experiment.epsilon}
    return replace(judged, claims=(bound,), ceilings=ceilings, notes=(SHADOWS,))


def _judged(attacks: Iterable[Attack], mu: float, levels: Levels, rng: np.random.Generator) -> Part:
    findings = [judge_attack(attack, levels, mu, rng) for attack in attacks]
    return Part(
        endpoints=tuple(metric for finding in findings for metric in finding.endpoints),
        curves=tuple(finding.curve for finding in findings),
        detection_limits={name: limit for finding in findings for name, limit in finding.detection_limits.items()},
        ceilings={name: ceiling for finding in findings for name, ceiling in finding.ceilings.items()},
    )


def _not_estimable(scored: Scored) -> tuple[str, ...]:
    missing = scored.not_estimable()
    if not missing:
        return ()
    return (f"Not estimable, since either arm has fewer than {MIN_ROWS} rows of it: {', '.join(missing)}.",)


def _chance(scored: Scored, levels: Levels, rng: np.random.Generator) -> Metric:
    rows = np.concatenate([scored.heads, scored.tails])
    is_member = np.arange(len(rows)) < len(scored.heads)
    p = permutation_p(np.stack([s[rows] for s in scored.scores.values()], axis=1), is_member, rng, _TOSSES)
    below, above = clopper_pearson(round(p * (_TOSSES + 1)), _TOSSES + 1, levels.confidence)
    return Metric(
        id="membership.any.p",
        value=p,
        low=below,
        high=above,
        n=_TOSSES,
        better="higher",
        title="Chance of so good a best attack, were there no leakage (coins tossed anew)",
    )


def guessed(name: str, title: str, guesses: Guesses, mu: float, levels: Levels) -> Part:
    """An attack that guesses."""
    found = advantages(name, title, guesses, levels)
    return Part(
        endpoints=tuple(metric for metric, _ in found),
        detection_limits={metric.id: limit for metric, limit in found},
        ceilings={metric.id: largest_advantage(mu) for metric, _ in found if metric.id.endswith("_100pct")},
    )


def claimed(scored: Scored, experiment: Experiment, levels: Levels) -> Part:
    """The attacker of whom the claim speaks, as a lower bound of epsilon."""
    bound = one_run(scored.informed, scored.coins, experiment.delta, levels)
    return Part(claims=(bound,), ceilings={bound.id: experiment.epsilon})


def ordered(experiment: Experiment, arms: Arms, synthetic: Synthetic, levels: Levels, rng: np.random.Generator) -> Part:
    """The order of the rows; nothing for a file of few rows."""
    found = order_excess(arms, synthetic, experiment.spans, experiment.model.domain.attributes, levels, rng)
    if found is None:
        return Part()
    metric, limit = found
    return Part(endpoints=(metric,), detection_limits={metric.id: limit})


def distances(
    experiment: Experiment, arms: Arms, synthetic: Synthetic, confidence: float, rng: np.random.Generator
) -> Part:
    """Nearest-neighbour distances: diagnostics alone."""
    size = min(len(arms.members), len(arms.non_members), distance.MAX_ROWS)
    inside, outside = (
        distance.nearest(
            arms.block.codes[rng.choice(arm, size, replace=False)], synthetic.sample.codes, experiment.spans
        )
        for arm in (arms.members, arms.non_members)
    )
    return Part(
        diagnostics=distance.diagnose(inside, outside, confidence), histograms=distance.histograms(inside, outside)
    )
