"""Report: the page that says what was done, for the steward or for the public."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from synthcli.artifact import load
from synthcli.errors import InputError, UsageError
from synthcli.files import atomic_write, cannot, held_outputs
from synthcli.report.describe import describe
from synthcli.report.document import from_document
from synthcli.report.html import render_html
from synthcli.report.public_audit import PublicAudit, from_public_document
from synthcli.workflow.requests import ReportRequest


def run_report(request: ReportRequest) -> Path:
    """Write the page; an internal one (it compares with real rows) is readable by its owner alone.

    Raises `InputError` for a file that is not a model, or not an audit, `UsageError` for an audit of another model.
    """
    with held_outputs((request.output,), request.force, request.inputs):
        return _report(request)


def _report(request: ReportRequest) -> Path:
    document = None if request.audit is None else from_document(_object(request.audit, "an audit file", "-o"))
    told = None if request.public_audit is None else _public(request.public_audit, request.model)
    page = render_html(describe(load(request.model), document, told), request.public)
    is_internal = document is not None and not request.public
    atomic_write(request.output, page.encode(), mode=0o600 if is_internal else 0o666)
    return request.output


def _public(path: Path, model: Path) -> PublicAudit:
    told = from_public_document(_object(path, "a public audit", "--public"))
    if told.model != sha256(model.read_bytes()).hexdigest():
        raise UsageError("the public audit is of another model", "give the model that was audited")
    return told


def _object(path: Path, what: str, option: str) -> Any:
    """A JSON value; `InputError` where there is none."""
    hint = f"give the file that synthcli audit wrote with {option}"
    try:
        return json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise cannot("read", path, error) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not {what}", hint) from error
