"""MST (McKenna, Miklau and Sheldon, 2021) on the mbi library: one-ways, compressed domain, a spanning tree of pairs."""

import networkx as nx
import numpy as np
from adapter import Task, affordable_rho, read_task
from private_pgm import Counts, draw, exponential, precision, project

SELECTION_ITERATIONS, FINAL_ITERATIONS = 2500, 10_000


def main() -> None:
    task = read_task(rows="round")
    precision(task)
    draw(task, *fit(task))


def fit(task: Task):
    """The model over the compressed domain, and what each code became there."""
    from mbi import Domain, LinearMeasurement
    from mbi.estimation import MirrorDescent, minimum_variance_unbiased_total

    rng, rho = np.random.default_rng(task.seed), affordable_rho(task.epsilon, task.delta)

    def measure(counts: Counts, cliques: list[tuple[str, ...]]) -> list[LinearMeasurement]:
        scale = np.sqrt(3 * len(cliques) / (2 * rho))
        noisy = (counts[clique] + rng.normal(scale=scale, size=counts[clique].size) for clique in cliques)
        return [LinearMeasurement(y, clique, stddev=scale) for y, clique in zip(noisy, cliques, strict=True)]

    domain = Domain.fromdict(task.sizes)
    fine = measure(Counts(task.codes, task.sizes), [(name,) for name in domain])
    total = minimum_variance_unbiased_total(fine)
    merged = {one.clique[0]: merge(one.noisy_measurement, one.stddev) for one in fine}
    singles = [one.compress(merged, domain) for one in fine]
    codes = np.stack([merged[name][column] for name, column in zip(task.columns, task.codes.T, strict=True)], axis=1)
    counts = Counts(codes, {name: int(mapping.max()) + 1 for name, mapping in merged.items()})
    domain = Domain.fromdict(counts.sizes)
    model = MirrorDescent().estimate(domain, singles, known_total=total, iters=SELECTION_ITERATIONS)
    tree = measure(counts, spanning_tree(counts, model, rho / 3, rng))
    model = MirrorDescent().estimate(domain, singles + tree, known_total=total, iters=FINAL_ITERATIONS)
    return model, merged


def merge(noisy: np.ndarray, scale: float) -> np.ndarray:
    """Codes of a compressed domain: those below three standard deviations share one."""
    kept = np.asarray(noisy) >= 3 * scale
    return np.where(kept, np.cumsum(kept) - 1, kept.sum())


def spanning_tree(counts: Counts, model, rho: float, rng: np.random.Generator) -> list[tuple[str, ...]]:
    """Pairs that join all columns, each picked by the exponential mechanism on the distance from the model."""
    left = {pair: float(np.abs(counts[pair] - project(model, pair)).sum()) for pair in counts.pairs()}
    forest = nx.Graph()
    forest.add_nodes_from(counts.sizes)
    epsilon = np.sqrt(8 * rho / (len(counts.sizes) - 1))
    while left:
        pairs = list(left)
        chosen = pairs[exponential(np.array([left[pair] for pair in pairs]), epsilon, 1.0, rng)]
        forest.add_edge(*chosen)
        home = {name: i for i, part in enumerate(nx.connected_components(forest)) for name in part}
        left = {pair: score for pair, score in left.items() if home[pair[0]] != home[pair[1]]}
    return list(forest.edges)


if __name__ == "__main__":
    main()
