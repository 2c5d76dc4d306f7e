"""The results of raw.py as tables: one line a run, or one line a column."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

README = Path(__file__).parent / "README.md"
MARKS = ("<!-- tables: raw.py table --keep -->", "<!-- end of raw tables -->")
FIGURES = ("tvd1", "tvd2", "ks", "tails", "gaps")

Run = dict[str, Any]


def markdown(runs: Sequence[Run]) -> str:
    """A line for each table, system and epsilon: the mean of its runs."""
    head = ("table", "rows x columns", "epsilon", "system", "runs", "verdict", "wall s", "CPU s", "peak MB", *FIGURES)
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    keys = dict.fromkeys((r["table"], r["epsilon"], r["system"]) for r in runs)
    for table, epsilon, system in keys:
        same = [r for r in runs if (r["table"], r["epsilon"], r["system"]) == (table, epsilon, system)]
        lines.append(f"| {' | '.join(_cells(same, str(table), epsilon, str(system)))} |")
    return "\n".join(lines)


def _cells(runs: Sequence[Run], table: str, epsilon: object, system: str) -> Iterable[str]:
    done = [r for r in runs if r["status"] == "ok"]
    verdicts = ", ".join(dict.fromkeys(str(r.get("verdict", "") if r["status"] == "ok" else r["status"]) for r in runs))
    yield table
    yield f"{done[0]['rows']:,} x {done[0]['columns_modelled']}" if done else ""
    yield "–" if epsilon is None else f"{epsilon:g}"
    yield system + (f" ({done[0]['released']:,})" if done and done[0].get("released") else "")
    yield str(len(runs))
    yield verdicts
    for name in ("wall", "cpu", "peak_mb"):
        yield _mean(runs, name, 0)
    for name in FIGURES:
        yield _mean(done, name, 4)


def _mean(runs: Sequence[Run], name: str, digits: int) -> str:
    found = [float(r[name]) for r in runs if r.get(name) is not None]
    return f"{np.mean(found):,.{digits}f}" if found else ""


def one_by_one(runs: Sequence[Run], tables: Sequence[str]) -> str:
    """What each column shows, the systems side by side: TVD, then KS and tails, or weekday, hour and month."""
    lines = []
    for table in tables:
        mine = [r for r in runs if r["table"] == table and "columns" in r]
        for name in mine[0]["columns"] if mine else ():
            for r in mine:
                found = " ".join(f"{key} {value}" for key, value in r["columns"][name].items())
                lines.append(f"{table:10} {name:28} {r['system']:10} {r['epsilon']!s:5} {r['seed']}  {found}")
    return "\n".join(lines)


def keep(text: str) -> None:
    """Put the table between its marks in README.md."""
    before, rest = README.read_text().split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    README.write_text(f"{before}{MARKS[0]}\n\n{text}\n\n{MARKS[1]}{after}")
