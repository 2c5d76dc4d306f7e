"""One measured number with its uncertainty: the common currency of audit, quality, gate and report."""

from dataclasses import dataclass
from math import isfinite
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A value and its one-sided confidence bounds.

    `low` and `high` are each a bound at the confidence level that the audit states (95 % unless said otherwise).
    `id` is dotted and stable: policies, JSON and JUnit name metrics by it (`copies.exact.excess`).
    `low_strict`, where there is one, is the lower bound at the level that the audit corrected for all its endpoints
    together: the gate fails a release by it, so that many endpoints do not make a false alarm likely.
    """

    id: str
    value: float
    low: float
    high: float
    n: int
    better: Literal["lower", "higher"] = "lower"
    title: str = ""
    note: str = ""
    low_strict: float | None = None

    def __post_init__(self) -> None:
        if not all(map(isfinite, (self.value, self.low, self.high))):
            raise ValueError(f"metric {self.id} is not finite")
        if not self.low <= self.value <= self.high:
            raise ValueError(f"metric {self.id} lies outside its interval")
        if self.low_strict is not None and not self.low_strict <= self.value:
            raise ValueError(f"metric {self.id} lies below its strict bound")
