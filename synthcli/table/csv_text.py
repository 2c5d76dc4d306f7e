"""Columns of text -> CSV rows (RFC 4180, line feeds), quoted only where needed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

import pyarrow as pa
import pyarrow.compute as pc

from synthcli.marginal.cells import cell_numbers

_MOST_PIECES = 8192
"""Neighbouring columns of few texts are written as one piece, while there are no more of them than fit a cache."""


def csv_rows(columns: Sequence[pa.Array], delimiter: str) -> pa.Buffer:
    """The rows of equally long text columns without nulls, each ended by a line feed, as UTF-8."""
    return CsvText(delimiter).rows(columns)


@dataclass(frozen=True, eq=False)
class _Pieces:
    """Texts of a run of columns, ready to be written: one for every combination of the columns' distinct cells."""

    first: int
    dictionaries: tuple[pa.Array, ...]
    texts: pa.Array

    def take(self, columns: Sequence[pa.Array]) -> pa.Array:
        run = columns[self.first : self.first + len(self.dictionaries)]
        codes = [column.indices.to_numpy(zero_copy_only=False) for column in run]
        return self.texts.take(pa.array(cell_numbers(codes, [len(texts) for texts in self.dictionaries])))


@dataclass
class CsvText:
    """Writes batch after batch. A column is text, or a dictionary of texts: quoted once, and joined with its neighbours
    once, as long as batches come with the same dictionaries."""

    delimiter: str
    _plan: list[_Pieces | int] = field(default_factory=list)
    _planned: tuple[pa.Array | None, ...] = ()

    def rows(self, columns: Sequence[pa.Array]) -> pa.Buffer:
        """The rows of equally long columns without nulls, each ended by a line feed, as UTF-8."""
        if not len(columns[0]):
            return pa.py_buffer(b"")
        self._prepare(columns)
        parts = [self._plain(columns, p) if isinstance(p, int) else p.take(columns) for p in self._plan]
        lines = pc.binary_join_element_wise(*parts, self.delimiter) if len(parts) > 1 else parts[0]
        _, offsets, text = lines.buffers()
        ends = memoryview(offsets).cast("i")
        first = ends[lines.offset]
        return text.slice(first, ends[lines.offset + len(lines)] - first)

    def _plain(self, columns: Sequence[pa.Array], place: int) -> pa.Array:
        cells = _quoted(columns[place], self.delimiter, alone=len(columns) == 1)
        is_last = place == len(columns) - 1
        return pc.binary_join_element_wise(cells, "\n", "") if is_last else cells

    def _prepare(self, columns: Sequence[pa.Array]) -> None:
        """Plan anew where the dictionaries are not those of the last batch."""
        found = tuple(column.dictionary if pa.types.is_dictionary(column.type) else None for column in columns)
        if len(found) == len(self._planned) and all(map(_same, found, self._planned)):
            return
        self._planned, self._plan = found, []
        most = min(_MOST_PIECES, len(columns[0]))
        run: list[pa.Array] = []
        for place, texts in enumerate((*found, None)):
            if run and (texts is None or prod(map(len, run)) * len(texts) > most):
                self._plan.append(self._pieces(place, run, len(columns)))
                run = []
            if texts is not None:
                run.append(texts)
            elif place < len(columns):
                self._plan.append(place)

    def _pieces(self, end: int, run: list[pa.Array], columns: int) -> _Pieces:
        joined = pa.array([""])
        for number, texts in enumerate(run):
            cells = _quoted(texts, self.delimiter, alone=columns == 1)
            left = joined.take(pa.array([i for i in range(len(joined)) for _ in range(len(cells))]))
            right = pa.concat_arrays([cells] * len(joined))
            joined = pc.binary_join_element_wise(left, right, self.delimiter) if number else cells
        if end == columns:
            joined = pc.binary_join_element_wise(joined, "\n", "")
        return _Pieces(end - len(run), tuple(run), joined)


def _same(one: pa.Array | None, other: pa.Array | None) -> bool:
    return one is other or (one is not None and other is not None and one.equals(other))


def _quoted(cells: pa.Array, delimiter: str, alone: bool) -> pa.Array:
    """Cells with a delimiter, quote, line break, or a space at an end are quoted; so is an empty cell of one column,
    since an empty line is skipped by many readers."""
    if not alone and not _has_any(cells, f'",\r\n\t\f {delimiter}'):
        return cells
    special = pc.match_substring_regex(cells, f'[",\\r\\n{_in_class(delimiter)}]|^\\s|\\s$' + ("|^$" if alone else ""))
    if not pc.any(special).as_py():
        return cells
    doubled = pc.replace_substring(cells, '"', '""')
    return pc.if_else(special, pc.binary_join_element_wise('"', doubled, '"', ""), cells)


def _has_any(cells: pa.Array, characters: str) -> bool:
    """Whether one of these characters occurs in the text (perhaps in cells beside these)."""
    held = cells.buffers()[2]
    text = b"" if held is None else held.to_pybytes()
    return any(character.encode() in text for character in characters)


def _in_class(delimiter: str) -> str:
    """A character as it stands in a class of a regular expression."""
    return f"\\{delimiter}" if delimiter in "\\]^-" else delimiter
