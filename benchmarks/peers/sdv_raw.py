"""SDV's Gaussian copula on raw columns, with SDV's own defaults: not private."""

import torch
from raw_adapter import read_task, write_rows
from sdv.metadata import Metadata
from sdv.single_table import GaussianCopulaSynthesizer

TABLE = "table"


def main() -> None:
    task = read_task()
    torch.manual_seed(task.seed)
    kinds = {c: {"sdtype": "categorical" if kind == "category" else "numerical"} for c, kind in task.kinds.items()}
    metadata = Metadata.load_from_dict({"tables": {TABLE: {"columns": kinds}}, "relationships": []})
    model = GaussianCopulaSynthesizer(metadata)
    model.fit({TABLE: task.rows})
    rows = model.sample(num_rows=len(task.rows))
    write_rows(task, rows[TABLE] if isinstance(rows, dict) else rows)


if __name__ == "__main__":
    main()
