import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from synthcli.cli.failure import Manner, Signalled, describe, report_failure
from synthcli.errors import ExitCode, InputError, SynthError, remarking
from tests.cli.conftest import Run, environment

SECRET = "s3cr3t-cell"


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:
        return caught


@pytest.mark.parametrize("kind", SynthError.__subclasses__(), ids=lambda k: k.__name__)
def test_our_own_errors_keep_their_code_hint_and_details(
    kind: type[SynthError], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    code = report_failure(raised(kind("it broke", "mend it", ("here", "there"))), Manner())
    out, err = capsys.readouterr()
    assert code == kind.exit_code
    assert out == ""
    assert err == "error: it broke\n  here\n  there\n  hint: mend it\n"


def test_json_failures_are_one_object_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    code = report_failure(raised(InputError("it broke", "mend it", ("here",))), Manner(json=True))
    out, err = capsys.readouterr()
    assert (code, err) == (3, "")
    assert json.loads(out) == {
        "schema_version": 1,
        "error": {"code": 3, "message": "it broke", "hint": "mend it", "details": ["here"]},
    }


def test_an_unexpected_error_tells_type_and_place_but_never_its_message() -> None:
    from synthcli.metric import Metric

    try:
        Metric(id=SECRET, value=float("nan"), low=0, high=1, n=1)
    except ValueError as error:
        failure = describe(error)
    assert failure.code == ExitCode.BUG
    assert failure.message.startswith("unexpected ValueError at metric.py:")
    assert SECRET not in failure.message + failure.hint


def test_debug_prints_the_traceback_with_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    report_failure(raised(ValueError(SECRET)), Manner(debug=True))
    err = capsys.readouterr().err
    assert "may quote values" in err.splitlines()[0]
    assert f"ValueError: {SECRET}" in err


def test_operating_system_errors_name_the_file_and_count_as_input(tmp_path: Path) -> None:
    try:
        (tmp_path / "gone").read_text()
    except OSError as error:
        failure = describe(error)
    assert failure.code == ExitCode.INPUT
    assert failure.message == f"no such file or directory: {tmp_path / 'gone'}"


def test_running_out_of_memory_says_what_to_do() -> None:
    failure = describe(raised(MemoryError()))
    assert failure.code == ExitCode.INPUT
    assert "--max-cells of fit and release" in failure.hint, "no other command has it"


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (Signalled(130), 130, "interrupted"),
        (Signalled(143), 143, "terminated"),
    ],
)
def test_a_signal_says_nothing_but_to_a_program(
    error: BaseException, code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report_failure(raised(error), Manner()) == code
    assert capsys.readouterr() == ("", "")
    assert report_failure(raised(error), Manner(json=True)) == code
    assert json.loads(capsys.readouterr().out)["error"] == {"code": code, "message": message, "hint": "", "details": []}


def test_what_a_signal_has_become_is_still_a_signal(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError) as made, remarking("the budget is gone"):
        try:
            try:
                raise Signalled(143)
            except Signalled as signalled:
                raise ImportError("numpy is broken") from signalled
        except ImportError:
            raise RuntimeError(SECRET) from None
    failure = describe(made.value)
    assert (failure.code, failure.message, failure.details) == (143, "terminated", ("the budget is gone",))
    assert report_failure(raised(made.value.__context__ or made.value), Manner()) == 143
    assert capsys.readouterr() == ("", "")


def test_remarks_are_told_and_other_notes_are_not() -> None:
    error = InputError("it broke", details=("here",))
    with pytest.raises(InputError), remarking("the budget is gone"):
        error.add_note(SECRET)
        raise error
    assert describe(error).details == ("here", "the budget is gone")


def test_a_full_device_on_stdout_is_an_error(synthcli: Run) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "synthcli", "--version"], stdout=full, stderr=subprocess.PIPE, env=environment()
        )
    assert done.returncode == 3
    assert done.stderr.decode() == "error: no space left on device\n"


def test_a_reader_that_leaves_early_gets_no_complaint() -> None:
    script = f"{sys.executable} -m synthcli fit --help | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=environment())
    assert done.stderr == ""
    assert done.stdout.strip() in {"0", "141"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_unwind_and_exit_with_their_code(number: signal.Signals, tmp_path: Path) -> None:
    """A job that waits inside a `finally` is told to leave: the `finally` runs, and the code is 128 + the signal."""
    probe = tmp_path / "probe.py"
    probe.write_text(
        "import sys, time\n"
        "from pathlib import Path\n"
        "from synthcli.cli import app as module\n"
        "def wait(*args, **kwargs):\n"
        "    try:\n"
        "        Path('ready').touch()\n"
        "        time.sleep(60)\n"
        "    finally:\n"
        "        Path('cleaned').touch()\n"
        "module.app.command('wait')(lambda: wait())\n"
        "sys.argv = ['synthcli', 'wait']\n"
        "from synthcli.__main__ import main\n"
        "main()\n"
    )
    process = subprocess.Popen(
        [sys.executable, str(probe)], cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    for _ in range(600):
        if (tmp_path / "ready").exists():
            break
        time.sleep(0.05)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (128 + number, b"", b"")
    assert (tmp_path / "cleaned").exists()
