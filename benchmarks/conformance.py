"""How often the test of conformance contradicts this build, clean and with bugs planted into its privacy layer.

    python benchmarks/conformance.py run [--clean 100] [--planted 20]
    python benchmarks/conformance.py table

The small test of tests/audit/conformance/small.py, again and again in one process, which reads the libraries once. Each
run is one line of results/conformance.jsonl: what was planted, and by which check it was caught first. Runs that are
there are not made again.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))  # the tests' bugs

from synthcli.audit.rates import clopper_pearson
from tests.audit.conformance.planted import PLANTED
from tests.audit.conformance.small import first_contradiction, small

RESULTS = Path(__file__).parent / "results" / "conformance.jsonl"
CLEAN = "nothing"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("job", choices=("run", "table"))
    parser.add_argument("--clean", type=int, default=100)
    parser.add_argument("--planted", type=int, default=20)
    given = parser.parse_args()
    if given.job == "run":
        wanted = {CLEAN: given.clean, **dict.fromkeys(PLANTED, given.planted)}
        for number in range(max(wanted.values())):
            for bug, times in wanted.items():
                if number < times and number >= done(bug):
                    keep(bug)
    print("\n".join(table()))


def kept() -> list[dict[str, object]]:
    return [json.loads(line) for line in RESULTS.read_text().splitlines()] if RESULTS.exists() else []


def done(bug: str) -> int:
    return sum(run["planted"] == bug for run in kept())


def keep(bug: str) -> None:
    """One run more."""
    began = time.process_time()
    with pytest.MonkeyPatch.context() as patch:
        if bug != CLEAN:
            PLANTED[bug](patch)
        found = first_contradiction(small())
    line = {"planted": bug, "first": found and found.id, "cpu_s": round(time.process_time() - began, 2)}
    with RESULTS.open("a") as file:
        file.write(json.dumps(line) + "\n")
    print(line, file=sys.stderr, flush=True)


def table() -> Iterator[str]:
    """Markdown: how often each was contradicted, with 95 % intervals, and by what first."""
    yield "| planted | contradicted (95 % interval) | first by |"
    yield "|---|---|---|"
    for bug in (CLEAN, *PLANTED):
        firsts = [run["first"] for run in kept() if run["planted"] == bug]
        if firsts:
            hits = sum(first is not None for first in firsts)
            low, high = clopper_pearson(hits, len(firsts), 0.975)
            by = ", ".join(f"`{name}` {count}" for name, count in Counter(filter(None, firsts)).most_common())
            yield f"| {bug} | {hits}/{len(firsts)} ({low:.3f}–{high:.3f}) | {by} |"


if __name__ == "__main__":
    main()
