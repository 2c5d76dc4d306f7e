"""AIM (McKenna, Mullins, Sheldon and Miklau, 2022, algorithm 4) on the mbi library, with the workload of all pairs.

Options: --rounds (0: 16 per column, as the paper; else that many, or two per column if that is more), --megabytes, the
size limit of the model (80 in its authors' code).
"""

import numpy as np
from adapter import Task, affordable_rho, read_task
from private_pgm import Counts, draw, exponential, precision, project

ITERATIONS = 1000
MEASURED = 0.9  # the part of a round's budget that pays for the measurement; the rest is for the selection


def main() -> None:
    task = read_task(rounds=0, megabytes=80.0, rows="round")
    precision(task)
    draw(task, fit(task))


def weights(columns: list[str]) -> dict[tuple[str, ...], float]:
    """Candidates, the downward closure of all pairs, each with its overlap with the workload."""
    pairs = Counts(np.empty((0, len(columns)), dtype=int), dict.fromkeys(columns, 1)).pairs()
    candidates = [(name,) for name in columns] + pairs
    return {clique: float(sum(len(set(clique) & set(pair)) for pair in pairs)) for clique in candidates}


def fit(task: Task):
    from mbi import Domain, LinearMeasurement, estimation

    domain, counts = Domain.fromdict(task.sizes), Counts(task.codes, task.sizes)
    rng, rho = np.random.default_rng(task.seed), affordable_rho(task.epsilon, task.delta)
    candidates = weights(task.columns)

    def measure(clique: tuple[str, ...], sigma: float) -> LinearMeasurement:
        exact = counts[clique]
        return LinearMeasurement(exact + rng.normal(scale=sigma, size=exact.size), clique, stddev=sigma)

    def estimate(start=None):
        return estimation.MirrorDescent().estimate(domain, measurements, iters=ITERATIONS, warm_start=start)

    share = rho / rounds(task)
    measurements = [measure((name,), deviation(share)) for name in domain]
    model, left = estimate(), rho - len(domain) * MEASURED * share
    while left > 0:
        share = left if left < 2 * share else share
        left -= share
        allowed = affordable(domain, candidates, list(model.cliques), task.options.megabytes * (1 - left / rho))
        expected = np.sqrt(2 / np.pi) * deviation(share)
        distances = [np.abs(counts[clique] - project(model, clique)).sum() for clique in allowed]
        gains = [candidates[c] * (far - expected * domain.size(c)) for c, far in zip(allowed, distances, strict=True)]
        sensitivity = max(candidates[clique] for clique in allowed)
        chosen = allowed[exponential(np.array(gains), np.sqrt(8 * (1 - MEASURED) * share), sensitivity, rng)]
        before = project(model, chosen)
        measurements.append(measure(chosen, deviation(share)))
        model = estimate(model)
        print(f"{1 - left / rho:.3f} of the budget, {chosen}", flush=True)
        if np.abs(project(model, chosen) - before).sum() <= expected * domain.size(chosen):
            share *= 4  # half the noise of the measurement, twice the epsilon of the selection
    return model


def rounds(task: Task) -> int:
    """At least two per column: of fewer, the one-way marginals alone would use up the budget."""
    columns = len(task.columns)
    return max(task.options.rounds, 2 * columns) if task.options.rounds else 16 * columns


def deviation(share: float) -> float:
    """The standard deviation of a measurement in a round that may spend `share` of rho."""
    return float(np.sqrt(1 / (2 * MEASURED * share)))


def affordable(domain, candidates, cliques: list[tuple[str, ...]], megabytes: float) -> list[tuple[str, ...]]:
    """The candidates that the model holds already, or that leave its junction tree within the limit."""
    from mbi.junction_tree import hypothetical_model_size

    held = [set(clique) for clique in cliques]
    return [
        clique
        for clique in candidates
        if any(set(clique) <= one for one in held) or hypothetical_model_size(domain, [*cliques, clique]) <= megabytes
    ]


if __name__ == "__main__":
    main()
