"""Were the coins fair? A hold-out unlike the training rows makes every attack succeed, or hides one: it is refused.

Coins that the fit tossed are fair, and no column can tell heads from tails, but for chance. A file of coins or of rows
that somebody put together can be anything.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from synthcli.audit.arms import Arms
from synthcli.errors import InvalidAudit

LEAST = 1e-6
"""The chance, at most, that an audit with fair coins is refused (Bonferroni over the columns and their number)."""
_FEWEST = 10
"""Codes with fewer candidates than this are tested together: the chi-square law wants it so."""


def refuse_shifted(arms: Arms, attributes: tuple[str, ...]) -> None:
    """`InvalidAudit` where a column's codes, or the number of heads, tell heads from tails beyond doubt."""
    chosen = arms.chosen
    heads = chosen.trains[chosen.candidate]
    level = LEAST / (len(attributes) + 1)
    if stats.binomtest(int(heads.sum()), len(heads)).pvalue < level:
        raise _refusal(f"{int(heads.sum()):,} of {len(heads):,} coins show heads")
    codes = arms.block.codes[chosen.candidate]
    shifted = [name for name, column in zip(attributes, codes.T, strict=True) if _p(column, heads) < level]
    if shifted:
        raise _refusal(f"held-out rows differ from members in {', '.join(map(repr, shifted))}")


def _p(codes: NDArray[np.uint32], heads: NDArray[np.bool_]) -> float:
    """Pearson's chi-square test of heads against tails over the codes, rare ones together."""
    counts = np.bincount(codes)
    group = np.where(counts < _FEWEST, 0, np.arange(1, len(counts) + 1))[codes]
    _, place = np.unique(group, return_inverse=True)
    table = np.stack([np.bincount(place[side], minlength=int(place.max()) + 1) for side in (heads, ~heads)])
    table = table[:, table.sum(axis=0) >= _FEWEST]
    if table.shape[1] < 2 or not table.sum(axis=1).all():
        return 1.0
    return float(stats.chi2_contingency(table, correction=False).pvalue)


def _refusal(what: str) -> InvalidAudit:
    return InvalidAudit(
        f"{what}: no fair coin does that, but once in a million audits",
        "audit with the coins file that the fit wrote and the very table that it read",
    )
