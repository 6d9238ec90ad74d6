"""Any sentence-transformers model as an Embedder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from sentence_transformers import SentenceTransformer
from transformers.utils import logging as transformers_logging

from index.types import Span, Vectors, Words
from index.words import pool
from seeds.errors import ModelFileError

Precision = Literal["auto", "float32", "bfloat16"]
Progress = Callable[[int, int], None]
"""Called with (texts done, texts in all)."""

_PROBE = "기사 Article 26만 H100"
_SLAB = 1024
_STEP = 8
"""Batches are padded to a multiple of so many tokens: torch keeps code for each length that it meets."""
_OFFSETS = {"return_offsets_mapping": True, "return_special_tokens_mask": True}


class SentenceTransformerEmbedder:
    """Embeds with the model's own prompts for queries and documents; texts beyond its length limit are cut there.

    `model` is a folder (then nothing is ever fetched) or a name that sentence-transformers knows. `precision`
    "auto" is bfloat16 on processors that compute in it (2 to 3 times as fast and half the memory with the default
    model; each vector within cosine 0.9999 of its float32 twin), float32 elsewhere: emulated bfloat16 is slower than
    float32. `batch_tokens` bounds a batch, padding included. `threads` sets torch's, for the whole process.

    Word vectors need to know where in the text a token stands. A model whose tokenizer does not tell (one that is not
    from the tokenizers library, or that wraps texts in a chat template) has none: every span and question is given
    zero words, and retrieval goes without late interaction.

    Raises ModelFileError when the model cannot be loaded.
    """

    def __init__(
        self,
        model: str | Path,
        *,
        precision: Precision = "auto",
        batch_tokens: int = 4000,
        device: str | None = None,
        threads: int | None = None,
    ) -> None:
        if threads is not None:
            torch.set_num_threads(threads)
        self._batch_tokens = batch_tokens
        self._model = _load(model, device)
        self._folder = Path(model)
        if precision == "bfloat16" or (precision == "auto" and _computes_bfloat16(self._model.device)):
            self._model.bfloat16()
        self._dimension = self._model.get_embedding_dimension() or len(np.asarray(self._model.encode(_PROBE)))
        self._query_prompt = _prompt(self._model, "query")
        self._document_prompt = _prompt(self._model, "document", "passage", "corpus")
        self._name = f"{Path(model).name if Path(model).is_dir() else model}@{_stamp(self._model)}"

    @property
    def name(self) -> str:
        """The model's name and a stamp of its weights, tokenizer and prompts; the same in either precision."""
        return self._name

    @property
    def folder(self) -> Path:
        """Where the model lies, when it was given as a folder."""
        return self._folder

    @property
    def encoder(self) -> Any:
        """The transformers model itself, in its precision; who reads with it must not change it."""
        return self._model[0].auto_model

    @property
    def dimension(self) -> int:
        return self._dimension

    def queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts, self._encode_query)

    def documents(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        return self._encode(texts, self._encode_document, progress)

    def words(self, texts: Sequence[str], spans: Sequence[Sequence[Span]]) -> tuple[Vectors, list[list[Words]]]:
        if not self._has_offsets:
            return self.documents(texts), [[np.empty((0, self._dimension), np.float32) for _ in its] for its in spans]
        vectors = np.empty((len(texts), self._dimension), np.float32)
        words: list[list[Words]] = [[] for _ in texts]
        for i, item in self._items(texts, self._encode_document):
            vectors[i] = _array(item["sentence_embedding"])
            words[i] = pool(texts[i], spans[i], *_tokens(item, len(self._document_prompt)))
        return _unit(vectors), words

    def question_words(self, texts: Sequence[str]) -> tuple[Vectors, list[Words]]:
        if not self._has_offsets:
            return self.queries(texts), [np.empty((0, self._dimension), np.float32) for _ in texts]
        vectors = np.empty((len(texts), self._dimension), np.float32)
        words = [np.empty((0, self._dimension), np.float32) for _ in texts]
        for i, item in self._items(texts, self._encode_query):
            vectors[i] = _array(item["sentence_embedding"])
            _, words[i] = _tokens(item, len(self._query_prompt))
        return _unit(vectors), words

    @cached_property
    def _has_offsets(self) -> bool:
        if not getattr(self._model.tokenizer, "is_fast", False):
            return False
        features = self._model.preprocess([_PROBE], processing_kwargs={"text": _OFFSETS})
        return features.get("modality") == "text" and "offset_mapping" in features

    @cached_property
    def _step(self) -> int:
        return _STEP if (self._model.max_seq_length or 0) % _STEP == 0 else 1

    def _encode_query(self, texts: list[str], *, words: bool = False) -> Any:
        with _threads(1 if len(texts) == 1 else torch.get_num_threads()):
            return self._encode_as(self._model.encode_query, self._query_prompt, texts, words)

    def _encode_document(self, texts: list[str], *, words: bool = False) -> Any:
        return self._encode_as(self._model.encode_document, self._document_prompt, texts, words)

    def _encode_as(self, encode: Callable[..., Any], prompt: str, texts: list[str], words: bool) -> Any:
        tokenizing: dict[str, Any] = dict(_OFFSETS) if words else {}
        if len(texts) > 1:
            tokenizing["pad_to_multiple_of"] = self._step
        return encode(
            texts,
            prompt=prompt,
            batch_size=len(texts),
            show_progress_bar=False,
            output_value=None if words else "sentence_embedding",
            processing_kwargs={"text": tokenizing},
        )

    def _encode(self, texts: Sequence[str], encode: Callable[..., object], progress: Progress | None = None) -> Vectors:
        vectors = np.empty((len(texts), self._dimension), np.float32)
        done = 0
        for batch in self._batches(texts):
            vectors[batch] = np.asarray(encode([texts[i] for i in batch]), np.float32)
            done += len(batch)
            if progress:
                progress(done, len(texts))
        return _unit(vectors)

    def _items(
        self, texts: Sequence[str], encode: Callable[..., list[dict[str, torch.Tensor]]]
    ) -> Iterator[tuple[int, dict[str, torch.Tensor]]]:
        """Index and all features of each text, its tokens' states and offsets among them."""
        for batch in self._batches(texts):
            items = encode([texts[i] for i in batch], words=True)
            yield from zip(batch, items, strict=True)

    def _batches(self, texts: Sequence[str]) -> Iterator[list[int]]:
        """Indices of texts of like length, the longest first, so that a batch too large for memory fails at once."""
        if len(texts) <= 1:
            yield from [[0]] * len(texts)
            return
        lengths = [-(-length // self._step) * self._step for length in self._lengths(texts)]
        batch: list[int] = []
        for i in sorted(range(len(texts)), key=lambda i: -lengths[i]):
            if batch and lengths[batch[0]] * (len(batch) + 1) > self._batch_tokens:
                yield batch
                batch = []
            batch.append(i)
        yield batch

    def _lengths(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as the model will read it: cut at its limit."""
        lengths: list[int] = []
        for first in range(0, len(texts), _SLAB):
            slab = list(texts[first : first + _SLAB])
            mask = self._model.preprocess(slab).get("attention_mask")
            # A model without attention does not pad: characters will do.
            lengths += [len(text) for text in slab] if mask is None else mask.sum(dim=1).tolist()
        return lengths


def _prompt(model: SentenceTransformer, *names: str) -> str:
    """What sentence-transformers puts before a text of that kind: the first prompt of those names, or the default."""
    known = [name for name in (*names, model.default_prompt_name) if name in model.prompts]
    return (model.prompts[known[0]] if known else "") or ""


def _tokens(item: dict[str, torch.Tensor], prompt: int) -> tuple[npt.NDArray[np.int64], Words]:
    """Offsets, int64 (tokens, 2), into a text of its own tokens, and their states, float32 (tokens, h).

    `prompt` is how many characters stand before the text.
    """
    offsets = item["offset_mapping"].cpu().numpy().astype(np.int64)
    own = (item["special_tokens_mask"].cpu().numpy() == 0) & (offsets[:, 1] > np.maximum(offsets[:, 0], prompt))
    return offsets[own] - prompt, _array(item["token_embeddings"])[own]


def _array(tensor: torch.Tensor) -> npt.NDArray[np.float32]:
    return np.asarray(tensor.float().cpu())


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _load(model: str | Path, device: str | None) -> SentenceTransformer:
    local = Path(model).is_dir()
    try:
        with _quiet():
            return SentenceTransformer(str(model), device=device, local_files_only=local)
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelFileError(
            f"The embedding model {model} cannot be loaded ({reason}). Fetch it again with `gisa models pull`, "
            "or name another in the settings.",
            f"임베딩 모델 {model} 을(를) 불러올 수 없습니다({reason}). `gisa models pull`로 다시 받거나 설정에서 다른 "
            "모델을 지정하세요.",
        ) from error


@contextmanager
def _threads(number: int) -> Iterator[None]:
    """One question is too small to share: with more threads it waits for whoever else computes, a model that writes,
    say (measured beside one: 1.4 s with two threads, see docs/decisions.md)."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _quiet() -> Iterator[None]:
    """No progress bars and no advice on stderr while a model loads."""
    verbosity, bars = transformers_logging.get_verbosity(), transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        if bars:
            transformers_logging.enable_progress_bar()  # type: ignore[no-untyped-call]


def _computes_bfloat16(device: torch.device, cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the processor has bfloat16 arithmetic of its own (x86: AVX-512 BF16 or AMX; Arm: BF16)."""
    if device.type != "cpu":
        return device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    if not cpuinfo.exists():
        return False
    lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    flags = {flag for line in lines if line.startswith(("flags", "Features")) for flag in line.split()}
    return bool(flags & {"avx512_bf16", "amx_bf16", "bf16"})


def _stamp(model: SentenceTransformer) -> str:
    """12 hex digits over a sample of every weight, what the tokenizer makes of a probe, the limit and the prompts.

    Not over the weights' names, which libraries change from version to version.
    """
    samples: list[bytes] = []
    for weight in model.state_dict().values():
        flat = weight.flatten()
        sample = flat[:: max(1, len(flat) // 64)].to("cpu", torch.bfloat16).view(torch.int16)
        samples.append(repr(tuple(weight.shape)).encode() + sample.numpy().tobytes())
    digest = hashlib.sha256(b"".join(sorted(samples)))
    tokens = model.preprocess([_PROBE])["input_ids"].flatten().tolist()
    digest.update(repr((tokens, model.max_seq_length, sorted(model.prompts.items()))).encode())
    return digest.hexdigest()[:12]
