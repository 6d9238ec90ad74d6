"""A collection in one folder: SQLite is the truth, the posting lists in it and the FAISS file beside it are derived."""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt
import structlog

from index import manifest, postings, queries, rows, sqlite, word_rows
from index import verify as verification
from index.disk import file_error
from index.errors import ArticleNotFoundError, IndexDamagedError, IndexMissingError, IndexStoreError
from index.faiss_index import VectorIndex
from index.lock import WriterLock
from index.store import Damage, Entry
from index.types import ArticleInfo, Candidate, Filter, Statistics, Words
from seeds.article import Article

DATABASE = "gisa.db"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Derived:
    """What is kept in memory of one state of the collection."""

    fingerprint: str
    vectors: VectorIndex


class LocalStore:
    """The `Store` of one machine. One process writes at a time, any number read; threads may share one object.

    `embedder` and `dimension` name the model whose vectors the collection holds. They are needed to make a new
    collection; to look at an existing one they may be left out.

    Raises IndexMissingError (no collection there, and none can be made without `embedder`), IndexDamagedError,
    IndexStoreError (a collection of another model).
    """

    def __init__(
        self, folder: Path, *, embedder: str | None = None, dimension: int | None = None, wait_s: float = 10.0
    ) -> None:
        self._folder = folder
        self._path = folder / DATABASE
        self._wait_s = wait_s
        self._guard = threading.RLock()  # the connection is used by one thread at a time
        self._derived: _Derived | None = None
        self._wrote = False
        self._statistics: tuple[str, Statistics] | None = None
        if not self._path.exists():
            if embedder is None or dimension is None:
                raise IndexMissingError(
                    f"There is no collection in {folder}. Make one with `gisa index add PATH`.",
                    f"{folder} 에 기사 모음이 없습니다. `gisa index add 경로`로 만드세요.",
                )
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise file_error(error, folder) from error
        self._lock = WriterLock(folder)
        with sqlite.translated(self._path):
            self._connection = sqlite.connect(self._path)
        try:
            self._open(embedder, dimension)
        except BaseException:
            self._connection.close()
            raise

    def _open(self, embedder: str | None, dimension: int | None) -> None:
        with sqlite.translated(self._path):
            if sqlite.version(self._connection, self._path) != sqlite.VERSION:
                with self._lock.hold(self._wait_s):
                    sqlite.migrate(self._connection, self._path)
            about = dict(self._connection.execute("SELECT key, value FROM collection"))
        if not about:
            if embedder is None or dimension is None:
                raise IndexMissingError(
                    f"The collection in {self._folder} is empty. Fill it with `gisa index add PATH`.",
                    f"{self._folder} 의 기사 모음이 비어 있습니다. `gisa index add 경로`로 채우세요.",
                )
            about = self._describe(embedder, dimension)
        self.embedder = about["embedder"]
        self.dimension = int(about["dimension"])
        if (embedder or self.embedder, dimension or self.dimension) != (self.embedder, self.dimension):
            raise IndexStoreError(
                f"The collection in {self._folder} was embedded with {self.embedder} ({self.dimension} dimensions), "
                f"not {embedder} ({dimension}). Use that model, or add the articles anew under another GISA_HOME.",
                f"{self._folder} 의 기사 모음은 {embedder}({dimension}차원)이 아니라 "
                f"{self.embedder}({self.dimension}차원)으로 임베딩되었습니다. 그 모델을 다시 쓰거나 다른 GISA_HOME에 "
                "기사를 새로 추가하세요.",
            )

    def _describe(self, embedder: str, dimension: int) -> dict[str, str]:
        created = datetime.now(UTC).isoformat(timespec="seconds")
        about = {"embedder": embedder, "dimension": str(dimension), "created": created}
        with self._writing() as connection:
            connection.executemany("INSERT OR IGNORE INTO collection VALUES (?, ?)", about.items())
            # Another process may have made the collection since: what stands there counts.
            return dict(connection.execute("SELECT key, value FROM collection"))

    # Writing

    def put(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            rows.check(entry, self.dimension)
        if not entries:
            return
        last = {entry.article.id: entry for entry in entries}
        with self._writing() as connection:
            removed: dict[int, list[str]] = {}
            for article_id in last:
                removed.update(rows.delete(connection, article_id) or {})
            added: dict[int, tuple[str, ...]] = {}
            for entry in last.values():
                added.update(rows.insert(connection, entry))
            postings.update(connection, removed, added)

    def remove(self, article_id: str) -> None:
        with self._writing() as connection:
            removed = rows.delete(connection, article_id)
            if removed is None:
                raise _not_found(article_id)
            postings.update(connection, removed, {})

    def flush(self) -> None:
        with self._guard, self._lock.hold(self._wait_s):
            with self._reading() as connection:
                fingerprint = queries.fingerprint(connection)
                if self._derived is None or self._derived.fingerprint != fingerprint:
                    self._derived = self._build(connection)
            if not self._published(fingerprint):
                self._publish(self._derived)

    def rebuild(self) -> None:
        with self._guard:
            with self._writing() as connection:
                postings.rebuild(connection)
            self._derived = None
            self.flush()

    # Reading

    def content_hash(self, article_id: str) -> str | None:
        with self._reading() as connection:
            row = connection.execute("SELECT content_hash FROM articles WHERE id=?", (article_id,)).fetchone()
        return row[0] if row else None

    def article(self, article_id: str) -> Article:
        with self._reading() as connection:
            found = rows.article(connection, article_id)
        if found is None:
            raise _not_found(article_id)
        return found

    def articles(self, where: Filter | None = None) -> list[ArticleInfo]:
        condition, values = queries.where(where)
        with self._reading() as connection:
            found = connection.execute(
                f"SELECT {rows.INFO} FROM articles WHERE {condition} ORDER BY published IS NULL, published DESC, id",
                values,
            ).fetchall()
        return [rows.info(row) for row in found]

    def dense(self, vector: npt.NDArray[np.float32], k: int, where: Filter | None = None) -> list[str]:
        vectors = self._vectors()
        with self._reading() as connection:
            among = queries.among(connection, where)
        numbers = vectors.search(vector, k, among)
        with self._reading() as connection:
            return queries.ids(connection, numbers)

    def lexical(self, terms: Iterable[str], k: int, where: Filter | None = None) -> list[str]:
        with self._reading() as connection:
            about = self._count(connection)
            among = queries.among(connection, where)
            numbers = postings.search(
                connection, terms, k, chunks=about.chunks, average_length=about.average_terms, among=among
            )
            return queries.ids(connection, numbers)

    def candidates(self, chunk_ids: Sequence[str]) -> list[Candidate]:
        with self._reading() as connection:
            return rows.candidates(connection, chunk_ids, self.dimension)

    def words(self, chunk_ids: Sequence[str]) -> list[tuple[Words, ...]]:
        with self._reading() as connection:
            return word_rows.read(connection, chunk_ids)

    def document_frequency(self, terms: Iterable[str]) -> dict[str, int]:
        with self._reading() as connection:
            return postings.document_frequency(connection, terms)

    def statistics(self) -> Statistics:
        with self._reading() as connection:
            return self._count(connection)

    def _count(self, connection: sqlite3.Connection) -> Statistics:
        fingerprint = queries.fingerprint(connection)
        if self._statistics is None or self._statistics[0] != fingerprint:
            self._statistics = fingerprint, queries.statistics(connection, self.dimension)
        return self._statistics[1]

    def names(self) -> frozenset[tuple[str, str]]:
        with self._reading() as connection:
            return frozenset(connection.execute("SELECT DISTINCT korean, latin FROM names"))

    def fingerprint(self) -> str:
        with self._reading() as connection:
            return queries.fingerprint(connection)

    def verify(self) -> list[Damage]:
        try:
            with self._reading() as connection:
                return verification.verify(connection, self._folder, self.embedder, self.dimension)
        except IndexDamagedError as error:
            return [Damage(DATABASE, error.en, mendable=False)]

    def close(self) -> None:
        with self._guard:
            self._connection.close()

    def __enter__(self) -> LocalStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # The derived index

    def _vectors(self) -> VectorIndex:
        """The FAISS index of the collection as it stands now: from memory, else from its file, else from SQLite."""
        with self._guard:
            with self._reading() as connection:
                fingerprint = queries.fingerprint(connection)
            if self._derived is None or self._derived.fingerprint != fingerprint:
                self._derived = self._load(fingerprint)
            return self._derived.vectors

    def _load(self, fingerprint: str) -> _Derived:
        try:
            _, data = manifest.load(self._folder, fingerprint=fingerprint, embedder=self.embedder)
            return _Derived(fingerprint, VectorIndex.from_bytes(data))
        except manifest.GenerationError as error:
            problem = error
        with self._reading() as connection:
            derived = self._build(connection)
        if problem.reason != "damaged" and (self._wrote or self._derived is not None):
            return derived  # the collection changed while it was open: whoever changed it will flush
        _log.warning("vector index rebuilt from the database", problem=problem.detail, chunks=derived.vectors.size)
        try:
            with self._lock.hold(0):
                if self.fingerprint() == derived.fingerprint:
                    self._publish(derived)
        except IndexStoreError as error:  # it serves from memory all the same
            _log.warning("vector index not written", error=error.en)
        return derived

    def _build(self, connection: sqlite3.Connection) -> _Derived:
        found = connection.execute("SELECT chunk, vector FROM vectors ORDER BY chunk").fetchall()
        numbers = np.array([number for number, _ in found], np.int64)
        vectors = np.frombuffer(b"".join(vector for _, vector in found), "<f4").reshape(-1, self.dimension)
        return _Derived(queries.fingerprint(connection), VectorIndex.build(numbers, vectors))

    def _published(self, fingerprint: str) -> bool:
        try:
            manifest.load(self._folder, fingerprint=fingerprint, embedder=self.embedder)
        except manifest.GenerationError:
            return False
        return True

    def _publish(self, derived: _Derived) -> None:
        manifest.publish(
            self._folder,
            derived.vectors.to_bytes(),
            vectors=derived.vectors.size,
            dimension=self.dimension,
            fingerprint=derived.fingerprint,
            embedder=self.embedder,
        )

    # Transactions

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view of the database."""
        with self._guard, sqlite.translated(self._path), sqlite.transaction(self._connection) as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """All of it or nothing, by one process at a time; leaves a new fingerprint."""
        with (
            self._guard,
            self._lock.hold(self._wait_s),
            sqlite.translated(self._path),
            sqlite.transaction(self._connection, "IMMEDIATE") as connection,
        ):
            self._wrote = True
            yield connection
            connection.execute("INSERT OR REPLACE INTO collection VALUES ('fingerprint', ?)", (secrets.token_hex(8),))


def _not_found(article_id: str) -> ArticleNotFoundError:
    return ArticleNotFoundError(
        f"There is no article {article_id!r}. See what there is with `gisa index list`.",
        f"{article_id!r} 기사가 없습니다. `gisa index list`로 목록을 확인하세요.",
    )
