"""How people spell a missing value."""

from synthcli.table.axis import LIMITS
from synthcli.table.calendar import DAY
from synthcli.table.schema import Kind

MARKERS = frozenset(
    ["", "?", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NAN", "NULL", "Null", "null", "NaT", "\\N"]
)
"""Spellings that mean a missing value wherever they stand."""

MARKERS_AMONG_VALUES = MARKERS | {
    *("None", "none", "-", "--", ".", "..", "*", "na", "Missing", "missing", "MISSING"),
    *("Unknown", "unknown", "UNKNOWN", "unk", "UNK", "not available", "Not Available"),
}
"""Spellings that mean a missing value where everything else is a number, a date or a boolean."""

_SECOND = 1_000_000
_LAST_SECOND = LIMITS[Kind.DATETIME][1] + 1 - _SECOND

STAND_INS: dict[Kind, tuple[int, ...]] = {
    Kind.DATE: LIMITS[Kind.DATE],
    Kind.DATETIME: (
        LIMITS[Kind.DATETIME][0],
        LIMITS[Kind.DATETIME][1] + 1 - DAY,
        *(_LAST_SECOND + fraction for fraction in (0, 997_000, 999_000, 999_999)),
    ),
}
"""Days (places on the axis) that mean no day at all: data bases write 0001-01-01 for never, and 9999-12-31 for ever."""
