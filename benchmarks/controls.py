"""How often the audit says what it has to say: its battery of controls, over and over, on three tables.

    python benchmarks/controls.py run [--repeats 60] [--data FOLDER]
    python benchmarks/controls.py table

A repeat draws up to 5,000 rows of a table, keeps 40 % of them as fresh rows, tosses coins for 60 % of the rest, and
audits the file of every control by the default policy (synthcli/audit/controls). It is one line of
results/controls.jsonl, and is not run again. Adult and the stops are the benchmark's codes (`tables.py`).
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
from synthcli.workflow.trial import Trial, simulated_trials, trials_of

RESULTS = Path(__file__).parent / "results" / "controls.jsonl"
TABLES = ("simulated", "adult", "stops")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("job", choices=("run", "table"))
    parser.add_argument("--repeats", type=int, default=60)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("SYNTHCLI_BENCH_DATA", ".")))
    given = parser.parse_args()
    if given.job == "run":
        done = {(run["table"], run["repeat"]) for run in kept()}
        for repeat in range(given.repeats):
            for table in TABLES:
                if (table, repeat) not in done:
                    keep(table, repeat, given.data)
    print("\n".join(shown(list(kept()))))


def keep(table: str, repeat: int, data: Path) -> None:
    with TemporaryDirectory() as folder:
        (trial,) = trials(table, repeat, Path(folder), data)
        outcomes = {tried.control.id: tried.outcome for tried in trial.tried(CONTROLS)}
    with RESULTS.open("a") as file:
        file.write(json.dumps({"table": table, "repeat": repeat, "outcomes": outcomes}) + "\n")
    print(table, repeat, outcomes, file=sys.stderr, flush=True)


def trials(table: str, repeat: int, folder: Path, data: Path) -> Iterator[Trial]:
    once = range(repeat, repeat + 1)
    if table == "simulated":
        return simulated_trials(folder, once)
    prepared = prepare(table, data, cache_folder())
    return trials_of(str(prepared.folder / "train.csv"), prepared.folder / "schema.yaml", None, once)


def kept() -> Iterator[dict[str, object]]:
    if RESULTS.exists():
        yield from map(json.loads, RESULTS.read_text().splitlines())


def shown(runs: list[dict[str, object]]) -> Iterator[str]:
    """Markdown: how often each control was as expected (or accused, where nothing is promised), with 95 % intervals."""
    yield "| control | expected | " + " | ".join(TABLES) + " | in all (95 % interval) | outcomes |"
    yield "|" + "---|" * (len(TABLES) + 4)
    for control in CONTROLS:
        by_table = [[run["outcomes"][control.id] for run in runs if run["table"] == table] for table in TABLES]
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
