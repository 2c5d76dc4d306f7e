"""google/dpsynth in memory: AIM or SWIFT behind its own one-way measurements and domain compression.

Options: --model aim or swift. The library calibrates to epsilon and delta by its own accountants.
"""

import numpy as np
from adapter import Task, read_task, write_rows
from dpsynth import discrete_mechanisms as mechanisms

MODELS = {"aim": mechanisms.AIMConfig, "swift": mechanisms.SWIFTConfig}


def main() -> None:
    task = read_task(model="swift")
    result = fit(task)
    rows = result.model.synthetic_data(rows=len(task.codes))
    write_rows(task, (rows.decompress(result.mappings) if result.mappings else rows).to_dict())


def fit(task: Task):
    from mbi import Dataset, Domain

    data = Dataset(dict(zip(task.columns, task.codes.T, strict=True)), Domain.fromdict(task.sizes))
    config = mechanisms.DiscreteConfig(mechanism=MODELS[task.options.model](), compress_columns=True)
    mechanism = config.calibrate(epsilon=task.epsilon, delta=task.delta)
    return mechanism(np.random.default_rng(task.seed), data)


if __name__ == "__main__":
    main()
