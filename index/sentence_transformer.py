"""Any sentence-transformers model as an Embedder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from safetensors import SafetensorError
from sentence_transformers import SentenceTransformer
from transformers.utils import logging as transformers_logging

from index.types import Vectors
from seeds.errors import ModelFileError

Precision = Literal["auto", "float32", "bfloat16"]
Progress = Callable[[int, int], None]
"""Called with (texts done, texts in all)."""

_PROBE = "기사 Article 26만 H100"
_SLAB = 1024


class SentenceTransformerEmbedder:
    """Embeds with the model's own prompts for queries and documents; texts beyond its length limit are cut there.

    `model` is a folder (then nothing is ever fetched) or a name that sentence-transformers knows. `precision`
    "auto" is bfloat16 on processors that compute in it (2 to 3 times as fast and half the memory with the default
    model; each vector within cosine 0.9999 of its float32 twin), float32 elsewhere: emulated bfloat16 is slower than
    float32. `batch_tokens` bounds a batch, padding included. `threads` sets torch's, for the whole process.

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
        if precision == "bfloat16" or (precision == "auto" and _computes_bfloat16(self._model.device)):
            self._model.bfloat16()
        self._dimension = self._model.get_embedding_dimension() or len(np.asarray(self._model.encode(_PROBE)))
        self._name = f"{Path(model).name if Path(model).is_dir() else model}@{_stamp(self._model)}"

    @property
    def name(self) -> str:
        """The model's name and a stamp of its weights, tokenizer and prompts; the same in either precision."""
        return self._name

    @property
    def dimension(self) -> int:
        return self._dimension

    def queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts, self._model.encode_query)

    def documents(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        return self._encode(texts, self._model.encode_document, progress)

    def _encode(self, texts: Sequence[str], encode: Callable[..., object], progress: Progress | None = None) -> Vectors:
        vectors = np.empty((len(texts), self._dimension), np.float32)
        done = 0
        for batch in self._batches(texts):
            part = np.asarray(
                encode([texts[i] for i in batch], batch_size=len(batch), show_progress_bar=False), np.float32
            )
            vectors[batch] = part / np.linalg.norm(part, axis=1, keepdims=True)
            done += len(batch)
            if progress:
                progress(done, len(texts))
        return vectors

    def _batches(self, texts: Sequence[str]) -> Iterator[list[int]]:
        """Indices of texts of like length, the longest first, so that a batch too large for memory fails at once."""
        if len(texts) <= 1:
            yield from [[0]] * len(texts)
            return
        lengths = self._lengths(texts)
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
