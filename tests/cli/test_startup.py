import subprocess
import sys

import pytest

from tests.cli.conftest import environment

HEAVY = {"rich", "pyarrow", "numpy", "opendp", "scipy", "sqlalchemy", "matplotlib", "yaml", "jinja2", "pandas"}
PROBE = """
import sys
sys.argv = ["synthcli", *{arguments!r}]
from synthcli.__main__ import main
try:
    main()
except SystemExit:
    sys.stderr.write(" ".join(sorted({{name.split(".")[0] for name in sys.modules}})))
"""


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["fit", "--help"], ["ledger", "--help"], ["ledger", "show", "--help"]]
)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(arguments=arguments)], env=environment(), capture_output=True, text=True
    )
    assert not HEAVY & set(done.stderr.split())
    assert "typer" in done.stderr.split()


def test_a_fit_and_a_sample_leave_out_what_other_jobs_need() -> None:
    """Half a second each: SciPy's distributions, and what reads folders of Parquet files; and OpenDP's prelude, which
    brings scikit-learn and pandas where they are installed."""
    probe = "import sys, synthcli.workflow.fit, synthcli.workflow.sample; sys.stdout.write(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", probe], env=environment(), capture_output=True, text=True, check=True)
    slow = {"scipy.stats", "scipy.optimize", "pyarrow.dataset", "matplotlib", "opendp.prelude", "opendp.extras.sklearn"}
    assert not slow & set(done.stdout.split())
