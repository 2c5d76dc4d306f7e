"""A table with one extreme row more: nothing that leaves the private side may hold a value of that row.

Every file that the program leaves in its folder, and everything it says, is searched; what is left out is listed by
name, with the reason. False alarms: the row's categories pass their threshold with a chance of 1e-9; eight or four
bytes of noise equal a sentinel's with a chance below 1e-3 in all.
"""

import fnmatch
import random
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synthcli.archive import ArchiveFormat, write_archive
from tests.cli.conftest import Run
from tests.cli.sentinels import Find, Sentinel, files_below, moment, number, search

ROW = (
    number("record_id", "739182645"),
    number("age", "806152937"),
    number("weight", "64738291.5"),
    number("fee", "56473829.91"),
    number("level", "31415926.5"),
    number("gap", "605731948"),
    Sentinel("tariff", "$8,675,309.42", ("8675309.42",), (8675309.42,)),
    moment("seen", "1777-07-17"),
    moment("at", "1888-08-18 18:18:18"),
    Sentinel("ward", "Zanzibarquux"),
    Sentinel("town", "Xanaduvorpal"),
    Sentinel("surname", "Jabberwockyson"),
    Sentinel("note", "Mimsy were the borogoves and the mome raths outgrabe all night"),
)
"""One cell for each column but the boolean one. No digits are those of a common fraction (1000/1089 = 0.918273645…), as
edges of cells are."""

MODELLED = {"age", "weight", "fee", "level", "gap", "tariff", "seen", "at", "ward", "town"}

PRIVATE = {
    "t.csv": "the private table itself",
    "schema.yaml": "the draft that profile writes for the steward: it holds observed bounds and categories, marked so",
    ".synthcli/*/schema.yaml": "the same draft, accepted unseen: private, mode 0600",
    "audit.json": "compares with the real rows: internal",
    ".synthcli/*/audit.json": "compares with the real rows: internal",
    "internal.html": "the page that compares with the real rows",
    ".synthcli/*/report.html": "the page that compares with the real rows",
    "coins/*.json": "the audit's coins: which rows are candidates, private, mode 0600",
}
"""Files that are not searched, and why."""

TOLD_TO_THE_STEWARD = {"profile": "its table shows what was observed"}
"""Commands whose standard output is not searched; their standard error is."""


def lines(count: int = 2000) -> list[str]:
    """Ordinary rows: skewed, heaped, missing, of many categories; nothing near the sentinels."""
    draw = random.Random(11)
    towns = [f"Town {i}" for i in range(70)]
    weights = [1 / (1 + i) for i in range(70)]
    words = ("the", "patient", "came", "in", "late", "with", "some", "pain", "and", "left", "after", "supper")
    return [
        f"{i + 1},{min(99, int(draw.expovariate(0.03)))},{draw.gauss(70, 12):.1f},"
        f"{draw.choice((0, 25, draw.lognormvariate(3, 1))):.2f},{draw.randint(0, 8) / 2},"
        f"{draw.randint(0, 500) if draw.random() < 0.5 else ''},"
        f'"{draw.choice(("$12.50", "$1,100.00", "$99.00", "$0.00"))}",'
        f"20{draw.randint(10, 24)}-0{draw.randint(1, 9)}-{draw.randint(10, 28)},"
        f"2024-0{draw.randint(1, 9)}-{draw.randint(10, 28)} {draw.randint(10, 23)}:{draw.randint(10, 59)}:00,"
        f"{draw.choice(('north', 'south', 'east'))},{draw.choices(towns, weights)[0]},Smith{draw.randint(1, 400)},"
        f"{' '.join(draw.choices(words, k=9))},{draw.choice(('TRUE', 'FALSE'))}"
        for i in range(count)
    ]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    header = ",".join([*(sentinel.column for sentinel in ROW), "urgent"])
    extreme = ",".join([*(f'"{sentinel.cell}"' for sentinel in ROW), "TRUE"])
    (tmp_path / "t.csv").write_text("\n".join((header, *lines(), extreme)) + "\n")
    (tmp_path / "policy.toml").write_text('min_nonmembers = 50\n[tolerances]\n"*" = 1\n')
    return tmp_path


class Clerk:
    """Runs commands and keeps all that they say."""

    def __init__(self, run: Run, folder: Path) -> None:
        self._run, self._folder = run, folder
        self.said: dict[str, bytes] = {}

    def __call__(self, *arguments: str) -> None:
        for more in ((), ("--json",)) if arguments[0] in ("ledger", "profile") else ((),):
            done = self._run(*arguments, *more)
            assert done.returncode in (0, 11), done.stdout + done.stderr
            command = " ".join((*arguments, *more))
            self.said[f"stderr of {command}"] = done.stderr.encode()
            if arguments[0] not in TOLD_TO_THE_STEWARD:
                self.said[f"stdout of {command}"] = done.stdout.encode()

    def finds(self) -> tuple[set[Find], set[str]]:
        """What is found in all that is not private, and the places that were searched."""
        outputs = self.said | {n: raw for n, raw in files_below(self._folder).items() if not _is_private(n)}
        finds: set[Find] = set()
        for place, raw in outputs.items():
            finds |= search(place, raw, ROW)
        return finds, set(outputs)


def _is_private(name: str) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in PRIVATE)


def fit(clerk: Clerk, model: str, *more: str) -> None:
    clerk("fit", "t.csv", "--schema", "schema.yaml", "--epsilon", "1", "-o", model, "-v", *more)
    clerk("sample", model, "--seed", "3", "-o", f"{model}.csv", "--json")


def test_no_value_of_an_extreme_row_leaves_the_private_side(inside: Run, table: Path) -> None:
    clerk = Clerk(inside, table)
    coins = ("--audit-coins", "0.5", "--policy", "policy.toml")
    clerk("profile", "t.csv", "-o", "schema.yaml", "--force")
    assert inside("ledger", "init", "t", "--epsilon", "10", "--delta", "1e-5").returncode == 0
    clerk("fit", "t.csv", "--schema", "schema.yaml", "--epsilon", "1", "--dry-run", "--json")
    fit(clerk, "m.synth", *coins, "--json")
    fit(clerk, "mst.synth", "--mechanism", "mst")
    clerk("sample", "m.synth", "--seed", "4", "-o", "rows.parquet")
    clerk("sample", "m.synth", "--seed", "5", "-n", "20")
    clerk("audit", "t.csv", "m.synth.csv", "--model", "m.synth", "--policy", "policy.toml", "-o", "audit.json",
          "--public", "told.json", "--json")  # fmt: skip
    clerk("report", "--model", "m.synth", "--audit", "audit.json", "-o", "internal.html")
    clerk("report", "--model", "m.synth", "--audit", "audit.json", "--public", "-o", "public.html")
    clerk("report", "--model", "mst.synth", "-o", "unaudited.html", "--json")
    clerk("release", "t.csv", "--accept-profile", "--epsilon", "1", *coins, "-o", "public", "--json")
    clerk("ledger", "show", "t")
    clerk("ledger", "history", "t")

    finds, searched = clerk.finds()

    assert finds == set()
    assert {"m.synth", "m.synth.csv", "m.synth.csv.provenance.json", "rows.parquet", "mst.synth"} <= searched
    assert {"public.html", "unaudited.html", "told.json", "ledger.sqlite", ".synthcli/t/model.synth"} <= searched
    assert {"public/t-0001/t.parquet", "public/t-0001/report.html", "public/t-0001/manifest.json"} <= searched
    _stay_near_the_others(pd.read_csv(table / name) for name in ("m.synth.csv", "mst.synth.csv"))


def _stay_near_the_others(written: Iterable[pd.DataFrame]) -> None:
    """No drawn number comes near the row's magnitude either: no bound was moved by it."""
    far = {sentinel.column: abs(sentinel.numbers[0]) for sentinel in ROW if sentinel.numbers}
    for rows in written:
        for column in rows.select_dtypes(np.number):
            assert (rows[column].dropna().abs() < far.get(column, np.inf) / 100).all()
        assert (rows["seen"].dropna().astype(str) > "1900").all()
        assert (rows["at"].dropna().astype(str) > "1950").all()


def test_the_search_finds_facts_that_were_copied_from_the_rows(inside: Run, table: Path) -> None:
    """The control: whoever declares what was observed lets the row out, and the same search sees every cell of it."""
    clerk = Clerk(inside, table)
    clerk("profile", "t.csv", "-o", "schema.yaml", "--force")
    clerk("fit", "t.csv", "--schema", "schema.yaml", "--epsilon", "1", "--public-domain", "all", "-o", "m.synth")
    clerk("sample", "m.synth", "--seed", "3", "-o", "m.synth.csv", "--json")
    finds, _ = clerk.finds()
    assert {find.column for find in finds} == MODELLED
    assert {find.column for find in finds if find.place == "m.synth!manifest.json"} == MODELLED


@pytest.mark.parametrize("sentinel", ROW, ids=lambda sentinel: sentinel.column)
def test_every_spelling_is_found_and_nothing_else_is(sentinel: Sentinel) -> None:
    for text in sentinel.texts:
        assert search("a", b"before " + text.upper() + b" after", (sentinel,))
    for binary in sentinel.binaries:
        assert search("a", b"\xff\xfe" + binary + b"\xff", (sentinel,))
    for value in sentinel.numbers:
        for beside in (value, np.nextafter(value, np.inf), value + 1, float(f"{value:.5g}")):
            assert search("a", f"[0.5, {beside!r}]".encode(), (sentinel,))
        assert not search("a", f"[0.5, {value * 1.01!r}, {value / 2!r}]".encode(), (sentinel,))


@pytest.mark.parametrize("dtype", [np.float64, np.int64])
def test_an_edge_beside_the_value_is_found_in_the_arrays_of_a_model_file(dtype: type, tmp_path: Path) -> None:
    edges = np.array([0, 1, 806_152_938], dtype=dtype)
    write_archive(tmp_path / "a", ArchiveFormat("test", 1), {"name": "a"}, {"edges": edges})
    finds = search("a", (tmp_path / "a").read_bytes(), ROW)
    assert finds == {Find("age", "a!arrays/edges.bin", "number")}
