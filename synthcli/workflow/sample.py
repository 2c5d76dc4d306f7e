"""Sample: rows from a model, streamed. Free: post-processing."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
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
from synthcli.persons import Drawn, Persons
from synthcli.report.unseen import UNSEEN
from synthcli.synthesizer import PersonModel, Synthesizer
from synthcli.table.persons import events_file, persons_file
from synthcli.table.provenance import Provenance
from synthcli.table.schema import Schema
from synthcli.table.write import Writer, open_writer
from synthcli.workflow.identifiers import refuse_few_identifiers
from synthcli.workflow.released import Memory, existing_ledger
from synthcli.workflow.requests import Progress, SampleRequest, Warn, mute, silent

_Draw = Callable[[np.random.Generator], Iterator[Drawn]]


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
    persons: int | None = None
    """How many persons the rows of each file belong to, where the model knows of persons; `rows` are all of theirs."""
    condition: str | None = None
    probability: float | None = None
    balance: str | None = None

    @property
    def is_population(self) -> bool:
        """Whether the rows come as in the population."""
        return self.condition is None and self.balance is None


@dataclass(frozen=True, kw_only=True)
class _Drawing:
    """How batches are drawn, the probability of the condition, and how much likelier, at most, a row becomes by it.

    Of persons, how much likelier a person becomes: so many times `expected`, whatever the number of the person's rows.
    """

    draw: _Draw
    expected: float
    """How many rows there will be; of persons, as many as so many have in the release as a whole, about."""
    probability: float = 1.0
    inflation: float = 1.0
    persons: int | None = None


def run_sample(request: SampleRequest, progress: Progress = silent, warn: Warn = mute) -> SampleResult:
    """Write rows drawn from a model; the same model and seed give the same files.

    They say that they are synthetic, and a ledger that exists remembers them; where it cannot, there is a warning.
    Raises `InputError` for a file that is not a model or a place that cannot be written, `UsageError` for a condition
    or a balance that makes no sense or has probability zero, and for more rows than there are identifiers that may not
    come twice. Nothing is written if one of several files cannot be.
    """
    outputs, apart = _outputs(request)
    synthesizer = load(request.model)
    seed = int(np.random.SeedSequence().generate_state(1)[0]) if request.seed is None else request.seed
    drawing = _drawing(request, synthesizer)
    refuse_few_identifiers(synthesizer, round(drawing.expected) if drawing.persons is None else drawing.persons)
    ledger = existing_ledger(request.ledger, warn)
    origin = _origin(request, synthesizer, drawing, seed)
    rows = 0
    for number, (output, rng) in enumerate(zip(outputs, _generators(seed, request.replicates), strict=True)):

        def share(stage: str, done: float, before: int = number) -> None:
            progress(stage, (before + done) / len(outputs))

        if request.replicates is not None:
            origin = replace(origin, replicate=number + 1)
        memory = None if ledger is None else Memory(ledger, synthesizer, origin, drawing.expected * drawing.inflation)
        persons = apart[number] if apart else None
        place = _Output(rows=output, persons=persons, origin=origin, memory=memory, force=request.force)
        rows = _write(place, synthesizer, drawing, rng, share)
        _remember(memory, output, warn)
    return SampleResult(
        output=request.output,
        outputs=outputs,
        rows=rows,
        seed=seed,
        persons=drawing.persons,
        condition=request.where,
        probability=drawing.probability if request.where is not None else None,
        balance=request.balance,
    )


def _origin(request: SampleRequest, synthesizer: Synthesizer, drawing: _Drawing, seed: int) -> Provenance:
    statement = synthesizer.statement
    return Provenance(
        version=__version__,
        model=sha256(request.model.read_bytes()).hexdigest(),
        dataset=statement.dataset,
        epsilon=statement.epsilon,
        delta=statement.delta,
        unit=statement.unit,
        rows=None if drawing.persons is not None else round(drawing.expected),
        seed=seed,
        generation=statement.generation,
        condition=request.where,
        balance=request.balance,
        not_covered=UNSEEN if statement.accepted else None,
        persons=drawing.persons,
    )


def _remember(memory: Memory | None, output: str, warn: Warn) -> None:
    try:
        if memory is not None:
            memory.record()
    except SynthError as problem:
        warn(f"the rows of {output} are not remembered, and will not be known again: {problem.message}")


def _outputs(request: SampleRequest) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The files of rows to write, and those of persons; of several, none may be there already unless forced."""
    if request.output == STANDARD_STREAM and request.replicates is not None:
        raise UsageError("replicates are files, and cannot go to standard output", "add -o FILE")
    rows = _numbered(request.output, request.replicates)
    persons = () if request.persons is None else _numbered(request.persons, request.replicates)
    if request.persons == STANDARD_STREAM or {Path(p).resolve() for p in persons} & {Path(r).resolve() for r in rows}:
        raise UsageError("persons need a file of their own", "for example --persons persons.csv -o events.csv")
    for output in (*rows, *persons):
        claim_output(output, request.force, request.inputs)
    return rows, persons


def _numbered(place: str, replicates: int | None) -> tuple[str, ...]:
    """A file for each replicate; the place itself where there are none."""
    if replicates is None:
        return (place,)
    path = Path(place)
    pattern = path.name if "{}" in path.name else f"{path.stem}-{{}}{path.suffix}"
    return tuple(str(path.with_name(pattern.replace("{}", str(number)))) for number in range(1, replicates + 1))


def _generators(seed: int, replicates: int | None) -> list[np.random.Generator]:
    if replicates is None:
        return [np.random.default_rng(seed)]
    return [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(replicates)]


def _drawing(request: SampleRequest, synthesizer: Synthesizer) -> _Drawing:
    if synthesizer.persons is not None:
        return _drawing_of_persons(request, synthesizer, synthesizer.persons)
    if request.persons is not None:
        raise UsageError(
            "--persons means nothing to this model, which knows rows and no persons",
            "fit one with --persons and a privacy unit",
        )
    rows = synthesizer.default_rows if request.rows is None else request.rows
    if request.where is None and request.balance is None:
        return _Drawing(draw=lambda rng: _alone(synthesizer.sample(rows, rng, compact=True)), expected=rows)
    chosen = subpopulation(synthesizer, request.where, request.balance)
    return _Drawing(
        draw=lambda rng: _alone(chosen.sample(rows, rng, compact=True)),
        expected=rows,
        probability=chosen.probability,
        inflation=chosen.inflation,
    )


def _alone(batches: Iterator[pa.RecordBatch]) -> Iterator[Drawn]:
    """Rows of nobody."""
    return (Drawn(batch, np.empty(0, np.intp)) for batch in batches)


def _drawing_of_persons(request: SampleRequest, synthesizer: Synthesizer, model: PersonModel) -> _Drawing:
    persons = model.default_persons if request.rows is None else request.rows
    is_all = request.where is None and request.balance is None
    chosen = None if is_all else subpopulation(synthesizer, request.where, request.balance)
    source = Persons(synthesizer, chosen)
    return _Drawing(
        draw=lambda rng: source.sample(persons, rng),
        expected=persons * model.mean_rows,
        probability=1.0 if chosen is None else chosen.probability,
        inflation=1.0 if chosen is None else chosen.inflation,
        persons=persons,
    )


@dataclass(frozen=True, kw_only=True)
class _Output:
    """A file of rows, or two where persons are apart: where, what they say of themselves, what is remembered."""

    rows: str
    persons: str | None
    origin: Provenance
    memory: Memory | None
    force: bool

    @contextmanager
    def writers(self, synthesizer: Synthesizer, rng: np.random.Generator) -> Iterator[tuple[Writer, Writer | None]]:
        """The writer of rows, and that of persons; both files appear whole, or neither."""
        schema, own = synthesizer.schema, None
        with ExitStack() as stack:
            if self.persons is not None and synthesizer.persons is not None:
                key = synthesizer.persons.key
                nothing_made_up = np.random.default_rng(
                    0
                )  # keys come with the persons, and rows stay those of one file
                own = stack.enter_context(self._writer(self.persons, persons_file(schema, key), nothing_made_up))
                schema = events_file(schema, key)
            yield stack.enter_context(self._writer(self.rows, schema, rng)), own

    def _writer(self, place: str, schema: Schema, rng: np.random.Generator) -> AbstractContextManager[Writer]:
        return open_writer(place, schema, rng=rng, provenance=self.origin.to_json(), force=self.force)


def _write(
    output: _Output, synthesizer: Synthesizer, drawing: _Drawing, rng: np.random.Generator, progress: Progress
) -> int:
    """Write one replicate, and tell how many rows it has."""
    drawn, begun = 0, 0
    with (
        output.writers(synthesizer, rng) as (writer, persons),
        ThreadPoolExecutor(1) as background,  # one block is written while the next one is drawn
    ):

        def write(some: Drawn) -> None:
            written = dict(zip(some.rows.schema.names, some.rows.columns, strict=True)) if persons else {}
            batch = writer.write(some.rows)
            if persons is not None:
                persons.write(some.persons)
            if output.memory is not None:
                written |= dict(zip(batch.schema.names, batch.columns, strict=True))
                output.memory.add(some.rows, pa.RecordBatch.from_pydict(written))

        writing = background.submit(lambda: None)
        for some in drawing.draw(rng):
            writing.result()
            writing = background.submit(write, some)
            drawn += some.rows.num_rows
            begun += len(some.first)
            done = drawn / max(drawing.expected, 1) if drawing.persons is None else begun / drawing.persons
            progress("writing rows", min(1.0, done))
        writing.result()
    return drawn
