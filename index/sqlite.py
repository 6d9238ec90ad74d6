"""The database file: schema, migrations, connections, and SQLite's errors said in ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import structlog

from index import checks, migrations, postings
from index.disk import disk_full, file_error, sync_folder
from index.errors import IndexBusyError, IndexDamagedError, IndexStoreError

VERSION = 4
APPLICATION_ID = 0x67697361  # "gisa": no other program's database is ever taken for ours

SCHEMA = (
    """
CREATE TABLE collection (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE articles (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    publisher TEXT,
    author TEXT,
    published TEXT,                  -- ISO date
    published_precision TEXT NOT NULL,
    earliest TEXT,                   -- first and last day it may have been published on: filters compare these
    latest TEXT,
    language TEXT NOT NULL,
    url TEXT,
    source TEXT NOT NULL,
    rights TEXT,
    content_hash TEXT NOT NULL,
    body TEXT NOT NULL,              -- JSON [[start, end], ...]
    text TEXT NOT NULL
) STRICT;

-- Numbers are never used again, so that a reader whose FAISS index is a moment old cannot be led to another chunk.
CREATE TABLE chunks (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    article INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
    position INTEGER NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    length INTEGER NOT NULL,         -- how many terms
    terms TEXT NOT NULL,             -- joined by spaces, in order, with repeats
    sentences TEXT NOT NULL,         -- JSON [[start, end, text, how many of the last terms are its own], ...]
    UNIQUE (article, position)
) STRICT;

-- Apart from chunks, so that scans of those stay small.
CREATE TABLE vectors (
    chunk INTEGER PRIMARY KEY REFERENCES chunks ON DELETE CASCADE,
    vector BLOB NOT NULL,            -- float32 little-endian (d,), unit norm
    sentence_vectors BLOB NOT NULL   -- float16 little-endian (sentences, d)
) STRICT;

-- For late interaction: some 130 words a chunk make these the largest rows by far, and few are read for a question.
CREATE TABLE words (
    chunk INTEGER PRIMARY KEY REFERENCES chunks ON DELETE CASCADE,
    counts TEXT NOT NULL,            -- JSON [words of sentence 0, ...]
    width INTEGER NOT NULL,          -- h, length of a word's vector
    scales BLOB NOT NULL,            -- float32 little-endian (words,)
    data BLOB NOT NULL               -- int8 (words, h): times its scale, the vector
) STRICT;

CREATE TABLE names (
    article INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
    korean TEXT NOT NULL,
    latin TEXT NOT NULL,
    PRIMARY KEY (article, korean, latin)
) STRICT, WITHOUT ROWID;
"""
    + postings.TABLE
    + ";\n"
    + checks.TABLES
)

_log = structlog.get_logger(__name__)

_FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_FSYNC})
_NO_SHARED_MEMORY = frozenset({sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_SHMMAP, sqlite3.SQLITE_IOERR_SHMOPEN})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_DAMAGED_SIGNS = (migrations.NO_TEXT, "no such table", "no such column")
"""In errors without a code of their own: Python's, and a schema that has lost something."""
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Errors of SQLite about the database at `path`, raised as errors of the index."""
    try:
        yield
    except sqlite3.Error as error:
        raise _ours(error, path) from error
    except UnicodeDecodeError as error:  # a message of SQLite's that quotes a damaged schema
        raise damaged(path, str(error)) from error


def _ours(error: sqlite3.Error, path: Path) -> IndexStoreError:
    code = getattr(error, "sqlite_errorcode", 0)
    if code in _FULL:
        return disk_full(path.parent)
    if code & 0xFF in _DAMAGED or any(sign in str(error) for sign in _DAMAGED_SIGNS):
        return damaged(path, str(error))
    if code & 0xFF in _BUSY:
        return IndexBusyError(
            f"The index {path} is busy. Wait until the other process is done, then try again.",
            f"색인 {path} 이(가) 사용 중입니다. 다른 작업이 끝난 뒤 다시 시도하세요.",
        )
    return IndexStoreError(
        f"The index {path} cannot be used ({error}). Check that the folder exists and may be written to.",
        f"색인 {path} 을(를) 사용할 수 없습니다({error}). 폴더가 있고 쓰기 권한이 있는지 확인하세요.",
    )


def damaged(path: Path, why: str) -> IndexDamagedError:
    return IndexDamagedError(
        f"The index {path} is damaged and was left as it is ({why}). Put a backup in its place, "
        "or move it away and add the articles again with `gisa index add`.",
        f"색인 {path} 이(가) 손상되었으며 그대로 두었습니다({why}). 백업을 그 자리에 복원하거나, "
        "파일을 옮겨 두고 `gisa index add`로 기사를 다시 추가하세요.",
    )


def create(path: Path) -> None:
    """Make the empty database of a new collection, unless there is one. The caller holds the writer's lock.

    It is made whole under another name first: an empty file of that name is then always a damaged one.
    Raises DiskFullError, IndexStoreError.
    """
    if path.exists():
        return
    part = path.with_name(path.name + ".part")
    try:
        for left in (part, path):  # by a process that was killed, or by a database that was moved away
            for suffix in ("", "-journal", "-wal", "-shm"):
                left.with_name(left.name + suffix).unlink(missing_ok=True)
        with translated(path), closing(sqlite3.connect(part, isolation_level=None)) as connection:
            with transaction(connection, "IMMEDIATE"):
                for statement in SCHEMA.split(";\n"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version={VERSION}")
                checks.put_seal(connection)
            connection.execute("PRAGMA journal_mode=WAL")
        part.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        raise file_error(error, path) from error


def connect(path: Path) -> sqlite3.Connection:
    """A connection in autocommit mode, durable (WAL, synchronous=FULL), with foreign keys enforced.

    It may be used by any thread, by one at a time. Raises sqlite3.Error, IndexDamagedError.
    """
    if path.stat().st_size == 0:  # SQLite would take it for a new database, and delete the log beside it
        raise damaged(path, "it is empty")
    try:
        return _connect(path)
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", 0) not in _NO_SHARED_MEMORY:
            raise
    # The disk is too full for the file by which processes share the database, so nobody has it open: read it alone.
    _log.warning("index opened by this process alone: the disk is full", path=str(path))
    return _connect(path, alone=True)


def _connect(path: Path, *, alone: bool = False) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
    try:
        if alone:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA schema_version").fetchone()  # the first real read: finds a file that is no database
    except (sqlite3.Error, UnicodeDecodeError):
        connection.close()
        raise
    return connection


def version(connection: sqlite3.Connection, path: Path) -> int:
    """The schema's version. Raises IndexStoreError for another program's or a newer database, IndexDamagedError."""
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    owner = int(connection.execute("PRAGMA application_id").fetchone()[0])
    empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if owner != APPLICATION_ID and not empty:
        raise IndexStoreError(
            f"{path} is a database of another program. Choose another folder with GISA_HOME.",
            f"{path} 은(는) 다른 프로그램의 데이터베이스입니다. GISA_HOME으로 다른 폴더를 지정하세요.",
        )
    if empty or found == 0:
        raise damaged(path, "it holds no collection")
    if found > VERSION:
        raise IndexStoreError(
            f"{path} was made by a newer gisa (format {found}, this one knows {VERSION}). Upgrade gisa.",
            f"{path} 은(는) 더 새로운 gisa로 만들어졌습니다(형식 {found}, 현재 {VERSION}). gisa를 업그레이드하세요.",
        )
    return found


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the database to `VERSION` in one transaction. The caller holds the writer's lock."""
    if version(connection, path) == VERSION:
        return
    with transaction(connection, "IMMEDIATE"):
        found = version(connection, path)
        if found > 1 and not checks.sealed(connection):  # format 1 has no seal
            raise damaged(path, "its schema or description is not as it was written")
        for step in range(found, VERSION):
            migrations.STEPS[step](connection)
        connection.execute(f"PRAGMA user_version={VERSION}")
        checks.put_seal(connection)


def expect_current(connection: sqlite3.Connection, path: Path) -> None:
    """Raises IndexStoreError when another gisa has brought the database to another format since it was opened."""
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    if found != VERSION:
        raise IndexStoreError(
            f"Another gisa brought {path} to format {found} while this one, which knows {VERSION}, had it open. "
            "Restart this one, in the version of the other.",
            f"이 gisa(형식 {VERSION})가 {path} 을(를) 열어 둔 사이에 다른 gisa가 형식 {found}(으)로 바꾸었습니다. "
            "그 버전의 gisa로 다시 시작하세요.",
        )


@contextmanager
def transaction(connection: sqlite3.Connection, kind: str = "DEFERRED") -> Iterator[sqlite3.Connection]:
    """BEGIN ... COMMIT, or ROLLBACK when anything is raised."""
    connection.execute(f"BEGIN {kind}")
    try:
        yield connection
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
