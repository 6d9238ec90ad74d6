"""A collection on Milvus, for more than one machine: two collections there, and nothing of its own on disk.

Milvus has no transactions. What makes a write safe is its order: an article's chunks are written first, under keys
that carry the article's version (a hash of all that is stored of it), and its row in `articles` last. That row is the
commit mark: readers believe a chunk only when its version is the one that its article's row names. So a write that
breaks off leaves the article as it was, and chunks that nobody believes: the next write of the article sweeps them,
and so does `rebuild`; until then `document_frequency` counts them. The article rows of one `put` are one request,
which Milvus shows as a whole.

Any number of processes write at once. Where two write the same article in the same moment, each looks afterwards
whether the version that won is whole, and writes its own again where it is not.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any

from index import milvus_filters as filters
from index import milvus_rows as rows
from index import milvus_schema as schema
from index import milvus_verify as verification
from index.errors import IndexBusyError, IndexMissingError, IndexStoreError
from index.milvus_client import Connection, Consistency, Row
from index.milvus_read import MilvusReader, not_found
from index.rows import check
from index.store import Damage, Entry

_TRIES = 3


class MilvusStore(MilvusReader):
    """The `Store` on Milvus: `address` is http://HOST:19530, or a path that ends in .db for Milvus Lite (one process).

    `embedder` and `dimension` name the model whose vectors the collection holds; they are needed to make a new one,
    which is done unless `make` is false.
    `name` is what its two collections begin with. `consistency` is that of searches: "Strong" sees every write that
    was acknowledged anywhere, weaker levels may be behind by moments and answer sooner. What is kept in memory
    (statistics, names) is taken anew when the fingerprint changes, which is asked for every `refresh_s` seconds.
    `index` and `shards` matter when a collection is made. Threads may share one object.

    Raises IndexMissingError (no collection there, and none is made), IndexStoreError (a
    collection of another model, a token refused), IndexUnreachableError, IndexBusyError.
    """

    def __init__(
        self,
        address: str,
        *,
        embedder: str | None = None,
        dimension: int | None = None,
        token: str | None = None,
        name: str = "gisa",
        consistency: Consistency = "Strong",
        index: schema.Index = "auto",
        shards: int = 1,
        timeout_s: float = 30.0,
        refresh_s: float = 1.0,
        make: bool = True,
    ) -> None:
        super().__init__(Connection(address, token, consistency, timeout_s), name, refresh_s)
        try:
            self._open(embedder, dimension, (index, shards) if make else None)
        except BaseException:
            self._connection.close()
            raise

    def _open(self, embedder: str | None, dimension: int | None, make: tuple[schema.Index, int] | None) -> None:
        about = self._about()
        if about is None:
            if embedder is None or dimension is None or make is None:
                raise IndexMissingError(
                    f"There is no collection {self._articles} at {self._connection.address}. "
                    "Make one with `gisa index add PATH`.",
                    f"{self._connection.address} 에 기사 모음 {self._articles} 이(가) 없습니다. "
                    "`gisa index add 경로`로 만드세요.",
                )
            self._create(embedder, dimension, *make)
            about = {"embedder": embedder, "dimension": dimension}
        self.embedder, self.dimension = str(about["embedder"]), int(about["dimension"])
        if (embedder or self.embedder, dimension or self.dimension) != (self.embedder, self.dimension):
            raise IndexStoreError(
                f"The collection {self._articles} was embedded with {self.embedder} ({self.dimension} dimensions), not "
                f"{embedder} ({dimension}). Use that model, or another GISA_STORE__COLLECTION.",
                f"기사 모음 {self._articles} 은(는) {embedder}({dimension}차원)이 아니라 {self.embedder}"
                f"({self.dimension}차원)으로 임베딩되었습니다. 그 모델을 쓰거나 다른 GISA_STORE__COLLECTION을 쓰세요.",
            )
        for collection in (self._articles, self._chunks):
            self._connection.load(collection)
        self._dense_index = self._connection.index_type(self._chunks, "dense")

    def _about(self) -> dict[str, Any] | None:
        """Embedder and dimension of the collection; None when there is none, or making it was broken off."""
        if not (self._connection.exists(self._articles) and self._connection.exists(self._chunks)):
            return None
        self._connection.load(self._articles)
        found = self._connection.query(self._articles, filters.one_of("id", [rows.STATE]), ["about"], now=True)
        return dict(json.loads("".join(found[0]["about"]))) if found else None

    def _create(self, embedder: str, dimension: int, index: schema.Index, shards: int) -> None:
        lite = self._connection.lite
        for collection, fields, indexes in (
            (self._chunks, schema.chunks(dimension), schema.chunk_indexes(index, lite=lite)),
            (self._articles, schema.articles(dimension), schema.article_indexes(lite=lite)),
        ):
            if not self._connection.exists(collection):
                self._connection.create(collection, fields, indexes, shards)
        self._connection.upsert(self._articles, [rows.state(embedder, dimension, secrets.token_hex(8))])

    # Writing

    def put(self, entries: Sequence[Entry]) -> None:
        """Add or replace articles. Raises DiskFullError, IndexUnreachableError, IndexBusyError."""
        for entry in entries:
            check(entry, self.dimension)
        due = {entry.article.id: rows.stored(entry) for entry in entries}
        for _ in range(_TRIES):
            if not due:
                return
            for batch in rows.batches([chunk for its in due.values() for chunk in its.chunks]):
                self._connection.upsert(self._chunks, batch)
            self._commit([its.article for its in due.values()])
            broken = self._sweep(due)
            due = {article_id: its for article_id, its in due.items() if article_id in broken}
        if due:
            raise IndexBusyError(
                f"Another process keeps writing the article {min(due)!r}. Try again when it is done.",
                f"다른 프로세스가 {min(due)!r} 기사를 계속 쓰고 있습니다. 끝난 뒤 다시 시도하세요.",
            )

    def remove(self, article_id: str) -> None:
        if article_id not in self._versions([article_id], now=True):
            raise not_found(article_id)
        self._connection.delete(self._articles, [article_id])
        self._commit([])
        self._sweep([article_id])

    def _commit(self, articles: Sequence[Row]) -> None:
        """Make articles count, and the fingerprint another one, in one request."""
        self._connection.upsert(
            self._articles, [*articles, rows.state(self.embedder, self.dimension, secrets.token_hex(8))]
        )
        with self._guard:
            self._fingerprint = None

    def _sweep(self, article_ids: Iterable[str]) -> set[str]:
        """Delete chunks of those articles that do not count. Returns the articles that lack chunks."""
        named = list(article_ids)
        while True:
            committed = self._connection.query(
                self._articles, filters.one_of("id", named), ["id", "version", "chunks"], now=True
            )
            versions = {row["id"]: row["version"] for row in committed}
            clause = filters.one_of("article", named)
            scanned = self._connection.scan(self._chunks, clause, ["id", "article", "version"], now=True)
            held = [row for batch in scanned for row in batch]
            stale = [row["id"] for row in held if versions.get(row["article"]) != row["version"]]
            if not stale:
                counts = {row["id"]: row["chunks"] for row in committed}
                return {its for its in counts if counts[its] != sum(row["article"] == its for row in held)}
            self._connection.delete(self._chunks, stale)

    def flush(self) -> None:
        """Nothing to do: what Milvus has acknowledged is in its log, and it makes its own indexes."""

    def rebuild(self) -> None:
        """Sweep what broken-off writes left, and make sparse vectors that are not what the terms say anew."""
        verification.rebuild(self._connection, self._articles, self._chunks)
        self._commit([])

    def verify(self) -> list[Damage]:
        return list(verification.verify(self._connection, self._articles, self._chunks, self.dimension))

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> MilvusStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
