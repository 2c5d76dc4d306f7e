"""Where on the number line the values of each column lie: octaves first, then closer looks at what holds the mass."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from synthcli.discovery import dates, grid, heaps
from synthcli.discovery.axes import bounds_on_axis
from synthcli.discovery.bounded import Bounded, Density, encoder_of
from synthcli.discovery.budget import Discovery
from synthcli.discovery.facts import Facts
from synthcli.discovery.reach import Present, is_settled, lacks_many, present, reach, reach_beyond, reach_evenly
from synthcli.discovery.stand_ins import stand_ins, with_stand_ins
from synthcli.discovery.survey import MOST_DECIMALS, DecimalPlaces, Survey, View, cells_of, measure
from synthcli.marginal import Measurement
from synthcli.marginal.ends import trim
from synthcli.pgm.estimation import pool
from synthcli.privacy.curator import Curator
from synthcli.table.calendar import DAY, GRAINS, HOUR, parts_of_kind
from synthcli.table.schema import Column, Kind

FINE_CELLS = 192
"""Fine enough for spikes; what the noise hides is smoothed afterwards. Measuring a cell takes some 11 microseconds."""
ZOOM_CELLS = 64
_FIVE_MINUTES = HOUR // 12
LOOKS = (0.6, 0.1, 0.1)
"""Shares of the coarse stage: octaves, and two closer looks at what lies in one or two of them.

The closer looks also count the octaves anew of columns where the first has not told where all the values are. These are
few, and a question about few columns is answered with little noise."""
HEAPS = (0.1, 0.05)
"""And two looks for values that many rows share."""
DECIMALS = 0.05
"""The share of the coarse stage that tells how many decimals numbers have."""
MOST_LEVELS = 0.8
"""Numbers of few levels are categories if the levels that were learnt hold this share of the rows."""
_BESIDE_YEARS = 3.0
"""How many sigmas a year beside the mass must show: calendar years begin and end, where octaves of numbers taper."""
_ONLY_YEAR = 4.5
"""And how many will do where no year stands clear: one of 400 empty ones does once in 700 columns."""


def look_coarsely(
    needs: Discovery,
    facts: Facts,
    keys: Mapping[str, Mapping[str, int]],
    curator: Curator,
    rho: float,
) -> dict[str, Bounded]:
    """Where on the number line the values of each column lie, and how many decimals (which unit of time) they have.

    Times of day have bounds that everybody knows. Of the others, octaves first. Those that have not told where all the
    values are, are looked at once more; where nearly all the mass lies in one or two of them (latitudes of one town),
    closer looks follow.
    Numbers whose learnt levels (`keys`) hold nearly all of it need no grid, and are left out; other levels become cells
    of their own.
    """
    columns = {column.name: column for column in facts.schema.modelled}
    stage = needs.shares.get("coarse grids", 0.0) * rho
    precision = _look_at_precision(needs, columns, curator, DECIMALS * stage)
    clocks = {n: _clock(columns[n], precision[n]) for n in needs.grids if columns[n].kind is Kind.TIME}
    octaves = {n: grid.octaves(columns[n].kind, precision[n].decimals) for n in needs.grids if n not in clocks}
    octaves |= {n: np.union1d(octaves[n], ends) for n, ends in facts.likely.items() if n in octaves}
    search = _Search(facts, keys, {n: grid.clip(edges, *bounds_on_axis(columns[n])) for n, edges in octaves.items()})
    for share in LOOKS:
        if search.is_open:
            search.look(curator, share * stage)
    told = {n: search.with_stand_ins(n, precision[n].unit_of(columns[n].kind)) for n in search.fine}
    fine = clocks | {n: grid.holding_multiples(edges, precision[n].decimals) for n, edges in told.items()}
    _open_heaps(fine, precision, columns, curator, stage)
    known = {n: replace(precision[n], density=search.density.get(n), is_clear=n not in search.unclear) for n in fine}
    return {name: known[name].over(edges, keys.get(name, ())) for name, edges in fine.items()}


def _clock(column: Column, known: Bounded) -> grid.Edges:
    """The fine edges of a time of day: five minutes each, or the unit that times are told in. Nothing is looked for."""
    edges = np.arange(0, DAY + 1, max(known.grain, _FIVE_MINUTES), dtype=np.int64)
    return grid.clip(edges, *bounds_on_axis(column))


class _Search:
    """The fine edges found so far, and what each column is asked next: octaves, or closer cells."""

    def __init__(self, facts: Facts, keys: Mapping[str, Mapping[str, int]], octaves: Mapping[str, grid.Edges]) -> None:
        self._columns, self._facts, self._keys = facts.schema, facts, keys
        self._cells = {name: len(edges) - 1 for name, edges in octaves.items()}
        self._known: dict[str, Measurement] = {}
        self._octaves, self._by_octaves = octaves, dict(octaves)
        self._closer: dict[str, grid.Edges] = {}
        self._held: dict[str, float] = {}
        self.fine: dict[str, grid.Edges] = {}
        self.density: dict[str, Density] = {}
        self.unclear: set[str] = set()
        """The columns of which the last look at octaves does not tell where the values lie."""

    @property
    def is_open(self) -> bool:
        """Whether there is a column to look at again."""
        return bool(self._by_octaves or self._closer)

    def look(self, curator: Curator, rho: float) -> None:
        """Count every open column's cells, in one question."""
        octaves, closer = self._by_octaves, self._closer
        self._by_octaves, self._closer = {}, {}
        views = {
            n: View(n, encoder_of(self._columns[n], edges, self._columns[n].decimals, 1))
            for n, edges in (octaves | closer).items()
        }
        seen = measure(Survey(views), curator, rho)
        for name, edges in closer.items():
            counts, sigma = cells_of(seen[name], len(edges) - 1), seen[name].stddev
            self._take(name, edges, counts, sigma, trim(counts, sigma, self._held[name]))
        self._known |= {n: pool((self._known[n], seen[n]))[0] if n in self._known else seen[n] for n in octaves}
        values = present(self._known, self._cells)
        for name, edges in octaves.items():
            self._see_octaves(name, edges, values[name])

    def with_stand_ins(self, name: str, unit: float | None) -> grid.Edges:
        """The fine edges of a column, with a cell for each value that the octaves show to stand for something else."""
        kind, octaves = self._columns[name].kind, self._octaves[name]
        counts = cells_of(self._known[name], self._cells[name])
        values = stand_ins(octaves, counts, self._known[name].stddev, kind, unit)
        inside = values[(values >= self.fine[name][0]) & (values < self.fine[name][-1])]
        if parts_of_kind(kind):
            return with_stand_ins(self.fine[name], inside, kind)
        return grid.with_atoms(self.fine[name], inside.tolist(), unit)

    def _see_octaves(self, name: str, edges: grid.Edges, values: Present) -> None:
        counts, sigma = cells_of(self._known[name], len(edges) - 1), self._known[name].stddev
        near = inside = _reach(self._facts, self._columns[name], edges, counts, sigma, values)
        if parts_of_kind(self._columns[name].kind):
            inside = reach_evenly(counts, sigma, inside, values)
        lacks = lacks_many(counts, sigma, inside, values)
        told = inside != near or _tell(self._facts, self._columns[name], counts, sigma, lacks)
        (self.unclear.discard if told else self.unclear.add)(name)
        if _are_listed(self._keys.get(name, {}), float(counts[inside].sum())):
            self.fine.pop(name, None)
        elif is_settled(counts, sigma, inside, values):
            self._take(name, edges, counts, sigma, inside)
        else:
            self.fine[name] = self._fine(name, edges[inside.start : inside.stop + 1], counts[inside], sigma)
            self._by_octaves[name] = edges

    def _take(self, name: str, edges: grid.Edges, counts: NDArray[np.float64], sigma: float, inside: slice) -> None:
        edges, counts = edges[inside.start : inside.stop + 1], counts[inside]
        self.fine[name] = self._fine(name, edges, counts, sigma)
        if not grid.is_resolved(edges, counts, FINE_CELLS):
            self._closer[name] = grid.refine(edges, counts, sigma, ZOOM_CELLS)
            self._held[name] = float(counts.sum())

    def _fine(self, name: str, edges: grid.Edges, counts: NDArray[np.float64], sigma: float) -> grid.Edges:
        self.density[name] = Density.of(edges, counts, sigma)
        return dates.refined(edges, counts, sigma, FINE_CELLS, self._columns[name].kind)


def _open_heaps(
    fine: dict[str, grid.Edges],
    precision: Mapping[str, Bounded],
    columns: Mapping[str, Column],
    curator: Curator,
    stage: float,
) -> None:
    """Split the cells of numbers that hold a value which many rows share, until they hold it alone."""
    units = {name: precision[name].unit_of(columns[name].kind) for name in fine}
    hiding = [name for name, edges in fine.items() if heaps.hides(edges, units[name]).any()]
    for share in HEAPS:
        if not hiding:
            return
        views = {n: View(n, replace(precision[n], edges=fine[n], grain=1).encoder(columns[n])) for n in hiding}
        for name, seen in measure(Survey(views), curator, share * stage).items():
            counts = cells_of(seen, len(fine[name]) - 1)
            fine[name], more = heaps.opened(fine[name], counts, seen.stddev, units[name] or 1.0)
            if not more:
                hiding.remove(name)


def _are_listed(levels: Mapping[str, int], total: float) -> bool:
    """Whether these levels hold nearly all of the rows: then they need no grid. Without levels nothing is listed."""
    return bool(levels) and sum(levels.values()) > MOST_LEVELS * total


def _reach(
    facts: Facts, column: Column, edges: grid.Edges, counts: NDArray[np.float64], sigma: float, values: Present
) -> slice:
    """The octaves to look at more finely."""
    if column.name in facts.likely:
        return reach_beyond(counts, sigma, grid.likely(edges, *facts.likely[column.name]))
    near = grid.likely(edges, *grid.LIKELY_DATES.get(column.kind, ()))
    if parts_of_kind(column.kind):
        only = not len(grid.clear_cells(counts, sigma)) and counts.max() > _ONLY_YEAR * sigma
        return grid.active(counts, sigma, near, _BESIDE_YEARS, _ONLY_YEAR if only else grid.ALONE, whole=True)
    return reach(edges, counts, sigma, near, values)


def _tell(facts: Facts, column: Column, counts: NDArray[np.float64], sigma: float, lacks: bool) -> bool:
    """Whether the counts of octaves (years) say where the values lie, or the public facts do.

    They do not where the range lacks many (`lacks`), wherever these are.
    """
    if column.name in facts.likely or None not in bounds_on_axis(column):
        return True
    only_year = bool(parts_of_kind(column.kind)) and float(counts.max()) > _ONLY_YEAR * sigma
    return only_year or (len(grid.clear_cells(counts, sigma)) > 0 and not lacks)


def _look_at_precision(
    needs: Discovery, columns: Mapping[str, Column], curator: Curator, rho: float
) -> dict[str, Bounded]:
    """Grids without edges yet, with the decimals of numbers and the units of times of day."""
    found = {n: Bounded(edges=np.zeros(0), decimals=columns[n].decimals, grain=1) for n in needs.grids}
    if not needs.decimals:
        return found
    kinds = {name: columns[name].kind for name in needs.decimals}
    views = {n: View(n, dates.TimeUnits(kind) if kind.has_clock else DecimalPlaces()) for n, kind in kinds.items()}
    for name, places in measure(Survey(views), curator, rho).items():
        finest = _finest(places)
        if kinds[name].has_clock:
            found[name] = replace(found[name], grain=GRAINS[finest])
        else:
            found[name] = replace(found[name], decimals=None if finest >= MOST_DECIMALS else finest)
    return found


def _finest(places: Measurement) -> int:
    """The last code that any considerable share of the values (1 %, and 5 sigma) has."""
    counts = places.values.astype(np.float64)
    bar = max(5.0 * places.stddev, 0.01 * float(counts.sum()))
    return int(np.flatnonzero(counts > bar)[-1]) if np.any(counts > bar) else 0
