"""The private file that remembers the coins: JSON, readable by its owner alone, trusted by nobody."""

import base64
import binascii
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthcli.audit.coins import SALT_BYTES, Coins, UnitRows
from synthcli.errors import InvalidAudit
from synthcli.files import atomic_write
from synthcli.privacy.row_set import RowSet

_FORMAT = "synthcli-coins"
VERSION = 2
"""Of the file. Those of version 1 were bound to the bytes of the data file, not to its values."""
VERSION_OF_UNITS = 3
"""Where units tossed. Those of version 2 did not say which rows belong to the units that tossed no coin."""

_MAX_BYTES = 1 << 30
_KEYS = {"format", "schema_version", "warning", "rows", "salt", "candidates", "heads", "data_digest"}
_ROW_SETS = ("trains", "representatives")
_NUMBERS = ("known", "owner")


def save_coins(coins: Coins, path: Path) -> None:
    """Write the coins with mode 0600, atomically and durably; `InputError` where the file system refuses."""
    document: dict[str, Any] = {
        "format": _FORMAT,
        "schema_version": VERSION if coins.units is None else VERSION_OF_UNITS,
        "warning": "secret: names the rows that were kept out of training; classify as the source data",
        "rows": coins.rows,
        "salt": coins.salt.hex(),
        "candidates": _text(coins.candidates.astype("<i8").tobytes()),
        "heads": _text(np.packbits(coins.heads).tobytes()),
        "data_digest": coins.data_digest,
    }
    if coins.units is not None:
        document["units"] = {name: _text(getattr(coins.units, name).bits.tobytes()) for name in _ROW_SETS} | {
            name: _text(getattr(coins.units, name).astype("<i8").tobytes()) for name in _NUMBERS
        }
    atomic_write(path, json.dumps(document).encode("ascii"), mode=0o600)


def load_coins(path: Path) -> Coins:
    """Read the coins; `InvalidAudit` for a file that is missing, too large, or not what `save_coins` writes."""
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise InvalidAudit(
            f"the coins file {path} cannot be read ({error.strerror or type(error).__name__})",
            "fit with --audit-coins first, or name the coins file with --coins",
        ) from error
    if len(raw) > _MAX_BYTES:
        raise _bad(path)
    try:
        return _parse(json.loads(raw))
    except (ValueError, TypeError, KeyError, RecursionError, binascii.Error) as error:
        raise _bad(path) from error


def _parse(document: Any) -> Coins:
    """`ValueError` and its kin where the document is not a coins file."""
    if not isinstance(document, dict) or document.get("format") != _FORMAT or set(document) - {"units"} != _KEYS:
        raise ValueError("not a coins file")
    rows, digest = document["rows"], document["data_digest"]
    version = VERSION_OF_UNITS if "units" in document else VERSION
    if document["schema_version"] != version or type(rows) is not int or not 0 <= rows < 2**62:
        raise ValueError("an unknown version, or no row count")
    if not isinstance(digest, str) or (digest and len(bytes.fromhex(digest)) != SALT_BYTES):
        raise ValueError("a digest of the wrong length")
    candidates = _numbers(document["candidates"])
    packed = np.frombuffer(_bytes(document["heads"]), dtype=np.uint8)
    if len(packed) != (len(candidates) + 7) // 8:
        raise ValueError("not one coin for each candidate")
    heads = np.unpackbits(packed, count=len(candidates)).astype(np.bool_)
    salt = bytes.fromhex(document["salt"])
    units = _units(rows, document["units"]) if "units" in document else None
    return Coins(rows=rows, candidates=candidates, heads=heads, salt=salt, data_digest=digest, units=units)


def _units(rows: int, document: Any) -> UnitRows:
    if not isinstance(document, dict) or set(document) != {*_ROW_SETS, *_NUMBERS}:
        raise ValueError("units are two sets of rows, and rows with their owners")
    sets = {name: RowSet(rows, np.frombuffer(_bytes(document[name]), dtype=np.uint8)) for name in _ROW_SETS}
    known, owner = (_numbers(document[name]) for name in _NUMBERS)
    return UnitRows(**sets, known=known, owner=owner)


def _numbers(text: Any) -> NDArray[np.int64]:
    return np.frombuffer(_bytes(text), dtype="<i8").astype(np.int64)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _bytes(text: Any) -> bytes:
    return base64.b64decode(text, validate=True)


def _bad(path: Path) -> InvalidAudit:
    return InvalidAudit(
        f"the file {path} is not a coins file of this version, or it is damaged",
        "name the coins file that the fit wrote with --coins; of an older version's model, fit again",
    )
