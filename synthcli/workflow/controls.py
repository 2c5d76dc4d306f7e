"""The audit's own controls: fits of a known table, files that leak or do not, and what the audit says of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from synthcli.audit.controls.battery import CONTROLS, FAST, Control, Outcome, is_as_expected
from synthcli.audit.rates import clopper_pearson
from synthcli.audit.release import FALSE_ALARM
from synthcli.errors import InvalidAudit, UsageError
from synthcli.workflow.requests import ControlsRequest, Progress, silent
from synthcli.workflow.trial import Trial, Tried, simulated_trials, trials_of

FAST_ROWS = 3_000


@dataclass(frozen=True)
class Controls:
    """All outcomes of a battery."""

    tried: tuple[Tried, ...]

    def of(self, control: Control) -> tuple[Outcome, ...]:
        """What was said of this control, repeat by repeat."""
        return tuple(tried.outcome for tried in self.tried if tried.control is control)

    @property
    def failed(self) -> tuple[Control, ...]:
        """Positives that were ever missed, and negatives accused more often than the level of 1 % explains."""
        return tuple(control for control in CONTROLS if self._is_wrong(control))

    def _is_wrong(self, control: Control) -> bool:
        outcomes = self.of(control)
        wrong = sum(not is_as_expected(control, outcome) for outcome in outcomes)
        if control.expected == "not accused":
            return clopper_pearson(wrong, len(outcomes), 0.99)[0] > FALSE_ALARM
        return wrong > 0


def run_controls(request: ControlsRequest, progress: Progress = silent) -> Controls:
    """Every control, so often, on simulated tables or on the user's.

    Models and files are forgotten when their audit is done, and no ledger is charged. What comes out compares with real
    rows, and is as private as they are.
    """
    found: list[Tried] = []
    with TemporaryDirectory(prefix="synthcli-controls-") as folder:
        for done, trial in enumerate(_trials(request, Path(folder))):
            progress(f"repeat {done + 1} of {request.repeats}", done / request.repeats)
            found.extend(trial.tried(CONTROLS))
    return Controls(tuple(found))


def _trials(request: ControlsRequest, folder: Path) -> Iterator[Trial]:
    repeats = range(request.repeats)
    if request.data is None:
        return simulated_trials(folder, repeats)
    if request.schema is None:
        raise UsageError("controls on a table of yours need its schema", "give it with --schema")
    return trials_of(
        request.data, request.schema, request.dialect, repeats, request.privacy_unit, request.max_rows_per_unit
    )


@cache
def refuse_blindness() -> None:
    """`InvalidAudit` unless the audit of this build, on this machine, sees planted copies and accuses no fresh rows.

    On a small simulated table, about a second, once in a process. What is wrong is tried again on fresh coins and
    noise, so that chance alone (1 % at most) does not refuse an audit.
    """
    wrong: tuple[Tried, ...] = ()
    chosen = tuple(control for control in CONTROLS if control.id in FAST)
    for _ in range(2):
        with TemporaryDirectory(prefix="synthcli-controls-") as folder:
            (trial,) = simulated_trials(Path(folder), range(1), FAST_ROWS, "independent")
            wrong = tuple(tried for tried in trial.tried(chosen) if not tried.as_expected)
        chosen = tuple(tried.control for tried in wrong)
    if wrong:
        raise InvalidAudit(
            "the audit does not tell planted leaks from honest files: nothing that it says here counts",
            "reinstall synthcli; see what is wrong with: synthcli audit controls",
            tuple(f"control {tried.control.id} ({tried.control.title}): {tried.outcome}" for tried in wrong),
        )
