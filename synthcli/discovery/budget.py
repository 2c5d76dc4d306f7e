"""How much of the budget goes to learning the domain: known from the schema alone, so that a dry run can show it."""

from collections.abc import Mapping
from dataclasses import dataclass

from synthcli.discovery.durations import Pair, pairs_of
from synthcli.discovery.facts import Facts
from synthcli.table.axis import to_axis
from synthcli.table.calendar import parts_of_kind
from synthcli.table.schema import Column, Kind

EXACT_SPAN = 128
"""A declared range of at most this many whole numbers needs no grid: every number is its own code."""

_SHARES = {"categories": 0.08, "coarse grids": 0.06, "fine grids": 0.07}


@dataclass(frozen=True, kw_only=True)
class Discovery:
    """Which columns each stage learns, and the share of rho that the stage may spend."""

    categories: tuple[str, ...]
    grids: tuple[str, ...]
    """Columns on a number line; also numbers of few levels, should the levels not stand clear of the noise."""
    bins: tuple[str, ...]
    """Those of them whose fine cells are counted and merged here; the mechanism does so for the others."""
    decimals: tuple[str, ...]
    """Columns whose precision is learnt: the decimals of numbers, the unit of times of day."""
    parts: tuple[str, ...]
    """Dates and datetimes whose month, weekday and hour are looked at."""
    durations: tuple[Pair, ...]
    """Pairs of them that a rule puts in order: how far they are apart is looked at."""
    shares: Mapping[str, float]

    @property
    def share(self) -> float:
        """The share of rho that goes to discovery in all."""
        return sum(self.shares.values())


def plan_discovery(facts: Facts, *, binned: bool = True) -> Discovery:
    """What the schema leaves open, column by column.

    Without `binned` only the cells of dates are merged into bins: the mechanism does so for numbers.
    """
    columns = facts.schema.modelled
    categories = tuple(c.name for c in columns if "categories" in facts.to_learn.get(c.name, ()))
    grids = tuple(c.name for c in columns if c.kind.has_axis and c.categories is None and not has_exact_codes(c))
    bins = tuple(name for name in grids if binned or parts_of_kind(facts.schema[name].kind))
    learnt = facts.to_learn
    levels = {c.name for c in columns if c.kind is Kind.NUMBER and c.name in categories}
    decimals = tuple(c.name for c in columns if c.name in levels or "decimals" in learnt.get(c.name, ()))
    decimals += tuple(name for name in grids if facts.schema[name].kind.has_clock)
    open_stages = {"categories": categories, "coarse grids": grids, "fine grids": bins}
    shares = {stage: _SHARES[stage] for stage, names in open_stages.items() if names}
    if bins:
        shares["fine grids"] *= len(bins) / len(grids)
    dates = tuple(name for name in grids if parts_of_kind(facts.schema[name].kind))
    return Discovery(
        categories=categories,
        grids=grids,
        bins=bins,
        decimals=decimals,
        parts=dates,
        durations=pairs_of(facts.schema, dates),
        shares=shares,
    )


def has_exact_codes(column: Column) -> bool:
    """Whether the declared bounds are so narrow that each whole number (day) gets a code of its own."""
    if column.kind not in (Kind.INTEGER, Kind.DATE) or column.minimum is None or column.maximum is None:
        return False
    return to_axis(column.maximum, column.kind) - to_axis(column.minimum, column.kind) < EXACT_SPAN
