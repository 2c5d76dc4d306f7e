import dataclasses
import json
import stat
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.audit.coins import Coins, flip, flip_units
from synthcli.audit.coins_file import load_coins, save_coins
from synthcli.errors import ExitCode, InvalidAudit
from synthcli.privacy.bounding import BoundedRows, Bounding
from synthcli.privacy.row_set import RowSet


@given(rows=st.integers(0, 300), share=st.floats(0.05, 0.95), cuts=st.lists(st.integers(0, 300), max_size=5))
def test_keep_leaves_out_the_tails_and_nobody_else(rows: int, share: float, cuts: list[int]) -> None:
    coins = flip(rows, share)
    whole = coins.keep(0, rows)
    assert set(np.flatnonzero(~whole)) == set(coins.non_members)
    assert not set(coins.members) & set(coins.non_members)
    bounds = [0, *sorted(min(cut, rows) for cut in cuts), rows]
    parts = [coins.keep(low, high - low) for low, high in pairwise(bounds)]
    assert np.array_equal(np.concatenate(parts), whole)


def test_shares_are_those_asked_for() -> None:
    """Six standard deviations either way: a false alarm in 2e-9 runs, for each of the two."""
    coins = flip(3_000_000, 0.1)
    assert abs(len(coins.candidates) - 300_000) < 6 * (3_000_000 * 0.1 * 0.9) ** 0.5
    assert abs(coins.heads.sum() - len(coins.heads) / 2) < 3 * len(coins.heads) ** 0.5


def test_rows_beyond_the_table_are_refused() -> None:
    with pytest.raises(ValueError):
        flip(10, 0.5).keep(5, 6)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_a_share_outside_the_open_interval_is_refused(share: float) -> None:
    with pytest.raises(ValueError):
        flip(10, share)


def test_any_change_breaks_the_commitment() -> None:
    coins = flip(1000, 0.3)
    coins.verify(coins.commitment())
    heads = coins.heads.copy()
    heads[0] = not heads[0]
    parts = {"rows": coins.rows, "candidates": coins.candidates, "heads": coins.heads, "salt": coins.salt}
    for change in ({"heads": heads}, {"rows": 1001}, {"salt": bytes(32)}):
        with pytest.raises(InvalidAudit) as caught:
            Coins(**{**parts, **change}).verify(coins.commitment())
        assert caught.value.exit_code is ExitCode.INVALID_AUDIT


def test_the_digest_is_keyed_and_knows_its_data() -> None:
    coins = flip(10, 0.5).bind([b"a,b\n", b"1,2\n"])
    coins.verify_data([b"a,b\n1,2\n"])
    assert flip(10, 0.5).bind([b"a,b\n1,2\n"]).data_digest != coins.data_digest
    with pytest.raises(InvalidAudit):
        coins.verify_data([b"a,b\n1,3\n"])
    with pytest.raises(InvalidAudit):
        flip(10, 0.5).verify_data([])


def test_a_file_round_trip_keeps_everything_private(tmp_path) -> None:
    coins = flip(5000, 0.2).bind([b"data"])
    path = tmp_path / "coins.json"
    save_coins(coins, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["coins.json"]
    back = load_coins(path)
    assert back.commitment() == coins.commitment()
    assert back.data_digest == coins.data_digest


@pytest.mark.parametrize(
    "change",
    [
        {"rows": 3},
        {"rows": -1},
        {"rows": True},
        {"rows": 1e3},
        {"salt": "00"},
        {"salt": 7},
        {"candidates": "!!!!"},
        {"candidates": "AAAA"},
        {"heads": ""},
        {"heads": None},
        {"schema_version": 1},
        {"schema_version": 3},
        {"format": "other"},
        {"data_digest": "xyz"},
        {"extra": 1},
    ],
)
def test_a_hostile_file_gets_one_clear_error(tmp_path, change: dict[str, object]) -> None:
    path = tmp_path / "coins.json"
    save_coins(flip(1000, 0.2), path)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(InvalidAudit, match="not a coins file"):
        load_coins(path)


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"[]", b"null", b"[" * 100_000])
def test_a_file_of_something_else_is_refused(tmp_path, raw: bytes) -> None:
    path = tmp_path / "coins.json"
    path.write_bytes(raw)
    with pytest.raises(InvalidAudit, match="not a coins file"):
        load_coins(path)


def test_a_missing_file_is_refused(tmp_path) -> None:
    with pytest.raises(InvalidAudit, match="cannot be read"):
        load_coins(tmp_path / "none.json")


def _units(rows: int, units: int, most: int, seed: int = 0) -> tuple[np.ndarray, BoundedRows]:
    """For each row its unit; and what a bound keeps of them."""
    of = np.random.default_rng(seed).integers(0, units, rows)
    bounding = Bounding(most)
    bounding.add(np.stack([of.astype(np.uint64), np.zeros(rows, np.uint64)], axis=1))
    return of, bounding.finish()


@settings(deadline=None)
@given(rows=st.integers(1, 200), units=st.integers(1, 40), most=st.integers(1, 4), share=st.floats(0.05, 0.95))
def test_all_rows_of_a_unit_share_its_coin(rows: int, units: int, most: int, share: float) -> None:
    of, bound = _units(rows, units, most)
    coins = flip_units(bound, share)
    trains = coins.keep(0, rows)
    candidates, tails = set(of[coins.candidates]), set(of[coins.non_members])
    assert len(candidates) == len(coins.candidates), "one row stands for a unit"
    assert not tails & set(of[trains]), "of tails no row trains"
    for unit in set(of.tolist()) - tails:
        assert np.count_nonzero(trains & (of == unit)) == min(most, np.count_nonzero(of == unit))
    represents = coins.represents(0, rows)
    assert sorted(of[represents]) == sorted(set(of.tolist()))
    assert set(coins.candidates) <= set(np.flatnonzero(represents))
    whole, owner = coins.rows_of(coins.candidates)
    assert np.array_equal(of[whole], of[coins.candidates][owner])
    assert np.array_equal(np.sort(whole), np.sort(bound.kept[np.isin(of[bound.kept], list(candidates))]))
    some, whose = coins.rows_of(coins.candidates[::2])
    assert np.array_equal(some, whole[owner % 2 == 0]) and np.array_equal(whose, owner[owner % 2 == 0] // 2)
    assert coins.keep(rows // 3, rows // 2).tolist() == trains[rows // 3 : rows // 3 + rows // 2].tolist()


def test_units_are_candidates_as_often_as_asked_for_however_many_rows_they_have() -> None:
    """Six standard deviations either way: a false alarm in 2e-9 runs, for each of the three."""
    units = 100_000
    of = np.concatenate([np.arange(units), np.repeat(np.arange(units // 2), 5)])
    bounding = Bounding(3)
    bounding.add(np.stack([of.astype(np.uint64), np.zeros(len(of), np.uint64)], axis=1))
    coins = flip_units(bounding.finish(), 0.2)
    heavy = np.count_nonzero(of[coins.candidates] < units // 2)
    for found in (heavy, len(coins.candidates) - heavy):
        assert abs(found - 10_000) < 6 * (50_000 * 0.2 * 0.8) ** 0.5
    assert abs(coins.heads.sum() - len(coins.heads) / 2) < 3 * len(coins.heads) ** 0.5


def test_the_commitment_and_the_file_cover_the_units(tmp_path) -> None:
    coins = flip_units(_units(500, 80, 2)[1], 0.5).bind([b"data"])
    path = tmp_path / "coins.json"
    save_coins(coins, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    back = load_coins(path)
    assert back.commitment() == coins.commitment()
    assert np.array_equal(back.keep(0, 500), coins.keep(0, 500))
    assert np.array_equal(back.represents(0, 500), coins.represents(0, 500))
    for found, expected in zip(back.rows_of(coins.candidates), coins.rows_of(coins.candidates), strict=True):
        assert np.array_equal(found, expected)
    units = coins.units
    (lost,) = np.flatnonzero((units.known != units.owner) & coins.keep(0, 500)[units.known])[:1]
    rows = dataclasses.replace(units, known=np.delete(units.known, lost), owner=np.delete(units.owner, lost))
    assert dataclasses.replace(coins, units=rows).commitment() != coins.commitment()
    fewer = RowSet.of(500, np.setdiff1d(np.flatnonzero(coins.keep(0, 500)), units.known[lost]))
    with pytest.raises(ValueError, match="train where"):
        dataclasses.replace(coins, units=dataclasses.replace(units, trains=fewer))
    own = np.isin(units.known, coins.candidates)
    for wrong in (units.owner[::-1].copy(), *(np.where(own, units.owner, row) for row in (-1, 500, units.known[lost]))):
        with pytest.raises(ValueError, match=r"own|coin"):
            dataclasses.replace(coins, units=dataclasses.replace(units, owner=wrong))
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "schema_version": 2}))  # which knew the units that tossed alone
    with pytest.raises(InvalidAudit, match="not a coins file of this version"):
        load_coins(path)
    for wrong in (None, {}, {"trains": "", "representatives": ""}, {**document["units"], "more": ""}):
        path.write_text(json.dumps({**document, "units": wrong}))
        with pytest.raises(InvalidAudit, match="not a coins file"):
            load_coins(path)
    path.write_text(json.dumps({**document, "units": dict.fromkeys(document["units"], document["units"]["trains"])}))
    with pytest.raises(InvalidAudit, match="not a coins file"):
        load_coins(path)
