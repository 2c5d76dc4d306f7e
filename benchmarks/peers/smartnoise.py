"""smartnoise-synth's MST, categories public.

Options: --rows round (its default) or sample (each row on its own; its sampler correlates columns that its model does
not). It takes the number of rows as known.
"""

from types import SimpleNamespace

import numpy as np
import pandas as pd
from adapter import Task, read_task, write_rows
from snsynth.mst import MSTSynthesizer
from snsynth.transform import LabelTransformer, TableTransformer


def main() -> None:
    task = read_task(rows="round")
    synthesizer = fit(task)
    if task.options.rows == "sample":
        model = synthesizer.synthesizer
        synthesizer.synthesizer = SimpleNamespace(synthetic_data=lambda rows: model.synthetic_data(rows, "sample"))
    rows = pd.DataFrame(synthesizer.sample(len(task.codes)))
    write_rows(task, dict(zip(task.columns, rows.to_numpy(dtype=np.int64).T, strict=True)))


def fit(task: Task) -> MSTSynthesizer:
    labels = [LabelTransformer(nullable=False) for _ in task.columns]
    for transformer, size in zip(labels, task.sizes.values(), strict=True):
        transformer.fit(list(range(size)))
    synthesizer = MSTSynthesizer(epsilon=task.epsilon, delta=task.delta)
    synthesizer.fit(pd.DataFrame(task.codes, columns=task.columns), transformer=TableTransformer(labels))
    return synthesizer


if __name__ == "__main__":
    main()
