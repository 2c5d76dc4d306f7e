"""A row whose every cell is far out and unlike any other, and the search for its values in whatever a program wrote.

A value is looked for as text, as the bytes of numbers, and as a number, rounded or beside it: an edge at the maximum is
as much a find as the maximum.
"""

import hashlib
import io
import re
import sqlite3
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

NEAR = 1e-4
"""A number this near, relative to the sentinel, is a find."""

_NUMBER = re.compile(rb"(?<![\w.])-?\d+\.?\d*(?:[eE][-+]?\d+)?(?!\w)")
"""A number that stands by itself: what looks like one inside a digest is none."""


@dataclass(frozen=True)
class Sentinel:
    """One cell: as it stands in the file, other spellings, and what it is as a number, in every unit."""

    column: str
    cell: str
    spellings: tuple[str, ...] = ()
    numbers: tuple[float, ...] = ()

    @property
    def texts(self) -> Iterator[bytes]:
        """What is looked for in bytes, in small letters: spellings and plain hashes."""
        for text in (self.cell, *self.spellings):
            yield text.lower().encode()
            yield text.lower().encode("utf-16-le")
        for kind in ("md5", "sha1", "sha256"):
            digest = hashlib.new(kind, self.cell.encode()).digest()
            yield digest.hex().encode()

    @property
    def binaries(self) -> Iterator[bytes]:
        """The numbers as the bytes of floats and integers of 4 and 8 bytes, and plain hashes."""
        for number in self.numbers:
            for form in ("<d", ">d", "<q", ">q", "<f", "<i"):
                if form[1] in "df" or (number == int(number) and abs(number) < 2.0 ** (31 if form[1] == "i" else 63)):
                    yield struct.pack(form, number if form[1] in "df" else int(number))
        yield hashlib.sha256(self.cell.encode()).digest()


def number(column: str, cell: str) -> Sentinel:
    """An integer or a decimal number."""
    value = float(cell)
    return Sentinel(column, cell, (f"{value:,.10g}", f"{value:.6e}", repr(value)), (value,))


def moment(column: str, cell: str) -> Sentinel:
    """A date, or a time in UTC: days, seconds, milli-, micro- and nanoseconds since 1970. Its month is a find."""
    when = datetime.fromisoformat(cell).replace(tzinfo=UTC)
    seconds = (when - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    days = float(date.fromisoformat(cell[:10]).toordinal() - date(1970, 1, 1).toordinal())
    units = (days, seconds, seconds * 1e3, seconds * 1e6, seconds * 1e9)
    spellings = (cell[:8], cell.replace(" ", "T"), when.strftime("%d/%m/%Y"), when.strftime("%d %b %Y"))
    return Sentinel(column, cell, spellings, units)


@dataclass(frozen=True)
class Find:
    """Which cell was found, where, and how."""

    column: str
    place: str
    how: str


def search(place: str, raw: bytes, sentinels: tuple[Sentinel, ...]) -> set[Find]:
    """All finds in a file or a stream: in its bytes, and in what it unpacks to.

    Arrays of noisy numbers hold any four bytes sooner or later: these are looked at as numbers, and by eight bytes.
    In a text, bytes of numbers mean nothing.
    """
    found = set()
    for part, content, numbers in _views(place, raw):
        small, spelt = content.lower(), _numbers_in(content)
        values = np.concatenate([numbers, *(() if spelt is None else (spelt,))])
        for sentinel in sentinels:
            if any(text in small for text in sentinel.texts):
                found.add(Find(sentinel.column, part, "text"))
            binaries = [b for b in sentinel.binaries if spelt is None and (len(b) > 4 or not numbers.size)]
            if any(binary in content for binary in binaries):
                found.add(Find(sentinel.column, part, "bytes"))
            if any((np.abs(values - n) <= NEAR * abs(n)).any() for n in sentinel.numbers):
                found.add(Find(sentinel.column, part, "number"))
    return found


def _views(place: str, raw: bytes) -> Iterator[tuple[str, bytes, np.ndarray]]:
    """The bytes as they lie there, then the parts of an archive, the rows of a Parquet file or a database."""
    nothing = np.array([])
    if raw.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            for member in archive.namelist():
                content = archive.read(member)
                yield f"{place}!{member}", content, _array(content) if member.endswith(".bin") else nothing
    elif raw.startswith(b"PAR1"):
        yield place, raw, nothing
        table = parquet.read_table(pa.BufferReader(raw))
        yield f"{place}!rows", table.to_pandas().to_csv(index=False).encode(), nothing
    elif raw.startswith(b"SQLite format 3"):
        yield place, raw, nothing
        with sqlite3.connect(":memory:") as connection:
            connection.deserialize(raw)
            yield f"{place}!lines", "\n".join(connection.iterdump()).encode(), nothing
    else:
        yield place, raw, nothing


def _array(content: bytes) -> np.ndarray:
    """Numbers of eight bytes, as floats and as integers."""
    floats = np.frombuffer(content, "<f8")
    return np.concatenate([floats[np.isfinite(floats)], np.frombuffer(content, "<i8").astype(float)])


def _numbers_in(content: bytes) -> np.ndarray | None:
    """The numbers that a text spells; None for what is no text."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return None
    return np.array([float(text) for text in _NUMBER.findall(content)])


def files_below(folder: Path) -> dict[str, bytes]:
    """Every file, by its path below the folder."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
