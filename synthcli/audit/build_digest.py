"""What this installation is: a digest of its own sources and of the libraries that carry the guarantee."""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

from synthcli import __version__

LIBRARIES = ("opendp", "numpy", "scipy")


@cache
def build_digest() -> str:
    """SHA-256 (hex) of the version, of every Python file of the package, and of the libraries' versions."""
    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256(__version__.encode())
    for library in LIBRARIES:
        digest.update(f"\0{library} {version(library)}".encode())
    for path in sorted(package.rglob("*.py")):
        content = path.read_bytes()
        digest.update(f"\0{path.relative_to(package).as_posix()} {len(content)}\0".encode() + content)
    return digest.hexdigest()
