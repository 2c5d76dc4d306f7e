"""The bytes of an input: opened, decompressed by their first bytes, or spooled from standard input."""

import shutil
import sys
import tempfile
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from synthcli.errors import InputError
from synthcli.files import cannot

_MAGIC = ((b"\x1f\x8b", "gzip"), (b"BZh", "bz2"), (b"\x28\xb5\x2f\xfd", "zstd"))
_CHUNK = 1 << 20


@dataclass
class RaggedRows:
    """How many rows had another number of fields than the header, on one pass over a source."""

    count: int = 0


@dataclass(frozen=True)
class RawFile:
    """One file on disk, compressed or not; `name` is what messages call it."""

    path: Path
    name: str

    @property
    def is_parquet(self) -> bool:
        """Whether the file says so in its first bytes."""
        return self._magic() == b"PAR1"

    def open(self) -> Any:
        """A stream of the decompressed bytes (gzip, bz2, zstd by their first bytes); `InputError` if it cannot be."""
        start = self._magic()
        compression = next((name for magic, name in _MAGIC if start.startswith(magic)), None)
        try:
            return pa.input_stream(self.path.open("rb"), compression=compression)  # Arrow opens only names in UTF-8
        except OSError as error:
            raise cannot("read", self.name, error) from error

    def head(self, size: int) -> bytes:
        """The first decompressed bytes."""
        try:
            with self.open() as stream:
                return bytes(stream.read(size))
        except (OSError, pa.ArrowInvalid) as error:
            raise self._damaged() from error

    def chunks(self) -> Iterator[bytes]:
        """All decompressed bytes."""
        try:
            with self.open() as stream:
                while chunk := stream.read(_CHUNK):
                    yield bytes(chunk)
        except (OSError, pa.ArrowInvalid) as error:
            raise self._damaged() from error

    def raw_chunks(self) -> Iterator[bytes]:
        """All bytes as they lie on the disk."""
        try:
            with self.path.open("rb") as stream:
                while chunk := stream.read(_CHUNK):
                    yield chunk
        except OSError as error:
            raise cannot("read", self.name, error) from error

    def _magic(self) -> bytes:
        try:
            with self.path.open("rb") as stream:
                return stream.read(4)
        except OSError as error:
            raise cannot("read", self.name, error) from error

    def _damaged(self) -> InputError:
        return InputError(f"{self.name} cannot be decompressed: it is cut off or damaged", "make the file again")


def spool_stdin() -> RawFile:
    """Standard input as a private temporary file (0600), removed when the process ends at the latest."""
    with tempfile.NamedTemporaryFile(prefix="synthcli-", delete=False) as spool:
        path = Path(spool.name)
        file = RawFile(path, "standard input")
        weakref.finalize(file, path.unlink, missing_ok=True)
        try:
            shutil.copyfileobj(sys.stdin.buffer, spool)
        except OSError as error:
            raise cannot("spool standard input to", path, error) from error
    return file
