"""What a command says, and where: results to stdout, everything for a person to stderr."""

import json
import sys
from codecs import lookup
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from synthcli.cli.colour import Colour, paint
from synthcli.cli.progress import Tell, telling
from synthcli.cli.table import Table, print_table

SCHEMA_VERSION = 1
"""The version of every JSON object on stdout."""


@dataclass(frozen=True, kw_only=True)
class Console:
    """The two streams, and how much the user wants to hear."""

    json: bool = False
    quiet: bool = False
    verbose: bool = False
    show_progress: bool = True

    def say(self, text: str) -> None:
        """Tell a person that something is done."""
        if not self.quiet:
            sys.stderr.write(text + "\n")

    def detail(self, text: str) -> None:
        """Tell a person who asked for more (`--verbose`)."""
        if self.verbose:
            sys.stderr.write(text + "\n")

    def warn(self, text: str) -> None:
        """Tell a person what needs attention, even a quiet one."""
        sys.stderr.write(f"{paint('warning:', Colour.YELLOW, sys.stderr)} {text}\n")

    def text(self, text: str) -> None:
        """Write a result for a person or a pipe; nothing under `--json`."""
        if not self.json:
            sys.stdout.write(text + "\n")

    def table(self, table: Table) -> None:
        """Write a result in rows and columns; nothing under `--json`."""
        if not self.json:
            print_table(table)

    def document(self, content: Mapping[str, Any]) -> None:
        """Write the result as one JSON object, under `--json` alone."""
        if self.json:
            document = {"schema_version": SCHEMA_VERSION, **content}
            is_plain = lookup(sys.stdout.encoding or "utf-8").name != "utf-8"  # which writes all but lone surrogates
            sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=is_plain, allow_nan=False) + "\n")

    def progress(self) -> AbstractContextManager[Tell]:
        """A callback for a long job."""
        return telling(self.show_progress and not self.quiet)
