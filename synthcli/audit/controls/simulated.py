"""A simulated sparse table: latent classes with many codes, so that nearly every row is one of its kind."""

import numpy as np

from synthcli.audit.conformance.build import PublicTable

SIZES = (2, 5, 10, 16, 30, 4, 12, 24, 8, 20)
_CLASSES = 40


def simulated_table(rows: int, rng: np.random.Generator) -> PublicTable:
    """Rows of one population; which rows, the generator says."""
    law = np.random.default_rng(0)
    classes = rng.integers(0, _CLASSES, rows)
    columns = []
    for size in SIZES:
        edges = np.cumsum(law.dirichlet(np.full(size, 0.35), size=_CLASSES), axis=1)
        columns.append(np.minimum((rng.random(rows)[:, None] > edges[classes]).sum(axis=1), size - 1))
    names = [f"c{i}" for i in range(len(SIZES))]
    lines = [",".join(map(str, row)) for row in np.stack(columns, axis=1).tolist()]
    fields = [
        f"- {{name: {name}, type: string, constraints: {{enum: [{_quoted(size)}], required: true}}}}"
        for name, size in zip(names, SIZES, strict=True)
    ]
    schema = "name: simulated\nfields:\n" + "\n".join(fields) + "\n"
    return PublicTable("simulated", schema, "\n".join([",".join(names), *lines]) + "\n")


def _quoted(size: int) -> str:
    return ", ".join(f'"{code}"' for code in range(size))
