"""google/dpsynth in memory: AIM or SWIFT behind its own one-way measurements and domain compression.

Options: --model aim or swift; of AIM --megabytes and --rounds, the size limit and the number of rounds (0: its
defaults, 80 MB and 16 rounds a column), and --workload triples (its default) or pairs; --merge yes or no: whether rare
codes share one. The library calibrates to epsilon and delta by its own accountants, and writes its own noisy count of
rows.
"""

from itertools import combinations

import jax
import numpy as np
from adapter import Task, read_task, write_rows

FLOAT64_ROWS = 100_000
LEAST_RHO = 1e-9  # its calibration starts at a budget of 0, at which SWIFT divides by zero


def main() -> None:
    task = read_task(model="swift", megabytes=0, rounds=0, workload="triples", merge="yes")
    jax.config.update("jax_enable_x64", len(task.codes) > FLOAT64_ROWS)  # as mbi advises when it is imported
    write_rows(task, fit(task).synthetic_data.to_dict())


def fit(task: Task):
    from dpsynth.discrete_mechanisms import DiscreteConfig
    from mbi import Dataset, Domain, marginal_oracles

    class Config(DiscreteConfig):
        def configure(self, *, zcdp_rho: float, **rest):
            return super().configure(zcdp_rho=max(zcdp_rho, LEAST_RHO), **rest)

    marginal_oracles.bulk_variable_elimination = uncompiled
    data = Dataset(dict(zip(task.columns, task.codes.T, strict=True)), Domain.fromdict(task.sizes))
    config = Config(mechanism=model(task), compress_columns=task.options.merge == "yes")
    return config.calibrate(epsilon=task.epsilon, delta=task.delta)(np.random.default_rng(task.seed), data)


def model(task: Task):
    from dpsynth.discrete_mechanisms import AIMConfig, SWIFTConfig

    if task.options.model == "swift":
        return SWIFTConfig()
    limits = {"max_model_size": task.options.megabytes, "max_rounds": task.options.rounds}
    workload = list(combinations(task.columns, 2)) if task.options.workload == "pairs" else None
    return AIMConfig(workload=workload, **{name: value for name, value in limits.items() if value})


def uncompiled(potentials, cliques, total):
    """AIM's scoring as mbi has it, but not compiled.

    A program per candidate and round takes five minutes in the first round on Adult, and the last memory map that a
    process may have in the second.
    """
    from mbi import CliqueVector
    from mbi.marginal_oracles import variable_elimination

    with jax.disable_jit():
        marginals = {clique: variable_elimination(potentials, clique, total) for clique in cliques}
    return CliqueVector(potentials.domain, cliques, marginals)


if __name__ == "__main__":
    main()
