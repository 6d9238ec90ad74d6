"""Questions to the database that answer with numbers and ids rather than records."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from index import checks
from index.types import Filter, Vectors


def where(condition: Filter | None) -> tuple[str, list[str]]:
    """An SQL condition over `articles` and its parameters. A month or a year matches when any of its days does."""
    clauses, values = ["TRUE"], []
    if condition and condition.publishers:
        clauses.append("publisher IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(condition.publishers))
    if condition and condition.article_ids:
        clauses.append("articles.id IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(condition.article_ids))
    if condition and condition.since:
        clauses.append("latest >= ?")
        values.append(condition.since.isoformat())
    if condition and condition.until:
        clauses.append("earliest <= ?")
        values.append(condition.until.isoformat())
    return " AND ".join(clauses), values


def among(connection: sqlite3.Connection, condition: Filter | None) -> npt.NDArray[np.int64] | None:
    """Numbers of the chunks that pass the filter, ascending; None when all do."""
    if not condition:
        return None
    clause, values = where(condition)
    # From articles to their chunks, which the index over (article, position) holds without a look at the rows.
    found = connection.execute(
        f"SELECT chunks.number FROM articles CROSS JOIN chunks ON article=articles.number WHERE {clause}", values
    )
    return np.sort(np.array([number for (number,) in found], np.int64))


def ids(connection: sqlite3.Connection, numbers: Sequence[int]) -> dict[int, str]:
    """Chunk number -> its id; numbers that are gone are left out. Raises IndexDamagedError."""
    query = "SELECT number, chunks.id FROM json_each(?) CROSS JOIN chunks ON number=value"
    found = dict(connection.execute(query, (json.dumps(list(numbers)),)))
    checks.expect_gone(connection, (number for number in numbers if number not in found))
    return found


def numbers(connection: sqlite3.Connection) -> npt.NDArray[np.int64]:
    """Of all chunks, int64, ascending."""
    # As one text: a row for each takes eight times as long.
    found = connection.execute("SELECT json_group_array(number) FROM chunks").fetchone()[0]
    return np.sort(np.array(json.loads(found), np.int64))


def newest(connection: sqlite3.Connection) -> int:
    """The greatest chunk number, 0 when there is no chunk."""
    return int(connection.execute("SELECT coalesce(max(number), 0) FROM chunks").fetchone()[0])


def vectors(
    connection: sqlite3.Connection, numbers: npt.NDArray[np.int64], dimension: int
) -> tuple[npt.NDArray[np.int64], Vectors]:
    """Those of the numbers that are there, in their order, int64 (n,), and their vectors, float32 (n, dimension).

    Raises IndexDamagedError.
    """
    rows = connection.execute(
        """SELECT vectors.chunk, vectors.vector, chunk_checks.vector FROM json_each(?)
           CROSS JOIN vectors ON vectors.chunk=value LEFT JOIN chunk_checks ON chunk_checks.chunk=value""",
        (json.dumps(numbers.tolist()),),
    ).fetchall()
    found, stacked = _stacked(connection, rows, dimension)
    checks.expect_gone(connection, set(numbers.tolist()).difference(found.tolist()))
    return found, stacked


def vectors_after(connection: sqlite3.Connection, number: int, dimension: int) -> tuple[npt.NDArray[np.int64], Vectors]:
    """Numbers of the chunks beyond `number`, int64 (n,), ascending, and their vectors, float32 (n, dimension).

    Raises IndexDamagedError.
    """
    rows = connection.execute(
        """SELECT vectors.chunk, vectors.vector, chunk_checks.vector FROM vectors
           LEFT JOIN chunk_checks ON chunk_checks.chunk=vectors.chunk WHERE vectors.chunk > ? ORDER BY vectors.chunk""",
        (number,),
    )
    return _stacked(connection, rows.fetchall(), dimension)


def _stacked(
    connection: sqlite3.Connection, rows: Sequence[tuple[int, bytes, int | None]], dimension: int
) -> tuple[npt.NDArray[np.int64], Vectors]:
    for number, vector, check in rows:
        if checks.blob(vector) != check:
            raise checks.damaged_chunk(connection, number)
    found = np.frombuffer(b"".join(vector for _, vector, _ in rows), "<f4").reshape(-1, dimension)
    return np.array([number for number, *_ in rows], np.int64), found


def fingerprint(connection: sqlite3.Connection) -> str:
    row = connection.execute("SELECT value FROM collection WHERE key='fingerprint'").fetchone()
    return str(row[0])
