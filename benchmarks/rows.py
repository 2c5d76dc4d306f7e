"""Rows and counts: how fast, beside floors in the same run, and how much memory.

    python benchmarks/rows.py [CSV] [--rows N]       # by default RAND health insurance data from statsmodels, a million

A model is fitted on the table (every column public, MST, epsilon 1); then its parts are timed in CPU seconds, best of
three, and `synthcli sample` as a whole in processes of its own. Floors: numpy.bincount on ready cell numbers, pyarrow
writing a ready table.
"""

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as parquet

sys.path.insert(0, str(Path(__file__).parent))
from measure import run

from synthcli.artifact import load
from synthcli.marginal import Domain
from synthcli.marginal.tabulate import Tally
from synthcli.pgm.sampling import sample
from synthcli.synthesizer import Synthesizer
from synthcli.table.write import open_writer

BLOCK = 1 << 19


def cpu(job: Callable[[], object], times: int = 3) -> float:
    """CPU seconds of this process, the least of a few runs."""
    found = []
    for _ in range(times):
        begun = time.process_time()
        job()
        found.append(time.process_time() - begun)
    return min(found)


def line(what: str, rows: int, seconds: float, floor: float | None = None) -> None:
    against = "" if floor is None else f"{seconds / floor:.1f}"
    print(f"| {what} | {rows / seconds:,.0f} | {seconds / rows * 1e9:.0f} | {against} |", flush=True)


def writing(synthesizer: Synthesizer, rows: int, folder: Path) -> None:
    """Each stage of `sample` on its own, then the writers beside pyarrow's on the same rows."""
    rng = np.random.default_rng(1)
    blocks = list(sample(synthesizer.model, rows, rng))
    print("| stage | rows/s of one core | ns a row | x floor |\n|---|---|---|---|")
    line("sampling codes", rows, cpu(lambda: [None for _ in sample(synthesizer.model, rows, rng)]))
    line("decoding", rows, cpu(lambda: [synthesizer.codec.decode(block, rng, compact=True) for block in blocks]))
    batches = [synthesizer.codec.decode(block, rng, compact=True) for block in blocks]
    ready = pa.Table.from_batches([_plain(batch) for batch in batches])
    floors = {
        "csv": cpu(lambda: arrow_csv.write_csv(ready, folder / "floor.csv")),
        "parquet": cpu(lambda: parquet.write_table(ready, folder / "floor.parquet", compression="zstd")),
    }
    for kind, floor in floors.items():
        line(f"pyarrow writes {kind} (floor)", rows, floor)
        line(
            f"writing {kind}", rows, cpu(lambda kind=kind: _write(synthesizer, batches, folder / f"ours.{kind}")), floor
        )


def _plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    columns = [c.dictionary_decode() if pa.types.is_dictionary(c.type) else c for c in batch.columns]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _write(synthesizer: Synthesizer, batches: list[pa.RecordBatch], place: Path) -> None:
    with open_writer(str(place), synthesizer.schema, rng=np.random.default_rng(1), force=True) as writer:
        for batch in batches:
            writer.write(batch)


def whole(synthcli: str, folder: str, rows: int) -> None:
    """The command line, everything included."""
    print("\n| command | wall s | CPU s | rows/s (wall) | peak MB |\n|---|---|---|---|---|")
    for kind in ("csv", "parquet"):
        command = ("sample", "m.synth", "-n", str(rows), "--seed", "1", "-o", f"whole.{kind}", "--force", "-q")
        cost = run(synthcli, *command, cwd=folder)
        speed = rows / cost.wall
        print(
            f"| sample -o {kind} | {cost.wall:.1f} | {cost.cpu:.1f} | {speed:,.0f} | {cost.peak_mb:.0f} |", flush=True
        )
        (Path(folder) / f"whole.{kind}").unlink()


def counting(rows: int, domains: dict[str, tuple[int, ...]]) -> None:
    """All pairs of made-up codes: time for each row and pair, beside one bincount of ready cell numbers for each."""
    print("\n| all pairs of | pairs | s | ns a row and pair | bincount on ready cells, ns | ratio |")
    print("|---|---|---|---|---|---|")
    rng = np.random.default_rng(0)
    for name, shape in domains.items():
        domain = Domain(tuple(f"a{i}" for i in range(len(shape))), shape)
        codes = {
            a: rng.integers(0, size, rows).astype(np.min_scalar_type(size - 1))
            for a, size in zip(domain.attributes, shape, strict=True)
        }
        pairs = list(combinations(domain.attributes, 2))
        seconds = cpu(lambda d=domain, c=codes, p=pairs: _count(d, c, p, rows), 2)
        cells = shape[0] * shape[1]
        ready = codes["a0"].astype(np.intp) * shape[1] + codes["a1"]
        floor = cpu(lambda r=ready, m=cells: np.bincount(r, minlength=m)) / rows * 1e9
        each = seconds / rows / len(pairs) * 1e9
        print(f"| {name} | {len(pairs)} | {seconds:.2f} | {each:.2f} | {floor:.2f} | {each / floor:.2f} |", flush=True)


def _count(domain: Domain, codes: dict[str, np.ndarray], pairs: list[tuple[str, str]], rows: int) -> None:
    tally = Tally(domain, pairs)
    for start in range(0, rows, BLOCK):
        tally.add({a: column[start : start + BLOCK] for a, column in codes.items()})
    tally.tables()


def main() -> None:
    """Print the three tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", nargs="?", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    asked = parser.parse_args()
    if asked.table is None:
        import statsmodels.datasets.randhie as randhie

        asked.table = Path(randhie.__file__).parent / "src" / "randhie.csv"
    synthcli = str(Path(sys.executable).parent / "synthcli")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SYNTHCLI_LEDGER"] = f"{folder}/ledger.sqlite"
        data = str(asked.table.resolve())
        run(synthcli, "profile", data, "-o", "schema.yaml", cwd=folder)
        fit = ("fit", data, "--schema", "schema.yaml", "--public-domain", "all", "--epsilon", "1", "--mechanism", "mst")
        run(synthcli, *fit, "-o", "m.synth", cwd=folder)
        synthesizer = load(Path(folder) / "m.synth")
        columns = len(synthesizer.codec.columns)
        print(f"{asked.table.name}: {columns} columns, {asked.rows:,} rows; ", end="")
        print(f"Python {platform.python_version()}, {os.cpu_count()} cores\n")
        writing(synthesizer, min(asked.rows, 1_000_000), Path(folder))
        whole(synthcli, folder, asked.rows)
    adult = (74, 9, 191, 16, 16, 7, 15, 6, 5, 2, 25, 19, 99, 42, 2)
    merged = (23, 8, 16, 15, 12, 7, 14, 6, 5, 2, 7, 3, 16, 5, 2)
    domains = {"15 columns, Adult's fine codes": adult, "15 columns, merged": merged}
    counting(1_000_000, domains | {"100 columns of 10 to 24 codes": tuple(10 + 7 * i % 21 for i in range(100))})
    counting(10_000_000, domains)


if __name__ == "__main__":
    main()
