"""How a model embeds questions in general: what every question shares is taken away before questions are compared.

The shipped neutral questions (index/data/questions.*.txt, our own, on no particular subject) are embedded once for
each model and kept in a file, for they are a property of the model and not of a collection.
"""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import numpy.typing as npt
import structlog

from index.embed import Embedder
from rag.errors import Language

Floats = npt.NDArray[np.float32]
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Neutral:
    """Of one language: the neutral questions' mean vector (d,), their unit vectors centred on it (n, d), the mean of
    their words as questions (d,), and the mean of their words as documents (d,). All float32."""

    mean: Floats
    centred: Floats
    question_word: Floats
    document_word: Floats


def load_neutral(embedder: Embedder, language: Language, folder: Path) -> Neutral:
    """From the file in `folder`, made when it is missing or cannot be read."""
    questions = _questions(language)
    stamp = hashlib.sha256("\n".join([embedder.name, *questions]).encode()).hexdigest()[:16]
    path = folder / f"neutral-{language}-{stamp}.npz"
    try:
        with np.load(path) as kept:
            return Neutral(*(kept[name] for name in Neutral.__slots__))
    except FileNotFoundError:
        made = _embed(embedder, questions)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        _log.warning("neutral questions are embedded again", path=str(path), error=str(error))
        made = _embed(embedder, questions)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{hashlib.sha256(str(id(made)).encode()).hexdigest()[:8]}.part.npz")
        np.savez(part, **{name: getattr(made, name) for name in Neutral.__slots__})
        part.replace(path)
    except OSError as error:  # a full or read-only disk costs a second at the next start, nothing else
        _log.warning("neutral questions could not be kept", path=str(path), error=str(error))
    return made


def _questions(language: Language) -> list[str]:
    text = (files("index") / "data" / f"questions.{language}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line]


def _embed(embedder: Embedder, questions: list[str]) -> Neutral:
    vectors, words = embedder.question_words(questions)
    mean = vectors.mean(axis=0)
    as_documents = embedder.words(questions, [[(0, len(question))] for question in questions])[1]
    return Neutral(
        mean,
        unit(vectors - mean),
        np.concatenate(words).mean(axis=0),
        np.concatenate([its for spans in as_documents for its in spans]).mean(axis=0),
    )


def unit(vectors: Floats) -> Floats:
    """Rows scaled to unit norm; rows of zeros stay."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9), np.float32)


def standard(scores: Floats) -> Floats:
    """Scores as standard deviations from their mean, so that scales of different kinds can be added."""
    return np.asarray((scores - scores.mean()) / (scores.std() + 1e-9), np.float32)
