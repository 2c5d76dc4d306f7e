"""The marginals that matter, and how much each candidate tells about them."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, combinations

from synthcli.marginal import Clique, Domain


@dataclass(frozen=True)
class Workload:
    """Cliques with positive whole weights: the marginals that a release should get right."""

    weights: Mapping[Clique, int]

    def __post_init__(self) -> None:
        if not self.weights or any(not clique or weight < 1 for clique, weight in self.weights.items()):
            raise ValueError("a workload names marginals, each with a positive whole weight")

    @classmethod
    def all(cls, domain: Domain, order: int) -> "Workload":
        """All marginals of this many attributes, weighted alike (of all attributes where there are fewer)."""
        return cls(dict.fromkeys(combinations(domain.attributes, min(order, len(domain))), 1))

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
