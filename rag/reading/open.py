"""Opens readers: gisa's own with the weights that are shipped, or an extractive model of transformers."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from index.sentence_transformer import SentenceTransformerEmbedder
from rag.errors import ModelFileError
from rag.reading.model import batch, encode, scores
from rag.reading.passage import Passage
from rag.reading.reader import Scores, SpanReader
from rag.reading.weights import load

SHIPPED = "reader.safetensors"


def own(embedder: SentenceTransformerEmbedder, weights: Path | None = None) -> SpanReader:
    """gisa's reader on top of the embedder, with the shipped weights or others. Raises ModelFileError."""
    with as_file(files("rag") / "data") as folder:
        path, sha256 = weights or folder / SHIPPED, None
        if weights is None:
            sha256 = _pinned(folder / f"{SHIPPED}.sha256")
        network = load(embedder.encoder, path, embedder=embedder.name, sha256=sha256)
    tokenizer = AutoTokenizer.from_pretrained(embedder.folder)

    def read(questions: Sequence[str], passages: Sequence[Passage]) -> list[Scores]:
        return scores(network, tokenizer, questions, [p.text for p in passages], [p.bounds for p in passages])

    return SpanReader(read, f"gisa-reader@{(sha256 or 'own')[:12]}")


def _pinned(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").split()[0]
    except (OSError, ValueError, IndexError) as error:
        raise ModelFileError(
            f"{path} cannot be read: gisa is not installed whole. Install it again.",
            f"{path} 을(를) 읽을 수 없습니다. gisa가 온전히 설치되지 않았습니다. 다시 설치하세요.",
        ) from error


def extractive(model: str) -> SpanReader:
    """A transformers model for question answering, by folder or hub name. It has no head for sentences: a sentence is
    as likely as its best words. Raises ModelFileError."""
    local = Path(model).is_dir()
    try:
        tokenizer = AutoTokenizer.from_pretrained(model, local_files_only=local)
        network, loading = AutoModelForQuestionAnswering.from_pretrained(
            model, local_files_only=local, output_loading_info=True
        )
        if loading["missing_keys"] or not tokenizer.is_fast:
            raise ValueError("it is no model for question answering with a fast tokenizer")
        network.eval()
    except (OSError, ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelFileError(
            f"The reader {model} cannot be loaded ({reason}). Set GISA_READER__MODEL to gisa, or to a model "
            "for extractive question answering.",
            f"리더 {model} 을(를) 불러올 수 없습니다({reason}). GISA_READER__MODEL을 gisa나 다른 추출형 질의응답 "
            "모델로 설정하세요.",
        ) from error

    def read(questions: Sequence[str], passages: Sequence[Passage]) -> list[Scores]:
        rows = encode(tokenizer, questions, [passage.text for passage in passages])
        tokens, mask = batch([ids for ids, _, _ in rows], tokenizer.pad_token_id or 0)
        told: dict[str, torch.Tensor] = {}
        if "token_type_ids" in tokenizer.model_input_names:  # question and passage are told apart
            told["token_type_ids"] = torch.stack([torch.arange(tokens.shape[1]) >= at for _, _, at in rows]).long()
        with torch.inference_mode():
            said = network(input_ids=tokens, attention_mask=mask, **told)
        start, end = np.asarray(said.start_logits.float()), np.asarray(said.end_logits.float())
        return [
            Scores(s[at : at + len(o)] - s[0], e[at : at + len(o)] - e[0], np.zeros(len(p.bounds), np.float32), o)
            for s, e, (_, o, at), p in zip(start, end, rows, passages, strict=True)
        ]

    return SpanReader(read, model)
