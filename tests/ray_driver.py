"""What test_index_ray_ingest.py runs in a process of its own: Ray on this machine, small; prints what came of it.

Ray starts a handful of processes and leaves warnings behind, which the tests' own process is better without.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import ray

from eval.bench.ray_ingest import HashEmbedder, varied
from index import ray_ingest
from index.errors import DiskFullError
from index.local_store import LocalStore
from index.store import Entry
from seeds.article import Article
from seeds.errors import ArticleFileError
from seeds.loaders import FileProblem

CHUNKS = 64


def articles() -> list[Article]:
    """So many chunks twice: the second time under other ids and titles, so that there are two batches."""
    own = list(varied(CHUNKS))
    return [*own, *(replace(one, id=f"{one.id}-b", title=f"{one.title} 다시") for one in own)]


class Full(LocalStore):
    """A disk that is full after one batch."""

    puts = 0

    def put(self, entries: Sequence[Entry]) -> None:
        self.puts += 1
        if self.puts > 1:
            raise DiskFullError("full", "가득 참")
        super().put(entries)


class Strange(HashEmbedder):
    def words(self, *_: Any) -> Any:
        raise ArticleFileError("too strange", "너무 이상함")


def main(folder: Path) -> dict[str, Any]:
    said: dict[str, Any] = {}
    with Full(folder, embedder=HashEmbedder.name, dimension=HashEmbedder.dimension) as full:
        try:
            ray_ingest.ingest(full, HashEmbedder, articles())
        except DiskFullError as error:
            said["broken off"] = error.en, full.statistics().articles
    with LocalStore(folder) as store:
        told: list[tuple[int, int | None]] = []
        problem = FileProblem(Path("x.pdf"), ArticleFileError("x", "x"))
        report = ray_ingest.ingest(
            store, HashEmbedder, [*articles(), problem], progress=lambda done, total: told.append((done, total))
        )
        said["run again"] = len(report.ids("unchanged")), len(report.ids("added")), len(report.problems)
        said["last told"] = told[-1]
        before = store.fingerprint()
        report = ray_ingest.ingest(store, HashEmbedder, articles())
        said["once more"] = len(report.ids("unchanged")), store.fingerprint() == before
        try:
            ray_ingest.ingest(store, Strange, [replace(articles()[0], id="strange")], actors=1)
        except ArticleFileError as error:
            said["strange"] = error.en, store.content_hash("strange")
    return said


if __name__ == "__main__":
    ray.init(
        num_cpus=2, include_dashboard=False, object_store_memory=80 * 2**20, log_to_driver=False, logging_level="ERROR"
    )
    print(json.dumps(main(Path(sys.argv[1]))))
    ray.shutdown()
