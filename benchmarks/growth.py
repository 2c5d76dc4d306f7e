"""How time and memory of `fit` grow with rows, columns and domain sizes; exponents fitted, plots drawn.

    python benchmarks/growth.py run [--only rows|columns|domains] [--mechanism sieve] [--timeout 900]
    python benchmarks/growth.py table
    python benchmarks/growth.py plots

Tables are simulated: a random tree of dependences, a third of the columns with skewed margins; the schema declares
every domain. A run is one line of results/growth.jsonl, and is not run again. The exponent is the slope of log seconds
(less those of the same fit on 1,000 rows of 3 columns: start-up) against log size, by least squares.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from measure import TooSlow, run

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "growth.jsonl"
AXES = {
    "rows": [(rows, 15, 16) for rows in (10**4, 10**5, 10**6, 10**7)],
    "columns": [(10**5, columns, 16) for columns in (10, 30, 100, 300)],
    "domains": [(10**5, 15, codes) for codes in (4, 16, 64, 256)],
}
EXTRA = [(1000, 3, 16), (10**6, 100, 16), (20_000, 1000, 16)]
PLACE = {"rows": 0, "columns": 1, "domains": 2}
FLOOR = "import sys, pyarrow.parquet as p; print(p.read_table(sys.argv[1]).num_rows)"


@dataclass(frozen=True)
class Point:
    """One table: rows, columns, mean codes of a column; and the mechanism."""

    rows: int
    columns: int
    codes: int
    mechanism: str


def simulate(point: Point, folder: Path) -> None:
    """table.parquet and schema.yaml; column sizes from half to one and a half of the mean."""
    rng = np.random.default_rng(0)
    sizes = rng.integers(max(2, point.codes // 2), 3 * point.codes // 2 + 1, point.columns)
    columns: list[np.ndarray] = []
    for i, size in enumerate(sizes):
        own = np.minimum(rng.geometric(min(0.9, 3 / size), point.rows) - 1, size - 1)
        if i % 3:
            own = rng.integers(0, size, point.rows)
        if i:
            parent = int(rng.integers(max(0, i - 8), i))
            own = np.where(rng.random(point.rows) < 0.6, columns[parent].astype(np.int64) * size // sizes[parent], own)
        columns.append(own.astype(np.int16))
    pq.write_table(pa.table({f"c{i}": column for i, column in enumerate(columns)}), folder / "table.parquet")
    fields = [
        {"name": f"c{i}", "type": "integer", "constraints": {"minimum": 0, "maximum": int(size) - 1, "required": True}}
        for i, size in enumerate(sizes)
    ]
    (folder / "schema.yaml").write_text(yaml.safe_dump({"synthcli:name": "growth", "fields": fields}))


def measure(point: Point, timeout: float) -> dict[str, object]:
    import sys

    synthcli = str(Path(sys.executable).parent / "synthcli")
    with tempfile.TemporaryDirectory() as name:
        simulate(point, Path(name))
        floor = run(sys.executable, "-c", FLOOR, "table.parquet", cwd=name)
        ledger = ("--ledger", f"{name}/ledger.sqlite", "--mechanism", point.mechanism)
        fit = ("fit", "table.parquet", "--schema", "schema.yaml", "--epsilon", "1", "-o", "m.synth", *ledger)
        try:
            cost = run(synthcli, *fit, cwd=name, timeout=timeout)
        except TooSlow as late:
            return {**asdict(point), "status": "too slow", **asdict(late.cost), "floor": floor.wall}
        return {**asdict(point), "status": "ok", **asdict(cost), "floor": floor.wall}


def known() -> list[dict[str, float]]:
    return [json.loads(line) for line in RESULTS.read_text().splitlines()] if RESULTS.exists() else []


def wanted(only: str | None, mechanism: str) -> Iterator[Point]:
    axes = [only] if only else list(AXES)
    sizes = dict.fromkeys([*EXTRA, *(size for axis in axes for size in AXES[axis])])
    yield from (Point(*size, mechanism) for size in sizes)


def along(axis: str, mechanism: str) -> list[dict[str, float]]:
    found = {(r["rows"], r["columns"], r["codes"]): r for r in known() if r["mechanism"] == mechanism}
    return [found[size] for size in AXES[axis] if size in found and found[size]["status"] == "ok"]


def exponent(axis: str, mechanism: str, field: str) -> float:
    """The log-log slope beyond start-up; nan where there are fewer than two points above it."""
    start = [r[field] for r in known() if (r["rows"], r["columns"]) == EXTRA[0][:2] and r["mechanism"] == mechanism]
    runs = [(AXES[axis].index((r["rows"], r["columns"], r["codes"])), r) for r in along(axis, mechanism)]
    points = [(AXES[axis][i][PLACE[axis]], r[field] - (start[0] if start else 0)) for i, r in runs]
    clear = np.array([point for point in points if point[1] > 0], dtype=float)
    return float(np.polyfit(*np.log(clear.T), 1)[0]) if len(clear) > 1 else float("nan")


def table(mechanism: str) -> None:
    print(
        "| rows | columns | mean codes | wall s | CPU s | peak MB | x reading the file |\n|---|---|---|---|---|---|---|"
    )
    for point in wanted(None, mechanism):
        for r in known():
            if all(r[k] == v for k, v in asdict(point).items()):
                cost = f"{r['wall']:.1f} | {r['cpu']:.1f} | {r['peak_mb']:,.0f} | {r['wall'] / r['floor']:.0f}"
                cost = cost if r["status"] == "ok" else f"over {r['wall']:.0f} | | | "
                print(f"| {point.rows:,} | {point.columns} | {point.codes} | {cost} |")
    for axis in AXES:
        cpu, memory = (exponent(axis, mechanism, field) for field in ("cpu", "peak_mb"))
        print(f"\n{axis}: CPU time grows as size^{cpu:.2f}, memory as size^{memory:.2f} (beyond start-up)", end="")
    print()


def plots(mechanism: str) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, 3, figsize=(12, 3.6), layout="constrained")
    for panel, axis in zip(panels, AXES, strict=True):
        runs = along(axis, mechanism)
        sizes = [(r["rows"], r["columns"], r["codes"])[PLACE[axis]] for r in runs]
        panel.loglog(sizes, [r["cpu"] for r in runs], "o-", label="CPU seconds")
        panel.loglog(sizes, [r["peak_mb"] / 1000 for r in runs], "s--", color="gray", label="peak GB")
        panel.set(
            xlabel=axis if axis != "domains" else "mean codes of a column",
            title=f"{axis}: time ^{exponent(axis, mechanism, 'cpu'):.2f}",
        )
        panel.legend()
    figure.savefig(HERE / "plots" / "growth.svg")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("run", "table", "plots"))
    parser.add_argument("--only", choices=tuple(AXES))
    parser.add_argument("--mechanism", default="sieve")
    parser.add_argument("--timeout", type=float, default=900)
    given = parser.parse_args()
    if given.what == "run":
        done = {(r["rows"], r["columns"], r["codes"], r["mechanism"]) for r in known()}
        for point in wanted(given.only, given.mechanism):
            if (point.rows, point.columns, point.codes, point.mechanism) not in done:
                found = measure(point, given.timeout)
                with RESULTS.open("a") as out:
                    out.write(json.dumps(found) + "\n")
                print(found, flush=True)
    elif given.what == "table":
        table(given.mechanism)
    else:
        plots(given.mechanism)


if __name__ == "__main__":
    main()
