"""Write docs/cli.md from the commands' own help, so that the page cannot lag behind the program.

`python docs/generate_cli.py` writes the page; with `--check` it exits 1 if the page would change.
"""

import os
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).with_name("cli.md")
COMMANDS = (
    (),
    ("profile",),
    ("fit",),
    ("sample",),
    ("audit",),
    ("audit", "conformance"),
    ("audit", "controls"),
    ("report",),
    ("release",),
    ("ledger",),
    ("ledger", "init"),
    ("ledger", "amend"),
    ("ledger", "show"),
    ("ledger", "history"),
    ("ledger", "register-policy"),
)

INTRODUCTION = """\
# The command line

Written by `make docs` from `synthcli --help`; do not edit by hand.

Options may also come from the environment and from a file: flags go before `SYNTHCLI_<COMMAND>_<KEY>` variables
(`SYNTHCLI_FIT_EPSILON=1`), these before `synthcli.toml` in the working directory (or `--config FILE`), and the file
before the defaults. The keys are those of the release file, which the README shows. Results go to stdout and everything
else to stderr. NO_COLOR, FORCE_COLOR and TERM=dumb are honoured.
"""


def help_of(command: tuple[str, ...]) -> str:
    """What `synthcli COMMAND --help` prints, 80 columns wide."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("SYNTHCLI_")}
    done = subprocess.run(
        [sys.executable, "-m", "synthcli", *command, "--help"],
        env={**plain, "COLUMNS": "80", "TERM": "dumb"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())


def page() -> str:
    """The whole page."""
    sections = [f"## {' '.join(('synthcli', *command))}\n\n```\n{help_of(command)}\n```\n" for command in COMMANDS]
    return "\n".join((INTRODUCTION, *sections))


def main(arguments: list[str]) -> int:
    """Write the page, or check it; returns the exit code."""
    wanted = page()
    if "--check" not in arguments:
        PAGE.write_text(wanted, "utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text("utf-8") == wanted:
        return 0
    sys.stderr.write(f"{PAGE} differs from the commands' help; run: make docs\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
