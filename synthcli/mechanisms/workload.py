"""The marginals that matter, and how much each candidate tells about them."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, combinations, product
from math import ceil

from synthcli.marginal import Clique, Domain

MOST_TRIPLES = 5_000
"""With more triples around a target than this (102 attributes), a workload aims at its pairs alone."""


@dataclass(frozen=True)
class Workload:
    """Cliques with positive whole weights: the marginals that a release should get right.

    `target` is the attribute that the rows are to predict, if there is one. `for_target` are the triples that are here
    for its sake alone: nobody asked for them.
    """

    weights: Mapping[Clique, int]
    target: str | None = None
    for_target: frozenset[Clique] = frozenset()

    def __post_init__(self) -> None:
        if not self.weights or any(not clique or weight < 1 for clique, weight in self.weights.items()):
            raise ValueError("a workload names marginals, each with a positive whole weight")

    @classmethod
    def all(cls, domain: Domain, order: int) -> "Workload":
        """All marginals of this many attributes, weighted alike (of all attributes where there are fewer)."""
        return cls(dict.fromkeys(combinations(domain.attributes, min(order, len(domain))), 1))

    @classmethod
    def targeting(cls, domain: Domain, target: str) -> "Workload":
        """All pairs, with those of the target to the fore, and all triples that hold it; see `toward`."""
        return cls.all(domain, 2).toward(domain, target)

    def toward(self, domain: Domain, target: str) -> "Workload":
        """The same workload, for rows from which somebody will learn to predict the target.

        The pairs with the target together weigh about as much as all marginals without it, each at least 2; triples
        with the target weigh at least 1, if there are at most `MOST_TRIPLES`. `KeyError` for an unknown attribute.
        """
        others = [attribute for attribute in domain.attributes if attribute != target]
        if len(others) == len(domain):
            raise KeyError(f"not in the domain: {target}")
        elsewhere = sum(weight for clique, weight in self.weights.items() if target not in clique)
        weights = dict(self.weights)
        pairs = {domain.clique((other, target)): max(2, ceil(elsewhere / len(others))) for other in others}
        triples = dict.fromkeys((domain.clique((*pair, target)) for pair in combinations(others, 2)), 1)
        triples = triples if len(triples) <= MOST_TRIPLES else {}
        for clique, weight in (pairs | triples).items():
            weights[clique] = max(weight, weights.get(clique, 0))
        return Workload(weights, target, frozenset(triples).difference(self.weights))

    def spread(self, domain: Domain, column_of: Mapping[str, str]) -> "Workload":
        """The same workload, said of columns, over the attributes of a domain: each column stands for all of its own.

        `column_of` names each attribute's column. The attributes of one column are pairs of weight 1 among themselves.
        """
        of_column: dict[str, list[str]] = {}
        for attribute in domain.attributes:
            of_column.setdefault(column_of[attribute], []).append(attribute)
        weights = {domain.clique(p): 1 for mine in of_column.values() for p in combinations(mine, 2)}
        for_target: set[Clique] = set()
        for clique, weight in self.weights.items():
            parts = [domain.clique(chosen) for chosen in product(*(of_column[column] for column in clique))]
            weights |= dict.fromkeys(parts, weight)
            for_target.update(parts if clique in self.for_target else ())
        return Workload(weights, self.target, frozenset(for_target))

    def candidates(self) -> dict[Clique, int]:
        """The downward closure: every non-empty part of a workload clique, with the weight AIM gives it.

        w_r = sum over workload cliques s of weight(s) * |r ∩ s| (McKenna et al. 2022, arXiv 2201.12677, section 4).
        """
        by_attribute: dict[str, dict[Clique, int]] = {}
        for clique, weight in self.weights.items():
            for attribute in clique:
                by_attribute.setdefault(attribute, {})[clique] = weight
        total = {attribute: sum(cliques.values()) for attribute, cliques in by_attribute.items()}
        parts = chain.from_iterable(
            combinations(clique, size) for clique in self.weights for size in range(1, len(clique) + 1)
        )
        return {part: sum(total[attribute] for attribute in part) for part in dict.fromkeys(parts)}
