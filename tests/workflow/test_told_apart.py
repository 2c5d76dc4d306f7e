"""Candidates that no audit could tell apart are found before a fit is paid for, in memory and in the file."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.audit.coins import Coins, flip
from synthcli.audit.neighbours import column_hashes
from synthcli.errors import InvalidAudit
from synthcli.table.held import HELD_BYTES
from synthcli.table.schema import Column, Kind, Schema
from synthcli.table.source import open_source, validate
from synthcli.workflow import told_apart
from synthcli.workflow.told_apart import refuse_alike

SCHEMA = Schema(name="t", columns=(Column(name="kind", kind=Kind.STRING), Column(name="n", kind=Kind.INTEGER)))


def _checked(place: Path, rows: list[str], coins: Coins, wanted: int, hold: int) -> None:
    (place / "t.csv").write_text("kind,n\n" + "".join(f"{row}\n" for row in rows))
    with open_source(str(place / "t.csv")) as source:
        held = validate(source, SCHEMA, hold=hold).held
        assert (held is None) == (hold == 0)
        refuse_alike(source, SCHEMA, held, coins, wanted)


@pytest.mark.parametrize("hold", [HELD_BYTES, 0], ids=["held", "read anew"])
def test_as_many_as_have_a_record_of_their_own(hold: int, tmp_path: Path) -> None:
    """Half of the rows are one record; the others are each their own, by both columns together."""
    coins = flip(400, 0.9)
    alone = np.arange(400) % 2 == 1
    rows = [f"{'ab'[i % 4 // 2]},{i // 4}" if alone[i] else "c,7" for i in range(400)]
    fewest = min(np.count_nonzero(alone[side]) for side in (coins.members, coins.non_members))
    _checked(tmp_path, rows, coins, int(fewest), hold)
    with pytest.raises(InvalidAudit, match="with a record that no other row of the table has") as refused:
        _checked(tmp_path, rows, coins, int(fewest) + 1, hold)
    assert str(fewest) not in refused.value.message.replace(str(fewest + 1), "")


def test_missing_cells_are_alike(tmp_path: Path) -> None:
    coins = flip(300, 0.9)
    with pytest.raises(InvalidAudit):
        _checked(tmp_path, [","] * 300, coins, 2, HELD_BYTES)
    _checked(tmp_path, [f",{i}" for i in range(300)], coins, 50, HELD_BYTES)


def test_each_column_is_hashed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records are a running sum of what is made of each column."""
    hashed: list[int] = []

    def counted(cells: np.ndarray, *more: int) -> np.ndarray:
        hashed.append(cells.shape[1])
        return column_hashes(cells, *more)

    monkeypatch.setattr(told_apart, "column_hashes", counted)
    coins = flip(400, 0.9)
    with pytest.raises(InvalidAudit) as refused:
        _checked(tmp_path, ["a,7"] * 400, coins, 2, HELD_BYTES)
    assert hashed == [1, 1] * 2, "of the candidates, and of the table"
    assert refused.value.hint.startswith("model more columns that tell rows apart")


@given(st.integers(1, 6), st.integers(0, 2**32))
def test_columns_apart_are_hashed_as_columns_together(columns: int, seed: int) -> None:
    cells = np.random.default_rng(seed).integers(0, 3, (20, columns)).astype(np.uint64)
    apart = [column_hashes(cells[:, [number]], number) for number in range(columns)]
    assert np.array_equal(np.hstack(apart), column_hashes(cells))


@pytest.mark.parametrize("hold", [HELD_BYTES, 0], ids=["held", "read anew"])
def test_as_many_held_out_rows_as_no_other_row_is_like(hold: int, tmp_path: Path) -> None:
    """No candidate is like another, but some held-out rows are like rows that tossed no coin, which train."""
    coins = flip(3000, 0.3)
    rows = [f"k,{i}" for i in range(3000)]
    others = np.setdiff1d(np.arange(3000), coins.candidates)
    twins = coins.non_members[::3]
    for twin, other in zip(twins, others, strict=False):
        rows[other] = rows[twin]
    own = len(coins.non_members) - len(twins)
    _checked(tmp_path, rows, coins, own, hold)
    with pytest.raises(InvalidAudit, match="no other row of the table has") as refused:
        _checked(tmp_path, rows, coins, own + 1, hold)
    assert "--audit-coins" in refused.value.hint
    assert str(own) not in refused.value.message.replace(str(own + 1), "")
