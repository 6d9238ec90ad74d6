"""The shipped articles in a collection made once, searched with the real embedder; answers are drafted by a fake model.

Test files name this module as a plugin and import from it too; it asserts nothing, so PYTEST_DONT_REWRITE.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from llama_index.core.llms.llm import LLM

from index.build import ingest
from index.local_store import LocalStore
from index.types import Filter
from rag.generate import Writer
from rag.pipeline import Parts, ask, ignore
from rag.retrieve import Retriever
from rag.settings import Settings
from rag.testing import Draft, FakeLLM
from rag.types import Answer, Citation, Listener
from seeds.loaders import shipped_articles

if TYPE_CHECKING:
    from index.sentence_transformer import SentenceTransformerEmbedder
    from rag.reading.reader import Reader

TRAP = "How many GPUs is Korea securing?"
KOREAN_TRAP = "한국이 확보하는 GPU는 몇 장인가?"
SECURED = "26만장 이상 확보"
"""Stands in the one sentence of the newest article that answers both."""


SURE = -1.5
"""Log odds from which these tests assert: what the pipeline does with a reading, and not how sure the shipped weights
are of it, is what they are about."""


@lru_cache(maxsize=1)
def reader_of(embedder: SentenceTransformerEmbedder) -> Reader:
    """gisa's reader, one for a session: each holds 150 MB, and services stay in memory when they are closed."""
    from rag.reading.open import own

    return own(embedder)


@dataclass(frozen=True)
class Newsroom:
    """Asks the shipped articles, by the real reader. Every English answer is drafted where there is a model."""

    retriever: Retriever
    settings: Settings
    reader: Reader

    def ask(
        self,
        question: str,
        *drafts: Draft,
        llm: LLM | None = None,
        where: Filter | None = None,
        language: str = "auto",
        listen: Listener = ignore,
    ) -> Answer:
        """By a model that writes `drafts` in turn (or by `llm`, which tells each reply); by the reader alone when there
        is neither."""
        replies = [draft if isinstance(draft, Exception) else f"yes: {draft}" for draft in drafts]
        model = llm or (FakeLLM(replies) if drafts else None)
        parts = Parts(self.settings, self.retriever, self.reader, Writer(model) if model else None)
        return ask(question, parts, language=language, where=where, listen=listen)

    def stands(self, citation: Citation) -> bool:
        """Whether the quotation is where the citation says it is."""
        text = self.retriever.store.article(citation.article_id).text
        return bool(citation.quote) and text[citation.start : citation.end] == citation.quote


@pytest.fixture(scope="session")
def newsroom(
    embedder: SentenceTransformerEmbedder, reader: Reader, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Newsroom]:
    """Not to be changed: all tests of a session share it."""
    home = tmp_path_factory.mktemp("newsroom")
    settings = Settings(home=home, answer={"drafting": "always", "sure_odds": SURE})
    store = LocalStore(settings.index_folder, embedder=embedder.name, dimension=embedder.dimension)
    ingest(store, embedder, shipped_articles())
    yield Newsroom(Retriever(store, embedder, home / "cache", settings.retrieval), settings, reader)
    store.close()


@pytest.fixture
def own_store(embedder: SentenceTransformerEmbedder, tmp_path: Path) -> Iterator[LocalStore]:
    """An empty collection of the test's own."""
    store = LocalStore(tmp_path / "index", embedder=embedder.name, dimension=embedder.dimension)
    yield store
    store.close()


@pytest.fixture
def dead_server() -> str:
    """The address of a port on which nothing listens: it was free a moment ago."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    return f"http://127.0.0.1:{port}/v1"
