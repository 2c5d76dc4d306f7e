"""Proposals for Parquet tables with columns that no type of a schema fits."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synthcli.errors import InputError
from synthcli.table.profile import propose
from synthcli.table.schema import Role
from synthcli.table.schema_file import dump_schema, load_schema
from synthcli.table.source import open_source, validate


def test_columns_of_nested_or_binary_values_are_to_be_left_out(tmp_path: Path) -> None:
    nested, binary = pa.array([{"x": i} for i in range(40)]), pa.array([bytes([i]) for i in range(40)])
    pq.write_table(pa.table({"n": nested, "b": binary, "ward": ["u", "v"] * 20}), tmp_path / "t.parquet")
    with open_source(str(tmp_path / "t.parquet")) as source:
        proposal = propose(source, "t")
        assert validate(source, proposal.schema).rows == 40
    assert [column.role for column in proposal.schema.columns] == [Role.DROP, Role.DROP, Role.MODEL]
    seen, _, ward = proposal.findings
    assert (seen.note, seen.missing, seen.missing_share, seen.distinct) == ("nested or binary values", None, None, None)
    assert (ward.missing, ward.distinct) == (0, 2)
    (tmp_path / "s.yaml").write_text(dump_schema(proposal.schema, "yaml"))
    assert load_schema(tmp_path / "s.yaml").columns == proposal.schema.columns
    with open_source(str(tmp_path / "t.parquet")) as source, pytest.raises(InputError, match="values in column 'b'"):
        propose(source, "t", unit="b")
    pq.write_table(pa.table({"n": nested, "b": binary}), tmp_path / "t.parquet")
    with open_source(str(tmp_path / "t.parquet")) as source, pytest.raises(InputError, match="values in every column"):
        propose(source, "t")
