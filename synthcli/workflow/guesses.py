"""What the rows may not decide: how all the other rows are read."""

from synthcli.errors import InputError
from synthcli.table.dialect import Dialect
from synthcli.table.encoding import SURE_ENCODINGS
from synthcli.table.source import Source


def refuse_guesses(source: Source, said: Dialect) -> None:
    """An encoding or a quote that is guessed from the rows lets one row decide how all the others are read.

    UTF-8, a byte-order mark and the double quote are no guesses. A wrong delimiter or header gives other names than the
    schema's, which is refused anyway.
    """
    used = source.dialect
    if used is not None and said.encoding is None and used.encoding not in SURE_ENCODINGS:
        raise InputError(
            f"{source.name} is not UTF-8, and its encoding can only be guessed from the rows",
            f"say it, if that is what it is: --encoding {used.encoding}, or synthcli:encoding in the schema file",
        )
    if used is not None and said.quote is None and used.quote != '"':
        raise InputError(
            f"the cells of {source.name} seem to be quoted by {used.quote}, which can only be guessed from the rows",
            "say it with --quote",
        )
