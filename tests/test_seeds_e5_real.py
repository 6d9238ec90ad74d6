"""The real packed embedder, against what is published of it and an independent reading."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from sentence_transformers import SentenceTransformer
from tiny_e5 import TOKENIZER
from tokenizers import Tokenizer

from seeds.errors import ModelFileError
from seeds.provision import ensure, models_dir


@pytest.fixture(scope="module")
def real() -> tuple[Path, Path]:
    """The pinned embedder under GISA_HOME, fetched when it can be: (packed file, sentence-transformers folder)."""
    named = os.environ.get("GISA_HOME")
    if not named:
        pytest.skip("GISA_HOME is not set: no place for the real model")
    home = Path(named)
    try:
        folder = ensure("multilingual-e5-small", home)
    except ModelFileError as error:
        pytest.skip(f"the real model cannot be had: {error.en}")
    return models_dir(home) / "e5-small-q4.bin", folder


@pytest.fixture(scope="module")
def real_tokenizer(real: tuple[Path, Path]) -> Tokenizer:
    return Tokenizer.from_file(str(real[1] / "tokenizer.json"))


@pytest.mark.parametrize(
    ("text", "ids"),
    [  # as fairseq publishes them for XLM-RoBERTa, whose vocabulary this is
        ("Hello world!", [0, 35378, 8999, 38, 2]),
        ("你好，世界", [0, 6, 124084, 4, 3221, 2]),
        ("नमस्ते दुनिया", [0, 68700, 97883, 29405, 2]),
        ("مرحبا بالعالم", [0, 665, 193478, 258, 1705, 77796, 2]),
        ("Bonjour le monde", [0, 84602, 95, 11146, 2]),
    ],
)
def test_real_tokens_are_the_published_ones(real_tokenizer: Tokenizer, text: str, ids: list[int]) -> None:
    assert real_tokenizer.encode(text).ids == ids


def test_real_normalisation_is_the_file_s_own_table(real: tuple[Path, Path], real_tokenizer: Tokenizer) -> None:
    """Every code point, except the wide tilde (kept by the table) and one ideograph of a later Unicode."""
    data = real[0].read_bytes()
    pieces, _, _, _, _, blob = struct.unpack_from("<5iQ", data, TOKENIZER)
    place = TOKENIZER + 28 + 4 * (pieces + 1) + 4 * pieces + blob
    entries, _ = struct.unpack_from("<iI", data, place)
    place += 8
    table = {}
    for _ in range(entries):
        point, length = struct.unpack_from("<IB", data, place)
        table[point] = "".join(map(chr, struct.unpack_from(f"<{length}I", data, place + 5)))
        place += 5 + 4 * length
    normalizer = real_tokenizer.normalizer
    points = [point for point in range(1, 0x110000) if not 0xD800 <= point < 0xE000]
    other = [
        point
        for point in points
        if normalizer.normalize_str(chr(point)) != " ".join(table.get(point, chr(point)).split())
    ]
    assert other == [0xFF5E, 0x1F23B]
    assert len(table) > 4000


def test_real_matrix_read_independently(real: tuple[Path, Path]) -> None:
    """l3.fi.w, found and unpacked here by plain struct reads: 1536 x 384, in (out, in) order."""
    data = real[0].read_bytes()
    name = b"l3.fi.w"
    at = data.index(struct.pack("<H", len(name)) + name) + 2 + len(name)
    kind, count, offset, size = struct.unpack_from("<BIQQ", data, at)
    assert (kind, count, size) == (1, 1536 * 384, 1536 * 384 // 32 * 18)
    matrix = load_file(real[1] / "model.safetensors")["encoder.layer.3.intermediate.dense.weight"]
    assert matrix.shape == (1536, 384)
    for row, column in [(0, 0), (0, 15), (0, 16), (0, 31), (0, 32), (7, 383), (1000, 200), (1535, 383)]:
        block, within = divmod(row * 384 + column, 32)
        (scale,) = struct.unpack_from("<e", data, offset + 18 * block)
        byte = data[offset + 18 * block + 2 + within % 16]
        nibble = byte & 15 if within < 16 else byte >> 4
        assert matrix[row, column] == pytest.approx(scale * (nibble - 8), abs=0)


def test_real_model_knows_what_belongs_together(real: tuple[Path, Path]) -> None:
    model = SentenceTransformer(str(real[1]), device="cpu")
    questions = ["What is the capital of Australia?", "김치는 어떻게 만드나요?", "Who wrote Hamlet?"]
    passages = [
        "캔버라는 오스트레일리아의 수도이다.",
        "소금에 절인 배추에 고춧가루와 마늘을 버무려 익히면 김치가 된다.",  # in one language: it prefers its own
        "햄릿은 윌리엄 셰익스피어가 쓴 비극이다.",
    ]
    queries = model.encode(questions, prompt_name="query")
    documents = model.encode(passages, prompt_name="document")
    assert queries.shape == (3, 384)
    np.testing.assert_allclose(np.linalg.norm(queries, axis=1), 1, atol=1e-5)
    assert (queries @ documents.T).argmax(1).tolist() == [0, 1, 2]
