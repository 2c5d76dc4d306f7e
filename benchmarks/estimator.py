"""The estimator's L-BFGS on the noise-regularised dual against mirror descent, on the same measurements and oracle.

    python benchmarks/estimator.py [--codes FILE.csv --domain FILE.json] [--evaluations 50,200,1000]

Tables are simulated (growth.py's: 14 columns, and 40), or given as integer codes with a domain of column sizes. Every
attribute and d pairs of the largest distance from independence (as far as a model of 200,000 cells holds them) are
measured with Gaussian noise of one sigma. Mirror descent is that of Private-PGM (McKenna, Sheldon and Miklau 2019,
algorithm 1): potentials move against the gradient of the loss, the step halves until the Armijo condition holds and
grows after it does; it starts at zero potentials, or at the one-way marginals as ours does. Loss: sum of squares over
2 sigma^2. Errors: mean total variation distance to the truth, over measured pairs and over all pairs.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from time import process_time

import growth
import numpy as np
import pyarrow.csv as csv
import pyarrow.parquet as parquet

from synthcli.marginal import Clique, Domain, Measurement, tabulate
from synthcli.pgm.estimation import FINAL, ROUND, estimate, estimate_total
from synthcli.pgm.junction_tree import build, cells
from synthcli.pgm.markov_random_field import MarkovRandomField
from synthcli.pgm.oracle import Oracle
from synthcli.pgm.simplex import project_to_simplex

Codes = dict[str, np.ndarray]


def simulated(columns: int) -> tuple[Domain, Codes]:
    with tempfile.TemporaryDirectory() as folder:
        growth.simulate(growth.Point(40_000, columns, 16, "sieve"), Path(folder))
        table = parquet.read_table(Path(folder) / "table.parquet")
    codes = {name: table[name].to_numpy() for name in table.column_names}
    return Domain(tuple(codes), tuple(int(values.max()) + 1 for values in codes.values())), codes


def given_codes(file: Path, sizes: Path) -> tuple[Domain, Codes]:
    table = csv.read_csv(file)
    domain = Domain(tuple(table.column_names), tuple(json.loads(sizes.read_text())[c] for c in table.column_names))
    return domain, {name: table[name].to_numpy() for name in table.column_names}


def measured(domain: Domain, truth: dict[Clique, np.ndarray], sigma: float) -> list[Measurement]:
    """All single attributes, and the pairs farthest from independence that the model can hold; fixed noise."""
    rng = np.random.default_rng(0)
    total = truth[domain.attributes[:1]].sum()
    far = {
        pair: np.abs(truth[pair] - np.outer(truth[pair[:1]], truth[pair[1:]]) / total).sum() - sigma * domain.size(pair)
        for pair in combinations(domain.attributes, 2)
    }
    chosen: list[Clique] = [(a,) for a in domain.attributes]
    for pair in sorted(far, key=lambda p: -far[p]):
        if len(chosen) < 2 * len(domain) and cells(domain, [*chosen, pair]) <= 200_000:
            chosen.append(pair)
    return [Measurement(c, truth[c] + rng.normal(0, sigma, truth[c].shape), sigma) for c in chosen]


class Descent:
    """Mirror descent for one set of measurements."""

    def __init__(self, domain: Domain, tables: list[Measurement]) -> None:
        self.cliques = tuple(m.clique for m in tables)
        self.shapes = [m.values.shape for m in tables]
        self.rows = estimate_total(tables)
        self.oracle = Oracle(build(domain, self.cliques), self.cliques)
        self.values = np.concatenate([m.values.ravel() for m in tables])
        self.variance = np.concatenate([m.variance.ravel() for m in tables])
        self.singles = np.concatenate([self._log_counts(m) for m in tables])

    def _log_counts(self, m: Measurement) -> np.ndarray:
        counts = np.maximum(project_to_simplex(m.values, self.rows), 0.05 * m.stddev).ravel()
        return np.log(counts / counts.sum()) if len(m.clique) == 1 else np.zeros(m.values.size)

    def loss(self, theta: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """The loss, its gradient in the expected counts, and these."""
        counts = self.rows * self.oracle.evaluate(theta)[1]
        gap = counts - self.values
        return float(0.5 * np.sum(gap**2 / self.variance)), gap / self.variance, counts

    def run(self, start: np.ndarray, evaluations: int) -> np.ndarray:
        theta, used = start.copy(), 1
        value, gradient, counts = self.loss(theta)
        step = 2.0 / self.rows
        while used < evaluations:
            moved = theta - step * gradient
            new, new_gradient, new_counts = self.loss(moved)
            used += 1
            if value - new >= 0.5 * float(gradient @ (counts - new_counts)):
                theta, value, gradient, counts, step = moved, new, new_gradient, new_counts, 2.0 * step
            else:
                step /= 2.0
        return theta

    def model(self, domain: Domain, theta: np.ndarray) -> MarkovRandomField:
        pieces = np.split(theta, np.cumsum([int(np.prod(s)) for s in self.shapes])[:-1])
        tables = {c: p.reshape(s) for c, p, s in zip(self.cliques, pieces, self.shapes, strict=True)}
        return MarkovRandomField(domain, tables, self.rows)


class Count:
    """How many evaluations of the oracle a run takes."""

    def __init__(self) -> None:
        self.calls = 0
        self.plain = Oracle.evaluate

    def __enter__(self) -> "Count":
        def counted(oracle: Oracle, theta: np.ndarray) -> tuple[float, np.ndarray]:
            self.calls += 1
            return self.plain(oracle, theta)

        Oracle.evaluate = counted
        return self

    def __exit__(self, *_: object) -> None:
        Oracle.evaluate = self.plain


def runs(domain: Domain, tables: list[Measurement], budgets: list[int]) -> Iterator[tuple[str, int, float, object]]:
    for name, effort in (("L-BFGS, between rounds", ROUND), ("L-BFGS, final", FINAL)):
        begun = process_time()
        with Count() as count:
            model = estimate(domain, tables, effort=effort)
        yield name, count.calls, process_time() - begun, model
    for where in ("zero", "the one-ways"):
        for budget in budgets:
            begun = process_time()
            with Count() as count:
                descent = Descent(domain, tables)
                start = descent.singles if where == "the one-ways" else np.zeros_like(descent.singles)
                theta = descent.run(start, budget)
            yield f"mirror descent from {where}", count.calls, process_time() - begun, descent.model(domain, theta)


def compare(name: str, domain: Domain, codes: Codes, sigma: float, budgets: list[int]) -> None:
    pairs = list(combinations(domain.attributes, 2))
    truth = tabulate(codes, domain, [*((a,) for a in domain.attributes), *pairs])
    tables = measured(domain, truth, sigma)
    joint = [m.clique for m in tables if len(m.clique) == 2]
    rows = len(next(iter(codes.values())))
    for what, calls, seconds, model in runs(domain, tables, budgets):
        found = model.marginals([*pairs, *((a,) for a in domain.attributes)])
        loss = sum(np.sum((found[m.clique] - m.values) ** 2 / (2 * m.variance)) for m in tables)
        error = {p: 0.5 * np.abs(found[p] / model.total - truth[p] / rows).sum() for p in pairs}
        means = f"{np.mean([error[p] for p in joint]):.4f} | {np.mean(list(error.values())):.4f}"
        print(f"| {name} | {sigma:g} | {what} | {calls:,} | {seconds:.2f} | {loss:,.0f} | {means} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--codes", type=Path)
    parser.add_argument("--domain", type=Path)
    parser.add_argument("--sigmas", default="20,100")
    parser.add_argument("--evaluations", default="100,400,1000")
    given = parser.parse_args()
    tables = {f"simulated, {columns} columns": simulated(columns) for columns in (14, 40)}
    if given.codes and given.domain:
        tables[given.codes.stem] = given_codes(given.codes, given.domain)
    print("| table | sigma | estimator | evaluations | CPU s | loss | TVD measured pairs | TVD all pairs |")
    print("|---|---|---|---|---|---|---|---|")
    for name, (domain, codes) in tables.items():
        for sigma in given.sigmas.split(","):
            compare(name, domain, codes, float(sigma), [int(n) for n in given.evaluations.split(",")])


if __name__ == "__main__":
    main()
