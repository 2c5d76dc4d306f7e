"""What is kept of a column while its rows stream by: counts of its spellings, and which types they fit."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from synthcli.table.axis import positions
from synthcli.table.missing import MARKERS_AMONG_VALUES, STAND_INS
from synthcli.table.parse import is_text, parse
from synthcli.table.schema import Column, Kind

MOST_DISTINCT = 100_000
_GLANCE = 40


@dataclass
class Candidate:
    """One way to read a column. `failing` counts the rows of the spellings that cannot be read so, `standing_in` those
    of days that mean none."""

    column: Column
    failing: dict[str, int] = field(default_factory=dict)
    standing_in: dict[str, int] = field(default_factory=dict)
    good: int = 0
    missing: int = 0
    infinite: int = 0
    low: int | float | None = None
    high: int | float | None = None
    alive: bool = True

    def add(self, spellings: pa.Array, counts: NDArray[np.int64]) -> None:
        """Try the distinct spellings of a batch."""
        if not self.alive or self._is_hopeless(spellings[:_GLANCE]):
            return
        cells = parse(spellings.dictionary_encode(), self.column, ())
        for i in np.flatnonzero(cells.unreadable):
            text = spellings[int(i)].as_py()
            self.failing[text] = self.failing.get(text, 0) + int(counts[i])
            if len(self.odd) > 1:
                self.alive = False
                return
        null = cells.values.is_null().to_numpy(zero_copy_only=False)
        null |= self._stand_ins(cells.values, spellings, counts)
        self.good += int(counts[~null].sum())
        self.infinite += int(counts[cells.infinite].sum())
        self.missing += int(counts[null & ~cells.unreadable & ~cells.infinite].sum())
        if self.column.kind.has_axis and not null.all():
            places = positions(cells.values, self.column.kind)[0][~null]
            self.low = places.min() if self.low is None else min(self.low, places.min())
            self.high = places.max() if self.high is None else max(self.high, places.max())

    def _stand_ins(self, values: pa.Array, spellings: pa.Array, counts: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which spellings are days that mean none."""
        if self.column.kind not in STAND_INS:
            return np.zeros(len(values), dtype=np.bool_)
        places, missing = positions(values, self.column.kind)
        found = np.isin(places, STAND_INS[self.column.kind]) & ~missing
        for i in np.flatnonzero(found):
            text = spellings[int(i)].as_py()
            self.standing_in[text] = self.standing_in.get(text, 0) + int(counts[i])
        return found

    def _is_hopeless(self, spellings: pa.Array) -> bool:
        """A glance at a few spellings, which spares most candidates the rest."""
        bad = parse(spellings.dictionary_encode(), self.column, ()).unreadable
        odd = [text for text in spellings.filter(pa.array(bad)).to_pylist() if text.strip() not in MARKERS_AMONG_VALUES]
        self.alive = len(odd) <= 1
        return not self.alive

    @property
    def odd(self) -> list[str]:
        """The spellings that cannot be read and are no markers; more than one rules the candidate out."""
        return [text for text in self.failing if text.strip() not in MARKERS_AMONG_VALUES]


@dataclass
class ColumnSketch:
    """One column. `frequencies` are exact up to a limit of distinct spellings; the first ones seen, beyond it."""

    name: str
    candidates: list[Candidate]
    rows: int = 0
    null: int = 0
    overflow: bool = False
    counted: int = 0
    """The rows that `frequencies` counts; fewer than all after an overflow."""
    leading_zeros: bool = False
    exponents: bool = False
    places: int = 0
    """The most digits after a decimal point, not counting a fraction of zeros alone."""
    long: int = 0
    """The rows with a whole number of 16 digits or more, of which a number with a fraction (a double) may lose some."""
    vast: int = 0
    """Those of them that are beyond the integers of 64 bits."""
    _frequencies: pa.Table | None = None

    def add(self, raw: pa.Array) -> None:
        """Take in the raw cells of a batch."""
        spellings, counts = _distinct(raw)
        self.rows += len(raw)
        self.null += len(raw) - int(counts.sum())
        if not len(spellings):
            return
        if not _like_dates(spellings[:_GLANCE]):
            self.candidates = [c for c in self.candidates if not c.column.kind.has_format]
        for candidate in self.candidates:
            candidate.add(spellings, counts)
        self._look_at_digits(spellings)
        if not pa.types.is_floating(raw.type):  # such a cell has lost its digits already
            self._look_for_long_numbers(spellings, counts)
        if not self.overflow:
            self._count(spellings, counts)

    def _look_at_digits(self, spellings: pa.Array) -> None:
        self.leading_zeros |= pc.any(pc.match_substring_regex(spellings, r"^[+-]?0[0-9]+$")).as_py() is True
        self.exponents |= pc.any(pc.match_substring_regex(spellings, r"^[+-]?[0-9.]+[eE][+-]?[0-9]+$")).as_py() is True
        fractions = pc.extract_regex(spellings, r"^[+-]?[0-9]*\.(?P<f>[0-9]*[1-9][0-9]*)$").field("f")
        self.places = max(self.places, pc.max(pc.utf8_length(fractions)).as_py() or 0)

    def _look_for_long_numbers(self, spellings: pa.Array, counts: NDArray[np.int64]) -> None:
        long = pc.match_substring_regex(spellings, r"^\s*[+-]?0*[1-9][0-9]{15,}(\.0+)?\s*$")
        counts = counts[long.to_numpy(zero_copy_only=False)]
        if len(counts):
            found = parse(spellings.filter(long).dictionary_encode(), Column(name=self.name, kind=Kind.INTEGER), ())
            self.long += int(counts.sum())
            self.vast += int(counts[found.unreadable].sum())

    def _count(self, spellings: pa.Array, counts: NDArray[np.int64]) -> None:
        self.counted += int(counts.sum())
        fresh = pa.table({"spelling": spellings, "count": counts})
        both = fresh if self._frequencies is None else pa.concat_tables([self._frequencies, fresh])
        summed = both.group_by("spelling").aggregate([("count", "sum")])
        self._frequencies = summed.rename_columns(["spelling", "count"])
        self.overflow = self._frequencies.num_rows > MOST_DISTINCT

    def frequencies(self) -> dict[str, int]:
        """Rows per spelling."""
        if self._frequencies is None:
            return {}
        columns = self._frequencies.to_pydict()
        return dict(zip(columns["spelling"], columns["count"], strict=True))


def _like_dates(spellings: pa.Array) -> bool:
    """Whether one of these has digits on both sides of something, as all dates have, or all of them are markers."""
    if all(text.strip() in MARKERS_AMONG_VALUES for text in spellings.to_pylist()):
        return True
    return pc.any(pc.match_substring_regex(spellings, r"[0-9][-/. ,:].*[0-9]")).as_py() is True


def _as_text(raw: pa.Array) -> pa.Array:
    """Typed cells as text; timestamps in UTC and times, without a fraction of zeros."""
    text, is_clock = raw.cast(pa.string()), pa.types.is_timestamp(raw.type) or pa.types.is_time(raw.type)
    return pc.replace_substring_regex(text, r"(\.0+)?Z?$", "") if is_clock else text


def _distinct(raw: pa.Array) -> tuple[pa.Array, NDArray[np.int64]]:
    """The distinct cells of a batch as text, and how many rows have each; nulls are left out."""
    if not pa.types.is_dictionary(raw.type):
        raw = (raw if is_text(raw.type) else _as_text(raw)).dictionary_encode()
    counts = np.bincount(raw.indices.drop_null().to_numpy(zero_copy_only=False), minlength=len(raw.dictionary))
    used = np.flatnonzero(counts)
    return raw.dictionary.cast(pa.string()).take(pa.array(used)), counts[used].astype(np.int64)
