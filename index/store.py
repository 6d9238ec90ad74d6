"""The seam between the index and its storage: everything above sees a Store, nothing above sees SQLite or FAISS."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from index.types import ArticleInfo, Candidate, Chunk, Filter, Statistics, Vectors, Words
from seeds.article import Article


@dataclass(frozen=True, slots=True)
class Entry:
    """One article ready to be stored.

    `vectors` is float32 (len(chunks), d); `sentence_vectors` float32 (total sentences of all chunks, in order, d);
    `word_vectors[i][j]` are those of the words of sentence j of chunk i, float32 (words, h), not normalised;
    `terms[i]` are the search terms of chunk i: those of the title, then those of its sentences in order;
    `sentence_terms[i][j]` those of its sentence j;
    `names` are (Korean, Latin) pairs mined from the article.
    """

    article: Article
    chunks: tuple[Chunk, ...]
    vectors: Vectors
    sentence_vectors: Vectors
    word_vectors: Sequence[tuple[Words, ...]]
    terms: tuple[tuple[str, ...], ...]
    sentence_terms: tuple[tuple[tuple[str, ...], ...], ...]
    names: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing `verify` found: where, what, and whether `rebuild` mends it."""

    where: str
    what: str
    mendable: bool


class Store(Protocol):
    """Holds a collection. Writers are atomic: an article is wholly there or not at all, and stays after a crash.

    `embedder` and `dimension` say whose vectors it holds.
    """

    embedder: str
    dimension: int

    def put(self, entries: Sequence[Entry]) -> None:
        """Add or replace articles in one transaction. Raises DiskFullError, IndexBusyError."""

    def remove(self, article_id: str) -> None:
        """Raises ArticleNotFoundError."""

    def content_hash(self, article_id: str) -> str | None:
        """The stored article's `Article.content_hash`, or None when there is no such article."""

    def article(self, article_id: str) -> Article:
        """The whole article. Raises ArticleNotFoundError."""

    def articles(self, where: Filter | None = None) -> list[ArticleInfo]:
        """Newest first, undated last, then by id."""

    def dense(self, vector: npt.NDArray[np.float32], k: int, where: Filter | None = None) -> list[str]:
        """Ids of the k chunks with the greatest inner product with `vector` (float32 (d,), any norm), best first."""

    def lexical(self, terms: Iterable[str], k: int, where: Filter | None = None) -> list[str]:
        """Ids of the k chunks that match any of `terms` best by BM25, best first."""

    def candidates(self, chunk_ids: Sequence[str]) -> list[Candidate]:
        """The stored chunks with those ids, in that order; ids that are gone are left out."""

    def words(self, chunk_ids: Sequence[str]) -> list[tuple[Words, ...]]:
        """For each id, in order, the word vectors of the chunk's sentences: float32 (words, h), not normalised.

        They are kept in 8 bits. A chunk that is gone has the empty tuple.
        """

    def document_frequency(self, terms: Iterable[str]) -> dict[str, int]:
        """In how many chunks each term stands (0 when in none)."""

    def statistics(self) -> Statistics: ...

    def names(self) -> frozenset[tuple[str, str]]:
        """Every (Korean, Latin) name pair mined from the collection."""

    def fingerprint(self) -> str:
        """Changes whenever the collection's content does."""

    def verify(self) -> list[Damage]: ...

    def flush(self) -> None:
        """Write derived files that are behind the articles. Searches are right without it, only slower to start.

        Raises DiskFullError, IndexBusyError.
        """

    def rebuild(self) -> None:
        """Make every derived file anew from the stored truth, without embedding again."""

    def close(self) -> None: ...
