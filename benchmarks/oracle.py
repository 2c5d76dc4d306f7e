"""What one evaluation of the oracle costs, per clique cell, beside a floor of plain passes over as many cells.

    python benchmarks/oracle.py [--cells 100,1000,10000,100000] [--crowds 2,3] [--repeats 15]

Structures of the first lines are random: every new attribute joins two that share a clique (a random 2-tree of 30
attributes, in random order), so that cliques hold three attributes; every attribute and every pair inside a clique is
measured. The last are crowds: one clique of eight attributes, and all tables of two or three of them. `calibrate`
makes the clique tables anew; `passes` run on tables that are kept, down to all measured marginals; `evaluate` is one
dual evaluation of the search (float64): value, gradient, all measured tables. The floor is one exp, one product and one
sum over as many cells. CPU time of this process, the least of the repeats.
"""

import argparse
from collections.abc import Callable
from itertools import chain, combinations
from time import process_time

import numpy as np

from synthcli.marginal import Clique, Domain, Measurement
from synthcli.pgm.belief_propagation import calibrate
from synthcli.pgm.estimation import _Problem
from synthcli.pgm.propagation import Propagation
from synthcli.pgm.schedule import schedule

ATTRIBUTES = 30
COLUMNS = ("floor, float32", "floor, float64", "calibrate", "passes, float32", "passes, float64", "evaluate")


def structure(cells: int, rng: np.random.Generator) -> tuple[Domain, tuple[Clique, ...]]:
    """A domain, and the single attributes and pairs of a random 2-tree whose cliques have about so many cells."""
    side = cells ** (1 / 3)
    shape = rng.integers(max(2, round(0.6 * side)), max(3, round(1.4 * side)) + 1, ATTRIBUTES)
    names = tuple(f"x{i:02d}" for i in range(ATTRIBUTES))
    domain = Domain(names, tuple(map(int, shape)))
    order = [names[i] for i in rng.permutation(ATTRIBUTES)]
    edges = [domain.clique(order[:2])]
    for new in order[2:]:
        one, other = edges[int(rng.integers(len(edges)))]
        edges += [domain.clique((one, new)), domain.clique((other, new))]
    return domain, (*((name,) for name in names), *edges)


def crowd(order: int) -> tuple[Domain, tuple[Clique, ...]]:
    """Eight attributes of 2 to 14 codes, and all sets of so many of them: one clique of a quarter million cells."""
    domain = Domain(tuple("abcdefgh"), (6, 3, 10, 14, 4, 4, 2, 3))
    return domain, tuple(combinations(domain.attributes, order))


def least(work: Callable[[], object], repeats: int) -> float:
    """CPU seconds of one call: the least of several batches that each last a good while beside the clock's grain."""
    work()
    start, calls = process_time(), 0
    while process_time() - start < 0.03 and calls < 200:
        work()
        calls += 1
    times = []
    for _ in range(repeats):
        start = process_time()
        for _ in range(calls):
            work()
        times.append((process_time() - start) / calls)
    return min(times)


def floor(cells: int, cliques: int, dtype: type[np.floating]) -> Callable[[], object]:
    """exp, product, sum over tables of as many cells."""
    tables = [np.zeros(cells // cliques, dtype) for _ in range(cliques)]
    out = [table.copy() for table in tables]

    def work() -> None:
        for table, to in zip(tables, out, strict=True):
            np.exp(table, out=to)
            np.multiply(to, table, out=to)
            to.sum()

    return work


def measure(domain: Domain, cliques: tuple[Clique, ...], repeats: int) -> list[str]:
    rng = np.random.default_rng(len(cliques))
    tables = {c: rng.normal(size=domain.project(c).shape) for c in cliques}
    measured = [Measurement(c, rng.gamma(1.0, 1e5 / domain.size(c), t.shape), 50.0) for c, t in tables.items()]
    problem = _Problem(domain, measured, 1e5)
    tree, theta = problem.tree, np.concatenate([t.ravel() for t in tables.values()])
    single, double = (Propagation(schedule(tree, cliques), dtype) for dtype in (np.float32, np.float64))
    work = {
        "floor, float32": floor(tree.cells, len(tree.cliques), np.float32),
        "floor, float64": floor(tree.cells, len(tree.cliques), np.float64),
        "calibrate": lambda: calibrate(tree, tables),
        "passes, float32": lambda: single.run(theta),
        "passes, float64": lambda: double.run(theta),
        "evaluate": lambda: problem.evaluate(theta, 0.01),
    }
    found = [f"{1e9 * least(run, repeats) / tree.cells:.2f}" for run in work.values()]
    return [
        f"{max(tree.sizes):,}",
        *(f"{n:,}" for n in (len(tree.cliques), tree.cells, len(cliques), len(theta))),
        *found,
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", default="100,1000,10000,100000")
    parser.add_argument("--crowds", default="2,3")
    parser.add_argument("--repeats", type=int, default=15)
    given = parser.parse_args()
    names = ("largest clique", "cliques", "clique cells", "tables", "measured cells")
    print("| " + " | ".join((*names, *COLUMNS)) + " |")
    print("|" + "---|" * (len(names) + len(COLUMNS)))
    random = (structure(int(cells), np.random.default_rng(int(cells))) for cells in given.cells.split(",") if cells)
    crowds = (crowd(int(order)) for order in given.crowds.split(",") if order)
    for domain, cliques in chain(random, crowds):
        print("| " + " | ".join(measure(domain, cliques, given.repeats)) + " |", flush=True)


if __name__ == "__main__":
    main()
