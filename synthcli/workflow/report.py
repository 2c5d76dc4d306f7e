"""Report: the page that says what was done, for the steward or for the public."""

import json
from pathlib import Path

from synthcli.artifact import load
from synthcli.errors import InputError
from synthcli.files import atomic_write, cannot, claim_output
from synthcli.report.describe import describe
from synthcli.report.document import AuditDocument, from_document
from synthcli.report.html import render_html
from synthcli.workflow.requests import ReportRequest


def run_report(request: ReportRequest) -> Path:
    """Write the page; an internal one (it compares with real rows) is readable by its owner alone.

    Raises `InputError` for a file that is not a model, or not an audit, `UsageError` for an audit of another model.
    """
    claim_output(request.output, force=request.force)
    document = None if request.audit is None else _audit(request.audit)
    page = render_html(describe(load(request.model), document), request.public)
    is_internal = document is not None and not request.public
    atomic_write(request.output, page.encode(), mode=0o600 if is_internal else 0o666)
    return request.output


def _audit(path: Path) -> AuditDocument:
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise cannot("read", path, error) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not an audit file", "give the file that synthcli audit wrote with -o") from error
    try:
        return from_document(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not an audit file", "give the file that synthcli audit wrote with -o") from error
