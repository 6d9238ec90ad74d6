"""Turn the packed 4-bit embedder (multilingual-e5-small, magic `E5S1`) into a sentence-transformers folder.

The packed file, little-endian throughout:

    "E5S1"  u32 version
    i32 x 7 hidden, layers, heads, feed-forward, vocabulary, positions, token types;  f32 layer-norm epsilon;  i32 block
    i32 x 5 n pieces, ids of <s> </s> <pad> <unk>;  u64 blob bytes;  u32 offsets[n + 1];  f32 scores[n];  blob (UTF-8)
    i32     entries and u32 bytes of a normalization table (a code point each; not needed, see `_tokenizer`)
    i32     tensors, for each: u16 length, name, u8 kind (0 float32, 1 Q4_0), u32 count, u64 offset, u64 bytes

Q4_0 (llama.cpp's name) packs 32 weights in 18 bytes: a float16 scale, then 16 bytes whose low nibbles are weights 0-15
and whose high nibbles are weights 16-31; weight = scale * (nibble - 8). Tensors are those of BERT (Devlin et al. 2019).

Everything read is checked against the bounds of the file and against the header, so that a damaged file ends in
ModelFileError. (Altered weights cannot be seen here: the sha256 of the whole file tells, before this is called.)
"""

from __future__ import annotations

import errno
import json
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from seeds.errors import ModelFileError
from seeds.transfer import DISK_FULL_CODES

Floats = npt.NDArray[np.float32]

CONVERSION = 1
"""Raise it whenever the folder written for the same packed file changes: folders of another number are made anew."""

BLOCK_WEIGHTS, BLOCK_BYTES = 32, 18
FLOAT32, Q4_0 = 0, 1
MAX_DIMENSION = 1 << 20
SPECIALS = ("<s>", "</s>", "<pad>", "<unk>")


@dataclass(frozen=True, slots=True)
class _Header:
    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """`pieces` are (piece, log probability) by id; `ids` those of SPECIALS, in that order."""

    pieces: list[tuple[str, float]]
    ids: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class _Entry:
    kind: int
    count: int
    offset: int
    size: int


class _Reader:
    """Reads forward through a buffer, never past its end."""

    def __init__(self, buffer: memoryview) -> None:
        self.buffer = buffer
        self.position = 0

    def take(self, size: int) -> memoryview:
        return self.at(self.position, size, move=True)

    def at(self, offset: int, size: int, *, move: bool = False) -> memoryview:
        if size < 0 or offset + size > len(self.buffer):
            raise _damaged(f"it ends at byte {len(self.buffer)}, {size} more are needed at {offset}")
        if move:
            self.position = offset + size
        return self.buffer[offset : offset + size]

    def unpack(self, layout: str) -> tuple[Any, ...]:
        packed = struct.Struct("<" + layout)
        return packed.unpack(self.take(packed.size))


def convert(packed: Path, folder: Path) -> None:
    """Write `packed` as a sentence-transformers model into the existing, empty `folder`: mean pooling, unit norm,
    prompts "query: " and "passage: ", float32 weights in safetensors.

    Peak memory is about the packed file and the float32 weights together (72 + 470 MB). Raises ModelFileError for a
    damaged file; OSError passes through.
    """
    reader = _Reader(memoryview(packed.read_bytes()))
    header = _read_header(reader)
    vocabulary = _read_vocabulary(reader, header)
    directory = _read_directory(reader)
    tensors = {name: _read_tensor(reader, directory, *source) for name, source in _bert_tensors(header)}
    # Mean pooling never asks BERT's own pooler, which is not in the file; without it transformers reports damage.
    tensors["pooler.dense.weight"] = np.zeros((header.hidden, header.hidden), np.float32)
    tensors["pooler.dense.bias"] = np.zeros(header.hidden, np.float32)
    _write_weights(tensors, folder / "model.safetensors")
    _write_tokenizer(vocabulary, header, folder)
    _write_configuration(vocabulary, header, folder)


def _read_header(reader: _Reader) -> _Header:
    magic, version = reader.unpack("4sI")
    if magic != b"E5S1" or version != 1:
        raise _damaged("it does not begin as a packed embedder of version 1 does")
    hidden, layers, heads, feed_forward, vocabulary, positions, types, epsilon, block = reader.unpack("7ifi")
    dimensions = (hidden, layers, heads, feed_forward, vocabulary, positions, types)
    if not all(0 < n <= MAX_DIMENSION for n in dimensions) or block != BLOCK_WEIGHTS:
        raise _damaged(f"impossible dimensions {dimensions}, block {block}")
    if not 0 < epsilon < 1e-2:
        raise _damaged(f"impossible layer-norm epsilon {epsilon}")
    if hidden % heads:
        raise _damaged(f"{hidden} dimensions cannot be split over {heads} heads")
    # The shortest decimal that is this float32: 1e-12 as published, not 9.99999996e-13.
    published = float(str(np.float32(epsilon)))
    return _Header(hidden, layers, heads, feed_forward, vocabulary, positions, types, published)


def _read_vocabulary(reader: _Reader, header: _Header) -> _Vocabulary:
    count, bos, eos, pad, unk = reader.unpack("5i")
    (blob_size,) = reader.unpack("Q")
    ids = (bos, eos, pad, unk)
    if not 0 < count <= header.vocabulary or len(set(ids)) != 4 or not all(0 <= i < count for i in ids):
        raise _damaged(f"impossible vocabulary of {count} pieces with special ids {ids}")
    offsets = np.frombuffer(reader.take(4 * (count + 1)), "<u4").tolist()
    scores = np.frombuffer(reader.take(4 * count), "<f4")
    blob = bytes(reader.take(blob_size))
    if offsets[0] != 0 or offsets[-1] != len(blob) or any(a >= b for a, b in pairwise(offsets)):
        raise _damaged("the pieces of its vocabulary overlap or are empty")
    if not np.isfinite(scores).all():
        raise _damaged("a piece of its vocabulary has no score")
    try:
        texts = [blob[a:b].decode() for a, b in pairwise(offsets)]
    except UnicodeDecodeError as error:
        raise _damaged("a piece of its vocabulary is not UTF-8") from error
    if len(set(texts)) != count or tuple(texts[i] for i in ids) != SPECIALS:
        raise _damaged("its vocabulary repeats a piece, or names its special tokens otherwise")
    _, table_size = reader.unpack("iI")
    reader.take(table_size)
    return _Vocabulary(list(zip(texts, scores.tolist(), strict=True)), ids)


def _read_directory(reader: _Reader) -> dict[str, _Entry]:
    (count,) = reader.unpack("i")
    directory: dict[str, _Entry] = {}
    for _ in range(count):
        (length,) = reader.unpack("H")
        name = bytes(reader.take(length)).decode("ascii", errors="replace")
        directory[name] = _Entry(*reader.unpack("BIQQ"))
    return directory


def _bert_tensors(header: _Header) -> Iterator[tuple[str, tuple[str, tuple[int, ...]]]]:
    """transformers' name of each BERT tensor, with its name and shape in the packed file."""
    h, f = header.hidden, header.feed_forward
    yield "embeddings.word_embeddings.weight", ("emb.word", (header.vocabulary, h))
    yield "embeddings.position_embeddings.weight", ("emb.pos", (header.positions, h))
    yield "embeddings.token_type_embeddings.weight", ("emb.type", (header.token_types, h))
    yield "embeddings.LayerNorm.weight", ("emb.ln.w", (h,))
    yield "embeddings.LayerNorm.bias", ("emb.ln.b", (h,))
    linear = {  # torch keeps a linear layer's weights as (out, in), and so does the packed file
        "attention.self.query": ("q", h, h),
        "attention.self.key": ("k", h, h),
        "attention.self.value": ("v", h, h),
        "attention.output.dense": ("ao", h, h),
        "intermediate.dense": ("fi", f, h),
        "output.dense": ("fo", h, f),
    }
    for layer in range(header.layers):
        there, here = f"encoder.layer.{layer}.", f"l{layer}."
        for name, (short, n_out, n_in) in linear.items():
            yield f"{there}{name}.weight", (f"{here}{short}.w", (n_out, n_in))
            yield f"{there}{name}.bias", (f"{here}{short}.b", (n_out,))
        for name, short in (("attention.output.LayerNorm", "aln"), ("output.LayerNorm", "oln")):
            yield f"{there}{name}.weight", (f"{here}{short}.w", (h,))
            yield f"{there}{name}.bias", (f"{here}{short}.b", (h,))


def _read_tensor(reader: _Reader, directory: dict[str, _Entry], name: str, shape: tuple[int, ...]) -> Floats:
    if name not in directory:
        raise _damaged(f"it has no tensor {name}")
    entry = directory[name]
    kind, count, size = entry.kind, entry.count, entry.size
    blocks, rest = divmod(count, BLOCK_WEIGHTS)
    expected = {FLOAT32: 4 * count, Q4_0: blocks * BLOCK_BYTES if not rest else -1}.get(kind, -1)
    if count != math.prod(shape) or size != expected:
        raise _damaged(f"tensor {name} has {count} weights in {size} bytes of kind {kind}, shape {shape} is needed")
    stored = reader.at(entry.offset, size)
    weights = np.frombuffer(stored, "<f4").astype(np.float32) if kind == FLOAT32 else dequantize_q4_0(stored)
    if not np.isfinite(weights).all():
        raise _damaged(f"tensor {name} has weights that are not numbers")
    return weights.reshape(shape)


def dequantize_q4_0(stored: bytes | memoryview) -> Floats:
    """Q4_0 blocks (18 bytes each) to float32 weights, shape (32 * blocks,)."""
    blocks = np.frombuffer(stored, np.dtype([("scale", "<f2"), ("nibbles", "u1", (BLOCK_WEIGHTS // 2,))]))
    weights = np.empty((len(blocks), BLOCK_WEIGHTS), np.float32)
    half, step = BLOCK_WEIGHTS // 2, 1 << 14
    for start in range(0, len(blocks), step):  # in slices: the steps between hold a few MB, not a second matrix
        part, out = blocks[start : start + step], weights[start : start + step]
        out[:, :half] = part["nibbles"] & 0x0F
        out[:, half:] = part["nibbles"] >> 4
        out -= 8
        with np.errstate(invalid="ignore"):  # a damaged scale makes weights that are not numbers: whoever reads looks
            out *= part["scale"].astype(np.float32)[:, None]
    return weights.reshape(-1)


def _write_weights(tensors: dict[str, Floats], path: Path) -> None:
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    try:
        save_file(tensors, path, metadata={"format": "pt"})
    except SafetensorError as error:  # its only failure here is the disk's, told as text ("... (os error 28)")
        code = next((code for code in DISK_FULL_CODES if f"os error {code})" in str(error)), errno.EIO)
        raise OSError(code, str(error), str(path)) from error
    path.chmod(0o644)  # safetensors makes it private


def _write_tokenizer(vocabulary: _Vocabulary, header: _Header, folder: Path) -> None:
    """XLM-RoBERTa's tokenizer: Unigram pieces (Kudo 2018) over NFKC text, white space as U+2581.

    Nmt then NFKC is what sentencepiece calls nmt_nfkc: control characters go, odd spaces become spaces. It equals the
    packed file's own table at all code points but two (U+FF5E, which the table keeps, and one of later Unicode), and
    unlike the table it also composes sequences, as decomposed Hangul needs.
    """
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    bos, eos, _, unk = vocabulary.ids
    tokenizer = Tokenizer(models.Unigram(vocabulary.pieces, unk_id=unk, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in SPECIALS])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", bos), ("</s>", eos)]
    )
    (folder / "tokenizer.json").write_text(tokenizer.to_str(), encoding="utf-8")
    names = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>", "cls_token": "<s>"}
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": header.positions, "sep_token": "</s>"}
    _write_json(folder / "tokenizer_config.json", settings | names)


def _write_configuration(vocabulary: _Vocabulary, header: _Header, folder: Path) -> None:
    """The JSON files of transformers and sentence-transformers, in the form that all their releases since 2 read."""
    bos, eos, pad, _ = vocabulary.ids
    bert = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_act": "gelu",
        "hidden_size": header.hidden,
        "num_hidden_layers": header.layers,
        "num_attention_heads": header.heads,
        "intermediate_size": header.feed_forward,
        "vocab_size": header.vocabulary,
        "max_position_embeddings": header.positions,
        "type_vocab_size": header.token_types,
        "layer_norm_eps": header.epsilon,
        "bos_token_id": bos,
        "eos_token_id": eos,
        "pad_token_id": pad,
        "dtype": "float32",
    }
    modules = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate([("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")])
    ]
    prompts = {"query": "query: ", "document": "passage: "}
    (folder / "1_Pooling").mkdir()
    (folder / "2_Normalize").mkdir()
    pooling = {"word_embedding_dimension": header.hidden, "pooling_mode_mean_tokens": True}
    _write_json(folder / "config.json", bert)
    _write_json(folder / "modules.json", modules)
    _write_json(folder / "1_Pooling" / "config.json", pooling | {"pooling_mode_cls_token": False})
    _write_json(folder / "2_Normalize" / "config.json", {})
    _write_json(folder / "sentence_bert_config.json", {"max_seq_length": header.positions, "do_lower_case": False})
    _write_json(folder / "config_sentence_transformers.json", {"prompts": prompts, "similarity_fn_name": "cosine"})


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _damaged(how: str) -> ModelFileError:
    return ModelFileError(
        f"The packed embedder is damaged ({how}): run `gisa models pull`.",
        f"임베딩 모델 파일이 손상되었습니다({how}). `gisa models pull`을 실행하세요.",
    )
