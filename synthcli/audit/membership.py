"""Scores of "this row was in the training data", each higher for a likelier member. None looks at a coin.

The reference, against which a row's cells count as over-represented, are the candidates of both arms, each row with its
own count taken off: it treats heads and tails alike, so that under the null every toss of the coins is equally likely.

Of a candidate with several rows, each row is scored against those of all others, and the scores are added up
(`together`).

- `ratio`: the marginal-ratio score of MAMA-MIA (Golob et al., SaTML 2025), on the measured cliques, from the file.
- `likelihood`: log-density of the model against the reference under the same structure, as in TAMIS (Andrey, Le Bars
  and Tommasi, ECML 2025), from the model.
- `density`: random views of a few columns, from the file: a semi-naive Bayes classifier of synthetic against real rows
  (random ferns; Özuysal, Calonder, Lepetit and Fua, PAMI 2010). It sees leaks that no measured marginal explains.
- `shift`: inverse-variance-weighted shifts of the noisy counts themselves, from the measurements and their noise.
- `informed`: from the measurements by an attacker who knows every other row, as the definition of differential
  privacy has it, but for the other candidates' coins.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthcli.audit.joint import coin_ratios, gather_evidence
from synthcli.audit.roc import Scores
from synthcli.marginal import Clique, Codes, Domain, Measurement
from synthcli.pgm.markov_random_field import MarkovRandomField

_FLOOR = 1e-12
"""The least probability of a cell: keeps logarithms finite where a model is sure."""


@dataclass(frozen=True, eq=False)
class Shift:
    """The count-shift statistic: its log-likelihood ratio and how detectable the row is beforehand (d')."""

    score: Scores
    detectability: Scores


def cell_numbers(codes: Codes, domain: Domain, clique: Clique) -> NDArray[np.intp]:
    """The flat number of each row's cell in the clique's table."""
    shape = domain.project(clique).shape
    numbers = np.ravel_multi_index([codes[a].astype(np.intp) for a in clique], shape)
    return np.asarray(numbers, dtype=np.intp)


@dataclass(frozen=True, eq=False)
class Others:
    """The other rows of the reference, as each row sees them: those of other owners (`owner`: whose each row is, by
    default one row each)."""

    rows: int
    owner: NDArray[np.intp] | None = None

    @property
    def number(self) -> NDArray[np.float64]:
        """How many there are."""
        own = 1 if self.owner is None else np.bincount(self.owner)[self.owner]
        return np.full(self.rows, float(self.rows)) - own

    def in_cell(self, cells: NDArray[np.intp]) -> NDArray[np.float64]:
        """How many of them share each row's cell."""
        _, place, count = np.unique(cells, return_inverse=True, return_counts=True)
        if self.owner is None:
            return count[place].astype(np.float64) - 1
        pairs = place * (int(self.owner.max(initial=0)) + 1) + self.owner
        _, pair, own = np.unique(pairs, return_inverse=True, return_counts=True)
        return np.asarray(count[place] - own[pair], dtype=np.float64)


def together(scores: Scores, owner: NDArray[np.intp]) -> Scores:
    """The sum of each owner's scores: what his rows say together, log-likelihood ratios of rows of which each brings
    its own (an owner has one row or more)."""
    return np.asarray(np.bincount(owner, weights=scores), dtype=np.float64)


def ratio(
    codes: Codes,
    domain: Domain,
    synthetic: Mapping[Clique, NDArray[np.int64]],
    owner: NDArray[np.intp] | None = None,
) -> Scores:
    """Mean over the cliques of p_synthetic / p_reference of the row's cell, counts smoothed by one half."""
    total, others = 0.0, Others(_rows(codes), owner)
    for clique, table in synthetic.items():
        cells = cell_numbers(codes, domain, clique)
        half = 0.5 * table.size
        in_file = (table.ravel()[cells] + 0.5) / (table.sum() + half)
        in_reference = (others.in_cell(cells) + 0.5) / (others.number + half)
        total = total + in_file / in_reference
    return np.asarray(total / max(1, len(synthetic)))


def density(real: NDArray[np.int64], synthetic: NDArray[np.int64], rows: int, drawn: int) -> Scores:
    """Sum over the views of log p_synthetic / p_real of what the view shows of a row, half a real row added to both.

    `real` and `synthetic`: views × rows, how many other rows of either kind look the same; of `rows` and `drawn` each.
    The real rows are those of both arms and all others, each row without itself: every row is classified by what was
    learnt from the others, and heads and tails are treated alike.
    """
    expected = (drawn / max(1, rows)) * (real + 0.5)
    smoothed = synthetic + 0.5 * drawn / max(1, rows)
    return np.asarray(np.log(smoothed / expected).sum(axis=0))


def likelihood(codes: Codes, model: MarkovRandomField, owner: NDArray[np.intp] | None = None) -> Scores:
    """log p_model(x) - log p_reference(x), both factorised over the model's junction tree.

    The reference's counts are smoothed by one half. Smoothing them towards the model's own table instead loses most of
    the signal of cliques that are large for the reference, which is where a model remembers.
    """
    separators = tuple(s for s in model.tree.separators if s)
    tables = model.marginals({*model.tree.cliques, *separators})
    signed = [(clique, 1.0) for clique in model.tree.cliques] + [(clique, -1.0) for clique in separators]
    total, others = _zeros(codes), Others(_rows(codes), owner)
    for clique, sign in signed:
        cells = cell_numbers(codes, model.domain, clique)
        weights = np.maximum(np.asarray(tables[clique], dtype=np.float64), 0.0)
        density = np.maximum(weights.ravel()[cells] / max(weights.sum(), _FLOOR), _FLOOR)
        reference = (others.in_cell(cells) + 0.5) / (others.number + 0.5 * weights.size)
        total += sign * (np.log(density) - np.log(reference))
    return total


def shift(
    codes: Codes,
    domain: Domain,
    measurements: Sequence[Measurement],
    rows: float,
    owner: NDArray[np.intp] | None = None,
) -> Shift:
    """Σ h (y - n p) / V over the measured cells of a row, h = 1 - p and V = sigma² + n p (1 - p)(1 + n / N).

    n training rows (`rows`), N reference rows, y the noisy count of the row's cell, p its share in the reference.
    Under "not a member" the statistic is about N(0, d'²), for a member N(d'², d'²), with d'² = Σ h² / V: the score is
    the log-likelihood ratio, the statistic minus d'² / 2.
    """
    statistic, information, others = _zeros(codes), _zeros(codes), Others(_rows(codes), owner)
    for measurement in measurements:
        cells = cell_numbers(codes, domain, measurement.clique)
        share = (others.in_cell(cells) + 0.5) / (others.number + 1)
        noise = measurement.variance.ravel()[cells]
        variance = noise + rows * share * (1 - share) * (1 + rows / np.maximum(1, others.number))
        statistic += (1 - share) * (measurement.values.ravel()[cells] - rows * share) / variance
        information += (1 - share) ** 2 / variance
    return Shift(statistic - information / 2, np.sqrt(information))


def informed(
    codes: Codes,
    domain: Domain,
    measurements: Sequence[Measurement],
    background: Mapping[Clique, NDArray[Any]],
    rng: np.random.Generator,
    owner: NDArray[np.intp] | None = None,
) -> Shift:
    """The attacker who knows all training rows but the candidates: all their coins solved for together (`joint`).

    `codes`: the rows of all candidates; `owner`: whose each one is, by default one row each; a candidate's rows come
    or go together. `background`: counts of the training rows other than these.
    """

    def cells_of(clique: Clique) -> NDArray[np.intp]:
        return cell_numbers(codes, domain, clique)

    return Shift(*coin_ratios(gather_evidence(cells_of, measurements, background, owner), rng))


def _rows(codes: Codes) -> int:
    return len(next(iter(codes.values())))


def _zeros(codes: Codes) -> NDArray[Any]:
    return np.zeros(_rows(codes), dtype=np.float64)
