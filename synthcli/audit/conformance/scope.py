"""How much a conformance test does: some seconds' work for every build, or thousands of fits for a release."""

from dataclasses import dataclass

from synthcli.audit.conformance.build import Setting
from synthcli.audit.conformance.replay import Replays, full_replays, quick_replays
from synthcli.mechanisms.names import MECHANISMS

ALARM = 0.01
"""The chance, at most, that a build which conforms is contradicted: the levels below add up to it (Bonferroni)."""
LAW_LEVEL = 1e-6
"""Of each test of a law and of repeated noise: their p-values are exact, and their power is ample."""
SHIFT_LEVEL = 1e-4
"""Of each test of how far two sides lie apart: normal for many fits, and nearly exact for a build that conforms."""
DELTA = 1e-5


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What is done. `fits` are per side; `canaries` per fit."""

    name: str
    replayed: tuple[str, ...]
    replays: tuple[Replays, ...]
    accounted: tuple[str, ...]
    persons: tuple[str, ...]
    stays: tuple[str, ...]
    noise: int
    repeated: tuple[str, ...]
    likelihood: tuple[tuple[Setting, int], ...]
    canaries: tuple[tuple[Setting, int], ...]

    @property
    def bound_level(self) -> float:
        """What the tests of laws and distances leave of the chance of a false alarm, for each confidence bound."""
        fine = 12 * LAW_LEVEL + 3 * len(self.repeated) * LAW_LEVEL
        shifts = (len(self.likelihood) + len(self.canaries)) * SHIFT_LEVEL
        return (ALARM - fine - shifts) / (2 * len(self.likelihood) + len(self.canaries))


def quick() -> Scope:
    """The default mechanism for everything that is exact; the simplest one, at large epsilon, for what is statistical.

    Bugs of noise and sensitivity have no scale of their own, and show at epsilon 10 in a fiftieth of the fits.
    """
    return Scope(
        name="quick",
        replayed=("sieve",),
        replays=quick_replays(),
        accounted=("sieve", "mst"),
        persons=("sieve",),
        stays=("sieve",),
        noise=8,
        repeated=("sieve",),
        likelihood=(
            (Setting("independent", 3.0, DELTA), 300),
            (Setting("independent", 10.0, DELTA), 300),
            (Setting("sieve", 10.0, DELTA), 150),
        ),
        canaries=((Setting("independent", 3.0, DELTA), 1000),),
    )


def full() -> Scope:
    """Every mechanism, every pair of tables, epsilon 1 too."""
    return Scope(
        name="full",
        replayed=MECHANISMS,
        replays=full_replays(),
        accounted=MECHANISMS,
        persons=MECHANISMS,
        stays=MECHANISMS,
        noise=40,
        repeated=MECHANISMS,
        likelihood=(
            (Setting("independent", 1.0, DELTA), 5000),
            (Setting("independent", 3.0, DELTA), 2500),
            (Setting("independent", 10.0, DELTA), 1000),
            (Setting("sieve", 3.0, DELTA), 2500),
            (Setting("sieve", 10.0, DELTA), 1000),
            (Setting("mst", 10.0, DELTA), 1000),
            (Setting("aim", 10.0, DELTA), 500),
        ),
        canaries=tuple((Setting("independent", epsilon, DELTA), 5000) for epsilon in (1.0, 3.0, 10.0)),
    )
