"""A fit takes no fact from the rows in silence: not even how they are written."""

from pathlib import Path

import pytest

from synthcli.errors import InputError
from synthcli.privacy.ledger import open_ledger
from synthcli.table.dialect import Dialect
from synthcli.workflow.fit import run_fit
from synthcli.workflow.requests import FitRequest

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
