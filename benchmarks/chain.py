"""The chain on a real table: what each step costs beside a floor, and what its rows are worth beside a bootstrap.

    make chain            # or: python benchmarks/chain.py [CSV]

Without a file, RAND health insurance data from statsmodels (public domain, 20,190 x 45) are used. The floor of time is
pyarrow reading the same CSV in a process of its own; the floor of error is a bootstrap of the real rows.
"""

import os
import platform
import sys
import tempfile
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parent))
from measure import Cost, run
from utility import tvd

FLOOR = "import sys, pyarrow.csv as c; print(c.read_csv(sys.argv[1]).num_rows)"


def table() -> Path:
    if len(sys.argv) > 1:
        return Path(sys.argv[1]).resolve()
    import statsmodels.datasets.randhie as randhie

    return Path(randhie.__file__).parent / "src" / "randhie.csv"


def row(name: str, cost: Cost, floor: Cost, *more: str) -> None:
    cells = [name, f"{cost.wall:.1f}", f"{cost.wall / floor.wall:.0f}", f"{cost.cpu:.1f}", f"{cost.peak_mb:.0f}", *more]
    print(f"| {' | '.join(cells)} |", flush=True)


def main() -> None:
    source = table()
    synthcli = str(Path(sys.executable).parent / "synthcli")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SYNTHCLI_LEDGER"] = f"{folder}/ledger.sqlite"
        data = str(source)
        floor = run(sys.executable, "-c", FLOOR, data, cwd=folder)
        real = pd.read_csv(source)
        rows, columns = real.shape
        print(f"{source.name}: {rows:,} x {columns}; Python {platform.python_version()}, {os.cpu_count()} cores\n")
        print("| step | s | x floor | CPU s | peak MB | TVD1 | TVD2 |\n|---|---|---|---|---|---|---|")
        row("pyarrow reads the CSV (floor)", floor, floor, "", "")
        row("profile", run(synthcli, "profile", data, "-o", "schema.yaml", cwd=folder), floor, "", "")
        modelled = measured_columns(folder, real)
        bootstrap = real.sample(rows, replace=True, random_state=0)
        errors = [f"{tvd(real[modelled], bootstrap[modelled], order):.4f}" for order in (1, 2)]
        print(f"| bootstrap of the real rows (floor) | | | | | {' | '.join(errors)} |", flush=True)
        for mechanism in ("independent", "mst", "aim"):
            for epsilon in ("0.1", "1", "10"):
                fit_and_score(synthcli, data, folder, real[modelled], floor, mechanism, epsilon)
        audit = ("audit", data, "s.csv", "--model", "m.synth", "--exit-zero", "-o", "audit.json")
        row("audit of the last", run(synthcli, *audit, cwd=folder), floor, "", "")
        report = ("report", "--model", "m.synth", "--audit", "audit.json", "-o", "report.html")
        row("report of the last", run(synthcli, *report, cwd=folder), floor, "", "")


def measured_columns(folder: str, real: pd.DataFrame) -> list[str]:
    from synthcli.table.schema_file import load_schema

    return [column.name for column in load_schema(Path(folder) / "schema.yaml").modelled if column.name in real]


def fit_and_score(
    synthcli: str, data: str, folder: str, real: pd.DataFrame, floor: Cost, mechanism: str, epsilon: str
) -> None:
    fit = ("fit", data, "--schema", "schema.yaml", "--epsilon", epsilon, "--mechanism", mechanism)
    cost = run(synthcli, *fit, "--audit-coins", "0.1", "-o", "m.synth", "--force", cwd=folder)
    run(synthcli, "sample", "m.synth", "-n", str(len(real)), "--seed", "1", "-o", "s.csv", "--force", cwd=folder)
    synthetic = pd.read_csv(Path(folder) / "s.csv")
    errors = [f"{tvd(real, synthetic, order):.4f}" for order in (1, 2)]
    row(f"fit, {mechanism}, epsilon {epsilon}", cost, floor, *errors)


if __name__ == "__main__":
    main()
