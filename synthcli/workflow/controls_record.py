"""The record of a battery of controls: for which build, when, with what outcome. A private file beside the ledger."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from synthcli import __version__
from synthcli.audit.build_digest import build_digest
from synthcli.audit.controls.battery import CONTROLS, is_as_expected
from synthcli.audit.rates import clopper_pearson
from synthcli.files import atomic_write
from synthcli.privacy.ledger import ledger_folder
from synthcli.workflow.controls import Controls

_NAME = "controls.json"


def controls_document(found: Controls, table: str) -> dict[str, Any]:
    """The object of `--json`: each control with its outcomes, and the rate at which they were as expected."""
    listed = []
    for control in CONTROLS:
        outcomes = found.of(control)
        right = sum(is_as_expected(control, outcome) for outcome in outcomes)
        low, high = clopper_pearson(right, len(outcomes), 0.975)
        listed.append(
            {
                "id": control.id,
                "title": control.title,
                "expected": control.expected,
                "as_expected": right,
                "repeats": len(outcomes),
                "low": low,
                "high": high,
                "outcomes": dict(Counter(outcomes)),
            }
        )
    return {
        "passed": not found.failed,
        "failed": [control.id for control in found.failed],
        "table": table,
        "date": datetime.now(UTC).date().isoformat(),
        "build": {"synthcli": __version__, "digest": build_digest()},
        "controls": listed,
    }


def remember(document: Mapping[str, Any], ledger: str | None) -> Path:
    """Write the record (mode 0600) in the folder of the ledger; one battery replaces another."""
    place = _place(ledger)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    atomic_write(place, json.dumps(document, indent=1).encode(), mode=0o600)
    return place


def remembered(ledger: str | None) -> str | None:
    """What the record says of this very build, in a sentence; None without one that can be read."""
    try:
        record = json.loads(_place(ledger).read_bytes())
        if record["build"]["digest"] != build_digest():
            return None
        said = "passed" if record["passed"] is True else f"did not all pass ({', '.join(map(str, record['failed']))})"
        return f"the audit's controls {said} for this build on {record['date']} ({record['table']})"
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _place(ledger: str | None) -> Path:
    return ledger_folder(ledger) / _NAME
