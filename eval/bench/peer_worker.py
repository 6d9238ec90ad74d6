"""One system in a process of its own, for `eval.bench.peers`: so its memory is its own, and a crash is nobody else's.

It reads one line of JSON on stdin (the system, the model's server, and a newsroom set or null), takes the articles in,
answers with a SystemRecord, and then with a line for each question that comes in on a line, until stdin ends.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from eval.answers import asserted
from eval.baselines.peer import Model, Passage, Peer, Reply, Wire
from eval.bench.memory import peak_mib, tree
from eval.bench.peer_records import SystemRecord
from eval.datasets import DataError
from eval.newsroom.data import collection, home
from index.build import ingest
from index.chunk import split
from index.text import sentences, terms
from rag.settings import Settings, load_settings
from rag.types import Event, Found
from seeds.article import Article
from seeds.loaders import shipped_articles
from seeds.provision import resolve

OURS = "gisa"
PEERS = ("llama-index", "llama-index citations", "haystack", "txtai", "txtai top 3")
"""They write with the language model."""
EXTRACTS = ("BM25 chunk", "dense chunk")
"""They quote one chunk."""
SYSTEMS = (OURS, *PEERS, *EXTRACTS)
WARM_UP = "What is new in Korea?"


class Ours:
    """gisa over a new collection in `folder`; `vectors` counts those of chunks and of sentences."""

    def __init__(self, settings: Settings, folder: Path, stack: ExitStack) -> None:
        from eval.run import CollectionSettings
        from rag.assemble import open_collection

        self._settings = CollectionSettings.model_validate({**dict(settings), "collection": folder})
        self._stack = stack
        self._collection = open_collection(self._settings)
        terms(WARM_UP)  # Kiwi takes seconds to load

    @property
    def vectors(self) -> int:
        articles = [self._collection.store.article(one.id) for one in self._collection.store.articles()]
        chunks = [chunk for article in articles for chunk in split(article, sentences(article.text, article.body))]
        return sum(1 + len(chunk.sentences) for chunk in chunks)

    def add(self, articles: Sequence[Article]) -> None:
        ingest(self._collection.store, self._collection.embedder, articles)

    def open(self) -> None:
        """Close the collection and begin to answer, as a user would: `add` is not timed with the language model."""
        from eval.prompt_tokens import watching
        from rag.assemble import open_gisa

        self._collection.store.close()
        self._gisa = self._stack.enter_context(open_gisa(self._settings))
        self._tokens = self._stack.enter_context(watching())

    def ask(self, question: str) -> Reply:
        given: list[Passage] = []

        def listen(event: Event) -> None:
            if isinstance(event, Found) and not given:
                given.extend(Passage(one.article.id, one.text) for one in event.evidence)

        answer = self._gisa.ask(question, listen=listen)
        cited = tuple(Passage(citation.article_id, citation.quote) for citation in answer.citations)
        return Reply(answer.answer, tuple(given), cited, answer.refused, asserted(answer))

    def wire(self) -> dict[str, Any]:
        """Tokens of the longest prompt since it was last asked."""
        return {"prompt_tokens": self._tokens.take()}


def opened(system: str, embedder: Path, model: Model) -> Peer:
    """One of the others. Only who runs a peer needs its packages."""
    match system:
        case "llama-index":
            from eval.baselines.llama_index import QueryEngine

            return QueryEngine(embedder, model)
        case "llama-index citations":
            from eval.baselines.llama_index import CitationEngine

            return CitationEngine(embedder, model)
        case "haystack":
            from eval.baselines.haystack import Haystack

            return Haystack(embedder, model)
        case "txtai" | "txtai top 3":
            from eval.baselines.txtai import CONTEXT, SHORT_CONTEXT, TxtAI

            return TxtAI(embedder, model, CONTEXT if system == "txtai" else SHORT_CONTEXT)
        case "BM25 chunk":
            from eval.baselines.extract import BestByBM25

            return BestByBM25()
        case "dense chunk":
            from eval.baselines.extract import BestByVectors

            return BestByVectors(embedder)
    raise unknown(system)


def unknown(system: str) -> DataError:
    """There is no system of that name."""
    names = ", ".join(SYSTEMS)
    return DataError(
        f"There is no system {system}. Choose from: {names}.", f"{system} 은(는) 없습니다. 고를 수 있는 것: {names}."
    )


def answer(peer: Peer, wire: Callable[[], dict[str, Any]], question: str) -> dict[str, Any]:
    """What is recorded of one question, but for what only the caller knows."""
    started = time.perf_counter()
    reply = peer.ask(question)
    seconds = time.perf_counter() - started
    return {
        "answer": reply.text,
        "given": [asdict(passage) for passage in reply.given],
        "cited": None if reply.cited is None else [asdict(passage) for passage in reply.cited],
        "refused": reply.refused,
        "asserted": reply.asserted,
        "seconds": round(seconds, 3),
        "memory_mib": round(sum(map(peak_mib, tree(os.getpid()))), 1),
        **wire(),
    }


def counted(wire: Wire) -> dict[str, Any]:
    """What the requests of one question come to."""
    calls = wire.take()
    prompts = [call.prompt_tokens for call in calls if call.prompt_tokens is not None]
    written = [call.written_tokens for call in calls if call.written_tokens is not None]
    return {
        "prompt_tokens": max(prompts, default=None),
        "written_tokens": sum(written) if written else None,
        "calls": len(calls),
    }


def taken_in(system: str, peer: Peer, articles: Sequence[Article]) -> SystemRecord:
    """Give it the articles. Its models are loaded by now."""
    started = time.perf_counter()
    peer.add(articles)
    seconds = time.perf_counter() - started
    return SystemRecord(system=system, ingest_s=round(seconds, 3), vectors=peer.vectors)


def main() -> None:
    told = json.loads(sys.stdin.readline())
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    system, settings = str(told["system"]), load_settings()
    articles = shipped_articles() if told["newsroom"] is None else collection(home(told["newsroom"]), told["newsroom"])
    with ExitStack() as stack:
        if system == OURS:
            ours = Ours(settings, Path(stack.enter_context(tempfile.TemporaryDirectory())), stack)
            peer: Peer = ours
            wire = ours.wire
            record = taken_in(system, peer, articles)
            ours.open()
        else:
            model = Model(**told["model"])
            peer = opened(system, Path(resolve(settings.embedder.model, settings.home, "embedder")), model)
            wire = partial(counted, model.wire)
            record = taken_in(system, peer, articles)
        answer(peer, wire, WARM_UP)  # what is loaded at the first question is not timed
        print(record.model_dump_json(), file=out, flush=True)
        for line in sys.stdin:
            print(json.dumps(answer(peer, wire, json.loads(line))), file=out, flush=True)


if __name__ == "__main__":
    main()
