"""What the figures mean and what they do not, in words that nobody can take for a certificate."""

from collections.abc import Iterable, Mapping

from synthcli.audit.arms import Arms
from synthcli.audit.coins import Coins
from synthcli.metric import Metric

PROOF = (
    "The privacy guarantee is the differential-privacy proof, provided its assumptions hold. These tests can reveal a "
    "broken guarantee or a leak; they cannot prove its absence."
)
LEFT_OUT = (
    "Not tested: inference about groups or households, what the population as a whole gives away, linkage with other "
    "releases, side channels, and attackers with better algorithms."
)
DISTANCES = (
    "Nearest-neighbour distances (DCR, NNDR) are data-quality diagnostics, shown since people expect them; they never "
    "decide anything."
)
COPIES = (
    "A row counts as copied where a synthetic row comes near it that the model would seldom draw, and more often than "
    "held-out rows do; a row that many people share tells of nobody. A fresh draw from the population is no leak of "
    "the training rows, although it publishes real people: the audit measures what is leaked of the training rows."
)
GUESSES = (
    "Singling out, linkability and inference (Article 29 Working Party, 2014) are measured as success on training rows "
    "minus success on held-out rows. The mapping is ours; whether it suffices is the controller's decision."
)
CEILINGS = (
    "The ceilings are what the claimed (epsilon, delta) allows the best attacker with every advantage (Gaussian "
    "differential privacy); a tolerance below the ceiling asks for more than the claim promises."
)
UNITS = (
    "Privacy units are compared, not rows, and every row of a held-out unit is held out. A unit counts as copied if "
    "any of its rows does; attackers score all its rows together. Distances compare one row of each, drawn at random."
)
SHADOWS = (
    "The shadow-fit attacker knows every row but how the coins fell, and the algorithm with its settings; "
    "membership.shadow sees the whole release, membership.shadow_file the synthetic rows. What his shadow fits showed "
    "was kept in memory alone, and is forgotten."
)
PRIVATE = "These results compare with the real rows, and epsilon does not cover them: classify them as the source data."


def contradictions(metrics: Iterable[Metric], ceilings: Mapping[str, float]) -> tuple[str, ...]:
    """A warning for every attack that goes beyond doubt further than the claim allows."""
    beyond = [m for m in metrics if m.low_strict is not None and m.low_strict > ceilings.get(m.id, 1.0)]
    return tuple(
        f"{metric.id} is {metric.value:.3f}, where the claimed (epsilon, delta) allows at most "
        f"{ceilings[metric.id]:.3f}: suspect the implementation, and release nothing that this build produced."
        for metric in beyond
    )


def write_notes(coins: Coins, arms: Arms, detectable_auc: float, detectable_copies: float | None) -> tuple[str, ...]:
    """The notes of one audit, its own numbers in them."""
    members, others = len(arms.members), len(arms.non_members)
    copies = (
        ""
        if detectable_copies is None or detectable_copies >= 1
        else f", or {detectable_copies:.1%} of the {arms.what} copied"
    )
    found = [
        PROOF,
        f"With 90 % power this audit would have detected an attack with an AUC of {detectable_auc:.3f} or more{copies} "
        f"({members:,} members and {others:,} non-members); weaker leaks are not excluded.",
        LEFT_OUT,
        COPIES,
        GUESSES,
        CEILINGS,
        DISTANCES,
        PRIVATE,
    ]
    if coins.units is not None:
        found.append(UNITS)
    if arms.shared:
        found.append(
            f"{arms.shared:,} candidates were left out of the membership attacks, since another row of the table has "
            "their very record, which nobody could tell from theirs."
        )
    attacked = int(arms.chosen.candidate.sum())
    if len(coins.candidates) > attacked:
        found.append(f"{attacked:,} of {len(coins.candidates):,} candidates, drawn at random, were attacked.")
    return tuple(found)
