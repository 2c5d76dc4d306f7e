"""How people spell a missing value."""

MARKERS = frozenset(
    ["", "?", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NAN", "NULL", "Null", "null", "NaT", "\\N"]
)
"""Spellings that mean a missing value wherever they stand."""

MARKERS_AMONG_VALUES = MARKERS | {
    *("None", "none", "-", "--", ".", "..", "*", "na", "Missing", "missing", "MISSING"),
    *("Unknown", "unknown", "UNKNOWN", "unk", "UNK", "not available", "Not Available"),
}
"""Spellings that mean a missing value where everything else is a number, a date or a boolean."""
