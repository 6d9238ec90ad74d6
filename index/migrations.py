"""Databases of older formats, brought up to the present one a step at a time.

A row that was not as it was written before a step is not after it either: no step gives it a checksum that it has.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain, groupby
from zlib import crc32

import numpy as np
import numpy.typing as npt

from index import checks, postings
from index.errors import IndexDamagedError
from index.rows import packed_sentences
from index.types import Sentence

_CHUNK = """number, id, article, position, start, "end", length, terms"""
_SENTENCE = """position, start, "end", text, terms"""
_NARROW = 4096
"""Chunk numbers of a block of postings before format 4."""
_AT_ONCE = 1000
NO_TEXT = "decode to UTF-8"
"""In the error that reading such a row is."""
_NEVER = -1
"""No row has it for a checksum."""


def _checksums(connection: sqlite3.Connection) -> None:
    """1 to 2: every row gets its checksum."""
    for statement in checks.TABLES.split(";\n"):
        connection.execute(statement)
    for (article,) in connection.execute("SELECT number FROM articles").fetchall():
        checks.add_article(connection, article)
    every = connection.execute(
        """SELECT number, vector, sentence_vectors, counts, width, scales, data FROM chunks
           JOIN vectors ON vectors.chunk=number JOIN words ON words.chunk=number"""
    )
    for number, vector, halves, *words in every:
        row = number, _text(connection, number, halves), checks.blob(vector), checks.chunk_words(*words)
        connection.execute("INSERT INTO chunk_checks VALUES (?,?,?,?)", row)


def _posting_checksums(connection: sqlite3.Connection) -> None:
    """2 to 3: so does every row of postings."""
    connection.create_function("packed", 3, postings.packed, deterministic=True)
    connection.execute("UPDATE postings SET data=packed(term, block, data)")


def _fewer_rows(connection: sqlite3.Connection) -> None:
    """3 to 4: sentences lie in the row of their chunk, and a block of postings holds 16,384 chunks.

    Its table has another name, so that a gisa of format 3 that has the database open cannot write to it.
    """
    connection.execute("ALTER TABLE chunks ADD COLUMN sentences TEXT NOT NULL DEFAULT '[]'")
    numbers = [number for (number,) in connection.execute("SELECT number FROM chunks ORDER BY number")]
    for first in range(0, len(numbers), _AT_ONCE):
        bounds = numbers[first], numbers[first : first + _AT_ONCE][-1]
        _join_sentences(connection, *bounds)
    connection.execute("DROP TABLE sentences")
    _join_blocks(connection)


def _join_sentences(connection: sqlite3.Connection, first: int, last: int) -> None:
    stored = connection.execute(
        """SELECT number, sentence_vectors, chunk_checks.text FROM chunks LEFT JOIN vectors ON vectors.chunk=number
           LEFT JOIN chunk_checks ON chunk_checks.chunk=number WHERE number BETWEEN ? AND ?""",
        (first, last),
    )
    for number, halves, check in stored.fetchall():
        now = _NEVER
        with _undecodable():
            its = connection.execute(
                """SELECT start, "end", text, terms FROM sentences WHERE chunk=? ORDER BY position""", (number,)
            ).fetchall()
            packed = packed_sentences((Sentence(*row[:3]) for row in its), (row[3] for row in its))
            connection.execute("UPDATE chunks SET sentences=? WHERE number=?", (packed, number))
            whole = check == _text(connection, number, halves)
            if whole:
                chunk = connection.execute(f"SELECT {checks.CHUNK} FROM chunks WHERE number=?", (number,)).fetchone()
                now = checks.chunk_text(chunk, halves)
        connection.execute("UPDATE chunk_checks SET text=? WHERE chunk=?", (now, number))


@contextmanager
def _undecodable() -> Iterator[None]:
    """Passes over a row that is no UTF-8: its checksum then says that it is damaged."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if NO_TEXT not in str(error):
            raise


def _text(connection: sqlite3.Connection, number: int, sentence_vectors: bytes) -> int:
    """The checksum of a chunk's text, as it was before format 4."""
    chunk = connection.execute(f"SELECT {_CHUNK} FROM chunks WHERE number=?", (number,)).fetchone()
    sentences = connection.execute(f"SELECT {_SENTENCE} FROM sentences WHERE chunk=? ORDER BY position", (number,))
    return checks.blob(sentence_vectors, checks.fields(chain(chunk, *sentences)))


def _join_blocks(connection: sqlite3.Connection) -> None:
    connection.execute(postings.TABLE)
    whole = False
    with suppress(IndexDamagedError), _undecodable():
        connection.executemany("INSERT INTO posting_blocks VALUES (?, ?, ?, ?)", _joined(connection))
        whole = True
    if not whole:  # all of it can be made from the chunks
        postings.rebuild(connection)
    connection.execute("DROP TABLE postings")


def _joined(connection: sqlite3.Connection) -> Iterator[tuple[str, int, int, bytes]]:
    joined = postings.BLOCK // _NARROW
    rows = connection.execute("SELECT term, block, data FROM postings ORDER BY term, block")
    for (term, block), its in groupby(rows, key=lambda row: (row[0], row[1] // joined)):
        parts: list[npt.NDArray[np.void]] = []
        for _, narrow, data in its:
            part = np.frombuffer(postings.unpacked(term, narrow, data, crc32(term.encode())), postings.POSTING).copy()
            part["offset"] += narrow % joined * _NARROW
            parts.append(part)
        whole = np.concatenate(parts)
        yield term, block, len(whole), postings.packed(term, block, whole.tobytes())


STEPS: dict[int, Callable[[sqlite3.Connection], None]] = {1: _checksums, 2: _posting_checksums, 3: _fewer_rows}
"""`STEPS[v]` turns a database of format v into one of format v + 1, inside the caller's transaction."""
