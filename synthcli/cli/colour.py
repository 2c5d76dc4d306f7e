"""Colour, where the terminal and its owner want it."""

import os
from enum import StrEnum
from typing import TextIO


class Colour(StrEnum):
    """The colours we use, as terminal codes."""

    RED = "31"
    GREEN = "32"
    YELLOW = "33"
    CYAN = "36"


def wants_colour(stream: TextIO) -> bool:
    """NO_COLOR and TERM=dumb forbid it, FORCE_COLOR asks for it, a terminal gets it."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def paint(text: str, colour: Colour, stream: TextIO) -> str:
    """The text, bold and in that colour if the stream wants colour."""
    return f"\x1b[1;{colour}m{text}\x1b[0m" if wants_colour(stream) else text
