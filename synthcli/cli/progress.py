"""Progress on stderr: a bar on a terminal, one line per stage elsewhere, and more of a long one."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from synthcli.cli.colour import wants_colour

LONG = 30.0
"""Seconds after which a stage is told of again where there is no bar."""

Tell = Callable[[str, float], None]
"""Called with a stage and the share of it that is done (0 … 1)."""


@contextmanager
def telling(wanted: bool) -> Iterator[Tell]:
    """A callback that shows progress as stderr allows."""
    if not wanted:
        yield lambda stage, done: None
    elif sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        with _bar() as tell:
            yield tell
    else:
        yield _lines()


def _lines() -> Tell:
    shown, began, last = "", 0.0, 0.0

    def tell(stage: str, done: float) -> None:
        nonlocal shown, began, last
        now = monotonic()
        if stage != shown:
            shown, began, last, text = stage, now, now, f"{stage} …"
        elif now - last >= LONG and 0 < done < 1:
            last, text = now, f"{stage} … {done:.0%}, about {_spell((now - began) * (1 - done) / done)} left"
        else:
            return
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()

    return tell


def _spell(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


@contextmanager
def _bar() -> Iterator[Tell]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    console = Console(file=sys.stderr, no_color=not wants_colour(sys.stderr))
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=1.0)
        stage_shown = ""

        def tell(stage: str, done: float) -> None:
            nonlocal stage_shown
            if stage != stage_shown:
                stage_shown = stage
                progress.reset(task, description=stage)
            progress.update(task, completed=done)

        yield tell
