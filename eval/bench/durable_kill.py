"""kill -9 at random points of an ingest: what was told to be stored is there, whole, and found."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from eval.bench.durable_articles import Hashed, article, entry
from index.local_store import LocalStore
from index.store import Damage

BATCH = 4
"""Articles stored at a time, as in `index.build.ingest`."""
SHARED = 20
"""Articles that every run replaces."""
_EMBEDDER = Hashed()
Model = dict[str, int]
"""Article id -> version: what a collection must hold."""


@dataclass(slots=True)
class Kills:
    """What was found after so many kills; `lost`, `half` and `wrong` name what must not be."""

    kills: int = 0
    acknowledged: int = 0
    interrupted: int = 0
    lost: list[str] = field(default_factory=list)
    half: list[Damage] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def run(folder: Path, times: int, seed: int = 0) -> Iterator[Kills]:
    """Kill an ingest into the collection in `folder` so many times; tells of each kill what was found up to it."""
    drawn = random.Random(seed)
    context = get_context("forkserver")
    context.set_forkserver_preload(["__main__", "eval.bench.durable_kill"])
    told = Kills()
    held: Model = {}
    for number in range(times):
        batches = _batches(number, drawn.randint(1, 15))
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_ingest, args=(folder, batches, theirs))
        process.start()
        theirs.close()
        _count(ours, 1)  # it has begun: what comes before would only be Python starting
        acknowledged = _count(ours, drawn.randint(0, len(batches)))
        time.sleep(drawn.uniform(0, 0.06))  # into the next batch or two, or the last flush
        process.kill()
        acknowledged += _count(ours)
        process.join()
        told.kills += 1
        told.interrupted += acknowledged < len(batches)
        told.acknowledged += sum(map(len, batches[:acknowledged]))
        held = _look(folder, held, batches, acknowledged, told)
        yield told


def _batches(run: int, count: int) -> list[list[tuple[str, int]]]:
    """(article id, version): new articles, and new versions of those that every run replaces."""
    return [
        [
            *((f"r{run}-{batch * BATCH + place}", 0) for place in range(BATCH - 1)),
            (f"shared-{(run + batch) % SHARED}", 100 * run + batch + 1),
        ]
        for batch in range(count)
    ]


def _ingest(folder: Path, batches: list[list[tuple[str, int]]], told: Connection) -> None:
    told.send(None)
    with LocalStore(folder, embedder=_EMBEDDER.name, dimension=_EMBEDDER.dimension) as store:
        for number, batch in enumerate(batches):
            store.put([entry(article(*which), _EMBEDDER) for which in batch])
            told.send(number)
            if number % 5 == 4:
                store.flush()
        store.flush()
    time.sleep(60)  # until it is killed


def _count(told: Connection, most: int = 10**9) -> int:
    """How many messages there are, read up to the end or up to `most`."""
    count = 0
    try:
        while count < most:
            told.recv()
            count += 1
    except (EOFError, OSError):  # OSError: killed in the middle of a message
        return count
    return count


def _look(folder: Path, held: Model, batches: list[list[tuple[str, int]]], acknowledged: int, told: Kills) -> Model:
    """Reopen: the collection holds what was acknowledged, or that and the one batch that was under way."""
    with LocalStore(folder, embedder=_EMBEDDER.name, dimension=_EMBEDDER.dimension) as store:
        found = {info.id: int(info.title.split()[1].removesuffix("판")) for info in store.articles()}
        least = held | dict(which for batch in batches[:acknowledged] for which in batch)
        most = least | dict(batches[acknowledged] if acknowledged < len(batches) else [])
        if found not in (least, most):
            told.lost += [one for one, its in least.items() if found.get(one) not in (its, most[one])]
            told.wrong += [one for one, its in found.items() if its not in (least.get(one), most.get(one))]
            told.wrong += ["part of a batch"] * (not told.lost and not told.wrong)
        told.half += [damage for damage in store.verify() if not damage.mendable]
        recent = [which for batch in batches for which in batch if which in found.items()]
        for article_id, version in [*recent, *list(found.items())[-10:]]:
            if not _answers(store, article_id, version):
                told.wrong.append(f"{article_id} {version} is not found")
        store.flush()
        told.half += store.verify()
    return found


def _answers(store: LocalStore, article_id: str, version: int) -> bool:
    """Whether the article is as it was put, and each chunk is found by its vector and by its words."""
    made = entry(article(article_id, version), _EMBEDDER)
    return store.article(article_id) == made.article and all(
        store.dense(vector, 1) == [chunk.id]
        and store.candidates([chunk.id])[0].chunk == chunk
        and chunk.id in store.lexical(terms, len(made.chunks))
        for chunk, vector, terms in zip(made.chunks, made.vectors, made.terms, strict=True)
    )
