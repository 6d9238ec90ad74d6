"""A collection in one folder: SQLite is the truth, the posting lists in it and the FAISS file beside it are derived."""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

from index import checks, postings, queries, rows, sqlite, totals, word_rows
from index import verify as verification
from index.derived import DerivedVectors
from index.disk import file_error
from index.errors import ArticleNotFoundError, IndexDamagedError, IndexMissingError, IndexStoreError
from index.known import Known
from index.lock import WriterLock
from index.store import Damage, Entry
from index.types import ArticleInfo, Candidate, Filter, Statistics, Words
from seeds.article import Article

DATABASE = "gisa.db"
TRIES = 3
"""A search that another process's write overtakes is made again: so often at most."""


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
        if not self._path.exists():
            with self._lock.hold(wait_s):
                sqlite.create(self._path)
        with sqlite.translated(self._path):
            self._connection = sqlite.connect(self._path)
        try:
            self._open(embedder, dimension)
        except BaseException:
            self._connection.close()
            raise
        self._known = Known(self.dimension)
        self._derived = DerivedVectors(
            folder,
            self._reading,
            lambda: self._writing(renewed=False),
            self._guard,
            self._lock,
            embedder=self.embedder,
            dimension=self.dimension,
        )

    def _open(self, embedder: str | None, dimension: int | None) -> None:
        with sqlite.translated(self._path):
            if sqlite.version(self._connection, self._path) != sqlite.VERSION:
                with self._lock.hold(self._wait_s):
                    sqlite.migrate(self._connection, self._path)
            with sqlite.transaction(self._connection) as connection:
                about = dict(connection.execute("SELECT key, value FROM collection"))
                sealed = checks.sealed(connection)
        if not sealed:
            raise sqlite.damaged(self._path, "its schema or description is not as it was written")
        if "embedder" not in about:
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
        self._derived.changed()
        with self._writing() as connection:
            totals.change(connection, self.dimension, gone=last, come=last.values())
            removed: dict[int, list[str]] = {}
            for article_id in last:
                removed.update(rows.delete(connection, article_id) or {})
            added: dict[int, tuple[str, ...]] = {}
            for entry in last.values():
                added.update(rows.insert(connection, entry))
            postings.update(connection, removed, added)

    def remove(self, article_id: str) -> None:
        self._derived.changed()
        with self._writing() as connection:
            totals.change(connection, self.dimension, gone=[article_id], come=[])
            removed = rows.delete(connection, article_id)
            if removed is None:
                raise _not_found(article_id)
            postings.update(connection, removed, {})

    def flush(self) -> None:
        self._derived.flush(self._wait_s)

    def rebuild(self) -> None:
        self._derived.changed()
        with self._writing() as connection:
            totals.rebuild(connection, self.dimension)
            postings.rebuild(connection)
        self._derived.rebuild(self._wait_s)

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

    def entry(self, article_id: str) -> Entry:
        """What was put, but for the rounding of vectors in the store. Raises ArticleNotFoundError."""
        with self._reading() as connection:
            found = rows.entry(connection, article_id, self.dimension)
        if found is None:
            raise _not_found(article_id)
        return found

    def snapshot(self, path: Path) -> None:
        """A compact copy of the database as it stands, at `path`, where nothing is yet. Raises DiskFullError."""
        with self._guard, sqlite.translated(path):
            self._connection.execute("VACUUM INTO ?", (str(path),))

    def articles(self, where: Filter | None = None) -> list[ArticleInfo]:
        condition, values = queries.where(where)
        with self._reading() as connection:
            found = connection.execute(
                f"SELECT {rows.INFO} WHERE {condition} ORDER BY published IS NULL, published DESC, id", values
            )
            return list(rows.infos(found).values())

    def dense(self, vector: npt.NDArray[np.float32], k: int, where: Filter | None = None) -> list[str]:
        found: list[str] = []
        for _ in range(TRIES):
            with self._reading() as connection:
                among, before = queries.among(connection, where), queries.fingerprint(connection)
            numbers = self._derived.search(vector, k, among)
            with self._reading() as connection:
                found = self._known.ids(connection, numbers)[:k]
                if queries.fingerprint(connection) == before:
                    break  # else what was replaced meanwhile would be in it neither as it was nor as it is
        return found

    def lexical(self, terms: Iterable[str], k: int, where: Filter | None = None) -> list[str]:
        with self._reading() as connection:
            about, frequency = self._known.statistics(connection), self._known.frequency(connection, terms)
            among = queries.among(connection, where)
            numbers = postings.search(
                connection, frequency, k, chunks=about.chunks, average_length=about.average_terms, among=among
            )
            return self._known.ids(connection, numbers)

    def candidates(self, chunk_ids: Sequence[str]) -> list[Candidate]:
        with self._reading() as connection:
            found = rows.candidates(connection, self._known.numbers(connection, chunk_ids), self.dimension)
        return [found[chunk_id] for chunk_id in chunk_ids if chunk_id in found]

    def words(self, chunk_ids: Sequence[str]) -> list[tuple[Words, ...]]:
        with self._reading() as connection:
            found = word_rows.read(connection, self._known.numbers(connection, chunk_ids))
        return [found.get(chunk_id, ()) for chunk_id in chunk_ids]

    def document_frequency(self, terms: Iterable[str]) -> dict[str, int]:
        with self._reading() as connection:
            return self._known.frequency(connection, terms)

    def statistics(self) -> Statistics:
        with self._reading() as connection:
            return self._known.statistics(connection)

    def names(self) -> frozenset[tuple[str, str]]:
        with self._reading() as connection:
            return frozenset(connection.execute("SELECT DISTINCT CAST(korean AS TEXT), CAST(latin AS TEXT) FROM names"))

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
        self._derived.close()
        with self._guard:
            self._connection.close()

    def __enter__(self) -> LocalStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Transactions

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view of the database."""
        with self._guard, sqlite.translated(self._path), sqlite.transaction(self._connection) as connection:
            sqlite.expect_current(connection, self._path)
            yield connection

    @contextmanager
    def _writing(self, *, renewed: bool = True) -> Iterator[sqlite3.Connection]:
        """All of it or nothing, by one process at a time; leaves a new fingerprint, but where no article changes."""
        with (
            self._guard,
            self._lock.hold(self._wait_s),
            sqlite.translated(self._path),
            sqlite.transaction(self._connection, "IMMEDIATE") as connection,
        ):
            sqlite.expect_current(connection, self._path)
            yield connection
            if renewed:
                connection.execute(
                    "INSERT OR REPLACE INTO collection VALUES ('fingerprint', ?)", (secrets.token_hex(8),)
                )
            checks.put_seal(connection)


def _not_found(article_id: str) -> ArticleNotFoundError:
    return ArticleNotFoundError(
        f"There is no article {article_id!r}. See what there is with `gisa index list`.",
        f"{article_id!r} 기사가 없습니다. `gisa index list`로 목록을 확인하세요.",
    )
