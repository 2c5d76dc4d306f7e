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
class RareValues:
    """A column's listed values that less than 1 % of the real rows have: `values` of them, `lost` never come.

    `real` and `synthetic` are the shares of the rows that have one of them. `unlisted` is the share of the real rows
    whose value the model does not list, so that no synthetic row has it.
    """

    name: str
    values: int
    lost: int
    real: float
    synthetic: float
    unlisted: float


@dataclass(frozen=True, kw_only=True)
class Extremes:
    """The 1st and the 99th percentile of a column's values, and the shares of rows beyond those of the real rows."""

    name: str
    low: str
    high: str
    synthetic_low: str
    synthetic_high: str
    below: float
    above: float
    real_below: float
    real_above: float


@dataclass(frozen=True, kw_only=True)
class Quality:
    """`pair_tvd[i][j]` is the total variation distance of the marginal of attributes i and j (diagonal: of i)."""

    columns: tuple[ColumnComparison, ...]
    attributes: tuple[str, ...]
    pair_tvd: tuple[tuple[float, ...], ...]
    metrics: tuple[Metric, ...]
    rare: tuple[RareValues, ...] = ()
    extremes: tuple[Extremes, ...] = ()
