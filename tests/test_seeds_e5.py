"""The packed embedder's conversion: a tiny file comes out as it was packed, also through `ensure`."""

from __future__ import annotations

import json
import math
import os
import struct
import unicodedata
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from sentence_transformers import SentenceTransformer
from tiny_e5 import HEADS, HIDDEN, LAYERS, POSITIONS, VOCABULARY, converted, tiny
from tokenizers import Tokenizer
from transformers import BertModel

from seeds import e5
from seeds.errors import ModelFileError
from seeds.provision import ensure, models_dir, status, verify


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
