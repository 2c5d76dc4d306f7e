"""Both passes of messages in linear space, on tables that are kept from one run to the next.

Hugin propagation (Koller and Friedman 2009, section 10.3) with every factor scaled to a largest entry of 1 and the
scales kept as logarithms. Exponentials are taken on the measured tables alone; sums are products with a vector of ones,
which BLAS does several times faster than a reduction along a short axis.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthcli.marginal import Clique
from synthcli.pgm.schedule import Factor, Product, Schedule, Step, Sum

Floats = NDArray[np.float64]
Real = NDArray[np.floating[Any]]

_LOST = {np.dtype(np.float64): 1e-10, np.dtype(np.float32): 1e-7}
_MASS = {np.dtype(np.float64): 1e-6, np.dtype(np.float32): 3e-4}


@dataclass
class _Message:
    """From a clique to its parent: as it was summed, and scaled to a largest entry of 1 for the parent's product."""

    raw: Real
    scaled: Real
    wanted: Real
    ratio: Real
    spread: Real
    log_low: float = 0.0


@dataclass
class _Bound:
    """One step with its tables: what to multiply into what, and which products with ones make the sums."""

    table: Real
    products: list[tuple[Real, Real, Real]]
    factors: list[Real]
    up: list[tuple[Real, Real, Real]]
    down: list[tuple[Real, Real, Real]]
    mass: Real
    """The sum of all cells, the last of `down`."""
    groups: tuple[int, ...]
    children: tuple[int, ...]
    roundings: int
    measured: Real | None


class Propagation:
    """The passes for one schedule and one type of float (float32 halves the traffic and spans 75 decades, not 600).

    After `run` has given a number, `tables` are the cliques' probabilities and `marginals` the potentials', flat and in
    order; both are overwritten by the next run.
    """

    def __init__(self, schedule: Schedule, dtype: type[np.float64] | type[np.float32] = np.float64) -> None:
        domain = schedule.tree.domain
        self.schedule = schedule
        self.dtype = np.dtype(dtype)
        self._tiny = float(np.finfo(dtype).tiny)
        sizes = [domain.size(clique) for clique in schedule.cliques]
        places = np.cumsum([0, *sizes])
        self._theta = np.empty(places[-1])
        self.marginals: Real = np.empty(places[-1], dtype)
        self._sizes = np.array([sizes[group[0]] for group in schedule.groups], dtype=np.intp)
        self._starts = np.cumsum(self._sizes) - self._sizes
        self._logs = np.empty(int(self._sizes.sum()))
        self._weights: Real = np.empty(len(self._logs), dtype)
        self._bind_groups(places)
        self._bind_steps(places)
        self.tables: tuple[NDArray[Any], ...] = tuple(step.table for step in self._steps)
        self._largest = max(table.size for table in self.tables)

    def _bind_groups(self, places: NDArray[np.intp]) -> None:
        """Views for adding potentials: the groups' own tables are copied at once, the smaller ones added."""
        domain, cliques = self.schedule.tree.domain, self.schedule.cliques
        runs = [np.arange(places[group[0]], places[group[0] + 1]) for group in self.schedule.groups]
        order = np.concatenate(runs) if runs else np.zeros(0, dtype=np.intp)
        self._order = None if np.array_equal(order, np.arange(len(self._theta))) else order
        self._added = []
        for start, size, group in zip(self._starts, self._sizes, self.schedule.groups, strict=True):
            shape = tuple(domain.card(a) for a in cliques[group[0]])
            table = self._logs[start : start + size].reshape(shape)
            for number in group[1:]:
                spread = tuple(domain.card(a) if a in cliques[number] else 1 for a in cliques[group[0]])
                self._added.append((table, self._theta[places[number] : places[number + 1]].reshape(spread)))

    def _bind_steps(self, places: NDArray[np.intp]) -> None:
        self._steps: list[_Bound] = []
        self._messages: list[_Message] = []
        tree, cliques = self.schedule.tree, self.schedule.cliques
        own: list[dict[Clique, Real]] = [{} for _ in tree.cliques]
        for number, home in enumerate(self.schedule.homes):
            own[home][cliques[number]] = self.marginals[places[number] : places[number + 1]]
        self._messages = [self._message(i) for i in range(len(tree.cliques))]
        for i, step in enumerate(self.schedule.steps):
            self._steps.append(self._bind(i, step, own[i]))

    def _message(self, i: int) -> _Message:
        tree = self.schedule.tree
        cells = tree.domain.size(tree.separators[i])
        raw, scaled, wanted, ratio = (np.empty(cells, self.dtype) for _ in range(4))
        within, between = tree.cliques[i], tree.separators[i]
        spread = ratio.reshape([tree.domain.card(a) if a in between else 1 for a in within])
        return _Message(raw, scaled, wanted, ratio, spread)

    def _bind(self, i: int, step: Step, measured: dict[Clique, Real]) -> _Bound:
        tree = self.schedule.tree
        shape = tuple(tree.domain.card(a) for a in step.clique)
        made = self._made(step)
        whole = len(step.factors) == 1 and step.factors[0].clique == step.clique
        table = self._factor(step.factors[0], step.clique, made) if whole else np.empty(shape, self.dtype)
        summed = {**measured, step.clique: table}
        for j in tree.children[i]:
            self._messages[j].wanted = summed.setdefault(tree.separators[j], self._messages[j].wanted)
        mass = summed.setdefault((), np.empty(1, self.dtype))
        return _Bound(
            table=table,
            products=[self._product(product, made) for product in step.products],
            factors=[] if whole else [self._factor(factor, step.clique, made) for factor in step.factors],
            up=self._sums(step.up, {step.clique: table, tree.separators[i]: self._messages[i].raw}) if i else [],
            down=self._sums(step.down, summed),
            mass=mass,
            groups=step.groups,
            children=tree.children[i],
            roundings=2 * (len(step.products) + len(step.factors)) + 1,
            measured=measured.get(step.clique),
        )

    def _made(self, step: Step) -> dict[int, Real]:
        """Tables for the step's own products, flat, by number."""
        size = self.schedule.tree.domain.size
        new = {product.into.number: product.into.clique for product in step.products if product.into.kind == "product"}
        return {number: np.empty(size(clique), self.dtype) for number, clique in new.items()}

    def _product(self, product: Product, made: Mapping[int, Real]) -> tuple[Real, Real, Real]:
        within = product.into.clique
        into, one, other = (self._factor(f, within, made) for f in (product.into, product.one, product.other))
        return into, one, other

    def _factor(self, factor: Factor, within: Clique, made: Mapping[int, Real]) -> Real:
        """A view of a factor's table that broadcasts over a larger clique's."""
        domain = self.schedule.tree.domain
        spread = [domain.card(a) if a in factor.clique else 1 for a in within]
        if factor.kind == "product":
            return made[factor.number].reshape(spread)
        if factor.kind == "message":
            return self._messages[factor.number].scaled.reshape(spread)
        start, size = self._starts[factor.number], self._sizes[factor.number]
        return self._weights[start : start + size].reshape(spread)

    def _sums(self, work: tuple[Sum, ...], tables: dict[Clique, Real]) -> list[tuple[Real, Real, Real]]:
        """The operands and results of matrix products that stand for sums."""
        bound = []
        for one in work:
            before, inside, after = one.shape
            target = tables.setdefault(one.target, np.empty(before * after, self.dtype))
            source, ones = tables[one.source], np.ones(inside, self.dtype)
            if after == 1:
                bound.append((source.reshape(before, inside), ones, target))
            elif before == 1:
                bound.append((ones, source.reshape(inside, after), target))
            else:
                shape = before, 1, after
                bound.append((ones.reshape(1, -1), source.reshape(one.shape), target.reshape(shape)))
        return bound

    def run(self, theta: Floats) -> float | None:
        """log Z of the distribution proportional to exp(sum of the potentials), which come flat, in order.

        None where underflow may have taken mass that counts. Raises `ValueError` if no cell is possible or a potential
        is NaN or +inf.
        """
        with np.errstate(over="ignore", invalid="ignore", under="ignore", divide="ignore"):
            scale, lows = self._exponentiate(theta)
            up = self._upward(scale, lows)
            return up if up is not None and self._downward() else None

    def _exponentiate(self, theta: Floats) -> tuple[float, list[float]]:
        """Every group's table scaled to a largest entry of 1; the sum of log scales, and each log least entry."""
        self._theta[:] = theta
        if not len(self._starts):
            return 0.0, []
        logs = self._logs
        logs[:] = self._theta if self._order is None else self._theta[self._order]
        for table, part in self._added:
            np.add(table, part, out=table)
        tops = np.maximum.reduceat(logs, self._starts)
        if np.isnan(tops).any() or np.any(tops == inf):
            raise ValueError("a potential is not a number, or infinite")
        if np.any(tops == -inf):
            raise ValueError("the potentials leave no cell possible")
        logs -= np.repeat(tops, self._sizes)
        lows = np.minimum.reduceat(logs, self._starts)
        if np.any(lows == -inf):
            lows = np.minimum.reduceat(np.where(logs == -inf, 0.0, logs), self._starts)
        self._weights[:] = logs
        np.exp(self._weights, out=self._weights)
        return float(tops.sum()), lows.tolist()

    def _upward(self, scale: float, lows: list[float]) -> float | None:
        """log Z, with every clique's product and message; None where underflow may have taken mass that counts.

        `lost[i]` bounds the absolute error of every cell of table i. All factors are at most 1, so that errors add; a
        message's error grows by the cells it sums and by its rescaling. Where the product of the factors' least
        positive entries does not underflow, nothing is lost. Mass that vanished in one clique can be nearly all there
        is once a neighbour weighs it, and nothing but such a bound tells.
        """
        parents = self.schedule.tree.parents
        log_tiny = log(self._tiny) + 1.0
        lost = [0.0] * len(self._steps)
        for i in range(len(self._steps) - 1, -1, -1):
            step = self._steps[i]
            self._multiply(step)
            low = sum([lows[g] for g in step.groups]) + sum([self._messages[j].log_low for j in step.children])
            if low < log_tiny:
                lost[i] += step.roundings * self._tiny
            if i == 0:
                break
            message = self._messages[i]
            for one, other, out in step.up:
                np.matmul(one, other, out=out)
            top, least = float(message.raw.max()), float(message.raw.min())
            if not 0.0 < top < inf:
                return None
            if least == 0.0:
                least = float(message.raw[message.raw > 0].min())
            np.divide(message.raw, top, out=message.scaled)
            message.log_low = log(least) - log(top)
            scale += log(top)
            if lost[i]:
                lost[parents[i]] += lost[i] / top * (step.table.size / message.raw.size)
        total = float(self._steps[0].table.sum())
        if not lost[0] * self._largest < _LOST[self.dtype] * total:
            return None
        self._steps[0].table /= total
        return scale + log(total)

    @staticmethod
    def _multiply(step: _Bound) -> None:
        for into, one, other in step.products:
            np.multiply(one, other, out=into)
        factors, table = step.factors, step.table
        if len(factors) > 1:
            np.multiply(factors[0], factors[1], out=table)
            for factor in factors[2:]:
                np.multiply(table, factor, out=table)
        elif factors:
            table[...] = factors[0]
        elif not step.groups and not step.products:
            table.fill(1.0)

    def _downward(self) -> bool:
        """Every clique's table and the potentials' marginals; False where a table's mass came out wrong."""
        for i, step in enumerate(self._steps):
            if i:
                message = self._messages[i]
                np.divide(message.wanted, message.raw, out=message.ratio)
                if message.raw.min() == 0.0:
                    message.ratio[message.raw == 0.0] = 0.0
                np.multiply(step.table, message.spread, out=step.table)
            for one, other, out in step.down:
                np.matmul(one, other, out=out)
            if step.measured is not None:
                step.measured[:] = step.table.reshape(-1)
            if not abs(float(step.mass[0]) - 1.0) < _MASS[self.dtype]:
                return False
        return True
