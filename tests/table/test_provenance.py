"""What a file says of itself, and what is made of files that say nothing or nonsense."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from synthcli.errors import UsageError
from synthcli.table.provenance import PARQUET_KEY, Claim, Provenance, claims_of, sidecar_of
from synthcli.table.schema import Column, Kind, Schema
from synthcli.table.source import open_source
from synthcli.table.write import open_writer

ORIGIN = Provenance(
    version="1", model="ab", dataset="wards", epsilon=1.0, delta=1e-9, unit="row", rows=2, seed=7, generation=3
)
SCHEMA = Schema(name="t", columns=(Column(name="a", kind=Kind.INTEGER),))
ROWS = pa.RecordBatch.from_arrays([pa.array([1, 2])], names=["a"])


def write(path: Path, **options: object) -> None:
    rng = np.random.default_rng(1)
    with open_writer(str(path), SCHEMA, rng=rng, provenance=ORIGIN.to_json(), **options) as writer:  # type: ignore[arg-type]
        assert writer.write(ROWS).num_rows == 2


@pytest.mark.parametrize("name", ["t.csv", "t.parquet", "t.tsv"])
def test_files_say_that_they_are_synthetic(tmp_path: Path, name: str) -> None:
    write(tmp_path / name)
    (claim,) = open_source(str(tmp_path / name)).claims
    assert (claim.dataset, claim.generation) == ("wards", 3)
    assert len(list(tmp_path.iterdir())) == (1 if name == "t.parquet" else 2)
    assert open_source(str(tmp_path)).columns == ("a",), "what lies beside a table is no part of it"
    assert open_source(str(tmp_path / "t.*")).columns == ("a",)


def test_the_facts_are_public_ones_and_the_same_every_time(tmp_path: Path) -> None:
    write(tmp_path / "t.parquet")
    facts = json.loads(parquet.read_metadata(tmp_path / "t.parquet").metadata[PARQUET_KEY])
    assert facts["synthetic"] is True
    assert facts == json.loads(ORIGIN.to_json())
    assert set(facts) == {
        *("schema_version", "kind", "synthetic", "tool", "version", "model", "dataset", "epsilon", "delta", "unit"),
        *("rows", "seed", "generation", "replicate", "condition", "balance", "not_covered", "persons"),
    }


def test_a_packed_file_is_known_by_the_note_beside_it(tmp_path: Path) -> None:
    write(tmp_path / "t.csv")
    (tmp_path / "t.csv").rename(tmp_path / "t.csv.gz")
    assert claims_of([tmp_path / "t.csv.gz"]) == (Claim(str(tmp_path / "t.csv.provenance.json"), "wards", 3),)


@pytest.mark.parametrize("text", ["", "[1]", "{}", '{"synthetic": false}', "{" * 10**5, '{"synthetic": "yes"}'])
def test_other_notes_say_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.csv").write_text("a\n1\n")
    sidecar_of(tmp_path / "t.csv").write_text(text)
    assert claims_of([tmp_path / "t.csv"]) == ()


@pytest.mark.parametrize("generation", [None, "2", -1, True])
def test_a_strange_generation_is_the_first(tmp_path: Path, generation: object) -> None:
    sidecar_of(tmp_path / "t.csv").write_text(json.dumps({"synthetic": True, "generation": generation}))
    assert claims_of([tmp_path / "t.csv"])[0].generation == 1


def test_rows_and_note_are_overwritten_together_or_not_at_all(tmp_path: Path) -> None:
    place = tmp_path / "t.csv"
    write(place)
    with pytest.raises(UsageError, match="already"):
        write(place)
    write(place, force=True)
    place.unlink()
    write(place)  # a note that was left behind is no obstacle
    place.unlink()
    sidecar_of(place).write_text("something of the user's")
    with pytest.raises(UsageError, match=r"t\.csv\.provenance\.json is there already"):
        write(place)
    assert not place.exists()
    with pytest.raises(RuntimeError), open_writer(str(tmp_path / "u.csv"), SCHEMA, provenance="{}") as writer:
        writer.write(ROWS)
        raise RuntimeError
    assert {path.name for path in tmp_path.iterdir()} == {"t.csv.provenance.json"}
