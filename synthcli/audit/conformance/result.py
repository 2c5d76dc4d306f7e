"""What a conformance test found."""

from collections.abc import Callable
from dataclasses import dataclass

Progress = Callable[[str, float], None]
"""Called with the stage and the share of it that is done (0 … 1)."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that the claim implies. `figure` is what was found, `bound` what the claim allows.

    `id` begins with the part of the test (`replay`, `noise`, `repeats`, `likelihood`, `canaries`).
    """

    id: str
    title: str
    holds: bool
    figure: float | None = None
    bound: float | None = None
    note: str = ""

    @property
    def part(self) -> str:
        """The part of the test that it belongs to."""
        return self.id.split(".")[0]


@dataclass(frozen=True, kw_only=True)
class Conformance:
    """All checks of one run. `alarm`: the chance, at most, that a build which conforms is contradicted."""

    checks: tuple[Check, ...]
    scope: str
    alarm: float

    @property
    def contradicted(self) -> tuple[Check, ...]:
        """What the claim does not allow."""
        return tuple(check for check in self.checks if not check.holds)

    @property
    def conforms(self) -> bool:
        """Whether nothing was contradicted. That is not a proof."""
        return bool(self.checks) and not self.contradicted
