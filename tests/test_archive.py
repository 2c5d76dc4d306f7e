"""An archive reads back what it wrote, and nothing that anybody else wrote."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.archive import MANIFEST, ArchiveFormat, read_archive, write_archive
from synthcli.errors import InputError

KIND = ArchiveFormat("test-file", 3)
ARRAYS = {"x": np.arange(12, dtype=np.int64).reshape(3, 4), "y": np.array([0.5, -2.0]), "z": np.zeros((0, 2))}


def _written(folder: Path) -> Path:
    path = folder / "good"
    write_archive(path, KIND, {"note": "hello"}, ARRAYS)
    return path


def _parts(folder: Path) -> tuple[dict, dict[str, bytes]]:
    with zipfile.ZipFile(_written(folder)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    return json.loads(members.pop(MANIFEST)), members


def _forge(path: Path, manifest: object, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MANIFEST, manifest if isinstance(manifest, (str, bytes)) else json.dumps(manifest))
        for name, payload in members.items():
            archive.writestr(name, payload)
    return path


def test_round_trip_and_same_bytes(tmp_path: Path) -> None:
    manifest, arrays = read_archive(_written(tmp_path), KIND)
    assert manifest["note"] == "hello"
    for name, array in ARRAYS.items():
        assert np.array_equal(arrays[name], array)
        assert arrays[name].dtype == array.dtype
    again = tmp_path / "again"
    write_archive(again, KIND, {"note": "hello"}, ARRAYS)
    assert again.read_bytes() == (tmp_path / "good").read_bytes()


@pytest.mark.parametrize("bad", [np.array([np.nan]), np.array([np.inf]), np.array(["a"]), np.array([None])])
def test_only_finite_numbers_are_written(tmp_path: Path, bad: np.ndarray) -> None:
    with pytest.raises((ValueError, TypeError)):
        write_archive(tmp_path / "bad", KIND, {}, {"x": bad})
    assert not list(tmp_path.iterdir())


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_files_read_equal_or_are_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    raw = bytearray(_written(folder).read_bytes())
    if data.draw(st.booleans()):
        raw = raw[: data.draw(st.integers(0, len(raw) - 1))]
    else:
        for _ in range(data.draw(st.integers(1, 4))):
            raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    (folder / "bad").write_bytes(bytes(raw))
    try:
        _, arrays = read_archive(folder / "bad", KIND)
    except InputError as error:
        assert error.hint
    else:
        assert all(np.array_equal(arrays[name], ARRAYS[name]) for name in ARRAYS)


def test_a_newer_version_says_so(tmp_path: Path) -> None:
    manifest, members = _parts(tmp_path)
    path = _forge(tmp_path / "new", {**manifest, "format_version": 4}, members)
    with pytest.raises(InputError, match="format version 4, and this synthcli reads up to 3"):
        read_archive(path, KIND)


def test_hostile_files_are_refused(tmp_path: Path) -> None:
    manifest, members = _parts(tmp_path)
    index = manifest["arrays"]

    def claim(**changes: object) -> dict:
        return {**manifest, "arrays": {**index, "x": {**index["x"], **changes}}}

    nan = np.array([np.nan, 1.0]).tobytes()
    import hashlib

    forged_nan = {**index, "y": {**index["y"], "sha256": hashlib.sha256(nan).hexdigest()}}
    cases: dict[str, tuple[object, dict[str, bytes]]] = {
        "another format": ({**manifest, "format": "other"}, members),
        "no version": ({**manifest, "format_version": None}, members),
        "boolean version": ({**manifest, "format_version": True}, members),
        "not an object": ([1, 2], members),
        "deep nesting": ("[" * 200_000, members),
        "NaN in the manifest": (json.dumps({**manifest, "note": float("nan")}), members),
        "pickle dtype": (claim(dtype="|O"), members),
        "huge shape": (claim(shape=[2**62, 2**62]), members),
        "negative shape": (claim(shape=[-3, -4]), members),
        "shape of text": (claim(shape=["3", 4]), members),
        "wrong shape": (claim(shape=[4, 4]), members),
        "wrong checksum": (claim(sha256="0" * 64), members),
        "missing member": (manifest, {n: p for n, p in members.items() if "x" not in n}),
        "extra member": (manifest, {**members, "arrays/evil.bin": b"1"}),
        "path trick": (manifest, {**members, "../../evil": b"1"}),
        "absolute path": (manifest, {**members, "/etc/evil": b"1"}),
        "NaN in an array": ({**manifest, "arrays": forged_nan}, {**members, "arrays/y.bin": nan}),
        "zip bomb": (manifest, {**members, "arrays/x.bin": b"\0" * (64 << 20)}),
        "manifest of nothing": ("", members),
    }
    for name, (forged, parts) in cases.items():
        path = _forge(tmp_path / "forged", forged, parts)
        with pytest.raises(InputError) as caught:
            read_archive(path, KIND)
        assert caught.value.hint, name


def test_a_member_named_twice_is_refused(tmp_path: Path) -> None:
    manifest, members = _parts(tmp_path)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(MANIFEST, json.dumps(manifest))
        archive.writestr(MANIFEST, json.dumps(manifest))
        for name, payload in members.items():
            archive.writestr(name, payload)
    (tmp_path / "twice").write_bytes(buffer.getvalue())
    with pytest.raises(InputError, match="one twice"):
        read_archive(tmp_path / "twice", KIND)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(InputError, match="cannot read"):
            read_archive(path, KIND)
