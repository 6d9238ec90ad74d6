"""The shipped articles on Milvus give the evidence that they give locally: the whole retrieval, with the real model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from shipped import Newsroom

from eval.datasets import GOLDEN, load_golden
from index.build import entries
from index.milvus_store import MilvusStore
from index.types import Filter
from rag.pipeline import Parts, search
from rag.retrieve import Retriever
from seeds.loaders import shipped_articles

if TYPE_CHECKING:
    from index.sentence_transformer import SentenceTransformerEmbedder

pytest_plugins = ["shipped"]


def test_ten_questions_find_the_same_evidence_on_milvus(
    newsroom: Newsroom, embedder: SentenceTransformerEmbedder, tmp_path: Path
) -> None:
    golden = load_golden(GOLDEN).questions
    questions = [*[q for q in golden if q.language == "ko"][:5], *[q for q in golden if q.language == "en"][:5]]
    assert len(questions) == 10
    articles = shipped_articles()
    publisher = Filter(publishers=(str(articles[0].publisher),))
    with MilvusStore(str(tmp_path / "lite.db"), embedder=embedder.name, dimension=embedder.dimension) as store:
        store.put(entries(articles, embedder))
        retriever = Retriever(store, embedder, newsroom.settings.home / "cache", newsroom.settings.retrieval)
        here, there = (Parts(newsroom.settings, its, newsroom.reader, None) for its in (newsroom.retriever, retriever))
        for question in questions:
            for where in (None, publisher):
                ours, theirs = (search(question.question, parts, where=where).hits for parts in (here, there))
                assert [(hit.article.id, hit.start, hit.end) for hit in theirs] == [
                    (hit.article.id, hit.start, hit.end) for hit in ours
                ]
                assert ours or where
