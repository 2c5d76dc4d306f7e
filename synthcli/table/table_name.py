"""What a table is called by the place where it lies."""

import glob
from itertools import takewhile
from pathlib import Path

from synthcli.files import STANDARD_STREAM


def table_name(path: str) -> str:
    """The stem of a file, the name of a folder, for a glob that of the folder before it.

    Empty where the place says nothing: standard input, a glob in the working directory, a name that starts with a dot,
    or one that is not text.
    """
    name = _name(path)
    return name if name.isprintable() else ""


def _name(path: str) -> str:
    place = Path(path)
    if path == STANDARD_STREAM:
        return ""
    if glob.has_magic(path) and not place.exists():
        return Path(*takewhile(lambda part: not glob.has_magic(part), place.parts)).name.split(".")[0]
    return (place.name or place.resolve().name).split(".")[0]
