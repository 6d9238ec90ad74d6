"""Whole answers of gisa against llama-index's CitationQueryEngine: same articles, same models, one machine, in turn.

`python -m eval.bench.citation_engine [--questions 10]`. The peer runs as its documentation shows it (three nodes,
citation chunks of 512 tokens) over a VectorStoreIndex. In its favour, it gets gisa's own embedder, and its answers are
held to as many tokens as gisa's. Its prompts need a longer context, so it has a model server of its own.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from llama_index.core import Document, VectorStoreIndex
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.llms import LLM
from llama_index.core.query_engine import CitationQueryEngine
from pydantic import PrivateAttr
from rich.console import Console

from eval import provenance
from eval.answers import missing_facts
from eval.datasets import GOLDEN, GoldenQuestion, load_golden
from index.embed import Embedder
from rag.errors import GisaError
from rag.settings import Settings, load_settings
from seeds.article import Article
from seeds.loaders import shipped_articles

PEER_CONTEXT_TOKENS = 8192
SIMILARITY_TOP_K = 3
CITATION_CHUNK_SIZE = 512

Answering = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Timing:
    """One question answered by both: seconds, and whether the answer has the facts expected."""

    id: str
    ours_s: float
    peer_s: float
    ours_right: bool
    peer_right: bool


class PeerEmbedding(BaseEmbedding):
    """gisa's embedder as llama-index wants one."""

    _embedder: Embedder = PrivateAttr()

    def __init__(self, embedder: Embedder, **values: Any) -> None:
        super().__init__(model_name=embedder.name, **values)
        self._embedder = embedder

    def _get_query_embedding(self, query: str) -> list[float]:
        return [float(x) for x in self._embedder.queries([query])[0]]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return [[float(x) for x in row] for row in self._embedder.documents(texts)]


def peer(articles: Sequence[Article], embedder: Embedder, llm: LLM) -> Answering:
    """llama-index's engine over the same articles."""
    documents = [
        Document(id_=article.id, text=f"{article.title}\n\n" + "\n".join(article.text[a:b] for a, b in article.body))
        for article in articles
    ]
    index = VectorStoreIndex.from_documents(documents, embed_model=PeerEmbedding(embedder))
    engine = CitationQueryEngine.from_args(
        index, llm=llm, similarity_top_k=SIMILARITY_TOP_K, citation_chunk_size=CITATION_CHUNK_SIZE
    )
    return lambda question: str(engine.query(question))


def in_turn(ours: Answering, theirs: Answering, questions: Sequence[GoldenQuestion]) -> Iterator[Timing]:
    """Ask both, question by question. The first question only warms both up: it is asked and not counted."""
    for position, question in enumerate(questions):
        our_answer, ours_s = _timed(ours, question.question)
        their_answer, peer_s = _timed(theirs, question.question)
        if position:
            rights = [not missing_facts(question.facts, answer) for answer in (our_answer, their_answer)]
            yield Timing(question.id, ours_s, peer_s, *rights)


def ratio(timings: Sequence[Timing]) -> tuple[float, float, float]:
    """Median seconds of ours, of the peer, and how many times as long the peer takes."""
    ours, theirs = (statistics.median(side) for side in zip(*((t.ours_s, t.peer_s) for t in timings), strict=True))
    return ours, theirs, theirs / ours


def choose(questions: Sequence[GoldenQuestion], count: int) -> list[GoldenQuestion]:
    """`count` answerable questions and one to warm up with, spread evenly over the set."""
    answerable = [question for question in questions if question.answerable]
    wanted = min(count + 1, len(answerable))
    return [answerable[i * len(answerable) // wanted] for i in range(wanted)]


def main(
    questions: Annotated[int, typer.Option(min=1, help="How many golden questions to time.")] = 10,
) -> None:
    """Print each question's seconds, the medians and their ratio."""
    console = Console(highlight=False, soft_wrap=True)
    timings = []
    console.print(f"{provenance.machine()}, revision {provenance.revision()}\n{'question':32}    gisa    peer")
    for timing in _measure(load_settings(), choose(load_golden(GOLDEN).questions, questions)):
        timings.append(timing)
        marks = "".join("+" if right else "-" for right in (timing.ours_right, timing.peer_right))
        console.print(f"{timing.id:32} {timing.ours_s:6.2f}s {timing.peer_s:6.2f}s  {marks}", markup=False)
    ours_s, peer_s, times = ratio(timings)
    rights = [sum(t.ours_right for t in timings), sum(t.peer_right for t in timings)]
    console.print(
        f"median of {len(timings)}: gisa {ours_s:.2f} s, CitationQueryEngine {peer_s:.2f} s, "
        f"{times:.1f} times as long; facts found in {rights[0]} and {rights[1]} answers"
    )


def _timed(answering: Answering, question: str) -> tuple[str, float]:
    """The answer and the seconds it took."""
    start = time.perf_counter()
    answer = answering(question)
    return answer, time.perf_counter() - start


def _measure(settings: Settings, questions: Sequence[GoldenQuestion]) -> Iterator[Timing]:
    from llama_index.llms.openai_like import OpenAILike

    from eval.run import fill, own_collection
    from rag.assemble import open_collection, open_gisa

    own = own_collection(settings, None)
    collection = open_collection(own)
    with closing(collection.store) as store:
        fill(store, collection.embedder, None)
    with open_gisa(own) as gisa, _server(settings) as (base_url, api_key):
        llm = OpenAILike(
            model=settings.llm.model,
            api_base=base_url,
            api_key=api_key,
            is_chat_model=True,
            context_window=PEER_CONTEXT_TOKENS,
            max_tokens=settings.llm.max_tokens,
            temperature=0.0,
            timeout=600.0,
            max_retries=0,
        )
        theirs = peer(shipped_articles(), collection.embedder, llm)
        yield from in_turn(lambda question: gisa.ask(question).answer, theirs, questions)


@contextmanager
def _server(settings: Settings) -> Iterator[tuple[str, str]]:
    """Address and key of the peer's model server: the one the settings name, else the local model once more."""
    from rag.local_llm import LocalLLM
    from seeds.provision import resolve

    told = settings.llm
    if told.base_url:
        yield told.base_url, told.api_key.get_secret_value() if told.api_key else "none"
        return
    path = resolve(told.model, settings.home, "llm")
    with closing(LocalLLM(path, context_tokens=PEER_CONTEXT_TOKENS, threads=told.threads)) as server:
        yield server.base_url, server.api_key


if __name__ == "__main__":
    try:
        typer.run(main)
    except GisaError as error:
        Console(stderr=True).print(error.en, highlight=False, markup=False, soft_wrap=True)
        sys.exit(error.exit_code)
