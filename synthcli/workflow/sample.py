"""Sample: rows from a model, streamed. Free: post-processing."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from synthcli.artifact import load
from synthcli.conditional import subpopulation
from synthcli.errors import UsageError
from synthcli.files import STANDARD_STREAM, claim_output
from synthcli.synthesizer import Synthesizer
from synthcli.table.schema import Schema
from synthcli.table.write import open_writer
from synthcli.workflow.requests import Progress, SampleRequest, silent

_Draw = Callable[[int, np.random.Generator], Iterator[pa.RecordBatch]]


@dataclass(frozen=True, kw_only=True)
class SampleResult:
    """What was written: how many rows to each file, where, and the seed that gives them again.

    Rows with a `condition` (as it was typed; `probability` is the model's) or a `balance` do not stand for the
    population.
    """

    output: str
    outputs: tuple[str, ...]
    rows: int
    seed: int
    condition: str | None = None
    probability: float | None = None
    balance: str | None = None

    @property
    def is_population(self) -> bool:
        """Whether the rows come as in the population."""
        return self.condition is None and self.balance is None


def run_sample(request: SampleRequest, progress: Progress = silent) -> SampleResult:
    """Write rows drawn from a model; the same model and seed give the same files.

    Raises `InputError` for a file that is not a model or a place that cannot be written, `UsageError` for a condition
    or a balance that makes no sense or has probability zero. Nothing is written if one of several files cannot be.
    """
    outputs = _outputs(request)
    synthesizer = load(request.model)
    rows = synthesizer.default_rows if request.rows is None else request.rows
    seed = int(np.random.SeedSequence().generate_state(1)[0]) if request.seed is None else request.seed
    draw, probability = _draw(request, synthesizer)
    for number, (output, rng) in enumerate(zip(outputs, _generators(seed, request.replicates), strict=True)):

        def share(stage: str, done: float, before: int = number) -> None:
            progress(stage, (before + done) / len(outputs))

        _write(output, synthesizer.schema, draw, rows, rng, request.force, share)
    return SampleResult(
        output=request.output,
        outputs=outputs,
        rows=rows,
        seed=seed,
        condition=request.where,
        probability=probability if request.where is not None else None,
        balance=request.balance,
    )


def _outputs(request: SampleRequest) -> tuple[str, ...]:
    """The files to write; of several, none may be there already unless forced."""
    if request.replicates is None:
        return (request.output,)
    if request.output == STANDARD_STREAM:
        raise UsageError("replicates are files, and cannot go to standard output", "add -o FILE")
    path = Path(request.output)
    pattern = path.name if "{}" in path.name else f"{path.stem}-{{}}{path.suffix}"
    numbers = range(1, request.replicates + 1)
    outputs = tuple(str(path.with_name(pattern.replace("{}", str(number)))) for number in numbers)
    for output in outputs:
        claim_output(output, request.force)
    return outputs


def _generators(seed: int, replicates: int | None) -> list[np.random.Generator]:
    if replicates is None:
        return [np.random.default_rng(seed)]
    return [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(replicates)]


def _draw(request: SampleRequest, synthesizer: Synthesizer) -> tuple[_Draw, float]:
    """How batches are drawn, and the probability of the condition."""
    if request.where is None and request.balance is None:
        return lambda rows, rng: synthesizer.sample(rows, rng, compact=True), 1.0
    chosen = subpopulation(synthesizer, request.where, request.balance)
    return lambda rows, rng: chosen.sample(rows, rng, compact=True), chosen.probability


def _write(
    output: str, schema: Schema, draw: _Draw, rows: int, rng: np.random.Generator, force: bool, progress: Progress
) -> None:
    with (
        open_writer(output, schema, rng=rng, force=force) as writer,
        ThreadPoolExecutor(1) as background,  # one block is written while the next one is drawn
    ):
        drawn, writing = 0, background.submit(lambda: None)
        for batch in draw(rows, rng):
            writing.result()
            writing = background.submit(writer.write, batch)
            drawn += batch.num_rows
            progress("writing rows", drawn / max(rows, 1))
        writing.result()
