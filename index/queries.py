"""Questions to the database that answer with numbers and ids rather than records."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from zlib import crc32

import numpy as np
import numpy.typing as npt

from index import checks
from index.types import Filter, Statistics


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


def ids(connection: sqlite3.Connection, numbers: Sequence[int]) -> list[str]:
    """Chunk ids for chunk numbers, in their order; numbers that are gone are left out."""
    found = dict(
        connection.execute(
            "SELECT number, chunks.id FROM json_each(?) CROSS JOIN chunks ON number=value", (json.dumps(list(numbers)),)
        )
    )
    return [found[number] for number in numbers if number in found]


def fingerprint(connection: sqlite3.Connection) -> str:
    row = connection.execute("SELECT value FROM collection WHERE key='fingerprint'").fetchone()
    return str(row[0])


def statistics(connection: sqlite3.Connection, dimension: int) -> Statistics:
    """Raises IndexDamagedError."""
    articles = connection.execute("SELECT count(*) FROM articles").fetchone()[0]
    chunks, average_terms = connection.execute("SELECT count(*), coalesce(avg(length), 0) FROM chunks").fetchone()
    sums: dict[str, npt.NDArray[np.float64]] = {}
    counts: dict[str, int] = {}
    vectors = connection.execute(
        """SELECT language, vectors.vector, number, chunk_checks.vector FROM vectors
           JOIN (SELECT chunks.number, language FROM chunks JOIN articles ON article=articles.number)
           ON vectors.chunk=number LEFT JOIN chunk_checks ON chunk_checks.chunk=number ORDER BY vectors.chunk"""
    )
    while found := vectors.fetchmany(4096):
        for _, blob, number, check in found:
            if crc32(blob) != check:
                raise checks.damaged_chunk(connection, number)
        for language in {language for language, *_ in found}:
            block = np.frombuffer(b"".join(blob for its, blob, *_ in found if its == language), "<f4")
            rows = block.reshape(-1, dimension)
            sums[language] = sums.get(language, np.zeros(dimension)) + rows.sum(axis=0, dtype=np.float64)
            counts[language] = counts.get(language, 0) + len(rows)
    means = {language: (total / counts[language]).astype(np.float32) for language, total in sums.items()}
    return Statistics(articles, chunks, average_terms, means)
