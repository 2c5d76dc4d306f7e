"""Copies: do records of training rows reappear more often than those of rows that were kept out?

A row counts as copied if a synthetic row comes near it although no other real row does: what is common in the
population appears in an honest file by chance, and tells nothing about one person. The held-out rows measure how often
the rest happens by chance; only the difference is evidence, since any row is as likely to be held out as any other.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from synthcli.audit.arms import Arms
from synthcli.audit.rates import clopper_pearson, excess_bound, fisher, newcombe
from synthcli.audit.scan import Search, Surroundings, Synthetic
from synthcli.metric import Metric

_WIDEST_FOR_PAIRS = 32
"""Distance 2 takes d (d - 1) / 2 joins: beyond this many columns it is left out."""


@dataclass(frozen=True)
class CopyTest:
    """A row is copied if a synthetic row lies within `match` of it, and no other real row within `isolation`."""

    name: str
    cells: Literal["codes", "spelled"]
    match: int
    isolation: int
    title: str
    gates: bool = True

    def matches(self) -> Search:
        """What to look for among the synthetic rows."""
        return Search(self.cells, self.match)

    def crowds(self, columns: int) -> Search:
        """What to look for among the real rows; some column stays in, and wide tables make do with less."""
        widest = 2 if columns <= _WIDEST_FOR_PAIRS else 1
        return Search(self.cells, max(0, min(self.isolation, widest, columns - 1)))


_TESTS = (
    CopyTest("exact", "codes", 0, 1, "Exact copies (as the model sees a row)"),
    CopyTest("near", "codes", 1, 2, "Near copies (all columns but one)"),
    CopyTest("raw", "spelled", 0, 0, "Exact copies (every cell as it is spelt)"),
    CopyTest("near2", "codes", 2, 2, "Near copies (all columns but two)", gates=False),
)


def copy_tests(columns: int) -> tuple[CopyTest, ...]:
    """The tests for a table of that many columns."""
    return _TESTS if columns <= _WIDEST_FOR_PAIRS else _TESTS[:3]


@dataclass(frozen=True)
class Copied:
    """How many rows of an arm were copied, training rows against held-out ones."""

    hits: int
    training: int
    chance: int
    held_out: int


def count_copies(test: CopyTest, arms: Arms, around: Surroundings, synthetic: Synthetic) -> Copied:
    """Count both arms: the chosen training rows, and the held-out ones."""
    columns = arms.block.columns
    copied = synthetic.found[test.matches()] & around.isolated[test.crowds(columns)]
    trains = arms.chosen.trains
    return Copied(int(np.sum(copied & trains)), int(trains.sum()), int(np.sum(copied & ~trains)), int(np.sum(~trains)))


def excess(test: CopyTest, count: Copied, confidence: float, strict: float) -> Metric:
    """The share of copied training rows minus the share of copied held-out rows (Newcombe, Fisher)."""
    four = (count.hits, count.training, count.chance, count.held_out)
    low, high = newcombe(*four, confidence)
    return Metric(
        id=f"copies.{test.name}.excess",
        value=count.hits / count.training - count.chance / count.held_out,
        low=low,
        high=high,
        low_strict=excess_bound(*four, strict),
        n=count.training + count.held_out,
        title=test.title,
        note=f"{count.hits:,} of {count.training:,} training rows, {count.chance:,} of {count.held_out:,} held-out; "
        f"Fisher's p = {fisher(*four):.2g}",
    )


def shares(test: CopyTest, count: Copied, confidence: float) -> tuple[Metric, Metric]:
    """The two shares by themselves, with exact bounds: what happens by chance is shown beside what happened."""
    return (
        _share(f"copies.{test.name}.training_share", test.title, count.hits, count.training, confidence),
        _share(f"copies.{test.name}.held_out_share", test.title, count.chance, count.held_out, confidence),
    )


def _share(name: str, title: str, hits: int, trials: int, confidence: float) -> Metric:
    low, high = clopper_pearson(hits, trials, confidence)
    return Metric(id=name, value=hits / trials, low=low, high=high, n=trials, title=title)
