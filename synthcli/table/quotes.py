"""A quote that is opened and not closed swallows the rows after it: such a text is refused while it is read."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from synthcli.errors import InputError

_BREAKS = b"\r\n"
_PART = 1 << 12
"""Quotes that mean nothing are rare: only so much of a text around one is looked at quote by quote."""


@dataclass
class Quotes:
    """Follows the quotes of a CSV text (UTF-8, in pieces) as the reader does (RFC 4180, section 2).

    A quote at the start of a cell opens it; two in a row are one of the cell's own; any other closes it. Refused is a
    cell that is open at the end, and one that runs over a line break and whose closing quote is not followed by the end
    of the cell: there another cell's opening quote was taken for this one's. Quotes within plain cells mean nothing.
    """

    name: str
    quote: int
    delimiter: int
    opened: int = 0
    """The line in which the open cell begins, counted from 1; 0 where none is open."""
    _lines: int = 1
    _runs_over: bool = False
    _last: int = ord("\n")
    _held: bytes = b""

    def add(self, piece: bytes) -> None:
        """The next piece; `InputError` for a quote that is not closed."""
        piece, self._held = self._held + piece, b""
        known = piece.rstrip(bytes([self.quote]))  # what follows a quote is to be known
        if known:
            self._follow(known)
        self._held = piece[len(known) :]

    def finish(self) -> None:
        """The end of the text; `InputError` for a cell that is open."""
        self._follow(self._held + b"\n")
        if self.opened:
            raise self._refusal()

    def _follow(self, piece: bytes) -> None:
        """A piece that does not end with a quote: as a whole, or part by part where other quotes are in it."""
        if self._is_in_order(piece):
            self._pass(piece)
            return
        for part in self._parts(piece):
            if not self._is_in_order(part):
                self._one_by_one(part)
            self._pass(part)

    def _pass(self, piece: bytes) -> None:
        self._lines += piece.count(b"\n")
        self._last = piece[-1]

    def _parts(self, piece: bytes) -> Iterator[bytes]:
        """The piece cut after every `_PART` bytes, or where the next quotes end."""
        start = 0
        while start < len(piece):
            end = start + _PART
            while end < len(piece) and piece[end - 1] == self.quote:
                end += 1
            yield piece[start:end]
            start = end

    def _is_in_order(self, piece: bytes) -> bool:
        """Whether every other quote opens a cell or doubles the one before, and each between ends one or is doubled.

        If so, the piece has been followed.
        """
        text = np.frombuffer(piece, dtype=np.uint8)
        places = np.flatnonzero(text == self.quote)
        if not len(places):
            if self.opened:
                self._runs_over = self._runs_over or any(mark in piece for mark in _BREAKS)
            return True
        openers, closers = (places[1::2], places[::2]) if self.opened else (places[::2], places[1::2])
        before = np.where(openers > 0, text[openers - 1], self._last)
        ends = (self.delimiter, *_BREAKS, self.quote)
        if not (np.isin(before, ends).all() and np.isin(text[closers + 1], ends).all()):
            return False
        if bool(self.opened) != bool(len(places) % 2):  # a cell is open at the end
            fresh = openers[before != self.quote]
            if len(fresh):
                self.opened = self._lines + piece.count(b"\n", 0, int(fresh[-1]))
                self._runs_over = False
            start = int(fresh[-1]) if len(fresh) else 0
            self._runs_over = self._runs_over or any(piece.find(mark, start) >= 0 for mark in _BREAKS)
        else:
            self.opened = 0
        return True

    def _one_by_one(self, piece: bytes) -> None:
        """The same for a text with other quotes as well."""
        start, line, place = 0, self._lines, piece.find(self.quote)
        while place >= 0:
            following = place + 1
            if not self.opened:
                if (piece[place - 1] if place else self._last) in (self.delimiter, *_BREAKS):
                    line += piece.count(b"\n", start, place)
                    self.opened, self._runs_over, start = line, False, place
            elif piece[following] == self.quote:
                following += 1
            else:
                self._runs_over = self._runs_over or any(piece.find(mark, start, place) >= 0 for mark in _BREAKS)
                if self._runs_over and piece[following] not in (self.delimiter, *_BREAKS):
                    raise self._refusal()
                self.opened = 0
            place = piece.find(self.quote, following)
        if self.opened:
            self._runs_over = self._runs_over or any(piece.find(mark, start) >= 0 for mark in _BREAKS)

    def _refusal(self) -> InputError:
        return InputError(
            f"{self.name}: a quote that is opened in line {self.opened:,} is not closed: it swallows the rows after it",
            "correct the file, or set --quote",
        )


class CheckedText:
    """A binary stream of CSV as UTF-8 whose quotes are followed as it is read; what a CSV reader takes for a file."""

    def __init__(self, stream: Any, encoding: str, quotes: Quotes | None) -> None:
        self._stream, self._quotes = stream, quotes
        self._decoder = None if encoding == "utf8" else codecs.getincrementaldecoder(encoding)()
        self._is_first = True
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        """At least one byte and about `size`, unless the text has ended."""
        for piece, is_last in self._pieces(size):
            if self._quotes is not None:
                self._quotes.add(piece.removeprefix(codecs.BOM_UTF8) if self._is_first else piece)
                if is_last:
                    self._quotes.finish()
            self._is_first = self._is_first and not piece
            if piece:
                return piece
        return b""

    def _pieces(self, size: int) -> Iterator[tuple[bytes, bool]]:
        while True:
            raw = bytes(self._stream.read(size))
            yield (raw if self._decoder is None else self._decoder.decode(raw, not raw).encode()), not raw
            if not raw:
                return

    def close(self) -> None:
        """Nothing: whoever opened the stream closes it."""
        self.closed = True
