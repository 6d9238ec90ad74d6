"""CRC-32s of the rows that answers rest on, kept beside them: what changed on disk since it was written is seen.

SQLite finds damage to its own structure but not to what it holds: a flipped bit of a vector reads as another vector.
So every row has a checksum, which `verify` compares, and whoever reads the row for an answer does too: at about a
microsecond a row. Posting lists carry theirs within (`index.postings`).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from zlib import crc32

from index.errors import IndexDamagedError

Value = str | int | float | bytes | None

TABLES = """
-- CRC-32 of what each row holds: see index/checks.py.
CREATE TABLE article_checks (
    article INTEGER PRIMARY KEY REFERENCES articles ON DELETE CASCADE,
    about INTEGER NOT NULL,          -- of its row but for body and text
    text INTEGER NOT NULL,           -- of body and text
    parts INTEGER NOT NULL           -- of its names and the numbers of its chunks
) STRICT;

CREATE TABLE chunk_checks (
    chunk INTEGER PRIMARY KEY REFERENCES chunks ON DELETE CASCADE,
    text INTEGER NOT NULL,           -- of its row and the vectors of its sentences
    vector INTEGER NOT NULL,
    words INTEGER NOT NULL
) STRICT;
"""

ABOUT = """articles.number, articles.id, title, publisher, author, published, published_precision, earliest, latest,
    language, url, source, rights, content_hash"""
"""What `about` of a row of articles is taken over."""
CHUNK = """chunks.number, chunks.id, chunks.article, position, start, "end", length, terms, sentences"""
_SEAL = "seal"


def fields(values: Iterable[Value]) -> int:
    return crc32("\x1f".join(map(str, values)).encode())


def blob(data: object, start: int = 0) -> int:
    """Of bytes; of what a damaged row may hold in their place, that of its name."""
    return crc32(data if isinstance(data, bytes) else repr(data).encode(), start)


def chunk_text(chunk: Sequence[Value], sentence_vectors: bytes) -> int:
    """Of the columns CHUNK and what vectors.sentence_vectors holds."""
    return blob(sentence_vectors, fields(chunk))


def chunk_words(counts: str, width: int, scales: bytes, data: bytes) -> int:
    return blob(data, blob(scales, fields((counts, width))))


def add(connection: sqlite3.Connection, article: int) -> None:
    """Store the checksums of the article of that number and its chunks, as they are now."""
    add_article(connection, article)
    connection.executemany("INSERT INTO chunk_checks VALUES (?,?,?,?)", list(_of_chunks(connection, article)))


def add_article(connection: sqlite3.Connection, article: int) -> None:
    """Those of the article alone."""
    connection.execute("INSERT INTO article_checks VALUES (?,?,?,?)", (article, *_of_article(connection, article)))


def wrong(connection: sqlite3.Connection, article: int) -> Iterator[tuple[int | None, str]]:
    """What of the article of that number is not as it was written: (its chunk's number or None, what)."""
    about = connection.execute("SELECT about, text, parts FROM article_checks WHERE article=?", (article,)).fetchone()
    for stored, found, what in zip(
        about or (None,) * 3,
        _of_article(connection, article),
        ("its row", "its text", "its names or chunks"),
        strict=True,
    ):
        if stored != found:
            yield None, f"{what} not as written: the checksum differs"
    held = {
        chunk: its
        for chunk, *its in connection.execute(
            "SELECT chunk_checks.* FROM chunks JOIN chunk_checks ON chunk=number WHERE article=?", (article,)
        )
    }
    for chunk, *its in _of_chunks(connection, article):
        for stored, found, what in zip(
            held.get(chunk, (None,) * 3), its, ("its text", "its vector", "its word vectors"), strict=True
        ):
            if stored != found:
                yield chunk, f"{what} not as written: the checksum differs"


def expect_gone(connection: sqlite3.Connection, numbers: Iterable[int]) -> None:
    """Raises IndexDamagedError where a chunk that was not found is one that was never removed."""
    asked = list(numbers)
    if not asked:  # as nearly always
        return
    left = connection.execute(
        "SELECT chunk FROM json_each(?) CROSS JOIN chunk_checks ON chunk=value", (json.dumps(asked),)
    ).fetchone()
    if left:
        raise damaged_chunk(connection, left[0])


def damaged_chunk(connection: sqlite3.Connection, chunk: int) -> IndexDamagedError:
    """The error to raise where a chunk's row does not have its checksum."""
    found = connection.execute(
        "SELECT articles.id FROM chunks JOIN articles ON article=articles.number WHERE chunks.number=?", (chunk,)
    ).fetchone()
    return damaged_article(found[0] if found else f"(chunk {chunk})")


def damaged_article(article_id: str) -> IndexDamagedError:
    return IndexDamagedError(
        f"Article {article_id} is damaged on disk and was not used. Remove it with `gisa index remove {article_id}` "
        "and add it again; `gisa index verify` names all damage.",
        f"기사 {article_id} 이(가) 디스크에서 손상되어 쓰지 않았습니다. `gisa index remove {article_id}`로 삭제한 뒤 "
        "다시 추가하세요. 모든 손상은 `gisa index verify`로 볼 수 있습니다.",
    )


# The collection as a whole


def seal(connection: sqlite3.Connection) -> str:
    """Checksum of the schema, of what the collection is told to be, and of the last chunk number that was given."""
    about = connection.execute(
        "SELECT key, value FROM collection WHERE key NOT IN (?, 'fingerprint') ORDER BY key", (_SEAL,)
    )
    schema = connection.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name")
    numbers = connection.execute("SELECT name, seq FROM sqlite_sequence ORDER BY name")
    return str(fields(chain(*about, *schema, *numbers)))


def put_seal(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT OR REPLACE INTO collection VALUES (?, ?)", (_SEAL, seal(connection)))


def sealed(connection: sqlite3.Connection) -> bool:
    row = connection.execute("SELECT value FROM collection WHERE key=?", (_SEAL,)).fetchone()
    return row is not None and row[0] == seal(connection)


def _of_article(connection: sqlite3.Connection, article: int) -> tuple[int, int, int]:
    about = connection.execute(f"SELECT {ABOUT} FROM articles WHERE number=?", (article,)).fetchone()
    text = connection.execute("SELECT body, text FROM articles WHERE number=?", (article,)).fetchone()
    names = connection.execute("SELECT korean, latin FROM names WHERE article=? ORDER BY korean, latin", (article,))
    chunks = connection.execute("SELECT number FROM chunks WHERE article=? ORDER BY position", (article,))
    return fields(about), fields(text), fields(chain(*names, *chunks))


def _of_chunks(connection: sqlite3.Connection, article: int) -> Iterator[tuple[int, int, int, int]]:
    """(number, text, vector, words) for each chunk of an article; what is not there has a checksum of its own."""
    stored = connection.execute(
        f"""SELECT {CHUNK}, vector, sentence_vectors, counts, width, scales, data FROM chunks
            LEFT JOIN vectors ON vectors.chunk=chunks.number LEFT JOIN words ON words.chunk=chunks.number
            WHERE article=?""",
        (article,),
    )
    for *chunk, vector, halves, counts, width, scales, data in stored:
        yield chunk[0], chunk_text(chunk, halves), blob(vector), chunk_words(counts, width, scales, data)
