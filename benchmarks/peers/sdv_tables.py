"""SDV's Gaussian copula or CTGAN on the codes: not private, what one would pick instead of a private synthesizer.

Options: --model copula or ctgan; --epochs of CTGAN (300 is its default, hours on a CPU). A domain does not say which
codes are numbers: columns of up to 50 codes are given as categories, wider ones as numbers.
"""

import numpy as np
import pandas as pd
import torch
from adapter import Task, read_task, write_rows
from sdv.metadata import Metadata
from sdv.single_table import CTGANSynthesizer, GaussianCopulaSynthesizer

CATEGORIES = 50
TABLE = "table"


def main() -> None:
    task = read_task(model="copula", epochs=10)
    rows = fit(task).sample(num_rows=len(task.codes))
    rows = rows[TABLE] if isinstance(rows, dict) else rows
    top = np.array(list(task.sizes.values())) - 1
    codes = np.clip(np.rint(rows[task.columns].to_numpy(dtype=float)), 0, top)
    write_rows(task, dict(zip(task.columns, codes.T, strict=True)))


def fit(task: Task):
    torch.manual_seed(task.seed)
    kinds = {c: {"sdtype": "categorical" if n <= CATEGORIES else "numerical"} for c, n in task.sizes.items()}
    metadata = Metadata.load_from_dict({"tables": {TABLE: {"columns": kinds}}, "relationships": []})
    if task.options.model == "copula":
        model = GaussianCopulaSynthesizer(metadata)
    else:
        model = CTGANSynthesizer(metadata, epochs=task.options.epochs)
    model.fit({TABLE: pd.DataFrame(task.codes, columns=task.columns)})
    return model


if __name__ == "__main__":
    main()
