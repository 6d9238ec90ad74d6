"""The reader's weights on disk: what training changed of the embedder's layers, in eight bits.

A safetensors file holds, for each weight matrix, the difference to the embedder's own, int8 (rows, columns) with a
float32 scale for every row, and vectors (biases, norms, heads) as float32. Its metadata name the format, the embedder
whose layers they are for, and what they were trained on. A difference is a few hundredths of a weight, so eight bits of
it are finer than bfloat16 is of the weight.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from rag.errors import ModelFileError
from rag.reading.model import FROZEN_LAYERS, ReaderNetwork

FORMAT = "gisa-reader-1"


def save(network: ReaderNetwork, encoder: Any, path: Path, *, embedder: str, **told: str) -> None:
    """Write what differs from `encoder`, whose name and stamp are `embedder`; `told` joins the metadata."""
    tensors: dict[str, torch.Tensor] = {}
    base = dict(encoder.encoder.layer[FROZEN_LAYERS:].named_parameters())
    for name, weight in network.upper.named_parameters():
        change = (weight.detach() - base[name].detach()).float()
        if change.ndim == 1:
            tensors[f"upper.{name}"] = change
            continue
        scale = change.abs().amax(dim=1).clamp(min=1e-12) / 127
        tensors[f"upper.{name}"] = torch.round(change / scale[:, None]).to(torch.int8)
        tensors[f"upper.{name}.scale"] = scale
    for name, weight in network.heads.named_parameters():
        tensors[f"heads.{name}"] = weight.detach().float().contiguous()
    save_file(tensors, path, metadata={"format": FORMAT, "embedder": embedder, **told})


def load(encoder: Any, path: Path, *, embedder: str, sha256: str | None = None) -> ReaderNetwork:
    """The network of a weights file, on top of `encoder`, in its precision.

    Raises ModelFileError when the file is missing, damaged, not the one of `sha256`, or made for another embedder.
    """
    try:
        if sha256 is not None and hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            raise _wrong(path, "it is not the file that was shipped", "배포된 파일과 다릅니다")
        with safe_open(path, framework="pt") as file:
            told = file.metadata() or {}
            if told.get("format") != FORMAT:
                raise _wrong(path, f"its format is not {FORMAT}", f"형식이 {FORMAT}이(가) 아닙니다")
            if told.get("embedder") != embedder:
                raise _wrong(
                    path,
                    f"it is for the embedder {told.get('embedder')}, not {embedder}",
                    f"{embedder}이(가) 아니라 임베더 {told.get('embedder')}용입니다",
                )
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no mapping)
        return _built(encoder, tensors)
    except OSError as error:
        raise _wrong(path, error.strerror or str(error), error.strerror or str(error)) from error
    except (SafetensorError, KeyError, RuntimeError) as error:
        raise _wrong(path, f"it is damaged: {error}", f"손상되었습니다: {error}") from error


def _built(encoder: Any, tensors: dict[str, torch.Tensor]) -> ReaderNetwork:
    network = ReaderNetwork(encoder)
    with torch.no_grad():
        for name, weight in network.upper.named_parameters():
            change = tensors[f"upper.{name}"].float()
            if change.ndim == 2:
                change = change * tensors[f"upper.{name}.scale"][:, None]
            weight.copy_(weight.float() + change)
        for name, weight in network.heads.named_parameters():
            weight.copy_(tensors[f"heads.{name}"])
    network.heads.to(next(network.upper.parameters()).dtype)
    network.requires_grad_(False)
    return network.eval()


def _wrong(path: Path, reason: str, korean: str) -> ModelFileError:
    return ModelFileError(
        f"The reader's weights {path} cannot be used: {reason}. Install gisa again, train them with `make reader`, or "
        "name others in GISA_READER__MODEL.",
        f"리더 가중치 {path} 을(를) 쓸 수 없습니다: {korean}. gisa를 다시 설치하거나 `make reader`로 학습하거나 "
        "GISA_READER__MODEL로 다른 것을 지정하세요.",
    )
