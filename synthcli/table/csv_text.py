"""Columns of text -> CSV rows (RFC 4180, line feeds), quoted only where needed."""

import pyarrow as pa
import pyarrow.compute as pc


def csv_rows(columns: list[pa.Array], delimiter: str) -> bytes:
    """The rows of equally long text columns without nulls, each ended by a line feed, as UTF-8."""
    cells = [_quoted(column, delimiter, alone=len(columns) == 1) for column in columns]
    lines = pc.binary_join_element_wise(*cells, delimiter) if len(cells) > 1 else cells[0]
    if not len(lines):
        return b""
    rows = pa.ListArray.from_arrays(pa.array([0, len(lines)], pa.int32()), lines)
    return bytes(pc.binary_join(rows, "\n")[0].as_buffer()) + b"\n"


def _quoted(cells: pa.Array, delimiter: str, alone: bool) -> pa.Array:
    """Cells with a delimiter, quote, line break, or a space at an end are quoted; so is an empty cell of one column,
    since an empty line is skipped by many readers."""
    distinct = pc.dictionary_encode(cells)
    texts = distinct.dictionary
    special = pc.match_substring_regex(texts, f'[",\\r\\n{_in_class(delimiter)}]|^\\s|\\s$' + ("|^$" if alone else ""))
    doubled = pc.replace_substring(texts, '"', '""')
    quoted = pc.binary_join_element_wise('"', doubled, '"', "")
    return pc.if_else(special, quoted, texts).take(distinct.indices)


def _in_class(delimiter: str) -> str:
    """A character as it stands in a class of a regular expression."""
    return f"\\{delimiter}" if delimiter in "\\]^-" else delimiter
