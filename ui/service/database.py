"""serve.db: what the server remembers of its users. The only file of ui that knows SQLite."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rag.errors import DiskFullError
from ui.service.errors import LedgerError

NAME = "serve.db"
VERSION = 1
APPLICATION_ID = 0x67697377  # "gisw": no other program's database is taken for ours

SCHEMA = """
CREATE TABLE conversations (
    id TEXT PRIMARY KEY,
    place TEXT UNIQUE,               -- a thread of a chat tool, where the conversation is known by it
    used REAL NOT NULL               -- seconds since 1970
) STRICT;

CREATE TABLE answers (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    conversation TEXT NOT NULL,
    at REAL NOT NULL,
    question TEXT NOT NULL,          -- as it was asked
    standalone TEXT NOT NULL,        -- as it was understood
    answer TEXT NOT NULL             -- JSON, as it was sent
) STRICT;

CREATE INDEX answers_of_conversation ON answers (conversation, number);

CREATE TABLE feedback (
    answer TEXT NOT NULL REFERENCES answers (id) ON DELETE CASCADE,
    asker TEXT NOT NULL,
    thumb TEXT NOT NULL,
    comment TEXT,
    at REAL NOT NULL,
    PRIMARY KEY (answer, asker)
) STRICT;

CREATE TABLE keys (
    id TEXT PRIMARY KEY,             -- the part of a key that may be shown
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL UNIQUE,     -- of the whole key
    scopes TEXT NOT NULL,            -- separated by spaces
    created REAL NOT NULL,
    used REAL,
    revoked REAL
) STRICT;
"""


class Database:
    """One connection, used by one thread at a time. Raises LedgerError, DiskFullError."""

    def __init__(self, home: Path) -> None:
        self._path = home / NAME
        self._guard = threading.Lock()
        try:
            home.mkdir(parents=True, exist_ok=True)
            self._path.touch(mode=0o600)  # questions and comments of people
        except OSError as error:
            raise LedgerError(
                f"{self._path} cannot be written ({error.strerror}). Check GISA_HOME and its permissions.",
                f"{self._path}: 쓸 수 없습니다({error.strerror}). GISA_HOME과 권한을 확인하세요.",
            ) from error
        with self._translated():
            self._connection = sqlite3.connect(self._path, timeout=10, isolation_level=None, check_same_thread=False)
        try:
            with self._translated():
                self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self) -> None:
        self._connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;")
        self._connection.execute("BEGIN IMMEDIATE")
        known = self._connection.execute("PRAGMA application_id").fetchone()[0]
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        tables = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if (known, version) == (0, 0) and not tables:
            for statement in SCHEMA.split(";\n"):
                self._connection.execute(statement)
            self._connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            self._connection.execute(f"PRAGMA user_version={VERSION}")
        elif (known, version) != (APPLICATION_ID, VERSION):
            raise LedgerError(
                f"{self._path} is not of this version of gisa. Move it away, or use the version that made it.",
                f"{self._path}: 이 버전의 gisa 파일이 아닙니다. 다른 곳으로 옮기거나 만든 버전을 쓰세요.",
            )
        self._connection.execute("COMMIT")

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """What a query finds."""
        with self._guard, self._translated():
            return self._connection.execute(statement, values).fetchall()

    def write(self, *statements: tuple[str, Sequence[Any]]) -> int:
        """All of the statements or none; how many rows the last one changed."""
        with self._guard, self._translated():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                changed = 0
                for statement, values in statements:
                    changed = self._connection.execute(statement, values).rowcount
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        return changed

    def close(self) -> None:
        with self._guard:
            self._connection.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if error.sqlite_errorcode in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE):
                raise DiskFullError(
                    f"No space is left for {self._path}. Free some, then try again.",
                    f"{self._path}: 디스크 공간이 없습니다. 공간을 확보한 뒤 다시 시도하세요.",
                ) from error
            raise LedgerError(
                f"{self._path} cannot be used ({error}). Move it away: a new one is made, without the keys in it.",
                f"{self._path}: 사용할 수 없습니다({error}). 다른 곳으로 옮기면 키 없이 새로 만들어집니다.",
            ) from error
