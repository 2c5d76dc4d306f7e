"""The sieve: screen all pairs at once, build on a spanning forest, refine in a few batches.

1. All one-way marginals on the fine codes, once; codes that noise drowns are merged (`resolution`).
2. One noisy vector says how far every pair is from independence. It serves every later decision.
3. A maximum spanning forest of the clear pairs; those worth their noise are measured together, each with the noise that
   its size and weight deserve (`batch`).
4. A few more rounds: the model is fitted, the candidates that the screen left are compared with it anew, and the best
   batch is measured. A round may choose nothing, and leaves its budget to the next one.
5. What is left over repeats what was worth measuring.

Against AIM (McKenna et al. 2022) it spends more on one-way marginals, asks for a handful of vectors instead of hundreds
of maxima, and refits the model a handful of times. `docs/engine.md` has the measurements behind the constants.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations
from math import sqrt

from synthcli.marginal import Clique, Domain, Measurement, Table
from synthcli.mechanisms.batch import Option, choose, forest, shares
from synthcli.mechanisms.interface import Fit, Progress
from synthcli.mechanisms.resolution import coarsen, refined
from synthcli.mechanisms.workload import Workload
from synthcli.pgm.estimation import FINAL, ROUND, estimate, estimate_total, pool
from synthcli.pgm.junction_tree import cells
from synthcli.pgm.markov_random_field import MarkovRandomField
from synthcli.privacy.budget import split
from synthcli.privacy.curator import MarginalCurator

CLEAR = 2.0
"""An edge of the forest stands out of the screen's noise by this many standard deviations."""


@dataclass(frozen=True, kw_only=True)
class Sieve:
    """Our own mechanism. `max_cells` bounds the model (cells of the junction tree), and so memory and time."""

    max_cells: int = 200_000
    one_way_share: float = 0.45
    screen_share: float = 0.1
    """Of what the one-ways leave: half for the screen, half for comparing anew in later rounds."""
    first_share: float = 0.45
    """Of what is measured jointly: the forest's part; the later rounds share the rest."""
    rounds: int = 4

    def __post_init__(self) -> None:
        shares = (self.one_way_share, self.screen_share, self.first_share)
        if self.max_cells < 1 or self.rounds < 2 or not all(0 < share < 1 for share in shares):
            raise ValueError("the sieve's limits are positive, its shares lie between 0 and 1, and it has two rounds")

    def run(self, curator: MarginalCurator, workload: Workload, rho: float, progress: Progress) -> Fit:
        """Spend `rho` and fit a model. Joint marginals come from the workload's pairs and larger parts."""
        weights = _weights(workload)
        singles = [(a,) for a in curator.domain.attributes]
        progress("measuring one-way marginals", 0.0)
        if not weights:
            fine = curator.measure(singles, rho)
            return Fit(model=estimate(curator.domain, fine), measurements=fine)
        one_way, screen, joint = split(rho, self._split())
        fine = curator.measure(singles, one_way)
        total = max(1.0, estimate_total(fine))
        merges = coarsen(fine, curator.domain, total, sqrt(len(singles) / joint))
        coarse = curator.merged(merges)
        build = _Build(coarse, [m.merged(merges) for m in fine], total, self.max_cells)
        small = {c: w for c, w in weights.items() if _worth_a_look(coarse.domain, c, self.max_cells)}
        left = self._joint(build, small, screen, joint, progress) if small else screen + joint
        if left:
            again = curator.measure(singles, left)
            fine = pool((*fine, *again))
            build.measurements += [m.merged(merges) for m in again]
        progress("fitting", 0.0)
        model = build.fit(final=True)
        progress("fitting", 1.0)
        groups = {attribute: merge.groups for attribute, merge in merges.items()}
        return Fit(model=model, measurements=tuple(build.measurements), merges=refined(groups, fine))

    def _split(self) -> tuple[float, float, float]:
        rest = 1.0 - self.one_way_share
        return self.one_way_share, rest * self.screen_share, rest * (1.0 - self.screen_share)

    def _joint(
        self, build: "_Build", weights: Mapping[Clique, int], screen: float, joint: float, progress: Progress
    ) -> float:
        """Screen, forest, batches; returns the rho for which nothing was worth measuring."""
        later = self.rounds - 1
        looks = split(screen, (later, *[1] * later))
        parts = split(joint, (self.first_share, *[(1.0 - self.first_share) / later] * later))
        progress("screening all pairs", 0.0)
        options, stddev = build.screen(weights, looks[0])
        saved = build.measure(forest(options, CLEAR * stddev), parts[0])
        kept = _promising(options, weights, build.domain)
        for i in range(1, self.rounds):
            progress("measuring joint marginals", i / self.rounds)
            saved = build.measure(build.compared(kept, looks[i]), parts[i] + saved)
        return build.measure_again(saved) if saved else 0.0


class _Build:
    """The model while it grows: what has been measured, and the room that is left."""

    def __init__(self, curator: MarginalCurator, one_ways: Sequence[Measurement], total: float, max_cells: int) -> None:
        self.curator = curator
        self.domain: Domain = curator.domain
        self.measurements = list(one_ways)
        self.total = total
        self.max_cells = max_cells
        self.batches: list[Option] = []
        self.model: MarkovRandomField | None = None

    def fit(self, final: bool = False) -> MarkovRandomField:
        """The model of all that has been measured so far; warm-started."""
        effort = FINAL if final else ROUND
        self.model = estimate(self.domain, self.measurements, start=self.model, total=self.total, effort=effort)
        return self.model

    def screen(self, weights: Mapping[Clique, int], rho: float) -> tuple[list[Option], float]:
        """Every pair's noisy distance from independence, and that noise's standard deviation."""
        alone = {m.clique: m for m in self.measurements}
        flat = estimate(self.domain, list(alone.values()), total=self.total, effort=ROUND)
        shares = {a: flat.marginal((a,)) / self.total for a in self.domain.attributes}
        pairs = [clique for clique in weights if len(clique) == 2]
        noisy, stddev = self.curator.distances(
            {pair: self.total * shares[pair[0]][:, None] * shares[pair[1]] for pair in pairs}, rho
        )
        self.model = flat
        return [self._option(pair, weights[pair], noisy[pair]) for pair in pairs], stddev

    def compared(self, options: Sequence[Option], rho: float) -> list[Option]:
        """The options' noisy distances from the present model."""
        model = self.fit()
        estimates: dict[Clique, Table] = dict(model.marginals([option.clique for option in options]))
        noisy, _ = self.curator.distances(estimates, rho)
        return [replace(option, distance=noisy[option.clique]) for option in options]

    def measure(self, options: Iterable[Option], rho: float) -> float:
        """Measure the best batch with all of rho; returns what was not spent (rho, or nothing)."""
        batch = choose(options, rho, len(self.domain), self._fits)
        if not batch:
            return rho
        self.measurements += self.curator.measure_groups(shares(batch, rho))
        self.batches += batch
        return 0.0

    def measure_again(self, rho: float) -> float:
        """Spend rho on what was worth measuring, if anything was."""
        worth = list({option.clique: option for option in self.batches}.values())
        if not worth:
            return rho
        self.measurements += self.curator.measure_groups(shares(worth, rho))
        return 0.0

    def _option(self, clique: Clique, weight: int, distance: float) -> Option:
        return Option(clique=clique, cells=self.domain.size(clique), weight=weight, distance=distance)

    def _fits(self, cliques: Sequence[Clique]) -> bool:
        return cells(self.domain, chain((m.clique for m in self.measurements), cliques)) <= self.max_cells


def _weights(workload: Workload) -> dict[Clique, int]:
    """The weight of every pair and triple: that of all workload marginals that contain it."""
    weights: dict[Clique, int] = {}
    for clique, weight in workload.weights.items():
        for part in chain(combinations(clique, 2), combinations(clique, 3)):
            weights[part] = weights.get(part, 0) + weight
    return weights


def _worth_a_look(domain: Domain, clique: Clique, most: int) -> bool:
    """Whether the clique fits the model at all, and says more than its parts: an attribute of one code adds nothing."""
    return domain.size(clique) <= most and all(domain.card(a) > 1 for a in clique)


def _promising(options: Sequence[Option], weights: Mapping[Clique, int], domain: Domain) -> list[Option]:
    """The candidates of later rounds: the clearest pairs, and triples of pairs that the screen found far apart."""
    count = 3 * len(domain)
    pairs = sorted(options, key=lambda o: -o.gain)[:count]
    distance = {option.clique: option.distance for option in options}
    triples = [
        Option(clique=c, cells=domain.size(c), weight=w, distance=sum(distance.get(p, 0.0) for p in combinations(c, 2)))
        for c, w in weights.items()
        if len(c) == 3
    ]
    return pairs + sorted(triples, key=lambda o: -o.gain)[:count]
