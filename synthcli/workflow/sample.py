"""Sample: rows from a model, streamed. Free: post-processing."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow as pa

from synthcli import __version__
from synthcli.artifact import load
from synthcli.conditional import subpopulation
from synthcli.errors import SynthError, UsageError
from synthcli.files import STANDARD_STREAM, claim_output
from synthcli.report.unseen import UNSEEN
from synthcli.synthesizer import Synthesizer
from synthcli.table.provenance import Provenance
from synthcli.table.schema import Schema
from synthcli.table.write import open_writer
from synthcli.workflow.released import Memory, existing_ledger
from synthcli.workflow.requests import Progress, SampleRequest, Warn, mute, silent

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


@dataclass(frozen=True, kw_only=True)
class _Drawing:
    """How batches are drawn, the probability of the condition, and how much likelier, at most, a row becomes by it."""

    draw: _Draw
    probability: float = 1.0
    inflation: float = 1.0


def run_sample(request: SampleRequest, progress: Progress = silent, warn: Warn = mute) -> SampleResult:
    """Write rows drawn from a model; the same model and seed give the same files.

    They say that they are synthetic, and a ledger that exists remembers them; where it cannot, there is a warning.
    Raises `InputError` for a file that is not a model or a place that cannot be written, `UsageError` for a condition
    or a balance that makes no sense or has probability zero. Nothing is written if one of several files cannot be.
    """
    outputs = _outputs(request)
    synthesizer = load(request.model)
    rows = synthesizer.default_rows if request.rows is None else request.rows
    seed = int(np.random.SeedSequence().generate_state(1)[0]) if request.seed is None else request.seed
    drawing = _drawing(request, synthesizer)
    ledger = existing_ledger(request.ledger, warn)
    origin = _origin(request, synthesizer, rows, seed)
    for number, (output, rng) in enumerate(zip(outputs, _generators(seed, request.replicates), strict=True)):

        def share(stage: str, done: float, before: int = number) -> None:
            progress(stage, (before + done) / len(outputs))

        if request.replicates is not None:
            origin = replace(origin, replicate=number + 1)
        memory = None if ledger is None else Memory(ledger, synthesizer, origin, drawing.inflation)
        _write(_Output(output, origin, memory, request.force), synthesizer.schema, drawing.draw, rng, share)
        _remember(memory, output, warn)
    return SampleResult(
        output=request.output,
        outputs=outputs,
        rows=rows,
        seed=seed,
        condition=request.where,
        probability=drawing.probability if request.where is not None else None,
        balance=request.balance,
    )


def _origin(request: SampleRequest, synthesizer: Synthesizer, rows: int, seed: int) -> Provenance:
    statement = synthesizer.statement
    return Provenance(
        version=__version__,
        model=sha256(request.model.read_bytes()).hexdigest(),
        dataset=statement.dataset,
        epsilon=statement.epsilon,
        delta=statement.delta,
        unit=statement.unit,
        rows=rows,
        seed=seed,
        generation=statement.generation,
        condition=request.where,
        balance=request.balance,
        not_covered=UNSEEN if statement.accepted else None,
    )


def _remember(memory: Memory | None, output: str, warn: Warn) -> None:
    try:
        if memory is not None:
            memory.record()
    except SynthError as problem:
        warn(f"the rows of {output} are not remembered, and will not be known again: {problem.message}")


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


def _drawing(request: SampleRequest, synthesizer: Synthesizer) -> _Drawing:
    if request.where is None and request.balance is None:
        return _Drawing(draw=lambda rows, rng: synthesizer.sample(rows, rng, compact=True))
    chosen = subpopulation(synthesizer, request.where, request.balance)
    return _Drawing(
        draw=lambda rows, rng: chosen.sample(rows, rng, compact=True),
        probability=chosen.probability,
        inflation=chosen.inflation,
    )


@dataclass(frozen=True)
class _Output:
    """One file of rows: where, what it says of itself, and what is remembered of it."""

    place: str
    origin: Provenance
    memory: Memory | None
    force: bool


def _write(output: _Output, schema: Schema, draw: _Draw, rng: np.random.Generator, progress: Progress) -> None:
    rows = output.origin.rows
    with (
        open_writer(output.place, schema, rng=rng, provenance=output.origin.to_json(), force=output.force) as writer,
        ThreadPoolExecutor(1) as background,  # one block is written while the next one is drawn
    ):

        def write(batch: pa.RecordBatch) -> None:
            written = writer.write(batch)
            if output.memory is not None:
                output.memory.add(batch, written)

        drawn, writing = 0, background.submit(lambda: None)
        for batch in draw(rows, rng):
            writing.result()
            writing = background.submit(write, batch)
            drawn += batch.num_rows
            progress("writing rows", drawn / max(rows, 1))
        writing.result()
