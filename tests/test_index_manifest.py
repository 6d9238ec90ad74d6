"""Generations on disk: whole or not at all, believed only when intact."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from index.errors import DiskFullError
from index.manifest import LAST, GenerationError, Manifest, publish, read_manifest
from index.manifest import load as load_of

ABOUT = {"vectors": 2, "dimension": 4, "fingerprint": "f1", "embedder": "m"}


def _publish(folder: Path, data: bytes, **changed: object) -> Manifest:
    return publish(folder, data, **(ABOUT | changed))  # type: ignore[arg-type]


def load(folder: Path, fingerprint: str = "f1", embedder: str = "m") -> tuple[Manifest, bytes]:
    return load_of(folder, fingerprint=fingerprint, embedder=embedder)


def test_what_is_published_is_loaded(tmp_path: Path) -> None:
    published = _publish(tmp_path, b"abc")
    manifest, data = load(tmp_path)
    assert data == b"abc"
    assert manifest == published
    assert manifest.sha256 == hashlib.sha256(b"abc").hexdigest()
    assert (manifest.size, manifest.vectors, manifest.dimension, manifest.fingerprint) == (3, 2, 4, "f1")


def test_a_new_generation_takes_the_place_of_the_old(tmp_path: Path) -> None:
    _publish(tmp_path, b"old")
    _publish(tmp_path, b"new", fingerprint="f2")
    assert load(tmp_path, "f2")[1] == b"new"
    assert sorted(os.listdir(tmp_path)) == ["faiss-1.bin", "faiss-2.bin", "faiss.json", "faiss.last.json"]
    _publish(tmp_path, b"newer", fingerprint="f3")
    assert sorted(os.listdir(tmp_path)) == ["faiss-2.bin", "faiss-3.bin", "faiss.json", "faiss.last.json"]


def test_the_generation_before_is_answered_from_where_it_is_of_the_same_content(tmp_path: Path) -> None:
    _publish(tmp_path, b"old")
    _publish(tmp_path, b"new", fingerprint="f2")
    with capture_logs() as logs:
        manifest, data = load(tmp_path, "f1")  # as when an older database is put back in its place
    assert (data, manifest.file) == (b"old", "faiss-1.bin")
    assert [log["problem"] for log in logs] == ["faiss-2.bin was made from another state of the collection"]
    _publish(tmp_path, b"again", fingerprint="f2")
    (tmp_path / "faiss-3.bin").write_bytes(b"agaim")
    assert load(tmp_path, "f2")[1] == b"new"


def test_a_stale_or_damaged_generation_before_does_not_stand_in(tmp_path: Path) -> None:
    _publish(tmp_path, b"old", fingerprint="f1")
    _publish(tmp_path, b"new", fingerprint="f2")
    (tmp_path / "faiss-2.bin").write_bytes(b"nev")
    with pytest.raises(GenerationError) as caught:
        load(tmp_path, "f2")
    assert (caught.value.reason, "faiss-2.bin" in caught.value.detail) == ("damaged", True)
    (tmp_path / "faiss-1.bin").write_bytes(b"")
    with pytest.raises(GenerationError) as caught:
        load(tmp_path, "f1")
    assert (caught.value.reason, "faiss-2.bin" in caught.value.detail) == ("stale", True)


def test_the_last_good_one_is_kept_and_not_a_damaged_one(tmp_path: Path) -> None:
    _publish(tmp_path, b"good")
    _publish(tmp_path, b"bad", fingerprint="f2")
    (tmp_path / "faiss-2.bin").write_bytes(b"bat")
    _publish(tmp_path, b"new", fingerprint="f3")
    assert read_manifest(tmp_path, LAST).file == "faiss-1.bin"
    assert sorted(os.listdir(tmp_path)) == ["faiss-1.bin", "faiss-3.bin", "faiss.json", "faiss.last.json"]
    for file in ("faiss-1.bin", "faiss-3.bin"):
        (tmp_path / file).unlink()
    _publish(tmp_path, b"newest", fingerprint="f4")
    assert sorted(os.listdir(tmp_path)) == ["faiss-1.bin", "faiss.json"]
    assert load(tmp_path, "f4")[1] == b"newest"


def test_a_generation_of_an_older_format_is_made_anew(tmp_path: Path) -> None:
    _publish(tmp_path, b"abc")
    values = json.loads((tmp_path / "faiss.json").read_text())
    del values["manifest_sha256"]
    (tmp_path / "faiss.json").write_text(json.dumps(values | {"format": 1}, indent=1))
    with pytest.raises(GenerationError) as caught:
        load(tmp_path)
    assert caught.value.reason == "stale"


@pytest.mark.parametrize("name", ["faiss.json", "faiss-1.bin"])
def test_flipped_bits_and_cuts_are_seen(tmp_path: Path, name: str) -> None:
    _publish(tmp_path, bytes(range(100)))
    whole = (tmp_path / name).read_bytes()
    harmed = [whole[:length] for length in range(0, len(whole), 3)]
    for place in range(0, 8 * len(whole), 5):
        changed = bytearray(whole)
        changed[place // 8] ^= 1 << place % 8
        harmed.append(bytes(changed))
    for data in harmed:
        (tmp_path / name).write_bytes(data)
        with pytest.raises(GenerationError):
            load(tmp_path)
    (tmp_path / name).write_bytes(whole)
    assert load(tmp_path)[1] == bytes(range(100))


@pytest.mark.parametrize(("fingerprint", "embedder"), [("f2", "m"), ("f1", "other")])
def test_a_generation_of_other_content_is_stale(tmp_path: Path, fingerprint: str, embedder: str) -> None:
    _publish(tmp_path, b"abc")
    with pytest.raises(GenerationError) as caught:
        load(tmp_path, fingerprint, embedder)
    assert caught.value.reason == "stale"


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(GenerationError, match="missing") as caught:
        load(tmp_path)
    assert caught.value.reason == "missing"
    assert "없습니다" in caught.value.ko


def _truncate(folder: Path) -> None:
    (folder / "faiss-1.bin").write_bytes(b"ab")


def _flip(folder: Path) -> None:
    (folder / "faiss-1.bin").write_bytes(b"abd")


def _cut_manifest(folder: Path) -> None:
    (folder / "faiss.json").write_text('{"file": "faiss-1')


def _other_keys(folder: Path) -> None:
    (folder / "faiss.json").write_text('{"file": "faiss-1.bin"}')


def _not_an_object(folder: Path) -> None:
    (folder / "faiss.json").write_text("[1]")


def _binary(folder: Path) -> None:
    (folder / "faiss.json").write_bytes(b"\xff\xfe\x00")


def _wrong_kind(folder: Path) -> None:
    values = json.loads((folder / "faiss.json").read_text())
    (folder / "faiss.json").write_text(json.dumps(values | {"size": "3"}))


def _outside(folder: Path) -> None:
    values = json.loads((folder / "faiss.json").read_text())
    (folder / "faiss.json").write_text(json.dumps(values | {"file": "../faiss-1.bin"}))


@pytest.mark.parametrize(
    "harm", [_truncate, _flip, _cut_manifest, _other_keys, _not_an_object, _binary, _wrong_kind, _outside]
)
def test_damage_is_never_believed(tmp_path: Path, harm: object) -> None:
    _publish(tmp_path, b"abc")
    harm(tmp_path)  # type: ignore[operator]
    with pytest.raises(GenerationError) as caught:
        load(tmp_path)
    assert caught.value.reason == "damaged"


def test_a_file_that_was_deleted_is_missing(tmp_path: Path) -> None:
    _publish(tmp_path, b"abc")
    (tmp_path / "faiss-1.bin").unlink()
    with pytest.raises(GenerationError) as caught:
        load(tmp_path)
    assert caught.value.reason == "missing"


def test_a_full_disk_leaves_the_old_generation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _publish(tmp_path, b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFullError):
        _publish(tmp_path, b"new")
    monkeypatch.undo()
    assert load(tmp_path)[1] == b"old"
    assert sorted(os.listdir(tmp_path)) == ["faiss-1.bin", "faiss.json"]
    assert read_manifest(tmp_path).file == "faiss-1.bin"
