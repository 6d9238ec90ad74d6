"""One way of taking articles in, in a process of its own: `python -m eval.bench.ingest_run gisa|stages|peer FOLDER`.

`FOLDER` holds .jsonl files of articles. Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from eval.bench.memory import peak_mib
from index.build import BATCH, embed, ingest, prepare
from index.local_store import LocalStore
from index.store import Entry
from index.text import kiwi
from rag.assemble import open_embedder
from rag.settings import load_settings
from seeds.article import Article
from seeds.loaders import load_each
from seeds.provision import resolve

_T = TypeVar("_T")
TRIED = 10, 32, 64
"""Batch sizes of the peer's embedder: its default, and two larger ones."""
TRIAL = 24
"""Articles to try them on."""


class Counting(LocalStore):
    """Counts the vectors it is given."""

    vectors = 0
    chunks = 0

    def put(self, entries: Sequence[Entry]) -> None:
        super().put(entries)
        self.chunks += sum(len(entry.vectors) for entry in entries)
        self.vectors += sum(len(entry.vectors) + len(entry.sentence_vectors) for entry in entries)


def ours(folder: Path) -> dict[str, Any]:
    """gisa's whole ingest, from files to a collection that is published: models loaded before, as the peer's is."""
    embedder = open_embedder(load_settings())
    embedder.documents(["warm"])
    kiwi()
    with tempfile.TemporaryDirectory() as place:
        store = Counting(Path(place), embedder=embedder.name, dimension=embedder.dimension)
        with store:
            began = time.perf_counter()
            report = ingest(store, embedder, load_each([folder]))
            seconds = time.perf_counter() - began
        return _told(seconds, len(report.ids("added")), store.chunks, store.vectors)


def stages(folder: Path, count: int) -> dict[str, Any]:
    """Articles a second of each stage by itself, on the first `count` articles."""
    embedder = open_embedder(load_settings())
    embedder.documents(["warm"])
    kiwi()
    speeds: dict[str, float] = {}
    began = time.perf_counter()

    def lap(stage: str) -> None:
        nonlocal began
        speeds[stage] = articles_read / (time.perf_counter() - began)
        began = time.perf_counter()

    read = list(islice(_articles(folder), count))
    articles_read = len(read)
    lap("read")
    prepared = [prepare(batch) for batch in _batches(read)]
    lap("split")
    embedded = [embed(its, embedder) for its in prepared]
    lap("embed")
    with (
        tempfile.TemporaryDirectory() as place,
        LocalStore(Path(place), embedder=embedder.name, dimension=embedder.dimension) as store,
    ):
        for entries in embedded:
            store.put(entries)
        store.flush()
    lap("write")
    return {"articles": articles_read, "articles_s": speeds}


def peer(folder: Path, precision: str) -> dict[str, Any]:
    """llama-index: IngestionPipeline (SentenceSplitter, 512 tokens, overlap 50; HuggingFaceEmbedding with the model's
    prompts) into a VectorStoreIndex, as its documentation shows it. The batch size is the fastest of those tried.
    """
    from llama_index.core import Document, VectorStoreIndex
    from llama_index.core.ingestion import IngestionPipeline
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding  # type: ignore[import-untyped]

    settings = load_settings()
    embedding = HuggingFaceEmbedding(
        model_name=str(resolve(settings.embedder.model, settings.home, "embedder")),
        query_instruction="query: ",
        text_instruction="passage: ",
        model_kwargs={} if precision == "float32" else {"dtype": precision},
    )
    embedding.get_text_embedding("warm")
    pipeline = IngestionPipeline(transformations=[SentenceSplitter(chunk_size=512, chunk_overlap=50), embedding])

    def run(articles: Iterable[Article]) -> tuple[float, int, int]:
        began = time.perf_counter()
        documents = [Document(id_=one.id, text=f"{one.title}\n\n{one.text}") for one in articles]
        nodes = pipeline.run(documents=documents)
        VectorStoreIndex(nodes=nodes, embed_model=embedding)
        return time.perf_counter() - began, len(documents), len(nodes)

    seconds: dict[int, float] = {}
    for size in TRIED:
        embedding.embed_batch_size = size
        pipeline.cache.clear()
        seconds[size], _, _ = run(islice(_articles(folder), TRIAL))
    embedding.embed_batch_size = min(seconds, key=lambda size: seconds[size])
    pipeline.cache.clear()
    taken, articles, nodes = run(_articles(folder))
    return {"batch": embedding.embed_batch_size, **_told(taken, articles, nodes, nodes)}


def _told(seconds: float, articles: int, chunks: int, vectors: int) -> dict[str, Any]:
    return {
        "seconds": seconds,
        "articles": articles,
        "chunks": chunks,
        "vectors": vectors,
        "vectors_s": vectors / seconds,
        "peak_mib": peak_mib(os.getpid()),
    }


def _articles(folder: Path) -> Iterator[Article]:
    return (item for item in load_each([folder]) if isinstance(item, Article))


def _batches(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    return (items[at : at + BATCH] for at in range(0, len(items), BATCH))


if __name__ == "__main__":
    what, where, *more = sys.argv[1:]
    if what == "gisa":
        told = ours(Path(where))
    elif what == "stages":
        told = stages(Path(where), int(more[0]))
    else:
        told = peer(Path(where), more[0])
    sys.stdout.write(json.dumps(told) + "\n")
