"""A fit takes no fact from the rows in silence: not even how they are written."""

from dataclasses import replace
from pathlib import Path

import pytest

from synthcli.artifact import load
from synthcli.errors import InputError
from synthcli.privacy.ledger import open_ledger
from synthcli.table.dialect import Dialect
from synthcli.table.profile import propose
from synthcli.table.schema_file import dump_schema
from synthcli.table.source import Source, open_source
from synthcli.workflow.audit import run_audit
from synthcli.workflow.fit import run_fit
from synthcli.workflow.requests import AuditRequest, FitRequest

SCHEMA = "name: t\nfields:\n- {name: city, type: string}\n- {name: word, type: string}\n"
PLAIN = b"city,word\n" + b"Berlin,x\n" * 20_000
UTF8 = "Zürich,x\n".encode() * 500


def _request(folder: Path, raw: bytes, dialect: Dialect | None = None) -> FitRequest:
    (folder / "t.csv").write_bytes(raw)
    (folder / "t.yaml").write_text(SCHEMA)
    return FitRequest(
        data=str(folder / "t.csv"),
        schema=folder / "t.yaml",
        output=folder / "t.synth",
        epsilon="1",
        mechanism="independent",
        ledger=str(folder / "ledger.sqlite"),
        dialect=dialect,
    )


@pytest.mark.parametrize(
    ("raw", "hint"),
    [
        (PLAIN + b"caf\xe9,x\n" + PLAIN[10:] + UTF8, "--encoding"),  # one row: cp1252, and Zürich reads ZÃ¼rich
        ("city,word\n".encode("utf-16-le") + "Berlin,x\n".encode("utf-16-le") * 50, "--encoding"),
        (b"city,word\n" + b"'Bonn','x'\n" * 50, "--quote"),
    ],
)
def test_what_only_the_rows_tell_is_refused_and_costs_nothing(raw: bytes, hint: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        run_fit(_request(tmp_path, raw))
    assert hint in refused.value.hint
    assert open_ledger(tmp_path / "ledger.sqlite").account("t").releases == 0


def test_the_schema_may_say_the_encoding_and_options_win(tmp_path: Path) -> None:
    """`Z\u00fcrich` in cp1252 is another word in cp1251: what is learnt tells by which the file was read."""
    raw = ("city,word\n" + "Zürich,x\n" * 50).encode("cp1252")
    for said, encoding, city in ((None, "cp1252", "Zürich"), ("cp1251", "cp1252", "Zьrich")):
        request = _request(tmp_path, raw, Dialect.of(encoding=said) if said else None)
        request.schema.write_text(f"synthcli:encoding: {encoding}\n" + SCHEMA)
        run_fit(replace(request, refit=True, epsilon="20"))
        assert city in load(request.output).codec.columns[0].encoder.labels()


def test_what_profile_writes_is_fitted_without_options(tmp_path: Path) -> None:
    request = _request(tmp_path, ("city,word\n" + "Zürich,x\n" * 50).encode("cp1252"))
    with open_source(request.data) as source:
        proposal = propose(source, "t")
    assert proposal.schema.encoding == "cp1252"
    request.schema.write_text(dump_schema(proposal.schema, "yaml"))
    run_fit(request)
    assert load(request.output).schema.encoding == "cp1252"


@pytest.mark.parametrize(
    ("raw", "dialect"),
    [
        (PLAIN + UTF8, None),
        (("city,word\n" + "Zürich,x\n" * 50).encode("utf-16"), None),
        (("city,word\n" + "Zürich,x\n" * 50).encode("utf-8-sig"), None),
        (("city,word\n" + "Zürich,x\n" * 50).encode("cp1252"), Dialect.of(encoding="cp1252")),
        (b"city,word\n" + b"'Bonn','x'\n" * 50, Dialect.of(quote="'")),
        (b"city;word\n" + b'"Bonn";x\n' * 50, None),
    ],
)
def test_what_is_said_or_sure_is_taken(raw: bytes, dialect: Dialect | None, tmp_path: Path) -> None:
    assert run_fit(_request(tmp_path, raw, dialect)).rows >= 1


def test_the_audit_reads_by_the_schema_of_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    request = _request(tmp_path, ("city,word\n" + "".join(f"Zürich,x{i}\n" for i in range(5000))).encode("cp1252"))
    request.schema.write_text("synthcli:encoding: cp1252\n" + SCHEMA)
    run_fit(replace(request, audit_coins=0.9))
    opened: list[Dialect | None] = []

    def spy(path: str, dialect: Dialect | None = None) -> Source:
        opened.append(dialect)
        return open_source(path, dialect)

    monkeypatch.setattr("synthcli.workflow.audit.open_source", spy)
    audit = AuditRequest(data=request.data, synthetic="none.csv", model=request.output, ledger=request.ledger)
    with pytest.raises(InputError, match=r"none\.csv"):
        run_audit(audit)
    assert opened == [Dialect(encoding="cp1252"), None]
