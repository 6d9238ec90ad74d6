"""Store entries with vectors drawn from a seed: for tests of storage, where no model is needed."""

from __future__ import annotations

import zlib
from datetime import date

import numpy as np

from index.store import Entry
from index.types import Chunk, Filter, Sentence, Vectors, Words
from seeds.article import Article

DIMENSION = 8
MODEL = "toy@1"


def unit(seed: int, n: int) -> Vectors:
    """float32 (n, DIMENSION), unit norm, the same for the same seed."""
    vectors = np.random.default_rng(seed).normal(size=(n, DIMENSION)).astype(np.float32)
    units: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return units


def states(seed: int, n: int, width: int = 6) -> Words:
    """float32 (n, width) of any norm, the same for the same seed."""
    drawn: Words = np.random.default_rng(seed).normal(scale=3, size=(n, width)).astype(np.float32)
    return drawn


def entry(
    article_id: str,
    version: int = 0,
    *,
    terms: tuple[tuple[str, ...], ...] | None = None,
    publisher: str | None = None,
    published: date | None = None,
    language: str = "ko",
    names: tuple[tuple[str, str], ...] = (),
) -> Entry:
    """An article of two chunks with two sentences each (as many chunks as `terms`, when given)."""
    seed = zlib.crc32(f"{article_id} {version}".encode())
    chunks: list[Chunk] = []
    text = ""
    for position in range(len(terms) if terms else 2):
        sentences: list[Sentence] = []
        for word in ("첫째", "둘째"):
            sentence = f"{article_id} {version} {position} {word} 문장."
            sentences.append(Sentence(len(text), len(text) + len(sentence), sentence))
            text += sentence + "\n"
        joined = " ".join(sentence.text for sentence in sentences)
        start, end = sentences[0].start, sentences[-1].end
        chunks.append(
            Chunk(f"{article_id}-{version}-{position}", article_id, position, start, end, joined, tuple(sentences))
        )
    all_terms = terms or tuple((article_id, f"v{version}", "문장", "문장") for _ in chunks)
    return Entry(
        article=Article(
            article_id,
            f"제목 {version}",
            text,
            ((0, len(text)),),
            publisher=publisher,
            published=published,
            language=language,
            source=f"{article_id}.md",
        ),
        chunks=tuple(chunks),
        vectors=unit(seed, len(chunks)),
        sentence_vectors=unit(seed + 1, 2 * len(chunks)),
        word_vectors=tuple((states(seed + i, 3), states(seed - i, i)) for i in range(len(chunks))),
        terms=all_terms,
        sentence_terms=tuple((of_chunk[-3:-2], of_chunk[-2:]) for of_chunk in all_terms),
        names=names,
    )


def passes(made: Entry, where: Filter | None) -> bool:
    """Whether a filter lets an article through, read off what a Filter promises."""
    about = made.article
    return where is None or (
        (not where.publishers or about.publisher in where.publishers)
        and (not where.article_ids or about.id in where.article_ids)
        and (where.since is None or (about.published is not None and about.published >= where.since))
        and (where.until is None or (about.published is not None and about.published <= where.until))
    )
