"""Answers without a language model: the best chunk as it stands, by BM25 on morphemes or by stock dense retrieval.

Over gisa's own chunks, with the headline in front as gisa embeds them: the floor that a language model must beat.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from eval.baselines.peer import Passage, Reply
from eval.baselines.plain import BM25, best, nearest
from index.build import embedded_text
from index.chunk import split
from index.embed import Embedder
from index.sentence_transformer import SentenceTransformerEmbedder
from index.text import sentences, term_lists, terms
from seeds.article import Article


class BestChunk(ABC):
    """Quotes the chunk that comes first; refuses when there is none."""

    def __init__(self) -> None:
        self._passages: list[Passage] = []

    @property
    def vectors(self) -> int:
        return len(self._passages)

    def add(self, articles: Sequence[Article]) -> None:
        self._passages, texts = _chunks(articles)
        self._index(texts)

    def ask(self, question: str) -> Reply:
        found = tuple(self._passages[number] for number in self._first(question))
        return Reply(found[0].text if found else "", found, found, refused=not found)

    @abstractmethod
    def _index(self, texts: Sequence[str]) -> None: ...

    @abstractmethod
    def _first(self, question: str) -> list[int]: ...


class BestByBM25(BestChunk):
    """BM25 on Kiwi's morphemes."""

    def _index(self, texts: Sequence[str]) -> None:
        self._bm25 = BM25(term_lists(texts))

    def _first(self, question: str) -> list[int]:
        return best(self._bm25.scores(terms(question)), 1)


class BestByVectors(BestChunk):
    """The cosine of question and chunk."""

    def __init__(self, embedder: Path) -> None:
        super().__init__()
        self._embedder: Embedder = SentenceTransformerEmbedder(embedder)

    def _index(self, texts: Sequence[str]) -> None:
        self._vectors = self._embedder.documents(texts)

    def _first(self, question: str) -> list[int]:
        return nearest(self._embedder.queries([question])[0], self._vectors, 1)


def _chunks(articles: Sequence[Article]) -> tuple[list[Passage], list[str]]:
    """Each chunk as it is quoted, and as it is searched."""
    found = [
        (article, chunk) for article in articles for chunk in split(article, sentences(article.text, article.body))
    ]
    return (
        [Passage(article.id, chunk.text) for article, chunk in found],
        [embedded_text(article, chunk) for article, chunk in found],
    )
