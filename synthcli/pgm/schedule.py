"""What two passes over a junction tree have to do, worked out once for a structure.

Potentials inside one another are added as logarithms on the smaller tables; messages are multiplied into a table that
contains them where there is one. What is left, the maximal factors, is multiplied in tables as small as can be before
it comes to the clique's own: of all triples of six attributes few products have as many cells as all six together.
Sums go attribute by attribute, so that one intermediate table serves several marginals.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from heapq import heapify, heappop, heappush
from itertools import combinations, count
from math import prod
from typing import Literal

from synthcli.marginal import Clique, Domain
from synthcli.pgm.junction_tree import JunctionTree


@dataclass(frozen=True, kw_only=True)
class Sum:
    """Sum table `source` (p x m x n cells) over its middle axis into table `target`."""

    source: Clique
    target: Clique
    shape: tuple[int, int, int]


@dataclass(frozen=True, kw_only=True)
class Factor:
    """A table to multiply: a group of potentials, the message of child clique `number`, or a product of others."""

    clique: Clique
    kind: Literal["group", "message", "product"]
    number: int


@dataclass(frozen=True, kw_only=True)
class Product:
    """Multiply two factors' tables, cell by cell, into that of a third, which may be one of them."""

    into: Factor
    one: Factor
    other: Factor


@dataclass(frozen=True, kw_only=True)
class Step:
    """One clique's part of both passes.

    `products` go before, in their order; `factors` are multiplied to the clique's table;
    `up` sums it to the separator toward the parent, `down` to the measured tables, the children's separators and 1.
    """

    clique: Clique
    products: tuple[Product, ...]
    factors: tuple[Factor, ...]
    groups: tuple[int, ...]
    up: tuple[Sum, ...]
    down: tuple[Sum, ...]


@dataclass(frozen=True)
class Schedule:
    """`groups[g]` lists the potentials that are added to one table: the first has that table's attributes."""

    tree: JunctionTree
    cliques: tuple[Clique, ...]
    groups: tuple[tuple[int, ...], ...]
    homes: tuple[int, ...]
    steps: tuple[Step, ...]


@lru_cache(maxsize=16)
def schedule(tree: JunctionTree, cliques: tuple[Clique, ...], *, marginals: bool = True) -> Schedule:
    """The work for potentials on these cliques, each of which lies inside a tree clique (`KeyError` otherwise).

    Without `marginals` the clique tables alone come out.
    """
    homes = []
    for clique in cliques:
        home = tree.home(clique)
        if home is None:
            raise KeyError(f"no tree clique contains {clique}")
        homes.append(home)
    resident: list[list[int]] = [[] for _ in tree.cliques]
    for number, home in enumerate(homes):
        resident[home].append(number)
    groups: list[tuple[int, ...]] = []
    steps = []
    for i, numbers in enumerate(resident):
        own = _grouped(tree.domain, cliques, numbers)
        measured = [cliques[n] for n in numbers] if marginals else []
        steps.append(_step(tree, i, measured, [cliques[g[0]] for g in own], len(groups)))
        groups += own
    return Schedule(tree, cliques, tuple(groups), tuple(homes), tuple(steps))


def _grouped(domain: Domain, cliques: Sequence[Clique], numbers: Sequence[int]) -> list[tuple[int, ...]]:
    """Potentials of one tree clique, each with the smaller ones that its table takes."""
    members: dict[int, list[int]] = {}
    for number in sorted(numbers, key=lambda n: (-len(cliques[n]), n)):
        takers = [g for g in members if set(cliques[number]) <= set(cliques[g])]
        if takers:
            members[min(takers, key=lambda g: domain.size(cliques[g]))].append(number)
        else:
            members[number] = [number]
    return [tuple(group) for group in members.values()]


def _step(tree: JunctionTree, i: int, measured: Sequence[Clique], own: Sequence[Clique], first: int) -> Step:
    domain, clique = tree.domain, tree.cliques[i]
    factors = [Factor(clique=c, kind="group", number=first + g) for g, c in enumerate(own)]
    below = [(j, tree.separators[j]) for j in tree.children[i]]
    factors += [Factor(clique=between, kind="message", number=j) for j, between in below if between]
    absorbed, maximal = _absorb(domain, factors)
    combined, left = _combine(domain, domain.size(clique), maximal)
    return Step(
        clique=clique,
        products=(*absorbed, *combined),
        factors=tuple(left),
        groups=tuple(range(first, first + len(own))),
        up=sums(domain, clique, [tree.separators[i]]),
        down=sums(domain, clique, [*measured, *(between for _, between in below), ()]),
    )


def _absorb(domain: Domain, factors: Iterable[Factor]) -> tuple[list[Product], list[Factor]]:
    """Each factor into the smallest one that contains it, small ones first; and the rest."""
    waiting = sorted(factors, key=lambda f: (len(f.clique), domain.size(f.clique)))
    absorbed, kept = [], []
    for place, factor in enumerate(waiting):
        takers = [f for f in waiting[place + 1 :] if set(factor.clique) <= set(f.clique)]
        if takers:
            taker = min(takers, key=lambda f: domain.size(f.clique))
            absorbed.append(Product(into=taker, one=taker, other=factor))
        else:
            kept.append(factor)
    return absorbed, kept


def _combine(domain: Domain, cells: int, factors: Sequence[Factor]) -> tuple[list[Product], list[Factor]]:
    """Products of factors on fewer than `cells` cells, smallest tables first; and what is left, largest first.

    Greedy: the two whose product has fewest cells become one, which takes all others that lie inside of it.
    """
    alive = dict(enumerate(factors))
    products: list[Product] = []

    def pair(i: int, j: int) -> tuple[int, int, int]:
        return domain.size({*alive[i].clique, *alive[j].clique}), i, j

    waiting = [pair(i, j) for i, j in combinations(alive, 2)]
    heapify(waiting)
    for made in count():
        while waiting and not (waiting[0][1] in alive and waiting[0][2] in alive):
            heappop(waiting)
        if len(alive) <= 2 or waiting[0][0] >= cells:
            break
        _, i, j = heappop(waiting)
        scope = domain.clique({*alive[i].clique, *alive[j].clique})
        inside = [alive.pop(k) for k in list(alive) if set(alive[k].clique) <= set(scope)]
        into = Factor(clique=scope, kind="product", number=made)
        products.append(Product(into=into, one=inside[0], other=inside[1]))
        products += [Product(into=into, one=into, other=factor) for factor in inside[2:]]
        new = len(factors) + made
        others = list(alive)
        alive[new] = into
        for k in others:
            heappush(waiting, pair(k, new))
    return products, sorted(alive.values(), key=lambda f: -domain.size(f.clique))


def sums(domain: Domain, clique: Clique, targets: Iterable[Clique]) -> tuple[Sum, ...]:
    """Sums from a clique's table to all targets, in order; each from the smallest table at hand that contains it."""
    pending = sorted(set(targets), key=lambda t: (-len(t), t))
    at_hand, work = [clique], []
    while pending:
        target = pending[0]
        source = min((t for t in at_hand if set(target) <= set(t)), key=lambda t: (domain.size(t), len(t)))
        if source == target:
            pending.pop(0)
            continue
        drop = _next(domain, source, target, pending)
        rest = tuple(a for a in source if a not in drop)
        work.append(Sum(source=source, target=rest, shape=_split(domain, source, drop)))
        at_hand.append(rest)
    return tuple(work)


def _next(domain: Domain, source: Clique, target: Clique, pending: Sequence[Clique]) -> Clique:
    """Neighbouring attributes to sum out next: those that most of the pending targets can do without."""

    def served(attribute: str) -> int:
        return sum(attribute not in t and set(t) <= set(source) for t in pending)

    spare = [a for a in source if a not in target]
    best = max(spare, key=lambda a: (served(a), domain.card(a)))
    if served(best) > 1:
        return (best,)
    place = low = source.index(best)
    high = place + 1
    while low > 0 and source[low - 1] in spare:
        low -= 1
    while high < len(source) and source[high] in spare:
        high += 1
    return source[low:high]


def _split(domain: Domain, source: Clique, drop: Clique) -> tuple[int, int, int]:
    """The source's cells as before, inside and after the attributes to drop (neighbours)."""
    place = source.index(drop[0])
    cards = [domain.card(a) for a in source]
    return prod(cards[:place]), prod(cards[place : place + len(drop)]), prod(cards[place + len(drop) :])
