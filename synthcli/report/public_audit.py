"""The public result of an audit: noisy counts and what follows from them, as one JSON object and back."""

from dataclasses import dataclass
from typing import Any

from synthcli.audit.public import ArmCounts
from synthcli.errors import InputError
from synthcli.gate import Policy, Verdict
from synthcli.metric import Metric
from synthcli.report.document import as_plain, as_typed

_KIND = "synthcli-public-audit"
_NOTE = (
    "public: all figures follow from counts with discrete Laplace noise, which are differentially private given the "
    "released model and rows; the bounds allow for the noise"
)
_STAMP = {"schema_version": 1, "kind": _KIND, "note": _NOTE}


@dataclass(frozen=True, kw_only=True)
class PublicAudit:
    """What may be told of an audit. `model` is the model file's SHA-256, `epsilon` what these counts cost (delta 0).

    `scale` is that of the noise. `confidence` is that of the one-sided bounds, noise and chance together. `verdict`
    follows from the noisy counts alone, by the policy's tolerances.
    """

    model: str
    dataset: str
    unit: str
    epsilon: float
    scale: float
    confidence: float
    counts: ArmCounts
    endpoints: tuple[Metric, ...]
    policy: Policy
    verdict: Verdict


def to_public_document(audit: PublicAudit) -> dict[str, Any]:
    """A plain object that `json.dumps` takes, stamped with its version and what it is."""
    return {**_STAMP, **as_plain(audit)}


def from_public_document(document: Any) -> PublicAudit:
    """Read what `to_public_document` wrote; `InputError` for anything else."""
    if not isinstance(document, dict) or document.get("kind") != _KIND or document.get("schema_version") != 1:
        raise InputError("this is not a public audit of this version", "give the file that audit --public wrote")
    try:
        body = {key: value for key, value in document.items() if key not in _STAMP}
        read: PublicAudit = as_typed(PublicAudit, body)
    except (ValueError, TypeError, RecursionError) as error:
        raise InputError("the public audit is damaged", "audit again, or fetch the file again") from error
    return read
