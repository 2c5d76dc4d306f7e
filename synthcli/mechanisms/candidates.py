"""What could be measured jointly: the pairs and triples that a workload is made of, and what each weighs."""

from collections.abc import Mapping, Sequence
from itertools import chain, combinations

from synthcli.marginal import Clique, Domain
from synthcli.mechanisms.batch import Option
from synthcli.mechanisms.workload import Workload

KEPT = 10
"""Later rounds compare this many times as many pairs (and as many triples) as there are columns."""


def weights_of(workload: Workload) -> dict[Clique, int]:
    """The weight of every pair and triple: that of all workload marginals that contain it."""
    weights: dict[Clique, int] = {}
    for clique, weight in workload.weights.items():
        for part in chain(combinations(clique, 2), combinations(clique, 3)):
            weights[part] = weights.get(part, 0) + weight
    return weights


def worth_a_look(domain: Domain, clique: Clique, most: int) -> bool:
    """Whether the clique fits the model at all, and says more than its parts: an attribute of one code adds nothing."""
    return domain.size(clique) <= most and all(domain.card(a) > 1 for a in clique)


def promising(
    options: Sequence[Option], weights: Mapping[Clique, int], columns: Domain, aimed: frozenset[Clique]
) -> list[Option]:
    """The candidates of later rounds: the clearest pairs, and triples of pairs that the screen found far apart."""
    count = KEPT * len(columns)
    pairs = sorted(options, key=lambda o: -o.gain)[:count]
    distance = {option.clique: option.distance for option in options}
    triples = []
    for c in (clique for clique in weights if len(clique) == 3):
        parts = list(combinations(c, 2))
        # what is there for the target alone pays for its noise as the pairs with the target do: it gets there
        cells = columns.size(c) * (max(weights.get(p, 1) for p in parts) if c in aimed else 1)
        far = sum(distance.get(p, 0.0) for p in parts)
        triples.append(Option(clique=c, cells=cells, weight=weights[c], distance=far))
    return pairs + sorted(triples, key=lambda o: -o.gain)[:count]
