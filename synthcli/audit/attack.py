"""One score, judged: how well it tells members from non-members, overall and among the most exposed rows."""

from dataclasses import dataclass

import numpy as np

from synthcli.audit.ceilings import advantage_ceiling, auc_ceiling, detectable_auc, detectable_excess
from synthcli.audit.rates import newcombe
from synthcli.audit.result import Curve
from synthcli.audit.roc import Scores, auc, hits_at, roc_curve
from synthcli.metric import Metric

LOW_RATE = 0.01
"""The false-positive rate at which the advantage is measured: an attacker who is rarely wrong."""


@dataclass(frozen=True)
class Levels:
    """Confidence of the bounds that a pass needs, and of those that a failure needs."""

    confidence: float
    strict: float


@dataclass(frozen=True, eq=False)
class Attack:
    """The scores of both arms. `stratum` is '' for all rows, or the suffix of the endpoints' ids; `title` names it."""

    name: str
    title: str
    members: Scores
    non_members: Scores
    stratum: str = ""

    def id(self, what: str) -> str:
        """The endpoint's id."""
        return ".".join(filter(None, ("membership", self.name, what, self.stratum)))


@dataclass(frozen=True, kw_only=True)
class Finding:
    """An attack's endpoints, with what the claim would allow and what this audit could see, by endpoint."""

    endpoints: tuple[Metric, ...]
    curve: Curve
    detection_limits: dict[str, float]
    ceilings: dict[str, float]


def judge_attack(attack: Attack, levels: Levels, mu: float, rng: np.random.Generator) -> Finding:
    """AUC, and true- minus false-positive rate at a threshold aimed at 1 % false positives."""
    area = auc(attack.members, attack.non_members)
    low, high = area.bounds(levels.confidence)
    rows = len(attack.members) + len(attack.non_members)
    title = attack.title
    auc_metric = Metric(
        id=attack.id("auc"),
        value=area.value,
        low=low,
        high=high,
        low_strict=area.bounds(levels.strict)[0],
        n=rows,
        title=f"{title}: AUC",
    )
    counts = hits_at(LOW_RATE, attack.members, attack.non_members, rng)
    advantage = _advantage(attack, counts, title, levels)
    x, y = roc_curve(attack.members, attack.non_members)
    return Finding(
        endpoints=(auc_metric, advantage),
        curve=Curve(id=attack.id("roc"), title=title, x=x, y=y),
        detection_limits={
            auc_metric.id: detectable_auc(len(attack.members), len(attack.non_members), levels.confidence),
            advantage.id: detectable_excess(counts[1], counts[3], LOW_RATE, levels.confidence),
        },
        ceilings={auc_metric.id: auc_ceiling(mu), advantage.id: advantage_ceiling(mu, LOW_RATE)},
    )


def _advantage(attack: Attack, counts: tuple[int, int, int, int], title: str, levels: Levels) -> Metric:
    hits, members, false, fresh = counts
    low, high = newcombe(*counts, levels.confidence)
    return Metric(
        id=attack.id("advantage_at_1pct"),
        value=hits / members - false / fresh,
        low=low,
        high=high,
        low_strict=newcombe(*counts, levels.strict)[0],
        n=members + fresh,
        title=f"{title}: advantage at 1 % false positives",
        note=f"named {hits:,} of {members:,} members and {false:,} of {fresh:,} fresh non-members",
    )
