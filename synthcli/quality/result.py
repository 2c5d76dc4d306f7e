"""Real against synthetic, column by column and pair by pair."""

from dataclasses import dataclass

from synthcli.metric import Metric


@dataclass(frozen=True, kw_only=True)
class ColumnComparison:
    """One column's distribution in the real and the synthetic rows (shares over the same labels)."""

    name: str
    kind: str
    labels: tuple[str, ...]
    real: tuple[float, ...]
    synthetic: tuple[float, ...]
    tvd: float


@dataclass(frozen=True, kw_only=True)
class Quality:
    """`pair_tvd[i][j]` is the total variation distance of the marginal of attributes i and j (diagonal: of i)."""

    columns: tuple[ColumnComparison, ...]
    attributes: tuple[str, ...]
    pair_tvd: tuple[tuple[float, ...], ...]
    metrics: tuple[Metric, ...]
