"""Made-up columns in which no identifier may come twice, and whether there are enough of them."""

from collections.abc import Iterator

from synthcli.synthesizer import Synthesizer
from synthcli.table.schema import Surrogate
from synthcli.table.surrogate import distinct_columns, refuse_few


def never_twice(synthesizer: Synthesizer) -> Iterator[tuple[str, Surrogate]]:
    """The columns that rules want unique, and persons' keys."""
    key = () if synthesizer.persons is None else (synthesizer.persons.key,)
    for name in dict.fromkeys((*sorted(distinct_columns(synthesizer.schema)), *key)):
        surrogate = synthesizer.schema[name].surrogate
        if surrogate is not None:
            yield name, surrogate


def refuse_few_identifiers(synthesizer: Synthesizer, least: int) -> None:
    """`UsageError` where a pattern has fewer identifiers than there will be rows, of which there are `least` or more.

    Told before the first row, since rows that go to standard output cannot be taken back.
    """
    for name, surrogate in never_twice(synthesizer):
        refuse_few(surrogate, least, f"the pattern of column {name!r}")
