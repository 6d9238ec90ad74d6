"""What one collection costs: `python -m eval.bench.scale_measure build|ask FOLDER ...` prints one JSON object.

Run as a process of its own, so that its peak of memory is that of the one thing it does.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from eval.bench.memory import peak_mib
from eval.bench.scale_data import blocks
from eval.datasets import load_retrieval
from index.embed import Embedder
from index.local_store import LocalStore
from index.types import Vectors
from rag.assemble import open_embedder
from rag.neutral import unit
from rag.question import Question, read
from rag.retrieve import Retriever
from rag.settings import Settings, load_settings

T = TypeVar("T")

AT = 10
"""Recall at so many."""
WARM = 10
YOUNG = 20_000
"""As in ui/loading.py, which this room must not import."""
SENTENCES = 5
SETS = {"korquad": 3, "belebele_en_ko": 1}
"""Sets that questions come from, and their shares."""


def questions(data: Path, count: int) -> list[str]:
    """Spread evenly over each set: Korean and English ones, three to one."""
    chosen: list[str] = []
    for name, share in SETS.items():
        asked = [query.text for query in load_retrieval(data / name).queries]
        wanted = count * share // sum(SETS.values())
        chosen += [asked[i * len(asked) // wanted] for i in range(wanted)]
    return chosen


def recall(found: Sequence[Sequence[str]], truth: Sequence[Sequence[str]]) -> float:
    """Mean share of the true neighbours that were found."""
    return float(np.mean([len(set(its) & set(real)) / len(real) for its, real in zip(found, truth, strict=True)]))


def brute(folder: Path, queries: Vectors, k: int) -> list[list[str]]:
    """Ids of the k chunks with the greatest inner product with each query, float32 (n, d), by comparing all."""
    best = np.full((len(queries), k), -np.inf, np.float32)
    ids = np.full((len(queries), k), "", object)
    for block, vectors in blocks(folder, queries.shape[1]):
        scores = np.concatenate([best, queries @ vectors.T], axis=1)
        both = np.concatenate([ids, np.broadcast_to(block, (len(queries), len(block)))], axis=1)
        places = np.argpartition(-scores, k - 1, axis=1)[:, :k]
        best, ids = np.take_along_axis(scores, places, 1), np.take_along_axis(both, places, 1)
    found: list[list[str]] = ids.tolist()
    return found


def build(folder: Path) -> dict[str, Any]:
    """Make the vector index and publish it."""
    with LocalStore(folder) as store:
        began = time.perf_counter()
        store.flush()
        seconds = time.perf_counter() - began
    size = sum(path.stat().st_size for path in folder.glob("faiss-*.bin"))
    return {"build_s": seconds, "build_mib": peak_mib(os.getpid()), "index_mib": size / 2**20}


def ask(folder: Path, data: Path, count: int) -> dict[str, Any]:
    """Milliseconds of each step over the questions, median and 95th percentile, and of the processor (median): on a
    machine that others use, that says more. Recall of the dense search, memory.

    All are asked twice, each time of a store that was just opened. The figures are of the second time, when the system
    has read the pages that they need; `first` is the retrieval of the first.
    """
    settings = load_settings()
    embedder = open_embedder(settings)
    gc.collect()
    gc.freeze()  # this and the next two lines as gisa does once it has loaded its models
    gc.set_threshold(YOUNG)
    threadpool_limits(1, user_api="blas")
    asked = questions(data, count)
    first = _round(folder, asked, embedder, settings)
    gc.collect()  # the first store, and its index
    last = _round(folder, asked, embedder, settings)
    seconds = last.seconds | {"first": first.seconds["retrieval"]}
    return {
        "load_s": last.load_s,
        "recall": recall([its[:AT] for its in last.found], brute(folder, last.queries, AT)),
        "ask_mib": last.mib,
        "p50_ms": {step: 1000 * float(np.percentile(its, 50)) for step, its in seconds.items()},
        "p95_ms": {step: 1000 * float(np.percentile(its, 95)) for step, its in seconds.items()},
        "cpu_ms": {step: 1000 * float(np.percentile(its, 50)) for step, its in last.busy.items()},
    }


@dataclass(slots=True)
class _Round:
    """What asking all questions once took, step by step. `queries` are their vectors, float32 (n, d), `found` the
    chunks that dense search gave."""

    load_s: float
    queries: Vectors
    seconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    busy: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    found: list[list[str]] = field(default_factory=list)
    mib: float = 0.0

    def timed(self, step: str, work: Callable[[], T]) -> T:
        began, before = time.perf_counter(), time.process_time()
        done = work()
        self.seconds[step].append(time.perf_counter() - began)
        self.busy[step].append(time.process_time() - before)
        return done


def _round(folder: Path, asked: Sequence[str], embedder: Embedder, settings: Settings) -> _Round:
    k = settings.retrieval.candidates
    began = time.perf_counter()
    with LocalStore(folder) as store:
        retriever = Retriever(store, embedder, settings.home / "cache", settings.retrieval)
        store.dense(np.zeros(store.dimension, np.float32), 1)
        told = _Round(time.perf_counter() - began, np.empty((len(asked), store.dimension), np.float32))
        for text in asked[:: max(1, len(asked) // WARM)]:
            _retrieve(retriever, text)
        retriever = Retriever(store, embedder, settings.home / "cache", settings.retrieval)  # no embedding kept
        for i, text in enumerate(asked):
            question = told.timed("retrieval", partial(_retrieve, retriever, text))
            (vector,), _ = told.timed("embed", partial(embedder.question_words, [text]))
            told.queries[i] = unit(vector - retriever.neutral(question.language).mean)
            dense = told.timed("dense", partial(store.dense, told.queries[i], k))
            lexical = told.timed("lexical", partial(store.lexical, question.terms, k))
            told.timed("candidates", partial(store.candidates, list(dict.fromkeys([*dense, *lexical]))))
            told.found.append(dense)
        told.mib = peak_mib(os.getpid())
    return told


def _retrieve(retriever: Retriever, text: str) -> Question:
    """All that an answer needs before the language model: question, candidates, scores, sentences."""
    question = read(text, retriever.names)
    retriever.sentences(question, retriever.hits(question), SENTENCES)
    return question


if __name__ == "__main__":
    what, where, *more = sys.argv[1:]
    if what == "build":
        sys.stdout.write(json.dumps(build(Path(where))) + "\n")
    else:
        sys.stdout.write(json.dumps(ask(Path(where), Path(more[0]), int(more[1]))) + "\n")
