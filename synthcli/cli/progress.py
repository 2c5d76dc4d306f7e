"""Progress on stderr: a bar on a terminal, one line per stage elsewhere."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from synthcli.cli.colour import wants_colour

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
    last = ""

    def tell(stage: str, done: float) -> None:
        nonlocal last
        if stage != last:
            last = stage
            sys.stderr.write(f"{stage} …\n")
            sys.stderr.flush()

    return tell


@contextmanager
def _bar() -> Iterator[Tell]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
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
