"""The packed embedder's conversion: a tiny file written here from the format's description, then the real one."""

from __future__ import annotations

import json
import math
import os
import struct
import subprocess
import unicodedata
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer
from transformers import BertModel

from seeds import e5
from seeds.errors import ModelFileError
from seeds.provision import ensure, models_dir, status, verify

HIDDEN, LAYERS, HEADS, FEED_FORWARD, VOCABULARY, POSITIONS, TYPES = 32, 2, 4, 64, 12, 16, 2
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁query", "▁passage", ":", "▁안녕", "▁a", "b"]
SCORES = [0.0, 0.0, 0.0, 0.0, -1.0, -1.5, -2.0, -2.5, -3.0, -3.5]
MATRICES = {"q": (32, 32), "k": (32, 32), "v": (32, 32), "ao": (32, 32), "fi": (64, 32), "fo": (32, 64)}


def quantize(matrix: np.ndarray) -> tuple[bytes, np.ndarray]:
    """Q4_0 bytes of a matrix, one number at a time, and the matrix that they stand for."""
    stored, meant = b"", []
    for block in matrix.reshape(-1, 32).tolist():
        scale = float(np.float16(max(abs(x) for x in block) / 7 or 1.0))
        steps = [min(15, max(0, round(x / scale) + 8)) for x in block]
        stored += struct.pack("<e", scale)
        stored += bytes(steps[i] | steps[i + 16] << 4 for i in range(16))
        meant += [scale * (step - 8) for step in steps]
    return stored, np.array(meant).reshape(matrix.shape)


@cache
def tiny() -> tuple[bytes, dict[str, np.ndarray]]:
    """A whole packed file, and the weights it holds by their packed names."""
    rng = np.random.default_rng(7)
    weights: dict[str, np.ndarray] = {}
    stored: dict[str, tuple[int, int, bytes]] = {}

    def add(name: str, matrix: np.ndarray, packed: bool) -> None:
        if packed:
            data, weights[name] = quantize(matrix)
        else:
            data, weights[name] = matrix.astype("<f4").tobytes(), matrix.astype(np.float32).astype(float)
        stored[name] = (int(packed), matrix.size, data)

    def norm(name: str) -> None:
        add(f"{name}.w", 1 + 0.1 * rng.standard_normal(HIDDEN), False)
        add(f"{name}.b", 0.1 * rng.standard_normal(HIDDEN), False)

    add("emb.word", rng.standard_normal((VOCABULARY, HIDDEN)), True)
    add("emb.pos", 0.3 * rng.standard_normal((POSITIONS, HIDDEN)), False)
    add("emb.type", 0.3 * rng.standard_normal((TYPES, HIDDEN)), False)
    norm("emb.ln")
    for layer in range(LAYERS):
        for name, shape in MATRICES.items():
            add(f"l{layer}.{name}.w", 0.4 * rng.standard_normal(shape), True)
            add(f"l{layer}.{name}.b", 0.1 * rng.standard_normal(shape[0]), False)
        norm(f"l{layer}.aln")
        norm(f"l{layer}.oln")

    head = b"E5S1" + struct.pack(
        "<I7ifi", 1, HIDDEN, LAYERS, HEADS, FEED_FORWARD, VOCABULARY, POSITIONS, TYPES, 1e-12, 32
    )
    blob = "".join(PIECES).encode()
    ends = np.cumsum([0, *(len(piece.encode()) for piece in PIECES)])
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(blob))
    head += ends.astype("<u4").tobytes() + np.array(SCORES, "<f4").tobytes() + blob
    table = struct.pack("<IBI", 0xFF21, 1, 0x41)
    head += struct.pack("<iI", 1, len(table)) + table
    head += struct.pack("<i", len(stored))
    start = len(head) + sum(2 + len(name) + 21 for name in stored)
    body = b""
    for name, (kind, count, data) in stored.items():
        head += struct.pack("<H", len(name)) + name.encode()
        head += struct.pack("<BIQQ", kind, count, start + len(body), len(data))
        body += data
    return head + body, weights


def bert(ids: list[int]) -> np.ndarray:
    """The embedding of one token sequence, by the formulas of Devlin et al. 2019, in float64; shape (HIDDEN,)."""
    _, w = tiny()

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        centred = x - x.mean(-1, keepdims=True)
        return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12) * w[f"{name}.w"] + w[f"{name}.b"]

    def linear(x: np.ndarray, name: str) -> np.ndarray:
        return x @ w[f"{name}.w"].T + w[f"{name}.b"]

    def gelu(x: np.ndarray) -> np.ndarray:
        return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))

    x = norm(w["emb.word"][ids] + w["emb.pos"][: len(ids)] + w["emb.type"][0], "emb.ln")
    for layer in range(LAYERS):
        q, k, v = (linear(x, f"l{layer}.{name}").reshape(len(ids), HEADS, -1).swapaxes(0, 1) for name in "qkv")
        scores = q @ k.swapaxes(1, 2) / math.sqrt(HIDDEN // HEADS)
        share = np.exp(scores - scores.max(-1, keepdims=True))
        seen = (share / share.sum(-1, keepdims=True) @ v).swapaxes(0, 1).reshape(len(ids), HIDDEN)
        x = norm(x + linear(seen, f"l{layer}.ao"), f"l{layer}.aln")
        x = norm(x + linear(gelu(linear(x, f"l{layer}.fi")), f"l{layer}.fo"), f"l{layer}.oln")
    pooled = x.mean(0)
    return pooled / np.linalg.norm(pooled)


def converted(data: bytes, folder: Path) -> Path:
    packed, out = folder / "packed.bin", folder / "out"
    packed.write_bytes(data)
    out.mkdir()
    e5.convert(packed, out)
    return out


# ---- the tiny file


def test_q4_0_by_hand() -> None:
    """Scale 0.5; byte i holds weight i in its low nibble, weight i + 16 in its high one; 8 stands for zero."""
    nibbles = [0x80] + [0xF8] + [0x08] + [0x88] * 13
    block = struct.pack("<e", 0.5) + bytes(nibbles)
    expected = [-4.0, 0, 0] + [0.0] * 13 + [0, 3.5, -4.0] + [0.0] * 13
    assert e5.dequantize_q4_0(block + block).tolist() == expected * 2


def test_every_tensor_comes_out_as_it_was_packed(tmp_path: Path) -> None:
    data, weights = tiny()
    tensors = load_file(converted(data, tmp_path) / "model.safetensors")
    assert {array.dtype for array in tensors.values()} == {np.dtype(np.float32)}
    pairs = {
        "embeddings.word_embeddings.weight": "emb.word",
        "embeddings.position_embeddings.weight": "emb.pos",
        "embeddings.token_type_embeddings.weight": "emb.type",
        "encoder.layer.1.attention.self.value.weight": "l1.v.w",
        "encoder.layer.0.intermediate.dense.weight": "l0.fi.w",
        "encoder.layer.0.output.dense.bias": "l0.fo.b",
        "encoder.layer.1.output.LayerNorm.weight": "l1.oln.w",
    }
    for name, packed in pairs.items():
        np.testing.assert_array_equal(tensors[name], weights[packed].astype(np.float32), err_msg=name)


@pytest.mark.parametrize(
    ("text", "prompt", "ids"),
    [
        ("안녕 ab", "query", [0, 4, 6, 7, 8, 9, 2]),
        ("a\n\t 안녕b", "document", [0, 5, 6, 8, 7, 9, 2]),
        ("", "query", [0, 4, 6, 2]),
    ],
)
def test_sentence_transformers_computes_what_bert_should(
    tmp_path: Path, text: str, prompt: str, ids: list[int]
) -> None:
    model = SentenceTransformer(str(converted(tiny()[0], tmp_path)), device="cpu")
    assert model.tokenizer(model.prompts[prompt] + text)["input_ids"] == ids
    vector = model.encode(text, prompt_name=prompt)
    np.testing.assert_allclose(vector, bert(ids), atol=1e-5)
    assert model.max_seq_length == POSITIONS


def test_batches_pad_without_changing_the_vectors(tmp_path: Path) -> None:
    model = SentenceTransformer(str(converted(tiny()[0], tmp_path)), device="cpu")
    short, long = model.encode(["a", "안녕 ab a b 안녕"], prompt_name="query", batch_size=2)
    np.testing.assert_allclose(short, bert([0, 4, 6, 8, 2]), atol=1e-5)
    assert np.linalg.norm(long) == pytest.approx(1, abs=1e-5)


def test_text_is_normalised_as_sentencepiece_does(tmp_path: Path) -> None:
    tokenizer = Tokenizer.from_file(str(converted(tiny()[0], tmp_path) / "tokenizer.json"))
    plain = tokenizer.encode("안녕 ab").ids
    for same in (
        unicodedata.normalize("NFD", "안녕 ab"),  # decomposed, as some systems write Korean
        "\u3000안녕\u00a0\u200bａｂ\r\n",  # wide letters, odd spaces
        "안\x01녕\ufeff ab\x7f",  # control characters, a stray byte order mark
    ):
        assert tokenizer.encode(same).ids == plain, ascii(same)
    assert tokenizer.decode(plain) == "안녕 ab"


def test_configuration_is_complete(tmp_path: Path) -> None:
    """As published, readable by whoever shares the machine, and with every tensor that transformers asks for."""
    out = converted(tiny()[0], tmp_path)
    config = json.loads((out / "config.json").read_text())
    assert config["layer_norm_eps"] == 1e-12
    assert (config["pad_token_id"], config["vocab_size"]) == (1, VOCABULARY)
    assert (out / "model.safetensors").stat().st_mode & 0o044 == 0o044
    _, report = BertModel.from_pretrained(out, output_loading_info=True)
    assert not any(report.values()), report


# ---- damage


def patched(offset: int, layout: str, *values: object) -> bytes:
    data = bytearray(tiny()[0])
    struct.pack_into("<" + layout, data, offset, *values)
    return bytes(data)


TOKENIZER = 4 + 4 + 28 + 4 + 4
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


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, len(tiny()[0]) - 1))
def test_no_cut_is_taken_for_a_whole_file(tmp_path: Path, cut: int) -> None:
    packed = tmp_path / "packed.bin"
    packed.write_bytes(tiny()[0][:cut])
    with pytest.raises(ModelFileError):
        e5.convert(packed, tmp_path / "never-made")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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


# ---- through ensure


@pytest.fixture
def pinned(tmp_path: Path) -> Path:
    """A catalogue whose one model is the tiny embedder."""
    data = tiny()[0]
    digest = sha256(data).hexdigest()
    path = tmp_path / "models.toml"
    path.write_text(
        f"""
        [models.tiny]
        role = "embedder"
        licence = "MIT"
        about = "a test"
        file = "tiny.bin"
        sha256 = "{digest}"
        size = {len(data)}
        [[models.tiny.parts]]
        distribution = "no-such-distribution-of-gisa"
        version = "1"
        wheel_sha256 = "{digest}"
        wheel_size = 1
        member = "x"
        sha256 = "{digest}"
        size = {len(data)}
        """,
        encoding="utf-8",
    )
    (tmp_path / "mine.bin").write_bytes(data)
    return path


def test_ensure_gives_a_folder_and_mends_it_without_fetching(
    tmp_path: Path, pinned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    folder = ensure("tiny", home, from_file=tmp_path / "mine.bin", catalogue=pinned)
    assert folder == models_dir(home) / "tiny"
    assert verify("tiny", home, catalogue=pinned) == folder
    weights = (folder / "model.safetensors").read_bytes()
    for harm in (
        (folder / "tokenizer.json").unlink,
        lambda: (folder / "model.safetensors").write_bytes(weights[:-4] + b"\0\0\0\1"),
        (models_dir(home) / "tiny.json").unlink,
        lambda: monkeypatch.setattr(e5, "CONVERSION", e5.CONVERSION + 1),
    ):
        harm()
        assert status(home, catalogue=pinned)[0].state == "changed"
        assert ensure("tiny", home, catalogue=pinned) == folder
        assert (folder / "model.safetensors").read_bytes() == weights
        assert (folder / "tokenizer.json").exists()
        assert status(home, catalogue=pinned)[0].state == "ready"


def test_verify_hashes_the_folder_too(tmp_path: Path, pinned: Path) -> None:
    home = tmp_path / "home"
    folder = ensure("tiny", home, from_file=tmp_path / "mine.bin", catalogue=pinned)
    path = folder / "model.safetensors"
    when, data = path.stat().st_mtime_ns, path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    os.utime(path, ns=(when, when))
    with pytest.raises(ModelFileError, match=r"model\.safetensors"):
        verify("tiny", home, catalogue=pinned)
    assert not folder.exists()


# ---- the real file


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
