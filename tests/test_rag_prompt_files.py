"""Kept beginnings of prompts: found by name and key, and only while they are whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.prompt_files import find, keep


def written(folder: Path, data: bytes) -> Path:
    part = folder / "new.part"
    part.write_bytes(data)
    return part


def test_kept_and_found(tmp_path: Path) -> None:
    kept = keep(written(tmp_path, b"state"), "en", "k1")
    assert find(tmp_path, "en", "k1") == kept
    assert kept.read_bytes() == b"state"
    assert list(tmp_path.iterdir()) == [kept]


@pytest.mark.parametrize(("name", "key"), [("ko", "k1"), ("en", "k2"), ("en", "k")])
def test_not_found_under_another_name_or_key(tmp_path: Path, name: str, key: str) -> None:
    keep(written(tmp_path, b"state"), "en", "k1")
    assert find(tmp_path, name, key) is None


def test_one_is_kept_of_a_name(tmp_path: Path) -> None:
    korean = keep(written(tmp_path, b"Korean"), "ko", "k1")
    keep(written(tmp_path, b"old"), "en", "k1")
    new = keep(written(tmp_path, b"new"), "en", "k2")
    assert set(tmp_path.iterdir()) == {korean, new}
    assert find(tmp_path, "en", "k1") is None


@pytest.mark.parametrize("damage", [b"", b"stat", b"stale", b"state and more"])
def test_a_damaged_one_is_not_found(tmp_path: Path, damage: bytes) -> None:
    keep(written(tmp_path, b"state"), "en", "k1").write_bytes(damage)
    assert find(tmp_path, "en", "k1") is None
    whole = keep(written(tmp_path, b"state"), "en", "k1")
    assert find(tmp_path, "en", "k1") == whole
    assert list(tmp_path.iterdir()) == [whole]


def test_no_folder(tmp_path: Path) -> None:
    assert find(tmp_path / "none", "en", "k1") is None
