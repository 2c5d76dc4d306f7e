"""What synthetic rows say of themselves: that they are synthetic, and where they come from. Public facts alone.

A Parquet file says it in its metadata; beside a CSV file lies a small JSON file. Whoever fits a model on such rows by
mistake is stopped, and whoever receives them can tell.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet

PARQUET_KEY = b"synthcli.provenance"
_KIND = "synthcli-provenance"
_ENDING = ".provenance.json"
_PACKED = (".gz", ".bz2", ".zst")
_MOST_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where synthetic rows come from.

    `model` is the SHA-256 of the model file. `generation` is 1 for rows of a model of real rows, 2 for rows of a model
    that was knowingly fitted on such rows, and so on. `not_covered` says in words what of them epsilon does not cover.
    """

    version: str
    model: str
    dataset: str
    epsilon: float
    delta: float
    unit: str
    rows: int | None
    """None for rows of so many `persons`: how many these have is drawn with them."""
    seed: int
    generation: int = 1
    replicate: int | None = None
    condition: str | None = None
    balance: str | None = None
    not_covered: str | None = None
    persons: int | None = None

    def to_json(self) -> str:
        """One JSON object, the same text every time."""
        facts = {"schema_version": 1, "kind": _KIND, "synthetic": True, "tool": "synthcli", **asdict(self)}
        return json.dumps(facts, indent=1)


@dataclass(frozen=True)
class Claim:
    """That a file's rows are synthetic, by the file's own word: `where` it stands, and what is said."""

    where: str
    dataset: str
    generation: int


def sidecar_of(path: Path) -> Path:
    """Where the provenance of a CSV file lies."""
    return path.with_name(path.name + _ENDING)


def is_sidecar(path: Path) -> bool:
    """Whether a file holds provenance and no table."""
    return path.name.endswith(_ENDING)


def claims_of(files: Iterable[Path]) -> tuple[Claim, ...]:
    """What the files say of themselves; nothing for files that do not say that they are synthetic."""
    found = ((place, _facts(text)) for file in files for place, text in _texts(file))
    return tuple(_claim(place, facts) for place, facts in found if facts.get("synthetic") is True)


def is_provenance(path: Path) -> bool:
    """Whether a file is one that `Provenance.to_json` made."""
    return _facts(_read(path)).get("kind") == _KIND


def _texts(file: Path) -> Iterable[tuple[str, bytes]]:
    yield f"the metadata of {file}", _metadata(file)
    bare = file.with_suffix("") if file.suffix.lower() in _PACKED else file
    for place in dict.fromkeys((sidecar_of(file), sidecar_of(bare))):
        yield str(place), _read(place)


def _metadata(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            metadata = parquet.read_metadata(stream).metadata
    except (pa.ArrowInvalid, OSError):
        return b""
    return (metadata or {}).get(PARQUET_KEY, b"")  # type: ignore[no-any-return]


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(_MOST_BYTES)
    except OSError:
        return b""


def _facts(text: bytes) -> dict[str, Any]:
    """The object; an empty one for anything else."""
    try:
        facts = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _claim(place: str, facts: dict[str, Any]) -> Claim:
    generation, dataset = facts.get("generation"), facts.get("dataset")
    return Claim(
        where=place,
        dataset=dataset if isinstance(dataset, str) else "",
        generation=generation if type(generation) is int and generation > 0 else 1,
    )
