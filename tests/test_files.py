"""Files appear whole or not at all."""

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from synthcli import files
from synthcli.errors import InputError, UsageError
from synthcli.files import atomic_file, atomic_write, claim_folder, claim_output, claim_outputs, held_outputs, lock


def _listed(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_whole(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    with atomic_file(target) as file:
        file.write(b"half")
        assert not target.exists()
        file.write(b" and half")
    assert target.read_bytes() == b"half and half"
    assert _listed(tmp_path) == ["a.txt"]


def test_an_exception_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(RuntimeError), atomic_file(target) as file:
        file.write(b"new")
        raise RuntimeError
    assert target.read_text() == "old"
    assert _listed(tmp_path) == ["a.txt"]


def test_mode_is_kept_private(tmp_path: Path) -> None:
    atomic_write(tmp_path / "secret", b"x", mode=0o600)
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


def test_a_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    atomic_write(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_no_space_while_writing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No space left on device"), atomic_file(tmp_path / "a"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert _listed(tmp_path) == []


def test_a_missing_folder_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        atomic_write(tmp_path / "no" / "a", b"")


@pytest.mark.parametrize("force", [False, True])
def test_claims(tmp_path: Path, force: bool) -> None:
    claim_output("-", force)
    with pytest.raises(UsageError, match="standard output"):
        claim_output(Path("-"), force)
    claim_output(tmp_path / "new", force)
    with pytest.raises(UsageError, match="is a folder"):
        claim_output(tmp_path, force)
    with pytest.raises(UsageError, match="not a regular file"):
        claim_output("/dev/null", force)
    with pytest.raises(InputError, match="does not exist") as caught:
        claim_output(tmp_path / "no" / "a", force)
    assert "mkdir -p" in caught.value.hint


def test_an_existing_file_needs_force(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    with pytest.raises(UsageError, match="there already") as caught:
        claim_output(tmp_path / "a")
    assert "--force" in caught.value.hint
    claim_output(tmp_path / "a", force=True)


@pytest.mark.parametrize("other", ["a.json", "x/../a.json", "link.json", "folder/a.json"])
def test_no_two_outputs_are_one_file_however_it_is_spelt(other: str, tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to("a.json")
    (tmp_path / "folder").symlink_to(".")
    with pytest.raises(UsageError, match="each result needs a file of its own") as refused:
        claim_outputs((tmp_path / "a.json", None, tmp_path / "b.json", tmp_path / other))
    assert str(tmp_path / other) in refused.value.message
    claim_outputs((tmp_path / "a.json", None, tmp_path / "b.json"))
    (tmp_path / "b.json").touch()
    with pytest.raises(UsageError, match="is there already"):
        claim_outputs((tmp_path / "a.json", tmp_path / "b.json"))
    claim_outputs((tmp_path / "a.json", tmp_path / "b.json"), force=True)


def test_an_input_is_never_claimed_under_whatever_name(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    (tmp_path / "link").symlink_to("a")
    os.link(tmp_path / "a", tmp_path / "hard")
    inputs = (None, tmp_path / "absent", tmp_path / "a")
    for name in ("a", "link", "hard", "../" + tmp_path.name + "/a"):
        for force in (False, True):
            with pytest.raises(UsageError, match="is an input of this command, too"):
                claim_output(tmp_path / name, force, inputs)
    (tmp_path / "other").write_text("old")
    claim_output(tmp_path / "other", True, inputs)
    claim_output(tmp_path / "new", False, inputs)


def test_a_lock_is_exclusive_and_free_again(tmp_path: Path) -> None:
    with lock(tmp_path / "lock"):
        with pytest.raises(InputError, match="another run"), lock(tmp_path / "lock"):
            pytest.fail("two locks at once")
        assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600
    with lock(tmp_path / "lock"):
        pass


_WRITE_FOR_EVER = """
import signal, sys, time
from synthcli.files import atomic_file

def leave(number, frame):
    raise SystemExit(128 + number)

signal.signal(signal.SIGTERM, leave)
with atomic_file(sys.argv[1]) as file:
    while True:
        file.write(b"x" * 1000)
        time.sleep(0.01)
"""


def test_a_termination_cleans_up(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _WRITE_FOR_EVER, str(tmp_path / "a")]) as process:
        for _ in range(1000):
            if _listed(tmp_path):
                break
            time.sleep(0.02)
        assert len(_listed(tmp_path)) == 1
        process.terminate()
        assert process.wait(20) == 143
    assert _listed(tmp_path) == []


def test_a_folder_that_can_be_made_may_be_claimed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    claim_folder(tmp_path)
    claim_folder(tmp_path / "new" / "newer")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file is not a folder"):
        claim_folder(tmp_path / "file" / "new")
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: mode == os.F_OK and allowed(path, mode))
    with pytest.raises(InputError, match="no permission"):
        claim_folder(tmp_path / "new")
    assert _listed(tmp_path) == ["file"]


HOLD = """\
import sys, time
from pathlib import Path
from synthcli.files import held_outputs
with held_outputs((Path(sys.argv[1]),)):
    print("held", flush=True)
    time.sleep(60)
"""


def _holder(target: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(target)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


@pytest.mark.parametrize("force", [False, True])
def test_an_output_that_another_run_is_at_is_refused(tmp_path: Path, force: bool) -> None:
    target = tmp_path / "a.csv"
    (tmp_path / "link").symlink_to(tmp_path)
    holder = _holder(target)
    for name in (target, tmp_path / "link" / "a.csv"):
        with (
            pytest.raises(InputError, match=f"another run is at work on {target}") as refused,
            held_outputs((tmp_path / "b.csv", name), force),
        ):
            pytest.fail("both at once")
        assert refused.value.hint
    with held_outputs((tmp_path / "b.csv", None, "-"), force):
        pass
    holder.kill()
    holder.communicate()
    with held_outputs((target,), force):  # what a killed run left behind is no lock
        target.write_text("")
    assert _listed(tmp_path) == ["a.csv", "link"]


def test_a_file_that_came_while_the_lock_was_waited_for_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a.csv"
    claim = files.claim_outputs

    def late(*arguments: object) -> None:
        claim(*arguments)  # type: ignore[arg-type]
        target.write_text("of another run")

    monkeypatch.setattr(files, "claim_outputs", late)
    with pytest.raises(UsageError, match="is there already"), held_outputs((target,)):
        pytest.fail("would replace it")
    with held_outputs((target,), force=True):
        pass
    assert _listed(tmp_path) == ["a.csv"]


def test_a_lock_that_was_removed_in_between_is_taken_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flock, before = files.fcntl.flock, [1]

    def removed(descriptor: int, how: int) -> None:
        flock(descriptor, how)
        if before.pop():
            (tmp_path / ".a.csv.synthcli-lock").unlink()
            before.append(0)

    monkeypatch.setattr(files.fcntl, "flock", removed)
    with held_outputs((tmp_path / "a.csv",)):
        assert _listed(tmp_path) == [".a.csv.synthcli-lock"]
    assert _listed(tmp_path) == []


@pytest.mark.parametrize(
    ("number", "is_obstacle"), [(errno.ENOLCK, False), (errno.EOPNOTSUPP, False), (errno.EIO, True)]
)
def test_where_a_file_system_knows_no_locks_files_are_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, is_obstacle: bool
) -> None:
    def refused(descriptor: int, how: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(files.fcntl, "flock", refused)
    if is_obstacle:
        with pytest.raises(InputError, match="cannot write"), held_outputs((tmp_path / "a.csv",)):
            pytest.fail("an error of the disk is none of the lock's")
    else:
        with held_outputs((tmp_path / "a.csv",)):
            pass
        assert _listed(tmp_path) == []


def test_long_names_that_begin_alike_have_locks_of_their_own(tmp_path: Path) -> None:
    with held_outputs((tmp_path / ("a" * 220 + "1.json"), tmp_path / ("a" * 220 + "2.xml"))):
        assert len(_listed(tmp_path)) == 2
