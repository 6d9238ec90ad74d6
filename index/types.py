"""Records that pass between the index and whoever searches it. All offsets count characters of `Article.text`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import accumulate, pairwise

import numpy as np
import numpy.typing as npt

from seeds.article import Precision

Vectors = npt.NDArray[np.float32]
"""float32, shape (n, d), each row of unit norm unless a docstring says otherwise."""

Words = npt.NDArray[np.float32]
"""float32, shape (n, h), last hidden states of a model for n words or tokens as they are: not normalised."""

Span = tuple[int, int]
"""Start and end in characters of a text."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: `article.text[start:end] == text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of whole sentences of one article, the unit of candidate search.

    `id` is deterministic: the same article id and content give the same id. `text` is what is embedded and indexed
    (the sentences joined by single spaces), `start` and `end` bound it in the article.
    """

    id: str
    article_id: str
    position: int
    start: int
    end: int
    text: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class ArticleInfo:
    """What is shown about an article beside a quote. No text: that is fetched when somebody opens it."""

    id: str
    title: str
    publisher: str | None
    author: str | None
    published: date | None
    published_precision: Precision
    language: str
    url: str | None
    source: str


@dataclass(frozen=True, slots=True)
class Filter:
    """Restricts a search or a listing. `since` and `until` are inclusive; an article without a date matches neither."""

    publishers: tuple[str, ...] = ()
    article_ids: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None

    def __bool__(self) -> bool:
        return bool(self.publishers or self.article_ids or self.since or self.until)


@dataclass(frozen=True)
class Candidate:
    """A stored chunk as the retriever scores it.

    `vector` is float32 (d,), unit norm; `sentence_vectors` float32 (len(chunk.sentences), d), unit norm;
    `terms` are the chunk's search terms, title included, in order and with repeats (for BM25 term frequencies);
    `sentence_terms` are the search terms of each sentence. Chunk and sentence terms come from `record`, which is read
    once they are asked for: most of the chunks that are scored are never shown.
    """

    article: ArticleInfo
    vector: npt.NDArray[np.float32]
    sentence_vectors: Vectors
    terms: tuple[str, ...]
    record: Callable[[], tuple[Chunk, tuple[int, ...]]]
    """The chunk, and how many of its last terms are each sentence's."""

    @property
    def chunk(self) -> Chunk:
        return self._record[0]

    @cached_property
    def sentence_terms(self) -> tuple[tuple[str, ...], ...]:
        counts = self._record[1]
        bounds = accumulate(counts, initial=len(self.terms) - sum(counts))
        return tuple(self.terms[first:last] for first, last in pairwise(bounds))

    @cached_property
    def _record(self) -> tuple[Chunk, tuple[int, ...]]:
        return self.record()


@dataclass(frozen=True, slots=True)
class Statistics:
    """What scoring needs to know of the whole collection.

    `document_means` maps a language to the mean of its chunk vectors, float32 (d,), not normalised.
    """

    articles: int
    chunks: int
    average_terms: float
    document_means: dict[str, npt.NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Hit:
    """One retrieved chunk: its candidate record, the final score, and each sentence's own score (same order)."""

    candidate: Candidate
    score: float
    sentence_scores: tuple[float, ...]
