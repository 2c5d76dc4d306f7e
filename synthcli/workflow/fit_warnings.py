"""What a fitted model is short of, where its rows would say something else than the table: the steward is to know."""

from collections.abc import Iterator

from synthcli.synthesizer import Synthesizer
from synthcli.table.schema import Surrogate
from synthcli.table.surrogate_pattern import identifiers
from synthcli.workflow.far_values import far_values
from synthcli.workflow.identifiers import never_twice

MOST_UNLISTED = 0.2
"""A column of which a larger share has no value of its own is warned of."""


def warnings_of(synthesizer: Synthesizer) -> tuple[str, ...]:
    """The warnings, each in a line. They rest on the release alone."""
    told = (
        _of_unlisted(synthesizer),
        _of_unclear(synthesizer),
        _of_far_values(synthesizer),
        _of_few_identifiers(synthesizer),
    )
    return tuple(filter(None, told))


def _of_unlisted(synthesizer: Synthesizer) -> str:
    """Columns of which little could be learnt."""
    shares = synthesizer.unlisted.items()
    poor = [f"{name} ({share:.0%} of its rows)" for name, share in shares if share > MOST_UNLISTED]
    if not poor:
        return ""
    return (
        f"too few rows, or too little epsilon, to learn the values of {', '.join(poor)}: these rows get "
        "one of those that were learnt, or none; if the values are public, list them in the schema as categories"
    )


def _of_unclear(synthesizer: Synthesizer) -> str:
    """Numbers and dates that noise may have put anywhere."""
    if not synthesizer.unclear:
        return ""
    return (
        f"too few values, or too little epsilon, to tell where those of {', '.join(synthesizer.unclear)} lie: what is "
        "written may be far from them; if it is public within which bounds they lie, declare minimum and "
        "maximum in the schema"
    )


def _of_far_values(synthesizer: Synthesizer) -> str:
    """Values out of reach, which are written as others."""
    listed = ", ".join(f"{name} ({share:.0%} of its rows)" for name, share in far_values(synthesizer).items())
    if not listed:
        return ""
    return (
        f"values of {listed} lie at an end of what is looked for (dates: 1800 to 2199, numbers: 2^63): "
        "those beyond it are written as ones before it; list what means no value in missingValues, or declare "
        "minimum and maximum in the schema"
    )


def _of_few_identifiers(synthesizer: Synthesizer) -> str:
    """Patterns that have fewer identifiers than a sample draws by default, though none may come twice."""
    short = [
        f"{name} ({found:,} for {rows:,})"
        for name, surrogate, rows in _distinct(synthesizer)
        if (found := identifiers(surrogate)) is not None and found < rows
    ]
    if not short:
        return ""
    return (
        f"the pattern has fewer identifiers than a sample as large as the table, and none may come twice: "
        f"{', '.join(short)}; sample will refuse it: draw fewer by -n, or fit with a longer pattern"
    )


def _distinct(synthesizer: Synthesizer) -> Iterator[tuple[str, Surrogate, int]]:
    """Made-up columns in which none may come twice, and how many are drawn by default: persons' keys, unique ones."""
    persons = synthesizer.persons
    for name, surrogate in never_twice(synthesizer):
        is_key = persons is not None and name == persons.key
        yield name, surrogate, persons.default_persons if persons and is_key else synthesizer.default_rows
