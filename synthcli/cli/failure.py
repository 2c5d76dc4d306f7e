"""Failures as the user sees them: one `error:` line, details, one `hint:`; or one JSON object. Never a cell's value."""

import errno
import json
import os
import re
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace

import typer

from synthcli.cli.colour import Colour, paint
from synthcli.errors import ExitCode, InputError, Remark, SynthError, place_of

BROKEN_PIPE = 141
"""What a shell says of a process that SIGPIPE ended (128 + 13)."""

_PLAINER = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"Input should be a valid integer.*", "it is a whole number"),
        (r"Input should be a valid number.*", "it is a number"),
        (r"Input should be a finite number.*", "it is a finite number"),
        (r"Input should be greater than or equal to ", "it is at least "),
        (r"Input should be less than or equal to ", "it is at most "),
        (r"Input should be ", "it is "),
        (r"Value error, ", ""),
    )
)
"""What the parser's library says of a value, and what we say."""


class Signalled(SystemExit):
    """A signal asks the process to end; its code is 128 + the signal's number."""


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How to tell a failure. Read off the arguments by hand, since parsing them may be what fails."""

    json: bool = False
    debug: bool = False

    @classmethod
    def of(cls, arguments: Sequence[str]) -> "Manner":
        """The manner that the arguments and the environment ask for."""
        flags = arguments[: arguments.index("--")] if "--" in arguments else arguments
        return cls(json="--json" in flags, debug="--debug" in flags or bool(os.environ.get("SYNTHCLI_DEBUG")))


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What went wrong, what to do about it, and the exit code."""

    code: int
    message: str
    hint: str = ""
    details: tuple[str, ...] = ()


def report_failure(error: BaseException, manner: Manner) -> int:
    """Tell what happened, in the manner asked for; returns the exit code."""
    if isinstance(error, BrokenPipeError):
        return _hang_up()
    failure = describe(error)
    try:
        if manner.debug:
            _print_traceback(error)
        if failure.message and manner.json and _closed() is None:
            sys.stdout.write(_as_json(failure) + "\n")
        elif failure.message and (failure.details or not _is_signal(error)):  # a shell tells of signals by itself
            sys.stderr.write(_as_text(failure))
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        return _hang_up()
    except OSError:
        _silence(sys.stdout.fileno())  # nowhere left to tell: the exit code alone speaks
    return failure.code


def describe(error: BaseException) -> Failure:
    """The failure behind an exception, and what was remarked on it."""
    cause = signal_behind(error) or error
    failure = _describe(cause)
    notes = dict.fromkeys(note for each in (cause, error) for note in getattr(each, "__notes__", ()))
    return replace(failure, details=(*failure.details, *(note for note in notes if isinstance(note, Remark))))


def signal_behind(error: BaseException) -> BaseException | None:
    """The signal that an exception comes from: itself, or what it was made of or raised after."""
    seen: list[BaseException] = []
    ahead: list[BaseException | None] = [error]
    while ahead:
        one = ahead.pop()
        if one is None or one in seen:
            continue
        if isinstance(one, Signalled | KeyboardInterrupt):
            return one
        seen.append(one)
        ahead += (one.__cause__, one.__context__)
    return None


def _is_signal(error: BaseException) -> bool:
    return isinstance(error, typer.Abort) or signal_behind(error) is not None


def _describe(error: BaseException) -> Failure:
    if isinstance(error, SynthError):
        return Failure(code=error.exit_code, message=error.message, hint=error.hint, details=error.details)
    if isinstance(error, typer.TyperException):
        return _usage(error)
    if _is_signal(error):
        code = error.code if isinstance(error, Signalled) and isinstance(error.code, int) else ExitCode.INTERRUPTED
        return Failure(code=code, message="interrupted" if code == ExitCode.INTERRUPTED else "terminated")
    if isinstance(error, MemoryError):
        return Failure(
            code=ExitCode.INPUT,
            message=f"not enough memory{_place(error)}",
            hint="use a machine with more memory; a smaller model needs less (--max-cells of fit and release)",
        )
    if isinstance(error, OSError) and error.errno is not None:
        return _system(error)
    return Failure(
        code=ExitCode.BUG,
        message=f"unexpected {type(error).__name__}{_place(error)}",
        hint="this is a bug in synthcli; run again with --debug for the traceback, which may quote data",
    )


def _usage(error: typer.TyperException) -> Failure:
    """A complaint of the parser. A group that was called alone complains with its whole help text."""
    message = error.format_message()
    context = getattr(error, "ctx", None)
    hint = f"{context.command_path} --help" if context is not None else ""
    if message.startswith("Usage:"):
        sys.stderr.write(message + "\n")
        return Failure(code=ExitCode.USAGE, message="")
    sentence = _plain(" ".join(message.split()).rstrip("."))
    return Failure(code=ExitCode.USAGE, message=sentence[:1].lower() + sentence[1:], hint=hint)


def _plain(sentence: str) -> str:
    """The parser's complaint about a value in words that its user writes, too."""
    for pattern, words in _PLAINER:
        sentence = pattern.sub(words, sentence)
    return sentence


def _system(error: OSError) -> Failure:
    """The operating system refuses: a full disk, a missing permission, a stream that is closed."""
    closed = _closed() if error.errno == errno.EBADF else None
    if closed is not None:
        return _describe(closed)
    reason = (os.strerror(error.errno) if error.errno else "input or output failed").lower()
    file = f": {os.fsdecode(error.filename)}" if isinstance(error.filename, str | bytes) else ""
    return Failure(code=ExitCode.INPUT, message=f"{reason}{file}")


def _closed() -> InputError | None:
    """What is to be told where standard output is closed."""
    from synthcli.files import claim_standard_output

    try:
        claim_standard_output()
    except InputError as closed:
        return closed
    return None


def _place(error: BaseException) -> str:
    """Where in synthcli it happened, as ` at table/read.py:41`; empty if nowhere there."""
    place = place_of(error)
    return f" at {place}" if place else ""


def _as_json(failure: Failure) -> str:
    body = {
        "code": int(failure.code),
        "message": failure.message,
        "hint": failure.hint,
        "details": list(failure.details),
    }
    return json.dumps({"schema_version": 1, "error": body}, indent=2)


def _as_text(failure: Failure) -> str:
    lines = [f"{paint('error:', Colour.RED, sys.stderr)} {failure.message}"]
    lines += [f"  {detail}" for detail in failure.details]
    if failure.hint:
        lines.append(f"  {paint('hint:', Colour.CYAN, sys.stderr)} {failure.hint}")
    return "\n".join(lines) + "\n"


def _print_traceback(error: BaseException) -> None:
    sys.stderr.write("note: the traceback below may quote values of the table; do not pass it on unread\n")
    traceback.print_exception(error, file=sys.stderr)


def _hang_up() -> int:
    """The reader has gone: end quietly, and keep Python from complaining when it flushes at exit."""
    _silence(sys.stdout.fileno())
    return BROKEN_PIPE


def _silence(descriptor: int) -> None:
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, descriptor)
    os.close(sink)
