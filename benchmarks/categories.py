"""A column of text with 100,000 values, from CSV to audited rows: what each command takes, and what becomes of them.

    python benchmarks/categories.py [--rows 1000000] [--values 100000] [--epsilon 1] [--declared]

A simulated table: `code` (a value in proportion to 1 over its rank, Zipf), `place` (2,000 values, the same, in part
told by the code), and three small columns that depend on them. `profile` drops text of more than 2,000 values; the
schema's role for `code` is set to model, as a steward would. With `--declared` the list of codes is public, as a
catalogue is. Wall, CPU and peak memory of each command; then how many values of each column are written, which share of
the real rows holds one of them, the total variation distance of the column, and the mean error of the shares of its 100
and 1,000 most frequent values, relative to these.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq
import yaml
from measure import run

PLACES = 2_000
SYNTHCLI = str(Path(sys.executable).parent / "synthcli")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--values", type=int, default=100_000)
    parser.add_argument("--epsilon", default="1")
    parser.add_argument("--declared", action="store_true", help="the codes are public")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measured(given, Path(folder))


def measured(given: argparse.Namespace, folder: Path) -> None:
    """Run the four commands, each as a process, and print what they cost and what came of it."""
    real = simulate(given.rows, given.values)
    csv.write_csv(real, folder / "table.csv")
    print("| command | wall s | CPU s | peak MB |\n|---|---|---|---|")
    step(folder, "profile", "table.csv", "-o", "schema.yaml")
    model_codes(folder / "schema.yaml", given.values if given.declared else 0)
    budget = ("--epsilon", given.epsilon, "--delta", "1e-9", "--audit-coins", "0.01")
    step(folder, "fit", "table.csv", "--schema", "schema.yaml", *budget, "-o", "table.synth")
    step(folder, "sample", "table.synth", "-o", "rows.parquet", "--seed", "0")
    step(folder, "audit", "table.csv", "rows.parquet", "--model", "table.synth", "-o", "audit.json")
    print(
        "\n| column | values | written | share of rows | TVD | error of 100 | of 1,000 |\n|---|---|---|---|---|---|---|"
    )
    written = pq.read_table(folder / "rows.parquet")
    for name in ("code", "place"):
        compared(name, real.column(name), written.column(name))


def simulate(rows: int, values: int) -> pa.Table:
    """The table; a code's place, group, amount and flag follow from it in part."""
    rng = np.random.default_rng(0)
    code, own = zipf(rng, values, rows), zipf(rng, PLACES, rows)
    place = np.where(rng.random(rows) < 0.5, code % PLACES, own)
    return pa.table(
        {
            "code": spelled("C", code, 6),
            "place": spelled("P", place, 4),
            "group": spelled("G", np.where(rng.random(rows) < 0.7, code % 12, rng.integers(0, 12, rows)), 2),
            "amount": np.rint(rng.lognormal(6 + (code % 5) / 2, 0.6)).astype(np.int64),
            "flag": pa.array(rng.random(rows) < 0.1 + 0.3 * (place % 2)),
        }
    )


def zipf(rng: np.random.Generator, values: int, rows: int) -> np.ndarray:
    """Ranks from 0, in proportion to 1 / (rank + 1)."""
    shares = np.cumsum(1.0 / np.arange(1, values + 1))
    return np.searchsorted(shares, rng.random(rows) * shares[-1], side="right")


def spelled(letter: str, numbers: np.ndarray, digits: int) -> pa.Array:
    padded = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), digits, "0")
    return pc.binary_join_element_wise(letter, padded, "")


def model_codes(path: Path, declared: int) -> None:
    """Have the codes modelled; so many of them are declared as categories."""
    schema = yaml.safe_load(path.read_text())
    field = next(field for field in schema["fields"] if field["name"] == "code")
    field["synthcli:role"] = "model"
    if declared:
        field["constraints"] = {"enum": spelled("C", np.arange(declared), 6).to_pylist()}
        field.pop("synthcli:observed", None)
    path.write_text(yaml.safe_dump(schema, sort_keys=False, allow_unicode=True))


def step(folder: Path, command: str, *arguments: str) -> None:
    said = ("--ledger", "ledger.sqlite", "--no-progress", "--quiet", "--no-config")
    if command == "sample":
        said = said[2:]
    cost = run(SYNTHCLI, command, *arguments, *said, cwd=str(folder), accepted=(0, 10, 11))
    print(f"| `{command}` | {cost.wall:,.1f} | {cost.cpu:,.1f} | {cost.peak_mb:,.0f} |", flush=True)


def compared(name: str, real: pa.ChunkedArray, written: pa.ChunkedArray) -> None:
    counts = [
        dict(zip(*(part.to_pylist() for part in pc.value_counts(rows).flatten()), strict=True))
        for rows in (real.combine_chunks(), written.cast(pa.string()).combine_chunks())
    ]
    shares = [{value: count / sum(each.values()) for value, count in each.items()} for each in counts]
    first = sorted(shares[0], key=lambda value: -shares[0][value])
    off = {value: abs(share - shares[1].get(value, 0.0)) for value, share in shares[0].items()}
    beyond = sum(share for value, share in shares[1].items() if value not in shares[0])
    held = sum(shares[0].get(value, 0.0) for value in shares[1])
    errors = [np.mean([off[value] / shares[0][value] for value in first[:count]]) for count in (100, 1000)]
    facts = (
        f"{len(shares[1]):,} | {held:.1%} | {(sum(off.values()) + beyond) / 2:.3f} | {errors[0]:.1%} | {errors[1]:.1%}"
    )
    print(f"| `{name}` | {len(shares[0]):,} | {facts} |")


if __name__ == "__main__":
    main()
