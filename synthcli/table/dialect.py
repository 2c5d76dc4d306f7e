"""How a CSV file is written: delimiter, encoding, quoting, header; whatever is not said is detected."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from synthcli.errors import UsageError
from synthcli.table.encoding import check_encoding, decode_sample, detect_encoding
from synthcli.table.raw_file import RawFile

_DELIMITERS = (",", ";", "\t", "|")
_SPELT = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "pipe": "|", "space": " "}
_RECORDS = 1000
_SAMPLE_BYTES = 1 << 20
_VALUE = re.compile(r"^[+-]?[0-9]*[.,]?[0-9]+([eE][+-]?[0-9]+)?%?$|^[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}([T ].*)?$")

Records = Sequence[Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How a CSV file is written; None stands for 'detect it'. An empty `quote` means that nothing is quoted."""

    delimiter: str | None = None
    encoding: str | None = None
    quote: str | None = None
    header: bool | None = None

    @staticmethod
    def of(
        *,
        delimiter: str | None = None,
        encoding: str | None = None,
        quote: str | None = None,
        header: bool | None = None,
    ) -> "Dialect":
        """What a user says; `UsageError` for what no CSV file can have. Delimiters may be named (tab, comma, pipe)."""
        delimiter = _SPELT.get(delimiter.lower(), delimiter) if delimiter else delimiter
        if delimiter is not None and not _is_mark(delimiter):
            raise UsageError("the delimiter is one ASCII character", "for example: comma, semicolon, tab, pipe")
        if quote and (not _is_mark(quote) or quote == delimiter):
            raise UsageError("the quote is one ASCII character other than the delimiter", "or empty, for no quoting")
        if encoding is not None:
            check_encoding(encoding)
        return Dialect(delimiter=delimiter, encoding=encoding, quote=quote, header=header)


def declared(given: Dialect | None, encoding: str | None) -> Dialect | None:
    """What is said of a file: what is given, and the schema's encoding where that is silent."""
    if encoding is None or (given is not None and given.encoding is not None):
        return given
    return replace(given or Dialect(), encoding=encoding)


def _is_mark(text: str) -> bool:
    return len(text) == 1 and text.isascii() and text not in "\r\n\0"


def detect(file: RawFile, given: Dialect | None = None) -> Dialect:
    """The dialect of a CSV file with everything filled in; what is given is not questioned.

    Raises `InputError` where the file cannot be read, or is not text.
    """
    dialect = given or Dialect()
    if dialect.encoding is None:
        dialect = replace(dialect, encoding=detect_encoding(file))
    text = decode_sample(file, _SAMPLE_BYTES, dialect.encoding or "utf-8")
    if dialect.quote is None:
        dialect = replace(dialect, quote=_quote(text))
    if dialect.delimiter is None:
        dialect = replace(dialect, delimiter=_delimiter(text, dialect.quote or ""))
    if dialect.header is None:
        dialect = replace(dialect, header=_has_header(records(text, dialect)))
    return dialect


def records(text: str, dialect: Dialect) -> list[list[str]]:
    """The first records of a text, without the last one, which the sample may have cut (unless it is the only one)."""
    return _records(text, dialect.delimiter or ",", '"' if dialect.quote is None else dialect.quote)


def _records(text: str, delimiter: str, quote: str) -> list[list[str]]:
    found: list[list[str]] = []
    how = {"quotechar": quote} if quote else {"quoting": csv.QUOTE_NONE}
    try:
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, **how):
            if record:
                found.append(record)
            if len(found) > _RECORDS:
                break
    except csv.Error:  # a cell beyond the csv module's limit: what was read so far must do
        pass
    whole = text.endswith(("\n", "\r"))
    return found if whole or len(found) < 2 else found[:-1]


def _quote(text: str) -> str:
    """Double quotes, unless there are none and single ones stand at the ends of fields."""
    if '"' in text:
        return '"'
    closed = len(re.findall(r"(?:^|[,;\t|])'[^'\n]*'(?=[,;\t|\r\n]|$)", text, re.MULTILINE))
    return "'" if closed > 2 and 2 * closed >= text.count("'") else '"'


def _delimiter(text: str, quote: str) -> str:
    """The mark that cuts the most records into as many fields as the first; the widest table among equals."""
    scores = {mark: _consistency(_records(text, mark, quote)) for mark in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda mark: scores[mark])
    return best if scores[best][2] > 1 else ","


def _consistency(found: Records) -> tuple[bool, float, int]:
    """Whether the first record has the usual width, the share of records that have, and that width."""
    if not found:
        return False, 0.0, 0
    width, count = Counter(len(record) for record in found).most_common(1)[0]
    share = count / len(found) if width > 1 else 0.0
    return len(found[0]) == width > 1, round(share, 2), width


def _has_header(found: Records) -> bool:
    """Whether the first record names columns: nothing in it looks like a value, nor comes back below."""
    if not found:
        return True
    first, rest = found[0], found[1:]
    if any(_VALUE.match(cell.strip()) for cell in first):
        return False
    if any(_VALUE.match(cell.strip()) for record in rest[:50] for cell in record):
        return True
    below = [{record[i] for record in rest if i < len(record)} for i in range(len(first))]
    again = sum(bool(cell) and cell in seen for cell, seen in zip(first, below, strict=True))
    return 2 * again < len(first) or not rest
