import copy
import json

import pytest

from synthcli.audit.result import AuditResult, Curve, Histogram
from synthcli.errors import InputError
from synthcli.gate import judge, load_policy
from synthcli.metric import Metric
from synthcli.quality.result import ColumnComparison, Quality
from synthcli.report.document import AuditDocument, from_document, to_document

METRIC = Metric(id="membership.shift.auc", value=0.5, low=0.4, high=0.55, n=900, low_strict=0.3, title="t", note="n")
RESULT = AuditResult(
    setup={"members": 10, "confidence": 0.95, "coin_commitment": "ab"},
    endpoints=(METRIC,),
    diagnostics=(Metric(id="d", value=1, low=0, high=2, n=3, better="higher"),),
    curves=(Curve(id="c", title="t", x=(0.0, 1.0), y=(0.0, 1.0)),),
    histograms=(Histogram(id="h", title="t", edges=(0.0, 1.0), series={"members": (1.0,)}),),
    detection_limits={"membership.shift.auc": 0.53},
    ceilings={"membership.shift.auc": 0.55},
    notes=("a note",),
)
QUALITY = Quality(
    columns=(ColumnComparison(name="a", kind="string", labels=("x",), real=(1.0,), synthetic=(1.0,), tvd=0.0),),
    attributes=("a",),
    pair_tvd=((0.0,),),
    metrics=(METRIC,),
)
POLICY = load_policy(None)
VERDICT = judge(RESULT.endpoints, POLICY)
PRIVACY = {"epsilon": 1.0, "spends": [{"stage": "aim", "rho": 0.1}], "coins": None}


def written() -> dict:
    return json.loads(json.dumps(to_document(RESULT, QUALITY, VERDICT, POLICY, PRIVACY), allow_nan=False))


def test_what_is_written_is_read_back() -> None:
    expected = AuditDocument(verdict=VERDICT, policy=POLICY, privacy=PRIVACY, audit=RESULT, quality=QUALITY)
    assert from_document(written()) == expected


def test_it_says_what_it_is() -> None:
    document = written()
    assert document["schema_version"] == 1 and document["warning"].startswith("internal")


def paths(value, at=()):
    yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from paths(item, (*at, key))


FREE = ("privacy", "warning")


@pytest.mark.parametrize("wrong", [float("nan"), {"x": "y"}, [[None]], True])
def test_no_value_of_a_wrong_type_gets_through_anywhere(wrong) -> None:
    """Every place of the document in turn."""
    for path in paths(written()):
        if not path or path[0] in FREE or path[:2] == ("audit", "setup"):
            continue
        document = written()
        at = document
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = copy.deepcopy(wrong)
        with pytest.raises(InputError):
            from_document(document)


def test_no_key_may_be_missing_or_added() -> None:
    document = written()
    del document["quality"]["columns"][0]["tvd"]
    with pytest.raises(InputError, match="damaged"):
        from_document(document)
    document = written()
    document["audit"]["extra"] = 1
    with pytest.raises(InputError, match="damaged"):
        from_document(document)


@pytest.mark.parametrize("document", [None, [], {}, {"kind": "other"}, "text"])
def test_something_else_is_refused(document) -> None:
    with pytest.raises(InputError, match="not an audit file"):
        from_document(document)
    with pytest.raises(InputError, match="another version"):
        from_document({**written(), "schema_version": 2})
