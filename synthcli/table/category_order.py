"""The natural order of categories that are ranges of numbers or steps of a well-known scale."""

import re
from collections.abc import Collection

_RANGE = re.compile(r"([\[(<>=≤≥~\s]*)(-?[0-9]+(?:\.[0-9]+)?)(.*)")
_SCALES = (
    ("very low", "low", "medium", "high", "very high"),
    ("low", "moderate", "high"),
    ("none", "mild", "moderate", "severe"),
    ("small", "medium", "large"),
    ("never", "rarely", "sometimes", "often", "always"),
    ("strongly disagree", "disagree", "neutral", "agree", "strongly agree"),
    ("poor", "fair", "good", "very good", "excellent"),
)


def ordered(categories: Collection[str]) -> tuple[str, ...] | None:
    """The categories in their natural order, or None where they have none that can be told."""
    if len(categories) < 2:
        return None
    return _by_scale(categories) or _by_number(categories)


def _by_scale(categories: Collection[str]) -> tuple[str, ...] | None:
    small = {category.strip().lower(): category for category in categories}
    for scale in _SCALES:
        if len(small) == len(categories) and len(small) > 1 and set(small) <= set(scale):
            return tuple(small[step] for step in scale if step in small)
    return None


def _by_number(categories: Collection[str]) -> tuple[str, ...] | None:
    """Ranges such as [0-10), 10-19, <30, 85+: by the number that they begin with; bare codes have no order."""
    matches = {category: _RANGE.fullmatch(category) for category in categories}
    if not all(matches.values()) or not any(
        m and (m[1] or re.match(r"\s*(-|–|\+|to\b|and\b)", m[3])) for m in matches.values()
    ):
        return None
    keys = {category: _key(m) for category, m in matches.items() if m}
    return tuple(sorted(keys, key=keys.__getitem__)) if len(set(keys.values())) == len(keys) else None


def _key(match: re.Match[str]) -> tuple[float, int]:
    """The first number; below it for <, above it for >."""
    return float(match[2]), -1 if "<" in match[1] or "≤" in match[1] else 1 if ">" in match[1] else 0
