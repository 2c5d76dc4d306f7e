"""What cron needs from a file system: files that appear whole or not at all, locks, and configuration files."""

import errno
import fcntl
import hashlib
import os
import secrets
import stat
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import combinations
from pathlib import Path
from typing import Any, BinaryIO

from synthcli.errors import InputError, UsageError

STANDARD_STREAM = "-"


def claim_output(path: str | Path, force: bool = False, inputs: Iterable[Path | None] = ()) -> None:
    """Check early that a file may be written, before anything is spent on its content; the text `-` is standard output.

    Raises `UsageError` for a file that is there already (unless `force`), is not a regular one, or is among the files
    that the command reads (`inputs`, under whatever name), `InputError` where the folder does not exist or may not be
    written.
    """
    if path == STANDARD_STREAM:
        return claim_standard_output()
    target = Path(path)
    if target.name == STANDARD_STREAM:  # whoever can write to a stream passes text
        raise UsageError("this cannot go to standard output", "name the file to write")
    if not target.name:
        raise UsageError(f"{target} is a folder, not a file", "name the file to write")
    try:
        found: os.stat_result | None = target.stat()
    except FileNotFoundError:
        found = None
    except OSError as error:
        raise cannot("write", target, error) from error
    if found:
        _refuse_found(target, found.st_mode)
        _refuse_input(target, found, inputs)
        _refuse_there(target, force)
    folder = _real(target).parent
    if not folder.is_dir():
        raise InputError(f"cannot write {target}: its folder does not exist", f"mkdir -p {folder}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"cannot write {target}: no permission to write in its folder", "write to another folder")


def claim_standard_output() -> None:
    """`InputError` where standard output is closed, or open for reading alone: what is written there would be lost."""
    try:
        is_open = fcntl.fcntl(1, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY
    except OSError:
        is_open = False
    if not is_open:
        raise InputError(
            "cannot write standard output: it is closed",
            "send it to a file or a pipe; to /dev/null, if nobody is to read it",
        )


def claim_outputs(
    paths: Iterable[str | Path | None], force: bool = False, inputs: Collection[Path | None] = ()
) -> None:
    """Claim each file that is named (see `claim_output`); `UsageError` too where two are one, however they are spelt.

    The later one would replace the other.
    """
    named = [path for path in paths if path is not None]
    for first, second in combinations(named, 2):
        if _real(Path(first)) == _real(Path(second)):
            raise UsageError(
                f"each result needs a file of its own: {second} is named for two", "name another file for one of them"
            )
    for path in named:
        claim_output(path, force, inputs)


@contextmanager
def held_outputs(
    paths: Iterable[str | Path | None], force: bool = False, inputs: Collection[Path | None] = ()
) -> Iterator[None]:
    """Claim the files that are named (see `claim_outputs`), and hold them while the block runs.

    `InputError` where another run holds one of them: the later of two would replace what the other one wrote.
    """
    named = [path for path in paths if path is not None]
    claim_outputs(named, force, inputs)
    with ExitStack() as stack:
        for path in named:
            if path != STANDARD_STREAM:
                stack.enter_context(_held(_real(Path(path))))
                _refuse_there(Path(path), force)  # it may have come since it was claimed
        yield


@contextmanager
def _held(target: Path) -> Iterator[None]:
    """A lock beside the file, which goes when the block ends; one that a killed process left behind is taken over."""
    name = os.fsencode(target.name)
    short = target.name if len(name) <= 200 else hashlib.sha256(name).hexdigest()
    place = target.with_name(f".{short}.synthcli-lock")
    try:
        descriptor = _locked(place)
    except BlockingIOError as error:
        raise InputError(
            f"another run is at work on {target}", "wait until it has ended, or write elsewhere"
        ) from error
    except OSError as error:
        raise cannot("write", target, error) from error
    try:
        yield
    finally:
        place.unlink(missing_ok=True)
        os.close(descriptor)


def _locked(place: Path) -> int:
    """A locked file at this place, and not one that its last holder has removed in between."""
    while True:
        descriptor = os.open(place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _lock(descriptor)
            if os.path.samestat(os.fstat(descriptor), place.stat()):
                return descriptor
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    """`BlockingIOError` where another run has it. A file system that knows no locks cannot tell, and is no obstacle."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):
            raise


def claim_folder(path: Path) -> None:
    """Check early that a folder is there, or can be made, and may be written; `InputError` otherwise."""
    nearest = next(folder for folder in (path, *path.parents) if os.access(folder, os.F_OK))
    if not nearest.is_dir():
        raise InputError(f"cannot write {path}: {nearest} is not a folder", "name another folder")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise InputError(f"cannot write {path}: no permission to write in {nearest}", "name another folder")


def _refuse_there(target: Path, force: bool) -> None:
    if not force and target.exists():
        raise UsageError(f"{target} is there already", "write elsewhere, or overwrite it with --force")


def _refuse_found(target: Path, mode: int) -> None:
    """`UsageError` for what is there and is no file that could be replaced."""
    if stat.S_ISDIR(mode):
        raise UsageError(f"{target} is a folder, not a file", "name the file to write")
    if not stat.S_ISREG(mode):
        raise UsageError(
            f"{target} is not a regular file", "name a file, or '-' for standard output where it is allowed"
        )


def _refuse_input(target: Path, found: os.stat_result, inputs: Iterable[Path | None]) -> None:
    for place in filter(None, inputs):
        with suppress(OSError):  # an input that is not there is told by whoever reads it
            if os.path.samestat(found, place.stat()):
                raise UsageError(f"{target} is an input of this command, too", "write elsewhere")


@contextmanager
def atomic_file(path: str | Path, mode: int = 0o666) -> Iterator[BinaryIO]:
    """A file to write that shows up at `path`, whole and durable, when the block ends without an exception.

    The bytes go to a temporary file beside the target (permissions `mode` less the umask), which replaces it in one
    step; after an exception nothing is left. Raises `InputError` where the file system refuses (permission, full disk).
    """
    target = _real(Path(path))
    temporary = target.with_name(f".{target.name[:200]}.{secrets.token_hex(6)}.tmp")
    try:  # from before the file is there, so that a signal in between removes it too
        descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        raise cannot("write", path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def atomic_write(path: str | Path, content: bytes, mode: int = 0o666) -> None:
    """Write a whole file in one step; see `atomic_file`."""
    with atomic_file(path, mode) as file:
        file.write(content)


@contextmanager
def lock(path: str | Path) -> Iterator[None]:
    """Hold an exclusive lock while the block runs; the file stays, the lock ends with the process at the latest.

    Raises `InputError` at once where another process holds it.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise cannot("lock", path, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise InputError(f"another run holds the lock {path}", "wait until it has ended, and try again") from error
    finally:
        os.close(descriptor)


def read_toml(path: Path, what: str, hint: str, parse_float: Callable[[str], Any] = float) -> dict[str, Any]:
    """A configuration file; `UsageError` where it cannot be read, or is not TOML. `what` is it called in messages."""
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8"), parse_float=parse_float)
    except OSError as error:
        raise UsageError(f"cannot read {what} {path}: {error.strerror or type(error).__name__}", hint) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{what} {path} is not UTF-8", "save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{what} {path} is not TOML: {error}", hint) from error
    except RecursionError as error:
        raise UsageError(f"{what} {path} is not TOML that can be read: it is nested too deeply", hint) from error


def cannot(action: str, path: str | Path, error: OSError) -> InputError:
    """The system's refusal in one sentence."""
    reason = error.strerror or type(error).__name__
    if path == STANDARD_STREAM:
        return InputError(f"cannot {action} standard output: {reason}", "check where it goes, and the free space there")
    return InputError(f"cannot {action} {path}: {reason}", "check the path, its permissions and the free space")


def _real(path: Path) -> Path:
    """Where a link points to: the target is replaced, not the link."""
    return Path(os.path.realpath(path))


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
