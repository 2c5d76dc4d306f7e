"""Mechanisms by the names that the command line and the model file use."""

from synthcli.errors import UsageError
from synthcli.mechanisms.aim import Aim
from synthcli.mechanisms.independent import Independent
from synthcli.mechanisms.interface import Mechanism
from synthcli.mechanisms.mst import Mst
from synthcli.mechanisms.sieve import Sieve

MECHANISMS = ("sieve", "aim", "mst", "independent")


def mechanism_named(name: str, max_cells: int | None = None) -> Mechanism:
    """The mechanism of that name; `UsageError` for an unknown one. `max_cells` bounds the models that can grow."""
    if name == "sieve":
        return Sieve() if max_cells is None else Sieve(max_cells=max_cells)
    if name == "aim":
        return Aim() if max_cells is None else Aim(max_cells=max_cells)
    if name == "mst":
        return Mst()
    if name == "independent":
        return Independent()
    raise UsageError(f"there is no mechanism {name!r}", f"choose one of {', '.join(MECHANISMS)}")
