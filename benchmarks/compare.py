"""Error and cost of synthcli beside its peers: run what is missing, print the tables, draw the plots.

    python benchmarks/compare.py run --tables adult --systems mbi-mst,dpmm-mst --epsilons 0.1,1 --seeds 3
    python benchmarks/compare.py table
    python benchmarks/compare.py plots

One process per data set, system, epsilon and seed; each run is one line of results/peers.jsonl, and is not run again.
Systems are in systems.py, data sets in tables.py. Files that no package carries (adult.csv, adult-domain.json,
nist_national2019.csv, diabetic_data.csv.gz) are looked for in --data or SYNTHCLI_BENCH_DATA.
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

sys.path.insert(0, str(Path(__file__).parent))
from environments import PEERS, EnvironmentMissing, cache_folder, interpreter
from measure import TooSlow, run
from results import RESULTS, Run, read_runs, write_run
from systems import SYSTEMS, System
from tables import SOURCES, SourceMissing, Table, prepare, read_codes

QUICK = {
    "tables": "adult,stops",
    "systems": "bootstrap,independent,synthcli-sieve,mbi-mst",
    "epsilons": "1",
    "seeds": 1,
}


@dataclass(frozen=True, kw_only=True)
class Job:
    """One run to make."""

    table: Table
    system: str
    epsilon: float | None
    seed: int
    timeout: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["run", "table", "plots"])
    parser.add_argument("--tables", default=",".join(SOURCES), help="data sets, with commas")
    parser.add_argument("--systems", help="systems, with commas; without: all, the slow ones on Adult at epsilon 1")
    parser.add_argument("--epsilons", default="0.1,0.3,1,3,10")
    parser.add_argument("--seeds", type=int, help="how many runs; without: 5 of synthcli, 1 of its peers")
    parser.add_argument("--again", action="store_true", help="run what is in the results already, too")
    parser.add_argument("--timeout", type=float, default=900.0, help="CPU seconds that a run may take")
    parser.add_argument("--data", type=Path, default=os.environ.get("SYNTHCLI_BENCH_DATA", "."))
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--keep", action="store_true", help="table: put the tables in README.md, too")
    parser.add_argument("--quick", action="store_true", help="one seed of a few systems on two data sets")
    given = parser.parse_args()
    if given.quick:
        vars(given).update(QUICK)
    if given.command == "run":
        for job in missing(given):
            write_run(given.results, measured(job))
    else:
        show(given, read_runs(given.results))


def show(given: argparse.Namespace, runs: list[Run]) -> None:
    import report

    if given.command == "plots":
        report.draw_plots(runs)
    else:
        print(report.markdown(runs))
        if given.keep:
            report.keep(report.markdown(runs))


def missing(given: argparse.Namespace) -> Iterator[Job]:
    """What was asked for and is not in the results; one line on stderr for what cannot be run here."""
    done = set() if given.again else {found.key for found in read_runs(given.results)}
    for name in given.tables.split(","):
        try:
            table = prepare(name, Path(given.data), cache_folder())
        except SourceMissing as error:
            say(f"{name}: skipped, {error}")
            continue
        for key in keys(given, name):
            if key not in done:
                _, system, epsilon, seed = key
                yield Job(table=table, system=system, epsilon=epsilon, seed=seed, timeout=given.timeout)


def keys(given: argparse.Namespace, table: str) -> Iterator[tuple[str, str, float | None, int]]:
    """The runs that were asked for on one data set."""
    for name in given.systems.split(",") if given.systems else SYSTEMS:
        system = SYSTEMS[name]
        for epsilon in [float(e) for e in given.epsilons.split(",")] if system.private else [None]:
            if given.systems or system.everywhere or (table == "adult" and epsilon in (1.0, None)):
                yield from ((table, name, epsilon, seed) for seed in range(given.seeds or system.seeds))


def measured(job: Job) -> Run | None:
    """The run's cost and score; None if its system cannot be installed here."""
    system = SYSTEMS[job.system]
    label = f"{job.table.name} {job.system} epsilon {job.epsilon} seed {job.seed}"
    try:
        python = interpreter(system.environment, cache_folder())
    except EnvironmentMissing as error:
        say(f"{label}: skipped, {error}")
        return None
    facts = {
        "table": job.table.name,
        "system": job.system,
        "epsilon": job.epsilon,
        "seed": job.seed,
        "date": time.strftime("%Y-%m-%d"),
    }
    say(f"{time.strftime('%H:%M:%S')} {label}")
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.csv"
        try:
            cost = run(*command(python, system, job, rows), cwd=folder, timeout=job.timeout)
        except TooSlow as error:
            return Run(**facts, status="timeout", **rounded(asdict(error.cost)))
        except RuntimeError as error:
            say(str(error)[-2000:])
            return Run(**facts, status="failed")
        from scores import score

        found = score(job.table, read_codes(rows, list(job.table.sizes)))
    say(f"  {json.dumps(rounded(asdict(cost)) | found)}")
    return Run(**facts, status="ok", **rounded(asdict(cost)), **found)


def command(python: str, system: System, job: Job, rows: Path) -> list[str]:
    folder, target = job.table.folder, list(job.table.sizes)[job.table.target]
    budget = "1" if job.epsilon is None else f"{job.epsilon:g}"
    files = [str(folder / "train.csv"), str(folder / "domain.json"), str(rows)]
    more = [argument.replace("{target}", target) for argument in system.arguments]
    return [python, str(PEERS / system.adapter), *files, "--epsilon", budget, "--seed", str(job.seed), *more]


def rounded(cost: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 1) for name, value in cost.items()}


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
