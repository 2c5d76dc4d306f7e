"""How strong the release audit's attacks are: real fits, by rows and epsilon, beside Anonymeter and SDMetrics.

    python benchmarks/attacks.py run [--rows 1000,10000] [--repeats 3] [--data FOLDER] [--no-peers] [--deep]
    python benchmarks/attacks.py table

A table is drawn from Adult's training rows such that `rows` of them train: half of its rows toss a coin. It is fitted,
sampled and audited by the command line with the default mechanism (delta 1e-5), with --deep by 32 shadow fits, too. A
repeat is one line of results/attacks.jsonl, and is not run again unless it lacks these: the later line counts. AUC 0.5
is guessing; `ceiling` is what mu-GDP allows at this epsilon.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from environments import EnvironmentMissing, cache_folder, interpreter
from tables import prepare

from synthcli.audit.coins_file import load_coins

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "attacks.jsonl"
ROWS = (1_000, 10_000)
EPSILONS = (1.0, 10.0, 100.0, 1000.0)
COINS = 0.5
SECRET = "income>50K"


@dataclass(frozen=True)
class Point:
    """One repeat: training rows, epsilon, and the seed that draws the table."""

    rows: int
    epsilon: float
    seed: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("job", choices=("run", "table"))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("SYNTHCLI_BENCH_DATA", ".")))
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--deep", action="store_true", help="also attack by shadow fits")
    parser.add_argument("--rows", default=",".join(map(str, ROWS)))
    given = parser.parse_args()
    if given.job == "run":
        done = {key(run) for run in kept() if "membership.shadow.auc" in run["figures"] or not given.deep}
        for point in points(given.repeats):
            if str(point.rows) in given.rows.split(",") and (point.rows, point.epsilon, point.seed) not in done:
                keep(point, measured(point, given))
    print("\n".join(table(kept())))


def points(repeats: int) -> Iterator[Point]:
    for rows in ROWS:
        for seed in range(repeats):
            for epsilon in EPSILONS:
                yield Point(rows, epsilon, seed)


def measured(point: Point, given: argparse.Namespace) -> dict[str, list[float]]:
    """Every figure of one fit: [value] or [value, low, high]."""
    adult = prepare("adult", given.data, cache_folder())
    lines = (adult.folder / "train.csv").read_text().splitlines()
    size = round(point.rows / (1 - COINS / 2))
    drawn = np.random.default_rng(point.seed).choice(len(lines) - 1, size, replace=False) + 1
    table = [lines[0], *(lines[i] for i in drawn)]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        write(place / "table.csv", table)
        audit, tails = audited(place, point, adult.folder / "schema.yaml", given.deep)
        figures = {m["id"]: [m["value"], m["low"], m["high"]] for m in (*audit["endpoints"], *audit["diagnostics"])}
        figures["ceiling"] = [audit["ceilings"]["membership.informed.auc"]]
        if not given.no_peers:
            write(place / "control.csv", [table[0], *(table[i + 1] for i in sorted(tails))])
            write(place / "train.csv", [line for i, line in enumerate(table) if i - 1 not in tails])
            figures |= by_others(place)
    return figures


def write(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join(lines) + "\n")


def audited(place: Path, point: Point, schema: Path, deep: bool) -> tuple[dict[str, object], set[int]]:
    """The audit's document, and the rows that were kept out of training."""
    ledger = ["--ledger", "ledger.sqlite", "--quiet", "--no-config"]
    budget = ["--epsilon", str(point.epsilon), "--delta", "1e-5", "--audit-coins", str(COINS)]
    command(place, "fit", "table.csv", "--schema", str(schema), *budget, "-o", "model.synth", *ledger)
    command(place, "sample", "model.synth", "-n", str(point.rows), "-o", "synthetic.csv", "--quiet", "--no-config")
    files = ["table.csv", "synthetic.csv", "--model", "model.synth", "-o", "audit.json", "--exit-zero"]
    command(place, "audit", *files, *ledger, *(["--deep"] if deep else []))
    (path,) = (place / "coins").glob("*.json")
    coins = load_coins(path)
    tails = set(coins.candidates[~coins.heads].tolist())
    return json.loads((place / "audit.json").read_text())["audit"], tails


def command(place: Path, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "synthcli", *arguments], cwd=place, check=True, stdout=subprocess.DEVNULL)


def by_others(place: Path) -> dict[str, list[float]]:
    """Anonymeter's and SDMetrics' figures on the same rows; none where they cannot be installed."""
    try:
        python = interpreter("audit", cache_folder())
    except EnvironmentMissing as error:
        print(error, file=sys.stderr)
        return {}
    files = [str(place / f"{name}.csv") for name in ("train", "control", "synthetic")]
    done = subprocess.run(
        [python, str(HERE / "peers" / "audit_metrics.py"), *files, SECRET], check=True, stdout=subprocess.PIPE
    )
    found: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    return found


def kept() -> list[dict[str, object]]:
    lines = RESULTS.read_text().splitlines() if RESULTS.exists() else []
    return list({key(run): run for run in map(json.loads, lines)}.values())


def key(run: dict[str, object]) -> tuple[object, ...]:
    return run["rows"], run["epsilon"], run["seed"]


def keep(point: Point, figures: dict[str, list[float]]) -> None:
    line = {"rows": point.rows, "epsilon": point.epsilon, "seed": point.seed}
    with RESULTS.open("a") as file:
        rounded = {name: [round(value, 4) for value in values] for name, values in figures.items()}
        file.write(json.dumps({**line, "figures": rounded}) + "\n")
    print(line, {k: v[0] for k, v in rounded.items() if v and k.endswith("informed.auc")}, file=sys.stderr, flush=True)


ATTACKS = ("ratio", "density", "shadow_file", "likelihood", "shift", "informed", "shadow")
PEERS = {
    "DCR AUC": "distance.dcr.auc",
    "SDMetrics overfitting": "sdmetrics overfitting",
    "SDMetrics baseline": "sdmetrics baseline",
    "Anonymeter singling out": "anonymeter singling out",
    "Anonymeter linkability": "anonymeter linkability",
    "Anonymeter inference": "anonymeter inference",
}


def table(runs: list[dict[str, object]]) -> Iterator[str]:
    """Markdown: means over the repeats (of those with shadow fits, where there are any).

    AUC of all / most exposed rows, advantage at 1 % false positives in percent.
    """
    heads = ["rows", "epsilon", "ceiling", *ATTACKS, "advantage (informed)", *PEERS, "repeats"]
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    for rows in ROWS:
        for epsilon in EPSILONS:
            here = [run["figures"] for run in runs if (run["rows"], run["epsilon"]) == (rows, epsilon)]
            here = [figures for figures in here if "membership.shadow.auc" in figures] or here
            if here:
                yield "| " + " | ".join([f"{rows:,}", f"{epsilon:g}", *cells(here), str(len(here))]) + " |"


def cells(runs: list[dict[str, list[float]]]) -> Iterator[str]:
    yield mean(runs, "ceiling")
    for attack in ATTACKS:
        yield f"{mean(runs, f'membership.{attack}.auc')} / {mean(runs, f'membership.{attack}.auc.top10')}"
    informed = "membership.informed.advantage_at_1pct"
    yield f"{mean(runs, informed, 100)} / {mean(runs, f'{informed}.top10', 100)}"
    for name in PEERS.values():
        yield mean(runs, name)


def mean(runs: list[dict[str, list[float]]], name: str, factor: float = 1) -> str:
    values = [run[name][0] for run in runs if run.get(name)]
    return f"{factor * np.mean(values):.{3 if factor == 1 else 1}f}" if values else "-"


if __name__ == "__main__":
    main()
