"""The law of the noise: residuals of every kind of question against what was declared for it.

Asked of the curator directly, on a public table: some thousand residuals find a scale that is wrong by a tenth, which
no bound on epsilon from as many whole fits would.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthcli.audit.conformance import laws
from synthcli.audit.conformance.build import exact_vector
from synthcli.audit.conformance.coded import CodedTable
from synthcli.audit.conformance.result import Check
from synthcli.audit.rates import clopper_pearson
from synthcli.marginal import Clique, Domain, Table
from synthcli.privacy.budget import Budget
from synthcli.privacy.curator import Candidate
from synthcli.privacy.exact import ExactCounts, View
from synthcli.privacy.transcript import Answered, RecordingCurator

_NAMES = tuple("abcdefghijklmnopqrst")
_DOMAIN = Domain(_NAMES, (16,) * len(_NAMES))
_OFTEN, _WORDS = 400, 250
_PICKS_AT_ONCE = 6
"""The filter adds up all earlier costs at every question: few of them to a curator."""

Ask = Callable[[RecordingCurator], object]


@dataclass(frozen=True)
class NoiseLaw:
    """How much is asked (`size` repeats of each kind), and the level of each test."""

    size: int
    level: float

    def checks(self) -> Iterator[Check]:
        """All kinds of questions."""
        budget, rng = Budget.of(300.0, 0.5, 0.25), np.random.default_rng()
        asks = {
            "marginals": (_marginals, self.size),
            "distances": (_distances, self.size),
            "keys": (_frequent_keys, self.size),
            "largest": (_picks, 20 * self.size),
        }
        yield self._rare_keys(budget)
        for kind, (ask, times) in asks.items():
            asked = self._asked(budget, ask, times)
            if not asked:
                yield _past_the_filter(kind)
            elif kind == "largest":
                yield self._maximum(asked, rng)
            else:
                yield from self._gaussian(kind, asked, rng)

    def _asked(self, budget: Budget, ask: Ask, times: int) -> list[tuple[Answered, ExactCounts]]:
        """What was asked and answered, each with the counts it was asked about."""
        found = []
        for _ in range(times):
            curator = RecordingCurator(_TABLE, budget)
            ask(curator)
            found += [(entry, ExactCounts(_TABLE)) for entry in curator.transcript]
        return found

    def _gaussian(
        self, kind: str, asked: Sequence[tuple[Answered, ExactCounts]], rng: np.random.Generator
    ) -> Iterator[Check]:
        vectors = [laws.gaussian_uniforms(residuals(entry, exact), entry.question.scale, rng) for entry, exact in asked]
        return self._law(kind, vectors)

    def _law(self, kind: str, vectors: Sequence[laws.Floats]) -> Iterator[Check]:
        """Shape, spread and independence of discrete Gaussian noise, transformed to uniforms."""
        uniforms, standard = np.concatenate(vectors), [laws.normals(vector) for vector in vectors]
        size = f"{len(uniforms):,} residuals"
        title = "Noise follows the declared discrete Gaussian (distance of distribution functions)"
        yield self._check(f"{kind}.law", title, *laws.uniformity(uniforms), size)
        title = "Noise has the declared scale (ratio)"
        yield self._check(f"{kind}.scale", title, *laws.spread(np.concatenate(standard)), size, 1.0)
        title = "Noise of neighbouring cells is unrelated (correlation)"
        yield self._check(f"{kind}.independence", title, *laws.serial_correlation(standard), size, 0.0)

    def _maximum(self, asked: Sequence[tuple[Answered, ExactCounts]], rng: np.random.Generator) -> Check:
        uniforms = np.array(
            [
                laws.pick_uniform(exact_vector(entry, exact), entry.question.scale, int(entry.answer), rng)
                for entry, exact in asked
            ]
        )
        title = "Noisy maxima follow the declared exponential mechanism (distance of distribution functions)"
        return self._check("largest.law", title, *laws.uniformity(uniforms), f"{len(uniforms):,} picks")

    def _rare_keys(self, budget: Budget) -> Check:
        """A key of one row shows with a chance of at most delta.

        At this delta (threshold 3, scale 1) a count that stands on the threshold would show it 2.5 times as often.
        """
        shown, delta, trials = 0, 0.023, 3 * self.size * _WORDS
        rare = CodedTable(_DOMAIN, _TABLE.codes, _words(1))
        for _ in range(3 * self.size):
            shown += len(RecordingCurator(rare, budget).keys("word", 0.5, delta))
        low, _ = clopper_pearson(shown, trials, 1 - self.level)
        return Check(
            id="noise.keys.delta",
            title="A category of one row shows no more often than delta (lower bound)",
            holds=low <= delta,
            figure=low,
            bound=delta,
            note=f"{shown:,} of {trials:,} showed",
        )

    def _check(self, id: str, title: str, figure: float, p: float, size: str, bound: float | None = None) -> Check:
        note = f"{size}, p {p:.2g}"
        return Check(id=f"noise.{id}", title=title, holds=p >= self.level, figure=figure, bound=bound, note=note)


def residuals(entry: Answered, exact: ExactCounts) -> NDArray[np.int64]:
    """Answer minus exact counts; of keys, those of the keys that show."""
    if entry.question.kind == "keys":
        counts = entry.question.of(exact)
        return np.array([count - counts.get(key, 0) for key, count in entry.answer.items()], dtype=np.int64)
    return np.asarray(entry.answer, dtype=np.int64) - exact_vector(entry, exact)


def _past_the_filter(kind: str) -> Check:
    return Check(
        id=f"noise.{kind}.filter",
        title="Answers go through OpenDP's filter",
        holds=False,
        note="none of them did",
    )


def _words(times: int) -> tuple[str, ...]:
    return tuple(str(word) for word in range(_WORDS) for _ in range(times))


_TABLE = CodedTable(
    _DOMAIN, np.random.default_rng(3).integers(0, 16, (300, len(_NAMES))).astype(np.uint32), _words(_OFTEN)
)


def _frequent_keys(curator: RecordingCurator) -> None:
    """Words that are all far above the threshold: what shows of their noise is all of it."""
    curator.keys("word", 0.02, 1e-6)


def _marginals(curator: RecordingCurator) -> None:
    """One-way tables at sigma 0.7, 3 and 40, the last two together."""
    table, singles = curator.on(_TABLE), [(name,) for name in _NAMES]
    rhos = [len(singles) / (2 * sigma * sigma) for sigma in (0.7, 3.0, 40.0)]
    table.measure(singles, rhos[0])
    table.measure_groups([(singles, rhos[1]), (singles, rhos[2])])


def _distances(curator: RecordingCurator) -> None:
    """Every pair's distance from an even table, at about 1 and at 12 rows of noise."""
    pairs: list[Clique] = [(a, b) for i, a in enumerate(_NAMES) for b in _NAMES[i + 1 :]]
    for stddev in (1.0, 12.0):
        curator.on(_TABLE).distances(pairs, _even, len(pairs) / (2 * stddev * stddev))


def _even(pairs: Sequence[Clique]) -> Mapping[Clique, Table]:
    return {pair: np.full((16, 16), 300 / 256) for pair in pairs}


def _picks(curator: RecordingCurator) -> None:
    """A maximum over tables that are 0, 2, 4 … rows away from their estimates: all of them have a chance."""
    table = _TABLE
    exact = ExactCounts(table)
    view = View(table)
    exact.prefetch(view, [(name,) for name in _NAMES[:6]])
    candidates = []
    for away, name in enumerate(_NAMES[:6]):
        estimate = exact.table(view, (name,)).astype(np.float64)
        estimate[0] += 2.0 * away
        candidates.append(Candidate((name,), estimate))
    for _ in range(_PICKS_AT_ONCE):
        curator.on(table).select(candidates, 0.5)
