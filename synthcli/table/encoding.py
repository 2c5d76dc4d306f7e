"""The character encoding of a file that does not say it."""

import codecs

from charset_normalizer import from_bytes

from synthcli.errors import InputError, UsageError
from synthcli.table.raw_file import RawFile

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SURE_ENCODINGS = ("utf-8", "utf-16", "utf-32")
"""UTF-8 holds byte by byte; the others are known by their byte-order mark. All else is guessed."""

_ANY = codecs.BOM_UTF32_LE
"""Bytes with which a text in any encoding may begin, if what cannot be decoded is replaced."""

_AROUND = 1 << 16
_COMMON = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"),
    *("shift_jis", "euc_jp", "gb18030", "big5", "euc_kr", "utf_16_le", "utf_16_be", "koi8_r"),
]


def check_encoding(name: str) -> None:
    """`UsageError` for a name that Python does not know as an encoding of text files."""
    try:
        known = codecs.lookup(name)
        "".encode(known.name)
        known.decode(_ANY, "replace")  # idna and punycode are for names of hosts, undefined for nothing
    except (LookupError, TypeError, ValueError):
        raise UsageError("there is no such text encoding", "for example utf-8, latin-1, cp1252, utf-16") from None


def detect_encoding(file: RawFile) -> str:
    """UTF-8 if every byte of the file agrees; else by the byte-order mark or by the look of the text.

    `InputError` where nothing fits.
    """
    head = file.head(4)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    start = file.head(_AROUND)
    for name, half in (("utf-16-le", start[1::2]), ("utf-16-be", start[::2])):
        if 2 * start.count(0) > len(start) // 2 and 2 * half.count(0) > len(half):
            return name
    bad = _first_undecodable(file)
    if bad is not None and b"\0" in start:
        raise InputError(f"{file.name} is not a text file", "give CSV or Parquet")
    return "utf-8" if bad is None else _guess(start + bad, file)


def _first_undecodable(file: RawFile) -> bytes | None:
    """The piece of the file that is not UTF-8; None if all is."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in file.chunks():
            piece = chunk
            decoder.decode(chunk)
        piece = b""
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        near = max(0, error.start - _AROUND // 2)
        return piece[near : near + _AROUND]
    return None


def _guess(sample: bytes, file: RawFile) -> str:
    _refuse_damaged(sample, file)
    best = from_bytes(sample, cp_isolation=_COMMON).best()
    if best is None:
        raise InputError(
            f"{file.name} is neither UTF-8 nor another encoding that can be told",
            "say it: --encoding latin-1 (or utf-8, if only some bytes are damaged)",
        )
    western = sample.decode("cp1252", errors="replace")
    return "cp1252" if western == str(best) else best.encoding


def _refuse_damaged(sample: bytes, file: RawFile) -> None:
    """Another encoding would spoil every other character of a text that is UTF-8 but for some bytes."""
    text = sample.decode("utf-8", errors="replace")
    bad = text.count("\ufffd")
    if sum(not character.isascii() for character in text) - bad > bad:
        raise InputError(f"{file.name} is UTF-8 with some damaged bytes", "correct them, or set --encoding")


def decode_sample(file: RawFile, size: int, encoding: str) -> str:
    """The text of the start of a file; what cannot be decoded is replaced, since the full read will tell it.

    `InputError` where a byte-order mark has to be and is not.
    """
    codec = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
    decoder = codecs.getincrementaldecoder(codec)(errors="replace")
    try:
        return decoder.decode(file.head(size))
    except UnicodeError as error:
        raise undecodable(file, encoding) from error


def undecodable(file: RawFile, encoding: str) -> InputError:
    """The file is not in the encoding that was said."""
    return InputError(f"{file.name} has bytes that are not {encoding}", "set --encoding, for example cp1252")
