"""How often the audit says what it has to say: its battery of controls, over and over, on three tables.

    python benchmarks/controls.py run [--repeats 60] [--data FOLDER] [--tables adult stops] [--only P3] [--rows 10000]
    python benchmarks/controls.py table [--rows 10000]

A repeat draws up to 5,000 rows of a table (`--rows`), keeps 40 % of them as fresh rows, tosses coins for 60 % of the
rest, and audits the file of every control (or of those named by `--only`) by the default policy (synthcli/audit/
controls). It is one line of results/controls.jsonl, and is not run again. Adult and the stops are the benchmark's codes
(`tables.py`).
"""

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from environments import cache_folder
from tables import prepare

from synthcli.audit.controls.battery import CONTROLS, is_accusation, is_as_expected
from synthcli.audit.rates import clopper_pearson
from synthcli.workflow.trial import ROWS, Trial, simulated_trials, trials_of

RESULTS = Path(__file__).parent / "results" / "controls.jsonl"
TABLES = ("simulated", "adult", "stops")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("job", choices=("run", "table"))
    parser.add_argument("--repeats", type=int, default=60)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("SYNTHCLI_BENCH_DATA", ".")))
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=TABLES)
    parser.add_argument("--only", nargs="+", metavar="CONTROL", default=[control.id for control in CONTROLS])
    parser.add_argument("--rows", type=int, default=ROWS)
    given = parser.parse_args()
    if given.job == "run":
        for repeat in range(given.repeats):
            for table in given.tables:
                keep(table, repeat, given)
    print("\n".join(shown([run for run in kept() if run["rows"] == given.rows])))


def keep(table: str, repeat: int, given: argparse.Namespace) -> None:
    """What is not kept yet of a repeat, as one line more."""
    what = {"table": table, "repeat": repeat, "rows": given.rows}
    done = {name for run in kept() if what.items() <= run.items() for name in run["outcomes"]}
    wanted = [control for control in CONTROLS if control.id in given.only and control.id not in done]
    if not wanted:
        return
    with TemporaryDirectory() as folder:
        (trial,) = trials(table, repeat, Path(folder), given)
        outcomes = {tried.control.id: tried.outcome for tried in trial.tried(wanted)}
    with RESULTS.open("a") as file:
        file.write(json.dumps({**what, "outcomes": outcomes}) + "\n")
    print(table, repeat, outcomes, file=sys.stderr, flush=True)


def trials(table: str, repeat: int, folder: Path, given: argparse.Namespace) -> Iterator[Trial]:
    once = range(repeat, repeat + 1)
    if table == "simulated":
        return simulated_trials(folder, once, given.rows)
    prepared = prepare(table, given.data, cache_folder())
    return trials_of(str(prepared.folder / "train.csv"), prepared.folder / "schema.yaml", None, once, size=given.rows)


def kept() -> Iterator[dict[str, object]]:
    if RESULTS.exists():
        yield from map(json.loads, RESULTS.read_text().splitlines())


def shown(runs: list[dict[str, object]]) -> Iterator[str]:
    """Markdown: how often each control was as expected (or accused, where nothing is promised), with 95 % intervals."""
    yield "| control | expected | " + " | ".join(TABLES) + " | in all (95 % interval) | outcomes |"
    yield "|" + "---|" * (len(TABLES) + 4)
    for control in CONTROLS:
        runs_of = [run for run in runs if control.id in run["outcomes"]]
        by_table = [[run["outcomes"][control.id] for run in runs_of if run["table"] == table] for table in TABLES]
        if not runs_of:
            continue
        counted = is_accusation if control.expected == "not promised" else partial(is_as_expected, control)
        right = [sum(map(counted, outcomes)) for outcomes in by_table]
        cells = [f"{count}/{len(outcomes)}" for count, outcomes in zip(right, by_table, strict=True)]
        total, hits = sum(map(len, by_table)), sum(right)
        low, high = clopper_pearson(hits, total, 0.975) if total else (0.0, 1.0)
        tally = ", ".join(f"{name} {count}" for name, count in Counter(chain(*by_table)).most_common())
        name = f"{control.id} {control.title}"
        yield f"| {name} | {control.expected} | {' | '.join(cells)} | {hits}/{total} ({low:.3f}–{high:.3f}) | {tally} |"


if __name__ == "__main__":
    main()
