"""Generations on disk: whole or not at all, believed only when intact."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from index.errors import DiskFullError
from index.manifest import GenerationError, Manifest, publish, read_manifest
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
    assert sorted(os.listdir(tmp_path)) == ["faiss-2.bin", "faiss.json"]


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
