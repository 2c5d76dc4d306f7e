"""Proposals: the types, facts and roles that a careful steward would want."""

import csv
import io
import random
import uuid
from datetime import date, datetime, time, timedelta
from importlib.resources import files
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synthcli.errors import InputError
from synthcli.table.profile import Proposal, propose
from synthcli.table.schema import Column, Kind, Role, Surrogate
from synthcli.table.schema_file import dump_schema, load_schema
from synthcli.table.source import open_source, validate


def _propose(path: Path) -> Proposal:
    with open_source(str(path)) as source:
        proposal = propose(source, "t")
        validate(source, proposal.schema)
    return proposal


def _column(tmp_path: Path, name: str, values: list[str]) -> Column:
    """The proposal for one column (beside another that makes the table wide)."""
    text = io.StringIO()
    csv.writer(text).writerows([["other", name], *(["x", value] for value in values)])
    (tmp_path / "t.csv").write_text(text.getvalue())
    return _propose(tmp_path / "t.csv").schema[name]


N = 400
RNG = random.Random(5)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "2", "30"], Column(name="v", kind=Kind.INTEGER, minimum=1, maximum=30, required=True)),
        (["1", "", "-3"], Column(name="v", kind=Kind.INTEGER, minimum=-3, maximum=1)),
        (["1", "?", "3"], Column(name="v", kind=Kind.INTEGER, minimum=1, maximum=3, missing_values=("?", ""))),
        (["1", "N", "3"], Column(name="v", kind=Kind.INTEGER, minimum=1, maximum=3, missing_values=("N", ""))),
        (["1.50", "2", "3.25"],
         Column(name="v", kind=Kind.NUMBER, categories=("1.5", "2.0", "3.25"), ordered=True, required=True)),
        ([f"{i / 8:.3f}" for i in range(300)],
         Column(name="v", kind=Kind.NUMBER, minimum=0.0, maximum=37.375, required=True, decimals=3)),
        (["45.0", "46.0", ""], Column(name="v", kind=Kind.INTEGER, minimum=45, maximum=46)),
        (["45.0", "46", "46.5"],
         Column(name="v", kind=Kind.NUMBER, categories=("45.0", "46.0", "46.5"), ordered=True, required=True)),
        (["1e-9", *(f"{i / 8}" for i in range(300))],
         Column(name="v", kind=Kind.NUMBER, minimum=0.0, maximum=37.375, required=True)),
        (["TRUE", "FALSE"],
         Column(name="v", kind=Kind.BOOLEAN, required=True, true_values=("TRUE",), false_values=("FALSE",))),
        (["true", "false"], Column(name="v", kind=Kind.BOOLEAN, required=True)),
        (["01", "02", "10"], Column(name="v", kind=Kind.STRING, categories=("01", "02", "10"), required=True)),
        (["b", "a", "?"], Column(name="v", kind=Kind.STRING, categories=("a", "b"), missing_values=("?", ""))),
        (["b", "a", ""], Column(name="v", kind=Kind.STRING, categories=("a", "b"))),
        (["CH", "NA", "DE"], Column(name="v", kind=Kind.STRING, categories=("CH", "DE", "NA"), required=True)),
        (["1", "2", "3+"],
         Column(name="v", kind=Kind.STRING, categories=("1", "2", "3+"), ordered=True, required=True)),
        (["<5", "5-9", "10+"],
         Column(name="v", kind=Kind.STRING, categories=("<5", "5-9", "10+"), ordered=True, required=True)),
        (["high", "low"], Column(name="v", kind=Kind.STRING, categories=("low", "high"), ordered=True, required=True)),
        (["2020-01-31", "2021-02-28"],
         Column(name="v", kind=Kind.DATE, minimum=date(2020, 1, 31), maximum=date(2021, 2, 28), required=True)),
        (["31.01.2020", "28.02.2021", "NA"],
         Column(name="v", kind=Kind.DATE, format="%d.%m.%Y", minimum=date(2020, 1, 31), maximum=date(2021, 2, 28),
                missing_values=("NA", ""))),
        (["2020-01-31 10:00:00", "2020-01-31 11:30:05"],
         Column(name="v", kind=Kind.DATETIME, format="%Y-%m-%d %H:%M:%S", required=True,
                minimum=datetime(2020, 1, 31, 10), maximum=datetime(2020, 1, 31, 11, 30, 5))),
        (["2020-01-31T10:00:00.5+01:00", "2020-02-01T00:00:00Z"],
         Column(name="v", kind=Kind.DATETIME, required=True,
                minimum=datetime(2020, 1, 31, 9, 0, 0, 500000), maximum=datetime(2020, 2, 1))),
        (["08:30", "23:15", "00:00"],
         Column(name="v", kind=Kind.TIME, format="%H:%M", minimum=time(0), maximum=time(23, 15), required=True)),
        (["08:30:05", "NA"],
         Column(name="v", kind=Kind.TIME, format="%H:%M:%S", minimum=time(8, 30, 5), maximum=time(8, 30, 5),
                missing_values=("NA", ""))),
        (["08:30", "08:30:05.25"],
         Column(name="v", kind=Kind.TIME, minimum=time(8, 30), maximum=time(8, 30, 5, 250000), required=True)),
        (["8:30 AM", "11:05 PM"],
         Column(name="v", kind=Kind.TIME, format="%I:%M %p", minimum=time(8, 30), maximum=time(23, 5), required=True)),
        (["08:30", "25:00"], Column(name="v", kind=Kind.STRING, categories=("08:30", "25:00"), required=True)),
    ],
)  # fmt: skip
def test_types_and_facts(tmp_path: Path, values: list[str], expected: Column) -> None:
    column = _column(tmp_path, "v", [values[i % len(values)] for i in range(N)])
    facts = {
        fact
        for fact in ("minimum", "maximum", "categories", "decimals", "required")
        if getattr(expected, fact) is not None and getattr(expected, fact) is not False
    }
    assert column.observed == facts
    assert {f: getattr(column, f) for f in vars(expected) if f != "observed"} == {
        f: v for f, v in vars(expected).items() if f != "observed"
    }


def test_all_rows_count(tmp_path: Path) -> None:
    assert _column(tmp_path, "v", ["1"] * 200_000 + ["1.5"]).kind is Kind.NUMBER
    assert _column(tmp_path, "v", ["2020-01-01"] * 200_000 + ["soon", "later"]).kind is Kind.STRING


def test_a_rare_word_among_numbers_is_not_taken_for_a_marker(tmp_path: Path) -> None:
    column = _column(tmp_path, "v", ["1", "2"] * 200 + ["Smith"])
    assert column.missing_values is None


def test_ambiguous_dates_are_flagged(tmp_path: Path) -> None:
    assert _column(tmp_path, "v", ["01/02/2020", "03/04/2020"] * 50).flags == ("ambiguous-date",)
    assert _column(tmp_path, "v", ["01/02/2020", "13/04/2020"] * 50).flags == ()


def _ssn(i: int) -> str:
    return f"{100 + i % 500:03}-{1 + i % 99:02}-{1 + i:04}"


def _luhn(prefix: str) -> str:
    for last in "0123456789":
        digits = [int(c) for c in prefix + last]
        if (sum(digits[::-2]) + sum(d * 2 - 9 * (d > 4) for d in digits[-2::-2])) % 10 == 0:
            return prefix + last
    raise AssertionError


SENTENCES = [f"the patient number {i} came in with a cough and went home" for i in range(N)]
UUIDS = [str(uuid.UUID(int=RNG.getrandbits(128), version=4)) for _ in range(N)]


@pytest.mark.parametrize(
    ("name", "values", "flag", "role"),
    [
        ("first_name", ["Ann", "Bob"] * 200, "name", Role.DROP),
        ("street_address", ["5 Elm St", "7 Oak Ave"] * 200, "address", Role.DROP),
        ("patientName", ["Ann", "Bob"] * 200, "name", Role.DROP),
        ("Surname", ["Ann", "Bob"] * 200, "name", Role.DROP),
        ("v", [f"user{i}@example.org" for i in range(N)], "email", Role.DROP),
        ("v", [f"+41 79 555 {i:04}" for i in range(N)], "phone", Role.DROP),
        ("v", [f"(612) 555-{i:04}" for i in range(N)], "phone", Role.DROP),
        ("v", [_ssn(i) for i in range(N)], "national-id", Role.DROP),
        ("v", [_luhn(f"4{RNG.getrandbits(46):014}"[:15]) for _ in range(N)], "card", Role.DROP),
        ("v", [f"10.0.{i // 200}.{i % 200}" for i in range(N)], "ip-address", Role.DROP),
        ("v", SENTENCES, "free-text", Role.DROP),
        ("v", [f"word{i % 150}" for i in range(N)], "high-cardinality", Role.DROP),
        ("v", [""] * N, "empty", Role.DROP),
        ("v", [str(10**6 + i * 7919 % 100_003) for i in range(1000)], "key", Role.SURROGATE),
        ("mobile", ["5551234", "5554321"] * 200, "phone", Role.DROP),
        ("patient_id", [str(7000 + i // 2 * 3) for i in range(N)], "key", Role.DROP),
        ("rownames", [str(i + 1) for i in range(N)], "key", Role.SURROGATE),
        ("v", UUIDS, "key", Role.SURROGATE),
        ("v", [f"17-{i:06}" for i in range(N)], "key", Role.DROP),
        ("zip_code", ["55401", "55402"] * 200, "postcode", Role.MODEL),
        ("lat", [f"{44 + i / N:.6f}" for i in range(N)], "location", Role.MODEL),
    ],
)
def test_flags_and_roles(tmp_path: Path, name: str, values: list[str], flag: str, role: Role) -> None:
    column = _column(tmp_path, name, values)
    assert flag in column.flags
    assert column.role is role
    if role is not Role.MODEL:
        assert (column.minimum, column.categories) == (None, None)
    if role is Role.SURROGATE:
        assert column.surrogate == Surrogate("uuid" if column.kind is Kind.STRING else "sequence")
        assert column.observed == {"surrogate"}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("clinic_name", ["ward a", "ward b"] * 200),
        ("sent_email", ["0", "1"] * 200),
        ("addr_state", ["MN", "WI"] * 200),
        ("sent_email", ["yes", "no"] * 200),
        ("emails", ["0", "1", "12", "250"] * 100),
        ("population", [str(int(1000 * 1.01**i)) for i in range(1000)]),
        ("admission_type_id", ["1", "2", "3", "4"] * 100),
        ("PUMA", ["01-01301", "06-08507"] * 200),
        ("PUMA", [f"{i:02}-{1301 + i:05}" for i in range(20)] * 20),
        ("period", [f"{y}-{y + 1}" for y in range(1990, 2015)] * 16),
        ("birth_year", ["1950", "1961"] * 200),
        ("income", [str(RNG.randrange(10**6)) for _ in range(N)]),
        ("width", ["1.5", "2.5"] * 200),
    ],
)
def test_what_is_no_personal_data(tmp_path: Path, name: str, values: list[str]) -> None:
    column = _column(tmp_path, name, values)
    assert column.role is Role.MODEL
    assert not {"name", "phone", "key", "national-id", "address"} & set(column.flags)


HALF = timedelta(milliseconds=500)


def test_parquet_is_profiled_by_its_values(tmp_path: Path) -> None:
    days = [datetime(2020, 1, 1) + timedelta(hours=i) for i in range(100)]
    table = pa.table(
        {
            "age": pa.array([1.0, 2.0, None, 3.0] * 25),
            "when": pa.array(days, pa.timestamp("ns")),
            "fine": pa.array([day + HALF for day in days], pa.timestamp("us", "UTC")),
            "kind": pa.array(["a", None, "b", "b"] * 25).dictionary_encode(),
            "ok": pa.array([True, False] * 50),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    proposal = _propose(tmp_path / "t.parquet")
    age, when, fine, kind, ok = proposal.schema.columns
    assert (age.kind, age.minimum, age.maximum, age.required) == (Kind.INTEGER, 1, 3, False)
    assert (when.kind, when.format, when.maximum) == (Kind.DATETIME, "%Y-%m-%d %H:%M:%S", days[-1])
    assert (fine.kind, fine.format, fine.minimum) == (Kind.DATETIME, "default", days[0] + HALF)
    assert (kind.categories, kind.required) == (("a", "b"), False)
    assert (ok.kind, ok.required) == (Kind.BOOLEAN, True)
    assert [f.missing for f in proposal.findings] == [25, 0, 0, 25, 0]
    assert [f.distinct for f in proposal.findings] == [3, 100, 100, 2, 2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n", "no rows"),
        ("a,b\n1,2\n3\n", "another number of fields"),
        ("a,a\n1,2\n", "more than one column is named 'a'"),
    ],
)
def test_what_cannot_be_profiled(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        _propose(tmp_path / "t.csv")


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(bytes(range(256)) * 40)
    with pytest.raises(InputError, match="not a text file"):
        open_source(str(tmp_path / "t.csv"))


def test_a_public_table(tmp_path: Path) -> None:
    """The RAND health insurance experiment: numbers alone, one with missing values."""
    path = Path(str(files("statsmodels.datasets.randhie") / "src" / "randhie.csv"))
    proposal = _propose(path)
    assert proposal.rows == 20190
    assert {c.role for c in proposal.schema.columns} == {Role.MODEL}
    assert {c.kind for c in proposal.schema.columns} == {Kind.INTEGER, Kind.NUMBER}
    assert not proposal.schema["ghindx"].required
    (tmp_path / "s.yaml").write_text(dump_schema(proposal.schema, "yaml"))
    assert load_schema(tmp_path / "s.yaml").columns == proposal.schema.columns


STAND_INS = [
    (Kind.DATE, ["2024-02-01", "9999-12-31", "0001-01-01", "9999-12-31"], ("9999-12-31", "0001-01-01", "")),
    (Kind.DATE, ["01.02.2024", "31.12.9999"], ("31.12.9999", "")),
    (Kind.DATETIME, ["2024-02-01 10:00:00", "9999-12-31 23:59:59"], ("9999-12-31 23:59:59", "")),
    (Kind.DATETIME, ["2024-02-01T10:00:00", "9999-12-31T23:59:59.997"], ("9999-12-31T23:59:59.997", "")),
    (Kind.DATE, ["2024-02-01", "9999-12-30"], None),
    (Kind.DATETIME, ["2024-02-01 10:00:00", "9999-12-31 12:00:00"], None),
]


@pytest.mark.parametrize(("kind", "values", "markers"), STAND_INS)
def test_days_that_mean_none_are_missing(
    tmp_path: Path, kind: Kind, values: list[str], markers: tuple[str, ...] | None
) -> None:
    column = _column(tmp_path, "v", [*values, *values[:1] * 4])
    assert (column.kind, column.missing_values, column.required) == (kind, markers, markers is None)
    if markers:
        assert column.minimum == column.maximum, "of the days that are left"
    proposal = _propose(tmp_path / "t.csv")
    note = next(finding.note for finding in proposal.findings if finding.column.name == "v")
    assert ("taken for missing" in note) == bool(markers)


def test_a_column_of_days_that_mean_none_is_not_one_of_dates(tmp_path: Path) -> None:
    assert _column(tmp_path, "v", ["9999-12-31"] * 5).kind is Kind.STRING


def test_typed_days_that_mean_none_are_missing_in_the_proposal_and_in_what_is_read(tmp_path: Path) -> None:
    days = [date(2024, 2, 1), date(9999, 12, 31), None]
    moments = [datetime(2024, 2, 1, 10), datetime(9999, 12, 31), None]
    pq.write_table(pa.table({"day": days, "at": moments}), tmp_path / "t.parquet")
    proposal = _propose(tmp_path / "t.parquet")
    assert proposal.schema["day"].missing_values == ("9999-12-31", "")
    with open_source(str(tmp_path / "t.parquet")) as source:
        (batch,) = source.batches(proposal.schema, ["day", "at"])
    assert [batch.column(name).null_count for name in ("day", "at")] == [2, 2]


def test_values_that_a_fit_refuses_are_told(tmp_path: Path) -> None:
    lines = [f"{'inf' if i % 50 == 0 else i / 7},{'x' + chr(0) if i % 100 == 0 else 'y'},1" for i in range(1_000)]
    (tmp_path / "t.csv").write_text("a,b,c\n" + "\n".join(lines) + "\n")
    with open_source(str(tmp_path / "t.csv")) as source:
        found = {finding.column.name: finding for finding in propose(source, "t").findings}
    assert found["a"].note == "20 infinite: fit refuses such values" and found["a"].missing == 0
    assert found["b"].note == "10 with a NUL byte: fit refuses such values"
    assert found["c"].note == ""
