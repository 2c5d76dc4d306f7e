"""Where the coins of fits lie: in the ledger's folder, each file under the commitment of its coins."""

from pathlib import Path

_FOLDER = "coins"


def coins_place(folder: Path, commitment: str) -> Path:
    """Where the coins of a model lie, beside the ledger in this folder."""
    return folder / _FOLDER / f"{commitment[:32]}.json"


def kept_coins(folder: Path) -> list[Path]:
    """The coins of all models that were fitted with the ledger in this folder."""
    return sorted((folder / _FOLDER).glob("*.json"))
