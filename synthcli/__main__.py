"""The process: run the command line and turn whatever happens into one message and one exit code."""

import os
import signal
import sys
import warnings
from types import FrameType
from typing import NoReturn

from synthcli.cli.failure import Manner, Signalled, report_failure


def main() -> NoReturn:
    """Run `synthcli` with the process's arguments, and exit."""
    _fill_standard_streams()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # our products are small: threads cost more than they give
    manner = Manner.of(sys.argv[1:])
    if not manner.debug:
        warnings.simplefilter("ignore")  # a library's warning may quote a value
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, _unwind)
    sys.exit(run(sys.argv[1:], manner))


def _fill_standard_streams() -> None:
    """A process that was started without its three streams would give their numbers to the next files it opens."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    sys.stdin = sys.stdin or os.fdopen(0)
    sys.stdout = sys.stdout or os.fdopen(1, "w")
    sys.stderr = sys.stderr or os.fdopen(2, "w")


def run(arguments: list[str], manner: Manner) -> int:
    """Run one command; returns its exit code and never raises."""
    try:
        from synthcli.cli.app import app

        code = app(arguments, prog_name="synthcli", standalone_mode=False)
        sys.stdout.flush()
        return int(code or 0)
    except Signalled as leaving:
        return report_failure(leaving, manner)
    except SystemExit as leaving:
        if isinstance(leaving.__context__, BrokenPipeError):  # Typer exits with 1 when the reader has gone
            return report_failure(leaving.__context__, manner)
        return leaving.code if isinstance(leaving.code, int) else 1
    except BaseException as error:
        return report_failure(error, manner)


def _unwind(number: int, frame: FrameType | None) -> None:
    """Leave through every `finally`, so that temporary files are removed and reservations settled."""
    raise Signalled(128 + number)


if __name__ == "__main__":
    main()
