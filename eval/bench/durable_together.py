"""One process that writes and eight that ask: no errors, no mixtures of states, and how much longer an answer takes.

Four articles are always replaced together, in one transaction, and each of their sentences says of which version it is.
Whatever a question brings up of them must be of one version, all eight chunks, and not of an older one than was
acknowledged before the question. An article that never changes must come first for its own vector and words.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import numpy as np

from eval.bench.durable_articles import Hashed, article, entry, version
from index.errors import IndexStoreError
from index.local_store import LocalStore
from index.store import Entry
from index.types import Candidate

_GROUP = ("g0", "g1", "g2", "g3")
PAUSE_S = 0.1
"""Between batches: five articles each, some ten times as many as the default embedder manages on two cores."""
EACH_S = 0.25
"""A reader asks so often."""
_EMBEDDER = Hashed(384)
_COMMON = _EMBEDDER.documents(["group"])[0]
_CANDIDATES = 100


@dataclass(slots=True)
class Asked:
    """What readers met. `overtaken`: what was found had been replaced when it was read, so it was asked for again."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    mixed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    overtaken: int = 0
    versions: int = 0

    def add(self, other: Asked) -> None:
        self.seconds += other.seconds
        self.errors += other.errors
        self.mixed += other.mixed
        self.wrong += other.wrong
        self.overtaken += other.overtaken
        self.versions = max(self.versions, other.versions)


def run(folder: Path, seconds: float, *, readers: int = 8, articles: int = 500, write: bool = True) -> Asked:
    """Let readers ask for so long, while a writer replaces, adds and removes, or none does."""
    if not folder.exists():
        with _open(folder) as store:
            for first in range(0, articles, 50):
                made = [entry(article(f"a{number}"), _EMBEDDER) for number in range(first, first + 50)]
                store.put(made)
            store.put(_group(0))
            store.flush()
    context = get_context("forkserver")
    context.set_forkserver_preload(["__main__", "eval.bench.durable_together"])
    stop, acknowledged = context.Event(), context.Value("q", 0)
    processes, told = [], []
    for _ in range(readers):
        ours, theirs = context.Pipe(duplex=False)
        reader = context.Process(target=_read, args=(folder, articles, stop, acknowledged, theirs))
        reader.start()
        theirs.close()
        processes.append(reader)
        told.append(ours)
    for one in told:
        one.recv()  # it is ready
    go = context.Event()
    if write:
        processes.append(context.Process(target=_write, args=(folder, stop, go, acknowledged)))
        processes[-1].start()
        go.wait()
    time.sleep(seconds)
    stop.set()
    asked = Asked()
    for one in told:
        asked.add(one.recv())
    for process in processes:
        process.join()
        if process.exitcode:
            asked.errors.append(f"{process.name} returned {process.exitcode}")
    return asked


def _open(folder: Path) -> LocalStore:
    return LocalStore(folder, embedder=_EMBEDDER.name, dimension=_EMBEDDER.dimension)


def _group(number: int) -> list[Entry]:
    """The articles that are replaced together, near one direction that does not change."""
    entries = []
    for article_id in _GROUP:
        made = entry(article(article_id, number), _EMBEDDER)
        vectors = _COMMON + 0.05 * made.vectors
        entries.append(replace(made, vectors=vectors / np.linalg.norm(vectors, axis=1, keepdims=True)))
    return entries


def _write(folder: Path, stop: Event, go: Event, acknowledged: Any) -> None:
    with _open(folder) as store:
        number = acknowledged.value
        while not stop.is_set():
            number += 1
            store.put([*_group(number), entry(article(f"new{number}"), _EMBEDDER)])
            acknowledged.value = number
            go.set()
            if number % 10 == 0:
                store.flush()
            if number > 20 and store.content_hash(f"new{number - 20}"):
                store.remove(f"new{number - 20}")
            time.sleep(PAUSE_S)
        store.flush()


def _read(folder: Path, articles: int, stop: Event, acknowledged: Any, told: Connection) -> None:
    drawn = random.Random(os.getpid())
    asked = Asked()
    made = [entry(article(f"a{number}"), _EMBEDDER) for number in range(0, articles, max(1, articles // 10))]
    chunks = sum(len(one.chunks) for one in _group(0))
    seen: set[int] = set()
    with _open(folder) as store:
        _static(store, made[0], asked)
        _found_group(store, chunks)
        asked = Asked()
        told.send(None)
        time.sleep(drawn.uniform(0, EACH_S))
        while not stop.is_set():
            least = acknowledged.value
            started = time.perf_counter()
            try:
                _static(store, drawn.choice(made), asked)
                for hits in _found_group(store, chunks):
                    found = [one for one in hits if one.article.id in _GROUP]
                    its = {version(one.chunk.text) for one in found}
                    whole = len(found) == chunks and all(version(one.article.title) in its for one in found)
                    if not found:  # replaced between the search and the reading: its chunks are gone, all of them
                        asked.overtaken += 1
                    elif len(its) > 1 or not whole:
                        asked.mixed.append(f"versions {sorted(its)} in {len(found)} chunks")
                    elif min(its) < least:
                        asked.wrong.append(f"version {its} where {least} was acknowledged")
                    seen |= its
            except IndexStoreError as error:
                asked.errors.append(error.en)
            asked.seconds.append(time.perf_counter() - started)
            time.sleep(max(0.0, drawn.uniform(0.5, 1.5) * EACH_S))
    asked.versions = len(seen)
    told.send(asked)


def _static(store: LocalStore, made: Entry, asked: Asked) -> None:
    """What a question costs the store: candidates from both searches, their rows, words of the best, statistics."""
    best = made.chunks[0].id
    dense = store.dense(made.vectors[0], _CANDIDATES)
    lexical = store.lexical(made.terms[0][-10:], _CANDIDATES)
    found = store.candidates(list(dict.fromkeys([*dense, *lexical])))
    store.words([one.chunk.id for one in found[:8]])
    store.statistics()
    if dense[:1] != [best] or best not in lexical or found[0].chunk != made.chunks[0]:
        asked.wrong.append(f"{made.article.id} does not come first")


def _found_group(store: LocalStore, chunks: int) -> list[Sequence[Candidate]]:
    """The group as dense and as lexical search bring it up."""
    return [
        store.candidates(store.dense(_COMMON, chunks)),
        store.candidates(store.lexical(_GROUP, chunks)),
    ]
