"""What the ledger hands out: reservations, the lines of a history, and the state of an account."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from synthcli.privacy.amounts import left


class Status(StrEnum):
    """What became of a reservation. Reserved and committed ones count as spent."""

    RESERVED = "reserved"
    COMMITTED = "committed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class Reservation:
    """A promise that these amounts may be spent. `unbudgeted`: nobody has set a budget for the data set."""

    id: int
    dataset: str
    epsilon: Decimal
    delta: Decimal
    unbudgeted: bool


@dataclass(frozen=True, kw_only=True)
class Spend:
    """One line of a data set's history. Times are UTC, ISO 8601."""

    id: int
    dataset: str
    epsilon: Decimal
    delta: Decimal
    rho: float | None
    status: Status
    mechanism: str
    request_digest: str
    artifact_digest: str
    created: str
    closed: str | None
    host: str
    pid: int
    note: str


@dataclass(frozen=True, kw_only=True)
class Account:
    """A data set's budget (None without one), and what is spent: reserved and committed amounts."""

    name: str
    epsilon: Decimal | None
    delta: Decimal | None
    spent_epsilon: Decimal
    spent_delta: Decimal
    releases: int
    """How many spends count."""

    @property
    def left(self) -> tuple[Decimal, Decimal] | None:
        """(epsilon, delta) that may still be spent; None without a budget."""
        if self.epsilon is None or self.delta is None:
            return None
        return left(self.epsilon, self.spent_epsilon), left(self.delta, self.spent_delta)
