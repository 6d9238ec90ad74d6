"""Newsroom articles in one collection, made once under GISA_HOME/eval and kept while articles and code stay."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from eval import provenance
from eval.progress import track
from index.build import ingest
from index.local_store import LocalStore
from index.sentence_transformer import SentenceTransformerEmbedder
from rag.assemble import Collection, Gisa, open_embedder, open_model, open_reader
from rag.settings import Settings
from seeds.article import Article


@contextmanager
def opened(settings: Settings, articles: Sequence[Article], *, llm: bool) -> Iterator[Gisa]:
    """gisa over these articles alone, with or without its language model."""
    embedder = open_embedder(settings)
    store = _store(settings, articles, embedder)
    model = open_model(settings) if llm else None
    with Gisa(settings, Collection(store, embedder), model, open_reader(settings, embedder)) as gisa:
        yield gisa


def _store(settings: Settings, articles: Sequence[Article], embedder: SentenceTransformerEmbedder) -> LocalStore:
    told = repr((embedder.name, provenance.code_hash(["seeds", "index"]), [a.content_hash for a in articles]))
    folder = settings.home / "eval" / f"newsroom-{hashlib.sha256(told.encode()).hexdigest()[:12]}"
    store = LocalStore(folder, embedder=embedder.name, dimension=embedder.dimension)
    if store.statistics().articles < len(articles):
        ingest(store, embedder, track(articles, "newsroom: articles", len(articles)))
    return store
