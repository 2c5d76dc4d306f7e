"""The type of a column from all its rows, and how it spells missing values."""

from dataclasses import dataclass, replace

from synthcli.table.missing import MARKERS
from synthcli.table.patterns import spelt_as_numbers
from synthcli.table.schema import Column, Kind
from synthcli.table.sketch import Candidate, ColumnSketch

_DATES = (
    "default",
    *("%Y/%m/%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%m-%d-%Y", "%d-%m-%Y", "%d.%m.%y", "%m/%d/%y", "%d/%m/%y"),
    *("%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y"),
)
_TIMES = (
    *("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "default"),
    *(f"{day} {time}" for day in _DATES[1:] for time in ("%H:%M:%S", "%H:%M", "%I:%M %p", "%I:%M:%S %p")),
)
_CLOCKS = ("%H:%M:%S", "%H:%M", "%I:%M %p", "%I:%M:%S %p", "default")
_SPELT_BOOLEANS = (("true", "false"), ("True", "False"), ("TRUE", "FALSE"))


@dataclass(frozen=True, kw_only=True)
class Inferred:
    """How a column is read: a column with kind, format and spellings, and the candidate that counted its rows."""

    column: Column
    missing: int
    candidate: Candidate | None = None
    stand_ins: tuple[str, ...] = ()
    """Spellings of days that are taken for missing values."""
    ambiguous: bool = False
    """Whether day and month could be the other way round."""
    remark: str = ""
    """What is to be known of how its digits are read, in a few words."""


def candidates(name: str, text: bool) -> list[Candidate]:
    """The readings to try, from the narrowest; typed cells (Parquet) spell their dates in ISO 8601 alone."""
    columns = [
        *(
            Column(name=name, kind=Kind.BOOLEAN, true_values=(true,), false_values=(false,))
            for true, false in _SPELT_BOOLEANS
        ),
        Column(name=name, kind=Kind.INTEGER),
        Column(name=name, kind=Kind.NUMBER),
        *(Column(name=name, kind=Kind.DATE, format=f) for f in (_DATES if text else ("default",))),
        *(
            Column(name=name, kind=Kind.DATETIME, format=f)
            for f in (_TIMES if text else ("%Y-%m-%d %H:%M:%S", "default"))
        ),
        *(Column(name=name, kind=Kind.TIME, format=f) for f in (_CLOCKS if text else ("%H:%M:%S", "default"))),
    ]
    return [Candidate(column) for column in columns]


def infer(sketch: ColumnSketch) -> Inferred:
    """The narrowest reading that fits all rows but missing ones; text where none does, or digits would be lost."""
    fitting = [c for c in sketch.candidates if c.alive and c.good and _fits(c, sketch.rows)]
    if sketch.leading_zeros:
        fitting = [c for c in fitting if c.column.kind not in (Kind.INTEGER, Kind.NUMBER)]
    if not fitting:
        return _text(sketch)
    best = fitting[0]
    if best.column.kind is Kind.NUMBER and _would_lose_digits(sketch):
        return replace(_text(sketch), remark="whole numbers beyond 64 bits: taken for text")
    markers = _by_frequency(best.failing | best.standing_in)
    column = replace(best.column, missing_values=None if set(markers) <= {""} else markers)
    if column.kind is Kind.BOOLEAN and column.true_values == ("true",):
        plain = Column(name=column.name, kind=Kind.BOOLEAN)
        column = replace(column, true_values=plain.true_values, false_values=plain.false_values)
    return Inferred(
        column=column,
        missing=sketch.null + best.missing + sum(best.failing.values()),
        candidate=best,
        stand_ins=tuple(text for text in markers if text in map(str.strip, best.standing_in)),
        remark=f"{sketch.vast:,} beyond 64 bits: 15 digits are kept" if sketch.vast else "",
        ambiguous=any(_swapped(c.column.format) == column.format for c in fitting[1:] if c.column.kind is column.kind),
    )


def _would_lose_digits(sketch: ColumnSketch) -> bool:
    """Whether these are whole numbers beyond 64 bits, but for the odd one: such are identifiers more often than not."""
    is_whole = not sketch.places and not sketch.exponents
    return is_whole and sketch.vast > 0 and sketch.long >= 0.01 * sketch.rows


def _fits(candidate: Candidate, rows: int) -> bool:
    """Whether what cannot be read are known markers, or one frequent word without digits (a structural null)."""
    odd = candidate.odd
    if not odd:
        return True
    frequent = candidate.failing[odd[0]] >= max(20, 0.005 * rows)
    return frequent and len(odd[0]) <= 12 and not any(c.isdigit() for c in odd[0])


def _text(sketch: ColumnSketch) -> Inferred:
    frequencies = sketch.frequencies()
    found = {text: n for text, n in frequencies.items() if text in MARKERS}
    if "NA" in found and _are_codes([text for text in frequencies if text not in MARKERS]):
        del found["NA"]
    markers = _by_frequency(found)
    column = Column(name=sketch.name, kind=Kind.STRING, missing_values=None if set(markers) <= {""} else markers)
    remark = spelt_as_numbers([text for text in frequencies if text not in found])
    return Inferred(column=column, missing=sketch.null + sum(found.values()), remark=remark)


def _are_codes(texts: list[str]) -> bool:
    """Whether everything else are codes of two capitals, as of countries, where NA is Namibia."""
    return len(texts) > 1 and all(len(text) == 2 and text.isalpha() and text.isupper() for text in texts)


def _by_frequency(found: dict[str, int]) -> tuple[str, ...]:
    """The markers, the most frequent first (it is the one that is written), and nothing at all as the last."""
    stripped: dict[str, int] = {}
    for text, count in found.items():
        stripped[text.strip()] = stripped.get(text.strip(), 0) + count
    ranked = sorted(stripped, key=lambda text: (-stripped[text], text))
    return (*ranked, *(() if "" in ranked else ("",)))


def _swapped(pattern: str) -> str:
    """The pattern with day and month the other way round."""
    return pattern.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m")
