"""MST: a maximum spanning tree of noisy pairwise marginals, winner of NIST's 2018 challenge.

McKenna, Miklau and Sheldon 2021 (arXiv 2108.04978): a third of the budget on one-way marginals, a third on choosing the
tree by the exponential mechanism, a third on its edges.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from typing import ClassVar

import numpy as np

from synthcli.marginal import Clique, Domain, Measurement, Merge
from synthcli.marginal.coarsening import apart
from synthcli.mechanisms.interface import Fit, Progress
from synthcli.mechanisms.workload import Workload
from synthcli.pgm.estimation import estimate
from synthcli.pgm.markov_random_field import MarkovRandomField
from synthcli.privacy.budget import split
from synthcli.privacy.curator import Candidate, MarginalCurator

RARE = 3.0
"""Codes whose noisy count lies under this many standard deviations are merged into one (section 3.2 of the paper)."""


@dataclass(frozen=True, kw_only=True)
class Mst:
    """The published algorithm, with the entrywise L1 distance as the weight of an edge."""

    coarsens: ClassVar[bool] = False

    def run(self, curator: MarginalCurator, workload: Workload, rho: float, progress: Progress) -> Fit:
        """Measure one-ways, merge rare codes, choose a tree, measure its edges. The workload plays no part."""
        progress("measuring one-way marginals", 0.0)
        if len(curator.domain) == 1:  # no tree to choose, no edges to measure: the one marginal has all of rho
            return self._alone(curator, rho)
        one_way_rho, tree_rho, edge_rho = split(rho, (1, 1, 1))
        fine = curator.measure([(a,) for a in curator.domain.attributes], one_way_rho)
        merges = rare_merges(fine, curator.domain)
        coarse = curator.merged(merges)
        one_ways = tuple(measurement.merged(merges) for measurement in fine)
        model = estimate(coarse.domain, one_ways)
        progress("choosing the tree", 0.2)
        edges = _choose_tree(coarse, model, tree_rho)
        progress("measuring the tree", 0.6)
        measurements = one_ways + coarse.measure(edges, edge_rho)
        fitted = estimate(coarse.domain, measurements, start=model)
        progress("measuring the tree", 1.0)
        return Fit(model=fitted, measurements=measurements, merges=merges)

    def _alone(self, curator: MarginalCurator, rho: float) -> Fit:
        fine = curator.measure([curator.domain.attributes], rho)
        merges = rare_merges(fine, curator.domain)
        one_ways = tuple(measurement.merged(merges) for measurement in fine)
        return Fit(model=estimate(curator.merged(merges).domain, one_ways), measurements=one_ways, merges=merges)


def rare_merges(one_ways: Sequence[Measurement], domain: Domain) -> dict[str, Merge]:
    """For every attribute with two rare codes or more: all rare ones into the last group, as far as the zeros allow.

    Inside the group a code is drawn in proportion to its noisy count.
    """
    merges = {}
    for measurement in one_ways:
        counts = measurement.values.astype(np.float64)
        rare = counts < RARE * measurement.stddev
        if np.count_nonzero(rare) < 2:
            continue
        groups = np.where(rare, np.count_nonzero(~rare), np.cumsum(~rare) - 1).astype(np.intp)
        groups = apart(domain, measurement.clique[0], groups)
        merges[measurement.clique[0]] = Merge(groups, np.maximum(counts, 0.0))
    return merges


def _choose_tree(curator: MarginalCurator, model: MarkovRandomField, rho: float) -> list[Clique]:
    """Kruskal's algorithm by the exponential mechanism: each round adds an edge between two components."""
    attributes = curator.domain.attributes
    component = {attribute: i for i, attribute in enumerate(attributes)}
    pairs = list(combinations(attributes, 2))
    estimates = model.marginals(pairs)
    curator.prefetch(pairs)
    rounds = len(attributes) - 1
    edges: list[Clique] = []
    for _ in range(rounds):
        open_pairs = [pair for pair in pairs if component[pair[0]] != component[pair[1]]]
        candidates = [Candidate(clique=pair, estimate=estimates[pair]) for pair in open_pairs]
        edge = open_pairs[curator.select(candidates, sqrt(8.0 * rho / rounds) * (1 - 1e-12))]
        edges.append(edge)
        gone, kept = component[edge[1]], component[edge[0]]
        component = {a: kept if c == gone else c for a, c in component.items()}
    return edges
