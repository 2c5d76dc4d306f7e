"""Foreign text and numbers, fit to be shown: names of columns and categories may hold anything."""

import re

_UNFIT = re.compile(
    "[^\t\n\r\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]"
)
"""What XML 1.0 forbids or discourages, and the marks that turn the direction of the text around them."""


def legible(text: str) -> str:
    """The text with every character that XML or a reader's eye cannot take replaced by U+FFFD."""
    return _UNFIT.sub("\ufffd", text)


def shorten(text: str, most: int) -> str:
    """One line of at most `most` characters, legible; what is cut off leaves an ellipsis."""
    line = " ".join(legible(text).split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def number(value: float) -> str:
    """A figure for a table: four significant digits, small ones in scientific form, thousands apart."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4f}" if abs(value) >= 1e-3 else f"{value:.2g}"


def plain(value: float) -> str:
    """A parameter as a person writes it: `1`, `0.5`, `1e-9`."""
    return f"{value:.6g}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")


def percent(share: float) -> str:
    """A share in per cent; never rounded to 0 or 100 unless it is."""
    if 0 < share < 0.0005:
        return "under 0.05 %"
    if 0.9995 < share < 1:
        return "over 99.95 %"
    return f"{100 * share:.1f} %".replace(".0 %", " %")


def per_thousand(share: float) -> str:
    """A share as a natural frequency."""
    return f"{1000 * share:.1f}".removesuffix(".0") + " of 1,000"
