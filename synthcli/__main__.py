"""The process: run the command line and turn whatever happens into one message and one exit code."""

import atexit
import os
import signal
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from io import TextIOWrapper
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:  # later: until a signal is handled, Python tells of it by a traceback
    from synthcli.cli.failure import Manner

_AGAIN = 0.01
"""Seconds after which a signal that came at a bad time is looked at again."""

_LOST = 0.1
"""Seconds after which a signal that nothing unwinds from is raised again."""

_LOSES_EXCEPTIONS = {"opendp", "importlib", "_frozen_importlib"}
"""Modules among whose callers is foreign code that may lose an exception, and go on, crash or raise another."""


def main() -> NoReturn:
    """Run `synthcli` with the process's arguments, and exit."""
    _on_signals(_leave)  # nothing is open yet
    from synthcli.cli.failure import Manner, Signalled

    ending = _Ending()
    atexit.register(ending.leave)
    _fill_standard_streams()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # our products are small: threads cost more than they give
    manner = Manner.of(sys.argv[1:])
    if not manner.debug:
        warnings.simplefilter("ignore")  # a library's warning may quote a value
    sys.unraisablehook = _tell_ignored
    try:
        _on_signals(_unwind)
        ending.code = run(sys.argv[1:], manner)
        _on_signals(_leave)  # nothing is open any more
    except Signalled as leaving:  # before the command began, or while its end was told
        ending.code = int(leaving.code or 0)
    _raise_no_more()
    sys.exit(ending.code)


class _Ending:  # no dataclass: to load these would take longer than all else that goes before the signals
    """The exit code, and the way out that keeps it.

    A reader's thread that still holds our stream when the interpreter is torn down aborts the process (`SIGABRT`), and
    with it the code that a gate goes by: so the process ends as soon as the other exit handlers are done.
    """

    def __init__(self) -> None:
        self.code = 1

    def leave(self) -> NoReturn:
        """The last exit handler, as the one that was registered first."""
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):  # told already, or closed: the exit code alone speaks
                stream.flush()
        os._exit(self.code)


def _fill_standard_streams() -> None:
    """A process that was started without its three streams would give their numbers to the next files it opens.

    What stands in for standard output can only be read, so that results are refused which nobody would get. What an
    encoding cannot write is written by its code, on standard output as on standard error; rows are bytes.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:  # the lowest number that is free is the one that is opened
            os.open(os.devnull, os.O_WRONLY if number == 2 else os.O_RDONLY)
    sys.stdin = sys.stdin or os.fdopen(0)
    sys.stdout = sys.stdout or os.fdopen(1, "w")
    sys.stderr = sys.stderr or os.fdopen(2, "w")
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def run(arguments: list[str], manner: "Manner") -> int:
    """Run one command; returns its exit code and never raises."""
    from synthcli.cli.failure import report_failure, signal_behind

    try:
        from synthcli.cli.app import app

        code = app(arguments, prog_name="synthcli", standalone_mode=False)
        sys.stdout.flush()
        return int(code or 0)
    except SystemExit as leaving:
        _raise_no_more()
        if signal_behind(leaving):
            return report_failure(leaving, manner)
        if isinstance(leaving.__context__, BrokenPipeError):  # Typer exits with 1 when the reader has gone
            return report_failure(leaving.__context__, manner)
        return leaving.code if isinstance(leaving.code, int) else 1
    except BaseException as error:
        _raise_no_more()
        return report_failure(error, manner)


def _on_signals(handle: Callable[[int, FrameType | None], None]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, handle)


def _leave(number: int, _: FrameType | None) -> NoReturn:
    """End at once, with nothing to say and nothing to remove."""
    os._exit(128 + number)


def _unwind(number: int, frame: FrameType | None) -> None:
    """Leave through every `finally`, so that temporary files are removed and reservations settled.

    Not out of a function that foreign code calls, which would lose what is raised there. Python loses it, too, in a
    `__del__` or the callback of a weak reference: so it is raised again and again until `_raise_no_more`.
    """
    may_lose = _may_lose_exceptions(frame)
    signal.signal(signal.SIGALRM, lambda _, later: None if _is_unwinding() else _unwind(number, later))
    signal.setitimer(signal.ITIMER_REAL, _AGAIN if may_lose else _LOST, _LOST)
    if may_lose:
        return
    from synthcli.cli.failure import Signalled

    raise Signalled(128 + number)


def _is_unwinding() -> bool:
    """Whether a `finally`, or the like, is at work because of a signal: it is to be let finish."""
    from synthcli.cli.failure import signal_behind

    handled = sys.exception()
    return handled is not None and signal_behind(handled) is not None


def _raise_no_more() -> None:
    """A signal, if there was one, has come out where it is told: stop raising it again."""
    signal.setitimer(signal.ITIMER_REAL, 0.0)


def _tell_ignored(ignored: "sys.UnraisableHookArgs") -> None:
    """What Python says of an exception that it had to ignore; nothing of a signal, which is raised again."""
    from synthcli.cli.failure import signal_behind

    if ignored.exc_value is None or signal_behind(ignored.exc_value) is None:
        sys.__unraisablehook__(ignored)


def _may_lose_exceptions(frame: FrameType | None) -> bool:
    while frame is not None:
        if str(frame.f_globals.get("__name__")).partition(".")[0] in _LOSES_EXCEPTIONS:
            return True
        frame = frame.f_back
    return False


if __name__ == "__main__":
    main()
