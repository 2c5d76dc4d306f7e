"""Every planted bug is caught. SYNTHCLI_PLANTED says how often each is tried (default 1).

A clean build is tested in tests/cli/test_conformance.py.
"""

import os

import pytest

from tests.audit.conformance.planted import PLANTED
from tests.audit.conformance.small import first_contradiction, small

REPEATS = int(os.environ.get("SYNTHCLI_PLANTED", "1"))


@pytest.mark.parametrize("repeat", range(REPEATS))
@pytest.mark.parametrize("bug", PLANTED)
def test_a_planted_bug_is_caught(bug: str, repeat: int, monkeypatch: pytest.MonkeyPatch) -> None:
    PLANTED[bug](monkeypatch)
    assert first_contradiction(small()) is not None
