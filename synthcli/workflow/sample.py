"""Sample: rows from a model, streamed. Free: post-processing."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from synthcli.artifact import load
from synthcli.table.write import open_writer
from synthcli.workflow.requests import Progress, SampleRequest, silent


@dataclass(frozen=True, kw_only=True)
class SampleResult:
    """What was written: how many rows, where, and the seed that gives them again."""

    output: str
    rows: int
    seed: int


def run_sample(request: SampleRequest, progress: Progress = silent) -> SampleResult:
    """Write rows drawn from a model; the same model and seed give the same file.

    Raises `InputError` for a file that is not a model or a place that cannot be written.
    """
    synthesizer = load(request.model)
    rows = synthesizer.default_rows if request.rows is None else request.rows
    seed = int(np.random.SeedSequence().generate_state(1)[0]) if request.seed is None else request.seed
    rng = np.random.default_rng(seed)
    with (
        open_writer(request.output, synthesizer.schema, rng=rng, force=request.force) as writer,
        ThreadPoolExecutor(1) as background,  # one block is written while the next one is drawn
    ):
        drawn, writing = 0, background.submit(lambda: None)
        for batch in synthesizer.sample(rows, rng, compact=True):
            writing.result()
            writing = background.submit(writer.write, batch)
            drawn += batch.num_rows
            progress("writing rows", drawn / max(rows, 1))
        writing.result()
    return SampleResult(output=request.output, rows=rows, seed=seed)
