"""The policy where none is given, and the endpoints that a policy may name."""

import tomllib
from collections.abc import Sequence
from fnmatch import fnmatchcase

DEFAULT_POLICY = """\
# What a release may leak. Set the tolerances before the audit runs: its digest goes into the report.

# Confidence of the one-sided upper bounds that must lie under the tolerances.
confidence = 0.95

# Fewer held-out rows than this cannot answer anything.
min_nonmembers = 200

# Shadow fits (audit --deep) without which no audit passes. With 0 the tolerances of membership.shadow* count where an
# audit made shadow fits, and are asked of no other.
min_shadows = 0

# A number is the most that an endpoint may be: it passes if its upper bound is at most that, and fails if it is above
# beyond doubt. { pass = P, fail = F } sets the two apart. `*` in a name stands for anything.
[tolerances]
# Rows copied beyond what happens by chance. Honest noise does not copy rows: a proven excess, however small, fails;
# to pass it must be shown to stay under 1 % of the rows.
"copies.exact.excess" = { pass = 0.01, fail = 0 }
"copies.near.excess" = { pass = 0.01, fail = 0 }
"copies.raw.excess" = { pass = 0.01, fail = 0 }

# An attacker who may be wrong about 1 % of the non-members names at most 5 % more of the members. The best attack on a
# correct release at epsilon 3 (delta 1e-5) reaches 4.4 %, at epsilon 5 already 10 %.
"membership.ratio.advantage_at_1pct" = 0.05
"membership.density.advantage_at_1pct" = 0.05
"membership.likelihood.advantage_at_1pct" = 0.05
"membership.shift.advantage_at_1pct" = 0.05

# How well members are told from non-members on the whole (0.5 is not at all). The best attack on a correct release
# reaches 0.575 at epsilon 1 and 0.639 at epsilon 2 (delta 1e-5).
"membership.ratio.auc" = 0.60
"membership.density.auc" = 0.60
"membership.likelihood.auc" = 0.60
"membership.shift.auc" = 0.60

# The same among the most exposed rows: fewer rows, wider bounds, and the place where a leak shows first. A correct
# release at epsilon 3 reaches 0.694.
"membership.ratio.auc.top10" = 0.70
"membership.density.auc.top10" = 0.70
"membership.likelihood.auc.top10" = 0.70
"membership.shift.auc.top10" = 0.70

# The same of an attacker who fits the release's algorithm again and again, knowing every row but not how the coins
# fell: who sees the whole release, and who sees the synthetic file alone. He is about as good as the claim lets anybody
# be, so that a correct release of a small table at epsilon 3 may not stay within them.
"membership.shadow.advantage_at_1pct" = 0.05
"membership.shadow_file.advantage_at_1pct" = 0.05
"membership.shadow.auc" = 0.60
"membership.shadow_file.auc" = 0.60
"membership.shadow.auc.top10" = 0.70
"membership.shadow_file.auc.top10" = 0.70

# What can be guessed of training rows beyond what can be guessed of rows that were left out: half of what a correct
# release at epsilon 1 may give away (0.107, delta 1e-5). The surest tenth are fewer guesses, and have wider bounds.
"attribute.advantage_at_100pct" = 0.05
"attribute.advantage_at_10pct" = 0.10
"linkability.advantage_at_100pct" = 0.05

# Training rows that a rare combination of values points at, beyond held-out ones. The base rate is a few percent.
"singling_out.advantage_at_100pct" = 0.02
"singling_out.advantage_at_10pct" = 0.05

# The order of the file must not tell the order of the training rows.
"order.excess" = 0.10
"""
"""The policy where none is given, as the text that a steward may copy and edit."""

_SHADOWS = ("shadow", "shadow_file")
_MEMBERSHIP = [
    f"membership.{attack}.{measure}{stratum}"
    for attack in ("ratio", "density", "likelihood", "shift", *_SHADOWS)
    for measure in ("auc", "advantage_at_1pct")
    for stratum in ("", ".top10", ".top1")
]
_GUESSES = [
    f"{attack}.advantage_at_{coverage}"
    for attack in ("attribute", "linkability", "singling_out")
    for coverage in ("1pct", "10pct", "100pct")
]
_OF_STRATA = [
    *(f"copies.{test}.excess" for test in ("exact", "near", "raw")),
    *(f"{attack}.advantage_at_100pct" for attack in ("attribute", "linkability", "singling_out")),
]
_BY_STRATUM = [f"{endpoint}.{stratum}" for endpoint in _OF_STRATA for stratum in ("top10", "top1")]
ENDPOINTS = tuple(dict.fromkeys([*tomllib.loads(DEFAULT_POLICY)["tolerances"], *_MEMBERSHIP, *_GUESSES, *_BY_STRATUM]))
"""What a policy may name: the endpoints of the audit."""
SHADOW_ENDPOINTS = frozenset(endpoint for endpoint in ENDPOINTS if endpoint.split(".")[1] in _SHADOWS)
"""Those that an audit has only where it makes shadow fits."""


def matches(endpoint: str, name: str) -> bool:
    """Whether a policy's name is that of the endpoint, or a pattern for it: `*` stands for anything, all else for
    itself."""
    return endpoint == name or fnmatchcase(endpoint, name.replace("[", "[[]").replace("?", "[?]"))


def named_endpoints(name: str, subgroups: Sequence[str], shadows: int) -> list[str]:
    """The endpoints that a name or pattern speaks of in an audit of these subgroups, with so many shadow fits: also
    those that it could not measure."""
    of_groups = [endpoint for endpoint in (*_MEMBERSHIP, *_OF_STRATA) if not endpoint.endswith((".top10", ".top1"))]
    found = (*ENDPOINTS, *(f"{endpoint}.{group}" for group in subgroups for endpoint in of_groups))
    return [id for id in found if matches(id, name) and (shadows or id.split(".")[1] not in _SHADOWS)]


def covered_endpoints(name: str) -> list[str]:
    """The endpoints that a policy's name or pattern speaks of; for a subgroup's ("membership.*.auc.age >= 65") those of
    all rows that it belongs to."""
    found = [endpoint for endpoint in ENDPOINTS if matches(endpoint, name)]
    parts = name.split(".")
    for place in range(1, len(parts)):  # a condition may hold dots, too
        attack, group = ".".join(parts[:place]), ".".join(parts[place:])
        if not found and set(group) & set(" <>=!"):
            found = [endpoint for endpoint in (*_MEMBERSHIP, *_OF_STRATA) if matches(endpoint, attack)]
    return found
