"""Columns that are missing together, from a CSV to the rows of a release: of all types, under rules, and of persons."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from synthcli.artifact import load
from synthcli.conditional import subpopulation
from synthcli.persons import Persons
from synthcli.quality.compare import compare
from synthcli.report.describe import describe
from synthcli.row_chance import RowChance
from synthcli.synthesizer import Synthesizer
from synthcli.table.codec import codec_from_json
from synthcli.workflow.fit import run_fit
from synthcli.workflow.requests import FitRequest

SCHEMA = """\
name: flights
fields:
  - {name: plane, type: string, "synthcli:role": drop}
  - {name: carrier, type: string, constraints: {enum: [aa, bb, cc], required: true}}
  - {name: delay, type: integer, constraints: {minimum: 0, maximum: 59}}
  - {name: gate, type: string, constraints: {enum: [n, s, w]}}
  - {name: left, type: date, constraints: {minimum: 2020-01-01, maximum: 2020-12-31}}
  - {name: late, type: boolean}
rules:
  - impossible: {late: true, delay: {below: 30}}
"""

SECTION = ("delay", "gate", "left", "late")
SHARE = 0.3


def _csv(planes: int = 3_000) -> str:
    """Two rows of each plane: its gate and day are the same in both, and both lack the section or none."""
    rng = np.random.default_rng(3)
    lines = ["plane,carrier,delay,gate,left,late"]
    for plane in range(planes):
        place = f"{rng.choice(['n', 's', 'w'])},2020-{rng.integers(1, 13):02d}-{rng.integers(1, 29):02d}"
        gone = rng.random() < SHARE
        for _ in range(2):
            delay = int(rng.integers(0, 60))
            section = ",,," if gone else f"{delay},{place},{str(delay >= 30).lower()}"
            lines.append(f"p{plane},{rng.choice(['aa', 'bb', 'cc'])},{section}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Synthesizer:
    return _fitted(tmp_path_factory.mktemp("gaps"), SCHEMA)


def _fitted(folder: Path, schema: str, **options: object) -> Synthesizer:
    (folder / "t.csv").write_text(_csv())
    (folder / "schema.yaml").write_text(schema)
    request = FitRequest(
        data=str(folder / "t.csv"),
        schema=folder / "schema.yaml",
        output=folder / "m.synth",
        epsilon="20",
        ledger=str(folder / "ledger.sqlite"),
        **options,  # type: ignore[arg-type]
    )
    run_fit(request, lambda *_: None, lambda *_: None)
    return load(folder / "m.synth")


def _told(release: Synthesizer) -> set[str]:
    return {c.column for c in release.codec.columns if c.encoder.kind == "gap"}


def _missing(batch: pa.RecordBatch, name: str) -> np.ndarray:
    return np.asarray(batch.column(name).is_null())


def test_a_section_is_missing_as_a_whole(release: Synthesizer) -> None:
    """The noise of a table is below 10 of 6,000 rows: a twentieth of the rows is beyond what it may do."""
    assert _told(release) == set(SECTION)
    rows = next(release.sample(5_000, np.random.default_rng(1)))
    assert set(rows.schema.names) == {"carrier", *SECTION}
    gone = np.stack([_missing(rows, name) for name in SECTION])
    assert gone[0].mean() == pytest.approx(SHARE, abs=0.05)
    assert (gone != gone[0]).any(axis=0).mean() < 0.05


def test_the_codes_of_gaps_go_to_a_file_and_back(release: Synthesizer) -> None:
    codec = release.codec
    again = codec_from_json(codec.to_json())
    rows = next(release.sample(500, np.random.default_rng(2)))
    for name, codes in again.encode(rows).items():
        np.testing.assert_array_equal(codes, codec.encode(rows)[name])
    assert len(release.model.domain.zeros) == 0 or release.codec.zeros
    assert np.isfinite(release.model.log_density(codec.encode(rows))).all()
    assert np.isfinite(RowChance(release).log_density(rows)).all()


def test_pages_and_comparisons_speak_of_columns_alone(release: Synthesizer) -> None:
    names = {c.name for c in release.codec.columns if c.encoder.kind != "gap"}
    report = describe(release)
    assert set(report.model.attributes) == names
    assert {c.name for c in report.model.columns} == names | {"plane"}
    assert len(report.model.dependence) == len(names)

    def batches() -> Iterator[pa.RecordBatch]:
        yield from release.sample(500, np.random.default_rng(2))

    assert set(compare(release.codec, release.schema, batches(), batches()).attributes) == names


def test_a_condition_on_a_column_holds_for_its_section(release: Synthesizer) -> None:
    some = subpopulation(release, "gate is missing")
    assert some.probability == pytest.approx(SHARE, abs=0.05)
    rows = pa.Table.from_batches(list(some.sample(400, np.random.default_rng(5))))
    assert rows.column("gate").null_count == 400
    assert rows.column("delay").null_count > 340


def test_persons_and_their_rows_have_gaps_of_their_own(tmp_path: Path) -> None:
    """Gate and day belong to the plane, delay and late to the row."""
    schema = SCHEMA.replace('"synthcli:role": drop', '"synthcli:role": unit, "synthcli:max-rows": 2')
    for name in ("gate", "left"):
        schema = schema.replace(f"name: {name},", f'name: {name}, "synthcli:level": person,')
    release = _fitted(tmp_path, schema, privacy_unit="plane", max_rows_per_unit=2)
    assert release.persons is not None
    assert _told(release) == set(SECTION)
    assert {c.column for c in release.persons.codec.columns if c.encoder.kind == "gap"} == {"gate", "left"}
    drawn = list(Persons(release).sample(600, np.random.default_rng(4)))
    gone = np.concatenate([np.stack([_missing(d.rows, name) for name in SECTION]) for d in drawn], axis=1)
    assert gone[0].mean() == pytest.approx(SHARE, abs=0.1)
    assert (gone != gone[0]).any(axis=0).mean() < 0.1
