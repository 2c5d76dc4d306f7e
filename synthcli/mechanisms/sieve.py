"""The sieve: screen all pairs at once, build on a spanning forest, refine in a few batches.

1. All one-way marginals on the fine codes; codes that noise drowns are merged (`resolution`). They get a second share
   of the budget unless hardly any row is in such a code: joint tables tell the rest then.
   Where noise would leave next to nothing in all triples (few columns, many rows) they are measured at once, and the
   next three steps have nothing to do (`outright`).
2. One noisy vector says how far every pair is from independence. It serves every later decision.
3. A maximum spanning forest of the clear pairs; those worth their noise are measured together, each with the noise that
   its size and weight deserve (`batch`).
4. A few more rounds: the model is fitted, the candidates that the screen left are compared with it anew, and the best
   batch is measured. A round may choose nothing, and leaves its budget to the next one. Where all candidates have been
   measured (few columns, many rows) the triples made of them join in.
5. What is left over repeats what was worth measuring, or the one-ways where no joint table of values was.

Which columns are missing together is looked at in the same steps, on two codes for each column (`gaps`).

With a target of few codes, its pairs with all others come first, on the fine codes (`star`); the screen then asks how
far every pair is from what they and the one-ways say. Later rounds look at what has not been measured, and only the
last one at triples that are there for the target alone.

Against AIM (McKenna et al. 2022) it spends more on one-way marginals, asks for a handful of vectors instead of hundreds
of maxima, and refits the model a handful of times. `docs/engine.md` has the measurements behind the constants.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations
from math import comb, sqrt
from typing import ClassVar

from synthcli.marginal import Clique, Domain, Measurement, Merge
from synthcli.marginal.coarsening import coarsened
from synthcli.marginal.gaps import Gaps, with_gaps
from synthcli.mechanisms import star
from synthcli.mechanisms.batch import BATCH, Option, choose, forest, noise_left, shares
from synthcli.mechanisms.candidates import promising, weights_of, worth_a_look
from synthcli.mechanisms.gaps import around_hubs, clear_gaps, divided, gap_weights, needed
from synthcli.mechanisms.interface import Fit, Progress
from synthcli.mechanisms.outright import outright
from synthcli.mechanisms.resolution import coarsen, merged_share, refined
from synthcli.mechanisms.workload import Workload
from synthcli.pgm.estimation import FINAL, OUTRIGHT, ROUND, estimate, estimate_total, pool
from synthcli.pgm.junction_tree import cells
from synthcli.pgm.markov_random_field import MarkovRandomField
from synthcli.privacy.budget import split
from synthcli.privacy.curator import MarginalCurator

CLEAR = 2.0
"""An edge of the forest stands out of the screen's noise by this many standard deviations."""

CERTAIN = 3.0
"""A triple that is there for the target alone, by so many: there are many, and the noise of one is in all its pairs."""

FEW = 0.02
"""The share of the rows, on average over the columns, that may be in merged codes where few one-ways will do."""

GAP_CELLS = 16
"""The four cells of who is missing together get the budget of so many: they decide about cells of the columns, too."""


@dataclass(frozen=True, kw_only=True)
class Sieve:
    """Our own mechanism. `max_cells` bounds the model (cells of the junction tree), and so memory and time."""

    coarsens: ClassVar[bool] = True
    max_cells: int = 1_000_000
    one_way_shares: tuple[float, float] = (0.15, 0.3)
    """The one-way marginals' share, and what is added to it if more than `FEW` of the rows are in merged codes."""
    star_shares: tuple[float, float] = (0.15, 0.4)
    """With a target: the one-way marginals' share, and that of the target's pairs on fine codes."""
    screen_share: float = 0.1
    """Of what the one-ways leave: half for the screen, half for comparing anew in later rounds."""
    first_share: float = 0.45
    """Of what is measured jointly: the forest's part; the later rounds share the rest."""
    rounds: int = 4
    little: float = 0.02
    """Where noise leaves no more than this in all triples (total variation distance), they are measured at once."""

    def __post_init__(self) -> None:
        firsts = (self.one_way_shares, self.star_shares)
        shares = (*chain(*firsts), *map(sum, firsts), self.screen_share, self.first_share)
        if self.max_cells < 1 or self.rounds < 2 or self.little < 0 or not all(0 < share < 1 for share in shares):
            raise ValueError("the sieve's limits are positive, its shares lie between 0 and 1, and it has two rounds")

    def run(self, curator: MarginalCurator, workload: Workload, rho: float, progress: Progress) -> Fit:
        """Spend `rho` and fit a model. Joint marginals come from the workload's pairs and larger parts."""
        weights = weights_of(workload)
        singles = [(a,) for a in curator.domain.attributes]
        progress("measuring one-way marginals", 0.0)
        if not weights:
            fine = curator.measure(singles, rho)
            return Fit(model=estimate(curator.domain, fine), measurements=fine)
        target = workload.target
        if target is not None and not star.is_affordable(curator.domain, target, self.max_cells):
            target = None
        aimed = workload.for_target if target is not None else frozenset()
        ground, screen, joint = self._ground(curator, target, rho)
        build = _Build(ground, self.max_cells, aimed, trusts=target is not None)
        small = {c: w for c, w in weights.items() if worth_a_look(build.domain, c, self.max_cells)}
        small |= gap_weights(weights, ground.gaps)
        if every := build.outright(small, screen + joint, self.little):
            progress("measuring joint marginals", 0.0)
            left = build.measure_all(every)
        else:
            left = self._joint(build, small, screen, joint, progress) if small else screen + joint
        one_ways = ground.one_ways
        if left:
            again = curator.measure(singles, left)
            one_ways = pool((*one_ways, *again))
            build.measurements += [m.merged(ground.merges) for m in again]
        progress("fitting", 0.0)
        model = build.fit(final=True)
        progress("fitting", 1.0)
        groups = {attribute: merge.groups for attribute, merge in ground.merges.items()}
        merges = refined(groups, one_ways, curator.domain)
        return Fit(model=model, measurements=tuple(build.measurements), merges=merges, gaps=build.gaps)

    def _ground(self, curator: MarginalCurator, target: str | None, rho: float) -> tuple["_Ground", float, float]:
        """What comes before any choice, and the rho that is left for screens and for joint measurements."""
        singles = [(a,) for a in curator.domain.attributes]
        shares = self.one_way_shares if target is None else self.star_shares
        first, second, rest = split(rho, (*shares, 1.0 - sum(shares)))
        fine = curator.measure(singles, first)
        if target is None and _is_fine_enough(fine, curator, rest + second):
            rest, second = rest + second, 0.0
        screen, joint = split(rest, (self.screen_share, 1.0 - self.screen_share))
        columns, pairs_of_both = curator.domain, len(singles) * (len(singles) - 1)
        screen_stddev = curator.rows_per_unit * sqrt(pairs_of_both / screen)
        gaps = clear_gaps(fine, columns, screen_stddev)
        curator = curator.with_gaps(gaps)
        pair_stddev = curator.rows_per_unit * sqrt(len(singles) / joint)
        if target is None:
            measured = (*fine, *curator.measure(singles, second)) if second else fine
            one_ways = pool(measured)
            total = max(1.0, estimate_total(measured))
            merges = coarsen(one_ways, curator.domain, total, pair_stddev)
        else:
            pairs = curator.measure(star.cliques(columns, target), second)
            measured, one_ways = (*fine, *pairs), pool((*fine, *star.margins(pairs, target)))
            total, domain = max(1.0, estimate_total(measured)), curator.domain
            merges = star.coarsen_by_target(pairs, one_ways, domain, target, total=total, pair_stddev=pair_stddev)
        coarse = coarsened(columns, merges)
        return _Ground(curator.merged(merges), measured, one_ways, merges, total, coarse, gaps), screen, joint

    def _joint(
        self, build: "_Build", weights: Mapping[Clique, int], screen: float, joint: float, progress: Progress
    ) -> float:
        """Screen, forest, batches; returns the rho for which nothing was worth measuring."""
        later = self.rounds - 1
        looks = split(screen, (later, *[1] * later))
        first = self.first_share * min(1.0, len(build.columns) / BATCH)
        parts = split(joint, (first, *[(1.0 - first) / later] * later))
        progress("screening all pairs", 0.0)
        options, stddev = build.screen(weights, looks[0])
        options, of_gaps = divided(options, build.gaps)
        together, hubs = around_hubs(of_gaps, CLEAR * stddev)
        edges = (*forest(options, CLEAR * stddev), *together)
        kept = [*promising(options, weights, build.columns, build.aimed), *hubs]
        build.curator.prefetch(option.clique for option in chain(edges, kept))  # a large screen keeps no tables
        saved = build.measure(edges, parts[0])
        for i in range(1, self.rounds):
            progress("measuring joint marginals", i / self.rounds)
            present = [option for option in kept if i == later or option.clique not in build.aimed]
            saved = build.measure_best([*present, *build.triples(present)], looks[i], parts[i] + saved)
        return build.measure_again(saved) if saved else 0.0


@dataclass(frozen=True)
class _Ground:
    """What a model is built on: measurements on fine codes, the coarser domain that they afford, the number of rows.

    `one_ways` are all that is known of each attribute alone: the marginals of `measured`, pooled. The curator's domain
    is that of the columns, and behind them the attributes that say whether rows have a value (`gaps`).
    """

    curator: MarginalCurator
    measured: tuple[Measurement, ...]
    one_ways: tuple[Measurement, ...]
    merges: Mapping[str, Merge]
    total: float
    columns: Domain
    gaps: Gaps


class _Build:
    """The model while it grows: what has been measured, and the room that is left."""

    def __init__(self, ground: _Ground, max_cells: int, aimed: frozenset[Clique], trusts: bool) -> None:
        self.curator = ground.curator
        self.columns = ground.columns
        self.domain: Domain = ground.curator.domain
        self.measurements = [m.merged(ground.merges) for m in ground.measured]
        self.total = ground.total
        self.gaps = ground.gaps
        self.max_cells = max_cells
        self.aimed, self.trusts = aimed, trusts
        self.effort = FINAL
        self.batches: list[Option] = []
        self.model: MarkovRandomField | None = None

    def fit(self, final: bool = False) -> MarkovRandomField:
        """The model of all that has been measured so far; warm-started."""
        effort = self.effort if final else ROUND
        if final:
            self.gaps = needed((m.clique for m in self.measurements), self.gaps)
            self.domain = with_gaps(self.columns, self.gaps)
        self.model = estimate(self.domain, self.measurements, start=self.model, total=self.total, effort=effort)
        return self.model

    def outright(self, weights: Mapping[Clique, int], rho: float, little: float) -> list[tuple[list[Clique], float]]:
        """All that could be wanted and its shares, if that leaves next to no noise and the model has room.

        Not where columns are clearly missing together: who is has attributes of its own, which later steps look at.
        """
        if self.trusts or self.gaps:
            return []
        units, total = self.curator.rows_per_unit, self.total
        every = outright(self.columns, weights, rho=rho, units=units, total=total, little=little)
        return every if self._fits([clique for cliques, _ in every for clique in cliques]) else []

    def measure_all(self, groups: Sequence[tuple[Sequence[Clique], float]]) -> float:
        """Measure what there is to know; returns what was not spent (nothing)."""
        self.measurements += self.curator.measure_groups(groups)
        pairs = [clique for cliques, _ in groups for clique in cliques if len(clique) == 2]
        if len(pairs) == comb(sum(size > 1 for size in self.columns.shape), 2):
            self.effort = OUTRIGHT
        return 0.0

    def screen(self, weights: Mapping[Clique, int], rho: float) -> tuple[list[Option], float]:
        """Every pair's noisy distance from what is known so far, and that noise's standard deviation."""
        pairs = [clique for clique in weights if len(clique) == 2]
        noisy, stddev = self.curator.distances(pairs, self.fit().marginals, rho)
        return [self._option(pair, weights[pair], noisy[pair]) for pair in pairs], stddev

    def measure_best(self, options: Sequence[Option], look: float, rho: float) -> float:
        """Compare the options with the present model, and measure the best of them; returns what was not spent."""
        if not options:
            return look + rho
        known = self._known(options) if self.trusts else {}
        unseen = [option for option in options if option.clique not in known]
        if not unseen:
            return self.measure(known.values(), look + rho)
        return self.measure([*known.values(), *self._compared(unseen, look)], rho)

    def _known(self, options: Sequence[Option]) -> dict[Clique, Option]:
        """Those that have been measured, and the error that their noise has left: no look tells that as well."""
        measured = {m.clique: m for m in pool(self.measurements)}
        done = [o for o in divided(options, self.gaps)[0] if o.clique in measured]
        return {o.clique: replace(o, distance=noise_left(measured[o.clique].variance)) for o in done}

    def _compared(self, options: Sequence[Option], rho: float) -> list[Option]:
        """The options' noisy distances from the present model."""
        noisy, stddev = self.curator.distances([option.clique for option in options], self.fit().marginals, rho)
        values, gaps = divided((replace(o, distance=noisy[o.clique]) for o in options), self.gaps)
        plain = (o for o in values if o.clique not in self.aimed or o.distance >= CERTAIN * stddev)
        return [*plain, *(o for o in gaps if o.distance >= CLEAR * stddev)]

    def triples(self, options: Sequence[Option]) -> list[Option]:
        """Once all of these have been measured: the triples made of their pairs, each of weight 1; none before."""
        known = {option.clique for option in divided(options, self.gaps)[0]}
        if not known.issubset(m.clique for m in self.measurements):
            return []
        made = combinations(self.domain.clique(chain.from_iterable(known)), 3)
        new = (c for c in made if c not in known and known.issuperset(combinations(c, 2)))
        return [self._option(c, 1, 0.0) for c in new if worth_a_look(self.domain, c, self.max_cells)]

    def measure(self, options: Iterable[Option], rho: float) -> float:
        """Measure the best batch with all of rho; returns what was not spent (rho, or nothing)."""
        batch = choose(options, rho / self.curator.rows_per_unit**2, max(len(self.domain), BATCH), self._fits)
        if not batch:
            return rho
        self.measurements += self.curator.measure_groups(shares(batch, rho))
        self.batches += batch
        return 0.0

    def measure_again(self, rho: float) -> float:
        """Spend rho on what was worth measuring, if that says anything of values; returns what was not spent."""
        worth = list({option.clique: option for option in self.batches}.values())
        if not divided(worth, self.gaps)[0]:
            return rho
        self.measurements += self.curator.measure_groups(shares(worth, rho))
        return 0.0

    def _option(self, clique: Clique, weight: int, distance: float) -> Option:
        cells = GAP_CELLS if clique[0] in self.gaps else self.domain.size(clique)
        return Option(clique=clique, cells=cells, weight=weight, distance=distance)

    def _fits(self, cliques: Sequence[Clique]) -> bool:
        every = [*(m.clique for m in self.measurements), *cliques]
        return cells(with_gaps(self.columns, needed(every, self.gaps)), every) <= self.max_cells


def _is_fine_enough(one_ways: Sequence[Measurement], curator: MarginalCurator, rho: float) -> bool:
    """Whether nearly all rows have codes that stay as they are, where the pairs of all attributes share so much rho."""
    total = max(1.0, estimate_total(one_ways))
    merges = coarsen(one_ways, curator.domain, total, curator.rows_per_unit * sqrt(len(one_ways) / rho))
    return merged_share(one_ways, merges, total) <= FEW
