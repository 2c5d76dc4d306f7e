"""What can go wrong, as values: one sentence, one hint, one exit code. Never a cell's value."""

import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from enum import IntEnum
from pathlib import Path


class ExitCode(IntEnum):
    """What the process says to the shell. 1 is what Python itself returns, so it never means a verdict."""

    DONE = 0
    BUG = 1
    USAGE = 2
    INPUT = 3
    BUDGET = 4
    LEAK = 10
    INCONCLUSIVE = 11
    CONTRADICTED = 12
    INVALID_AUDIT = 13
    INTERRUPTED = 130
    TERMINATED = 143


def closest(word: str, known: Iterable[str]) -> str:
    """What a misspelt word was perhaps meant to be, as `; did you mean 'income'?`; empty where nothing is close."""
    by_case = {candidate.lower(): candidate for candidate in known}
    found = get_close_matches(word.lower(), by_case, n=1)
    return f"; did you mean {by_case[found[0]]!r}?" if found else ""


_PACKAGE = Path(__file__).resolve().parent


def place_of(error: BaseException) -> str:
    """Where in synthcli it happened, as `table/read.py:41`; empty if nowhere there. Never what the error says."""
    place = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        file = Path(frame.f_code.co_filename)
        if file.is_relative_to(_PACKAGE):
            place = f"{file.relative_to(_PACKAGE).as_posix()}:{line}"
    return place


class Remark(str):
    """What a failure means for the user beyond its cause; a note on the exception, which the command line tells."""


@contextmanager
def remarking(text: str) -> Iterator[None]:
    """Whatever leaves the block by an exception, a signal's too, carries this remark."""
    try:
        yield
    except BaseException as error:
        error.add_note(Remark(text))
        raise


class SynthError(Exception):
    """A problem that the user can understand and mend.

    `message` names column, row count and place, never a value. `details` lists further problems of the
    same kind, one line each, so that all are reported at once.
    """

    exit_code = ExitCode.BUG

    def __init__(self, message: str, hint: str = "", details: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details


class UsageError(SynthError):
    """A flag, a configuration file or a combination of them is wrong."""

    exit_code = ExitCode.USAGE


class InputError(SynthError):
    """A file cannot be read, written, parsed, or does not match its schema."""

    exit_code = ExitCode.INPUT


class BudgetRefused(SynthError):
    """The privacy budget of the data set does not allow this."""

    exit_code = ExitCode.BUDGET


class InvalidAudit(SynthError):
    """The audit's set-up cannot give a valid answer (wrong coins, too few rows, another schema)."""

    exit_code = ExitCode.INVALID_AUDIT
