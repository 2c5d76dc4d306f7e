"""One file of a JSON manifest and number arrays: a zip without pickle, and without trust in whoever wrote it.

Everything that a hostile file could claim is checked before memory is given to it: the list of members against the
manifest, sizes against limits and against what is really there, dtypes and shapes against the manifest, contents
against their SHA-256, numbers against NaN and infinity.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthcli.errors import InputError
from synthcli.files import atomic_file

MANIFEST = "manifest.json"
MAX_MANIFEST = 64 << 20
MAX_ARRAYS = 4 << 30
MAX_MEMBERS = 100_000
_DTYPES = {"<f8": np.float64, "<i8": np.int64}
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class ArchiveFormat:
    """What kind of file it is: a name, and the newest version that this program reads."""

    name: str
    version: int

    @property
    def title(self) -> str:
        """What messages call such a file."""
        return self.name.replace("-", " ")


def write_archive(
    path: Path, kind: ArchiveFormat, manifest: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
) -> None:
    """Write the file in one step; the same content gives the same bytes. Arrays are float64 or int64, and finite."""
    payloads = {name: _payload(array) for name, array in arrays.items()}
    index = {
        name: {
            "dtype": array.dtype.str,
            "shape": list(array.shape),
            "sha256": hashlib.sha256(payloads[name]).hexdigest(),
        }
        for name, array in arrays.items()
    }
    document = {"format": kind.name, "format_version": kind.version, **manifest, "arrays": index}
    text = json.dumps(document, indent=1, sort_keys=True, allow_nan=False).encode()
    with atomic_file(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        _add(archive, MANIFEST, text)
        for name, payload in payloads.items():
            _add(archive, f"arrays/{name}.bin", payload)


def _payload(array: NDArray[Any]) -> bytes:
    if array.dtype.str not in _DTYPES or not np.all(np.isfinite(array)):
        raise ValueError("an archive holds finite float64 and int64 arrays")
    return np.ascontiguousarray(array).tobytes()


def _add(archive: zipfile.ZipFile, name: str, payload: bytes) -> None:
    member = zipfile.ZipInfo(name, _EPOCH)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o600 << 16
    archive.writestr(member, payload)


def read_archive(path: Path, kind: ArchiveFormat) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The manifest and the arrays; `InputError` for anything that `write_archive` did not write."""
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            return _read(archive, path, kind)
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or type(error).__name__}", "check the path") from error
    except Exception as error:  # whatever zlib, struct, json or numpy make of bytes that nobody vouches for
        raise _damaged(path, f"is not a {kind.title}, or is damaged") from error


def _damaged(path: Path, what: str) -> InputError:
    return InputError(f"{path} {what}", "fetch it again, or fit the model again")


def _read(archive: zipfile.ZipFile, path: Path, kind: ArchiveFormat) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    names = [member.filename for member in archive.infolist()]
    if len(names) > MAX_MEMBERS or len(set(names)) != len(names):
        raise _damaged(path, "has too many members, or one twice")
    manifest = json.loads(_member(archive, MANIFEST, MAX_MANIFEST), parse_constant=_no_constant)
    if not isinstance(manifest, dict) or manifest.get("format") != kind.name:
        raise _damaged(path, f"is not a {kind.title}")
    version = manifest.get("format_version")
    if type(version) is not int or version < 1:
        raise _damaged(path, "does not say its version")
    if version > kind.version:
        raise InputError(
            f"{path} has format version {version}, and this synthcli reads up to {kind.version}",
            "install a newer synthcli",
        )
    index = manifest["arrays"]
    if set(names) != {MANIFEST, *(f"arrays/{name}.bin" for name in index)}:
        raise _damaged(path, "has members that its manifest does not name, or lacks some")
    if sum(_declared_bytes(entry) for entry in index.values()) > MAX_ARRAYS:
        raise _damaged(path, "claims more data than a model holds")
    return manifest, {name: _array(archive, name, entry, path) for name, entry in index.items()}


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} in a manifest")


def _declared_bytes(entry: Mapping[str, Any]) -> int:
    shape = entry["shape"]
    if entry["dtype"] not in _DTYPES or len(shape) > 64 or any(type(n) is not int or n < 0 for n in shape):
        raise ValueError("an array of an unknown kind")
    return 8 * int(prod(shape))


def _array(archive: zipfile.ZipFile, name: str, entry: Mapping[str, Any], path: Path) -> NDArray[Any]:
    size = _declared_bytes(entry)
    payload = _member(archive, f"arrays/{name}.bin", size)
    if len(payload) != size or hashlib.sha256(payload).hexdigest() != entry["sha256"]:
        raise _damaged(path, "is damaged: an array does not match its checksum")
    array = np.frombuffer(payload, dtype=_DTYPES[entry["dtype"]]).reshape(entry["shape"])
    if not np.all(np.isfinite(array)):
        raise _damaged(path, "holds a number that is not finite")
    return array


def _member(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """At most `limit` bytes are ever unpacked, whatever the directory claims."""
    buffer = io.BytesIO()
    with archive.open(name) as member:
        while chunk := member.read(min(1 << 20, limit + 1 - buffer.tell())):
            buffer.write(chunk)
            if buffer.tell() > limit:
                raise ValueError("a member is larger than it may be")
    return buffer.getvalue()
