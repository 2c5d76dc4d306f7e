"""Golden files: what a report said before is what it says now. `SYNTHCLI_GOLDEN=rewrite` writes them anew."""

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def check_golden(name: str, text: str) -> None:
    """Compare with the golden file of that name."""
    file = FOLDER / name
    if os.environ.get("SYNTHCLI_GOLDEN") == "rewrite":
        FOLDER.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
    assert text == file.read_text("utf-8")
