"""A packed embedder that is damaged is told, never converted."""

from __future__ import annotations

import json
import math
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file
from tiny_e5 import PIECES, TOKENIZER, VOCABULARY, converted, tiny

from seeds import e5
from seeds.errors import ModelFileError


def patched(offset: int, layout: str, *values: object) -> bytes:
    data = bytearray(tiny()[0])
    struct.pack_into("<" + layout, data, offset, *values)
    return bytes(data)


OFFSETS = TOKENIZER + 20 + 8
SCORE_TABLE = OFFSETS + 4 * (len(PIECES) + 1)
BLOB = SCORE_TABLE + 4 * len(PIECES)
NORMAL = BLOB + len("".join(PIECES).encode())
DIRECTORY = NORMAL + 8 + 9
FIRST = DIRECTORY + 4 + 2 + len("emb.word")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"E5S1",
        b"GGUF" + tiny()[0][4:],
        patched(4, "I", 2),
        patched(8, "i", 0),
        patched(8, "i", -32),
        patched(8, "i", 1 << 30),
        patched(8, "i", 64),
        patched(12, "i", 3),
        patched(16, "i", 5),
        patched(36, "f", math.nan),
        patched(40, "i", 64),
        patched(TOKENIZER, "i", -1),
        patched(TOKENIZER, "i", VOCABULARY + 1),
        patched(TOKENIZER + 4, "i", 99),
        patched(TOKENIZER + 4, "i", 2),
        patched(TOKENIZER + 20, "Q", 1 << 63),
        patched(OFFSETS, "I", 1),
        patched(OFFSETS + 4, "I", 0),
        patched(OFFSETS + 8, "I", 1 << 31),
        patched(SCORE_TABLE + 16, "f", math.inf),
        patched(BLOB, "3s", b"<x>"),
        patched(BLOB + 20, "B", 0xFF),
        patched(NORMAL + 4, "I", 1 << 31),
        patched(DIRECTORY, "i", -1),
        patched(DIRECTORY, "i", 1 << 30),
        patched(DIRECTORY + 6, "8s", b"emb.wort"),
        patched(FIRST, "B", 7),
        patched(FIRST, "B", 0),
        patched(FIRST + 1, "I", 0xFFFFFFFF),
        patched(FIRST + 5, "Q", 1 << 63),
        patched(FIRST + 13, "Q", 17),
        tiny()[0][:-1],
    ],
)
def test_damage_is_told_never_converted(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ModelFileError) as raised:
        converted(data, tmp_path)
    for text in (raised.value.en, raised.value.ko):
        assert "\n" not in text
        assert "gisa models pull" in text


def test_a_scale_that_is_not_a_number_is_told(tmp_path: Path) -> None:
    data = tiny()[0]
    (start,) = struct.unpack_from("<Q", data, FIRST + 5)
    with pytest.raises(ModelFileError):
        converted(patched(start, "e", math.nan), tmp_path)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, len(tiny()[0]) - 1))
def test_no_cut_is_taken_for_a_whole_file(tmp_path: Path, cut: int) -> None:
    packed = tmp_path / "packed.bin"
    packed.write_bytes(tiny()[0][:cut])
    with pytest.raises(ModelFileError):
        e5.convert(packed, tmp_path / "never-made")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.integers(0, FIRST + 600), value=st.integers(0, 255))
def test_no_byte_of_the_head_can_crash_it(tmp_path_factory: pytest.TempPathFactory, where: int, value: int) -> None:
    """Any byte changed to any value: it is refused, or what comes out has the shapes that its header says."""
    folder = tmp_path_factory.mktemp("flip")
    try:
        out = converted(patched(where, "B", value), folder)
    except ModelFileError:
        return
    config = json.loads((out / "config.json").read_text())
    tensors = load_file(out / "model.safetensors")
    assert tensors["embeddings.word_embeddings.weight"].shape == (config["vocab_size"], config["hidden_size"])
    assert all(np.isfinite(array).all() for array in tensors.values())


def test_a_full_disk_is_an_os_error(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount the small disk that this test fills")
    try:
        packed = tmp_path / "packed.bin"
        packed.write_bytes(tiny()[0])
        with pytest.raises(OSError, match="No space left") as raised:
            e5.convert(packed, disk)
        assert raised.value.errno == 28
    finally:
        subprocess.run(["umount", str(disk)], check=True)
