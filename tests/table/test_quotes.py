"""A quote that is not closed is refused, wherever it stands; whatever a reader takes for well-formed is not."""

import csv
import io
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.errors import InputError
from synthcli.table import quotes
from synthcli.table.dialect import Dialect
from synthcli.table.quotes import CheckedText, Quotes
from synthcli.table.source import open_source

SECRET = "Zyx9174"


def followed(text: str, cuts: Sequence[int]) -> int:
    """The line of the quote that is refused, in pieces that end at these places; 0 where none is."""
    raw, found = text.encode(), Quotes("t", ord('"'), ord(","))
    places = [0, *sorted(min(cut, len(raw)) for cut in cuts), len(raw)]
    try:
        for start, end in pairwise(places):
            found.add(raw[start:end])
        found.finish()
    except InputError:
        return found.opened
    return 0


def oracle(text: str) -> int:
    """The same by RFC 4180, a character at a time."""
    line, opened, runs_over, i, before = 1, 0, False, 0, "\n"
    while i < len(text):
        mark, following = text[i], text[i + 1 : i + 2]
        if not opened and mark == '"' and before in ",\r\n":
            opened, runs_over = line, False
        elif opened and mark == '"' and following == '"':
            i += 1
        elif opened and mark == '"':
            if runs_over and following not in ("", ",", "\r", "\n"):
                return opened
            opened = 0
        elif opened and mark in "\r\n":
            runs_over = True
        line += mark == "\n"
        before, i = mark, i + 1
    return opened


@settings(max_examples=600, deadline=None)
@given(st.text('"",\nab\ré', max_size=30), st.lists(st.integers(0, 30), max_size=5), st.sampled_from([2, 5, 4096]))
def test_pieces_are_followed_like_one_character_after_the_other(text: str, cuts: list[int], part: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quotes, "_PART", part)
        assert followed(text, cuts) == oracle(text)


CELLS = st.text('ab ,"\n5', max_size=5)
ROWS = st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=6)


def written(rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


@settings(max_examples=300, deadline=None)
@given(ROWS)
def test_what_is_well_formed_is_never_refused(rows: list[list[str]]) -> None:
    assert followed(written(rows), [7, 11]) == 0


def _begins_like_an_end(rows: list[list[str]]) -> bool:
    """Whether the first quoted cell begins with a delimiter or a line break: its quote then ends the other's cell."""
    quoted = [cell.lstrip('"') for row in rows for cell in row if set(cell) & set('",\n')]
    return next((cell[0] in ",\n" for cell in quoted if cell), False)


@settings(max_examples=300, deadline=None)
@given(ROWS, ROWS)
def test_one_record_whose_quote_stays_open_is_refused(before: list[list[str]], after: list[list[str]]) -> None:
    """All other records are well-formed, and what they hold does not matter."""
    refused = followed(written(before) + 'x,"y,z\n' + written(after), [5, 9])
    assert refused == written(before).count("\n") + 1 or _begins_like_an_end(after)


HEADER = b"a,b,c\n" + b"1,2,3\n" * 50
OPEN = f'4,"{SECRET},5\n'.encode()


@pytest.mark.parametrize(
    ("raw", "dialect", "line"),
    [
        (HEADER + OPEN, None, 52),
        (HEADER + OPEN.rstrip() + b",6", None, 52),
        (HEADER + OPEN + HEADER + b'"x",2,3\n', None, 52),
        (b"\xef\xbb\xbf" + HEADER + b'"1",2,3\n' + OPEN + b'1,"x",3\n', None, 53),
        ((HEADER + OPEN).decode().encode("utf-16"), None, 52),
        ((HEADER + OPEN).replace(b'"', b"'"), Dialect.of(quote="'"), 52),
        ((HEADER + OPEN).replace(b",", b";"), None, 52),
    ],
)
def test_a_file_is_refused_in_one_line_without_a_cell(
    raw: bytes, dialect: Dialect | None, line: int, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_bytes(raw)
    source = open_source(str(tmp_path / "t.csv"), dialect)
    with pytest.raises(InputError, match=rf"a quote that is opened in line {line} is not closed") as refused:
        list(source.raw_batches(source.columns[:1]))
    assert "--quote" in refused.value.hint
    assert SECRET not in refused.value.message + refused.value.hint


@pytest.mark.parametrize(
    ("raw", "quote", "cells"),
    [
        (b'a,b\n5" pipe,"x\ny"\n6,7"\n', None, [['5" pipe', "x\ny"], ["6", '7"']]),
        (b'a,b\n"x"y,"1"\n', None, [["xy", "1"]]),  # closed in its own line: no other row is touched
        (b'a,b\n"x,1\n"y,2\n', "", [['"x', "1"], ['"y', "2"]]),
    ],
)
def test_what_swallows_no_row_is_read(raw: bytes, quote: str | None, cells: list[list[str]], tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(raw)
    source = open_source(str(tmp_path / "t.csv"), None if quote is None else Dialect.of(quote=quote))
    rows = [row for batch in source.raw_batches(source.columns) for row in batch.to_pylist()]
    assert [list(row.values()) for row in rows] == cells


def test_a_stream_gives_all_its_text_as_utf_8() -> None:
    text = "é,ü\n" * 1000
    for encoding in ("utf8", "utf-16", "cp1252"):
        stream = CheckedText(io.BytesIO(text.encode(encoding)), encoding, Quotes("t", ord('"'), ord(",")))
        read = b"".join(iter(lambda stream=stream: stream.read(7), b""))
        assert read.decode() == text
