"""AIM (McKenna, Mullins, Sheldon and Miklau, 2022, algorithm 4) on the mbi library, with the workload of all pairs.

Options: --rounds (0: 16 per column, as the paper), --megabytes, the size limit of the model (80 in its authors' code).
"""

import numpy as np
from adapter import Task, affordable_rho, read_task
from private_pgm import Counts, draw, exponential, precision, project

ITERATIONS = 1000
ONE_ROUND = 0.9  # the share of a round's budget that pays for the measurement


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
    rounds = task.options.rounds or 16 * len(domain)
    sigma, epsilon = np.sqrt(rounds / (2 * ONE_ROUND * rho)), np.sqrt(8 * (1 - ONE_ROUND) * rho / rounds)

    def measure(clique: tuple[str, ...], scale: float) -> LinearMeasurement:
        exact = counts[clique]
        return LinearMeasurement(exact + rng.normal(scale=scale, size=exact.size), clique, stddev=scale)

    def estimate(start=None):
        return estimation.MirrorDescent().estimate(domain, measurements, iters=ITERATIONS, warm_start=start)

    measurements = [measure((name,), sigma) for name in domain]
    spent = len(domain) / (2 * sigma**2)
    model = estimate()
    while spent < rho:
        if rho - spent < 2 * (1 / (2 * sigma**2) + epsilon**2 / 8):
            sigma, epsilon = np.sqrt(1 / (2 * ONE_ROUND * (rho - spent))), np.sqrt(8 * (1 - ONE_ROUND) * (rho - spent))
            spent = rho
        else:
            spent += 1 / (2 * sigma**2) + epsilon**2 / 8
        allowed = affordable(domain, candidates, list(model.cliques), task.options.megabytes * spent / rho)
        expected = np.sqrt(2 / np.pi) * sigma
        distances = [np.abs(counts[clique] - project(model, clique)).sum() for clique in allowed]
        gains = [candidates[c] * (far - expected * domain.size(c)) for c, far in zip(allowed, distances, strict=True)]
        chosen = allowed[exponential(np.array(gains), epsilon, max(candidates[clique] for clique in allowed), rng)]
        before = project(model, chosen)
        measurements.append(measure(chosen, sigma))
        model = estimate(model)
        print(f"{spent / rho:.3f} of the budget, {chosen}", flush=True)
        if np.abs(project(model, chosen) - before).sum() <= expected * domain.size(chosen):
            sigma, epsilon = sigma / 2, epsilon * 2
    return model


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
