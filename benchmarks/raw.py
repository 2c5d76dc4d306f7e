"""From a raw CSV to a gated release in one command; beside peers on the same rows and the same budget.

    python benchmarks/raw.py run --tables flights,loans --systems synthcli,synthcli-persons,dpmm-mst --epsilons 0.3,1,3
    python benchmarks/raw.py table [--keep]
    python benchmarks/raw.py columns --tables loans

synthcli accepts its own profile of the table and releases it with 30 % audit coins: all bounds, bins and categories are
learnt from the budget. synthcli-persons protects all rows of a person together, where there are persons
(raw_tables.UNITS); with -fewer behind its name it releases fewer than there are (raw_tables.FEWER). dpmm's MST gets the
same columns in the same types and the same epsilon, a tenth of which goes to its own learning of bounds; it
protects rows. SDV's Gaussian copula is not private. Each run is one line of
results/raw.jsonl, and is not run again.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parent))
from environments import PEERS, EnvironmentMissing, cache_folder, interpreter
from measure import Cost, TooSlow, run
from raw_report import keep, markdown, one_by_one
from raw_tables import FEWER, RAW, RawTable, SourceMissing, Unit, prepare, read_rows

RESULTS = Path(__file__).parent / "results" / "raw.jsonl"
OURS = ("synthcli", "synthcli-persons", "synthcli-fewer", "synthcli-persons-fewer")
SYSTEMS = {**dict.fromkeys(OURS, ""), "dpmm-mst": "dpmm", "sdv-copula": "sdv"}
"""The systems, and the environment that each runs in."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One run to make. `epsilon` is None for what is not private."""

    table: RawTable
    system: str
    epsilon: float | None
    seed: int
    timeout: float

    @property
    def unit(self) -> Unit | None:
        """Whose rows are protected together; None where each is protected for itself."""
        return self.table.unit if self.system.startswith("synthcli-persons") else None

    @property
    def released(self) -> int | None:
        """How many rows or persons are released; None for as many as there are."""
        whole, fewer, _ = self.system.partition("-fewer")
        return FEWER[whole][self.table.name] if fewer else None

    @property
    def kinds(self) -> dict[str, str]:
        """The columns that are scored; a privacy unit is in no release."""
        return {n: kind for n, kind in self.table.kinds.items() if self.unit is None or n != self.unit.column}

    @property
    def facts(self) -> dict[str, object]:
        return {"table": self.table.name, "system": self.system, "epsilon": self.epsilon, "seed": self.seed}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["run", "table", "columns"])
    parser.add_argument("--tables", default=",".join(RAW), help="raw tables, with commas")
    parser.add_argument("--systems", default=",".join(SYSTEMS), help="systems, with commas")
    parser.add_argument("--epsilons", default="1")
    parser.add_argument("--seeds", type=int, default=1, help="how many runs of each")
    parser.add_argument("--again", action="store_true", help="run what is in the results already, too")
    parser.add_argument("--timeout", type=float, default=600.0, help="CPU seconds that a run may take")
    parser.add_argument("--data", type=Path, default=os.environ.get("SYNTHCLI_BENCH_DATA", "."))
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--keep", action="store_true", help="table: put the table in README.md, too")
    given = parser.parse_args()
    if given.command == "run":
        for job in missing(given):
            add(given.results, measured(job))
    else:
        found = list(read(given.results).values())
        text = markdown(found) if given.command == "table" else one_by_one(found, given.tables.split(","))
        print(text)
        if given.keep and given.command == "table":
            keep(text)


def read(path: Path) -> dict[tuple[object, ...], dict[str, object]]:
    """The last line of each table, system, epsilon and seed."""
    lines = path.read_text().splitlines() if path.exists() else []
    return {tuple(line[k] for k in ("table", "system", "epsilon", "seed")): line for line in map(json.loads, lines)}


def add(path: Path, line: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")


def missing(given: argparse.Namespace) -> Iterator[Job]:
    done = {} if given.again else read(given.results)
    for name in given.tables.split(","):
        try:
            table = prepare(name, Path(given.data), cache_folder())
        except SourceMissing as error:
            say(f"{name}: skipped, {error}")
            continue
        systems = [s for s in given.systems.split(",") if is_of(s, table)]
        for system in systems:
            for epsilon in [None] if system == "sdv-copula" else map(float, given.epsilons.split(",")):
                for seed in range(given.seeds):
                    if done.get((name, system, epsilon, seed), {"status": "failed"})["status"] == "failed":
                        yield Job(table=table, system=system, epsilon=epsilon, seed=seed, timeout=given.timeout)


def is_of(system: str, table: RawTable) -> bool:
    """Whether the system is for the table: persons for those that have some, fewer for those in raw_tables.FEWER."""
    whole, fewer, _ = system.partition("-fewer")
    return table.name in FEWER[whole] if fewer else whole != "synthcli-persons" or table.unit is not None


def measured(job: Job) -> dict[str, object]:
    """The run's verdict, cost and scores; its status says if there are none."""
    facts = {**job.facts, "date": time.strftime("%Y-%m-%d")}
    say(f"{time.strftime('%H:%M:%S')} {job.facts}")
    with tempfile.TemporaryDirectory() as folder:
        try:
            cost, rows, more = (peer if SYSTEMS[job.system] else release)(job, Path(folder))
        except TooSlow as error:
            return {**facts, "status": "timeout", **rounded(error.cost)}
        except (RuntimeError, EnvironmentMissing) as error:
            say(str(error)[-1500:])
            return {**facts, "status": "failed"}
        from raw_scores import score

        real, written = (read_rows(path, job.kinds) for path in (job.table.typed, rows))
        found = score(real, written, job.kinds)
    say(f"  {json.dumps({**more, **rounded(cost)} | {k: v for k, v in found.items() if k != 'columns'})}")
    shape = {"rows": len(real), "columns_modelled": len(real.columns)}
    return {**facts, "status": "ok", **shape, **more, **rounded(cost), **found}


def release(job: Job, folder: Path) -> tuple[Cost, Path, dict[str, object]]:
    """One command; the published rows, or the model's own where the gate did not pass."""
    synthcli, name, unit = str(Path(sys.executable).parent / "synthcli"), job.table.name, job.unit
    coins = min(max(0.3, 600 / _tossed(job)), 0.7)  # with a tenth, many small and coarse tables end undecided
    quiet = ("--no-progress", "--quiet", "--no-config")
    asked = [
        "--epsilon",
        f"{job.epsilon:g}",
        "--delta",
        "1e-9",
        "--audit-coins",
        f"{coins:.3f}",
        "--seed",
        str(job.seed),
    ]
    fewer = [] if job.released is None else ["--rows", str(job.released)]
    bounded = [] if unit is None else ["--privacy-unit", unit.column, "--max-rows-per-unit", str(unit.rows)]
    command = [synthcli, "release", str(job.table.csv), "--accept-profile", *asked, *bounded, *fewer, *quiet]
    command += ["-o", "public", "--ledger", "ledger.sqlite"]
    cost = run(*command, cwd=str(folder), timeout=job.timeout, accepted=(0, 10, 11))
    work = folder / ".synthcli" / name
    recorded = json.loads((work / "release.json").read_text())
    rows = folder / "public" / "latest" / f"{name}.parquet"
    if recorded["published"] is None:
        rows = folder / "rows.parquet"
        model, seed = str(work / "model.synth"), str(job.seed)
        run(synthcli, "sample", model, "-o", str(rows), "--seed", seed, *fewer, *quiet, cwd=str(folder))
    protected = {} if unit is None else {"unit": unit.column, "rows_per_unit": unit.rows}
    protected |= {} if job.released is None else {"released": job.released}
    return cost, rows, {"verdict": recorded["outcome"], **protected}


def _tossed(job: Job) -> int:
    """How many audit coins could be tossed: one for each row, or each person."""
    if job.unit is not None:
        return int(pd.read_csv(job.table.csv, usecols=[job.unit.column])[job.unit.column].nunique())
    with job.table.csv.open("rb") as file:
        return sum(1 for _ in file) - 1


def peer(job: Job, folder: Path) -> tuple[Cost, Path, dict[str, object]]:
    python = interpreter(SYSTEMS[job.system], cache_folder())
    adapter = PEERS / f"{SYSTEMS[job.system]}_raw.py"
    typed, kinds, rows = (folder / name for name in ("typed.csv", "kinds.json", "rows.csv"))
    read_rows(job.table.typed, job.table.kinds).to_csv(typed, index=False)
    kinds.write_text(json.dumps(job.table.kinds))
    budget = ["--epsilon", f"{job.epsilon or 1:g}", "--seed", str(job.seed)]
    command = [python, str(adapter), str(typed), str(kinds), str(rows), *budget]
    return run("nice", "-n", "10", *command, cwd=str(folder), timeout=job.timeout), rows, {}


def rounded(cost: Cost) -> dict[str, float]:
    return {name: round(value, 1) for name, value in asdict(cost).items()}


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
