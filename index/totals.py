"""Sums over the whole collection, kept up to date with every write: no question should wait for a scan of all rows.

Sums of vectors are whole numbers (each component times 2^32), so that what is taken out leaves exactly what was there
before it was put in, in whatever order. They hold 2^31 chunks.
"""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from index import checks
from index.errors import IndexDamagedError
from index.store import Entry
from index.types import Statistics, Vectors

_KEY = "totals"
_LENGTH = "CAST(coalesce(length, 0) AS INTEGER)"  # a damaged row, which `verify` names, holds anything
_ONE = 2.0**32
Sums = npt.NDArray[np.int64]


@dataclass(slots=True)
class Totals:
    """How many articles, chunks and terms there are; for a language how many chunks, and their vectors' sum."""

    articles: int = 0
    chunks: int = 0
    terms: int = 0
    languages: dict[str, tuple[int, Sums]] = field(default_factory=dict)

    def add(self, language: str, vectors: Vectors, lengths: Sequence[int], sign: int = 1) -> None:
        """Chunks of one article: `vectors` float32 (n, d), `lengths` in terms. `sign` -1 takes them out."""
        self.articles += sign
        if not len(vectors):
            return
        self._sum(language, vectors, sum(lengths), sign)

    def _sum(self, language: str, vectors: Vectors, terms: int, sign: int = 1) -> None:
        self.chunks += sign * len(vectors)
        self.terms += sign * terms
        count, total = self.languages.get(language, (0, np.zeros(vectors.shape[1], np.int64)))
        count += sign * len(vectors)
        whole = np.rint(vectors.astype(np.float64) * _ONE).astype(np.int64).sum(axis=0)
        self.languages[language] = count, total + sign * whole
        if not count:
            del self.languages[language]

    def statistics(self) -> Statistics:
        means = {
            language: (total / (_ONE * count)).astype(np.float32)
            for language, (count, total) in sorted(self.languages.items())
        }
        return Statistics(self.articles, self.chunks, self.terms / self.chunks if self.chunks else 0.0, means)

    def to_json(self) -> str:
        languages = {
            language: [count, base64.b64encode(total.astype("<i8").tobytes()).decode()]
            for language, (count, total) in sorted(self.languages.items())
        }
        return json.dumps([self.articles, self.chunks, self.terms, languages])

    @classmethod
    def from_json(cls, text: str) -> Totals:
        articles, chunks, terms, languages = json.loads(text)
        sums = {
            language: (count, np.frombuffer(base64.b64decode(total), "<i8").astype(np.int64))
            for language, (count, total) in languages.items()
        }
        return cls(articles, chunks, terms, sums)


def read(connection: sqlite3.Connection, dimension: int) -> Totals:
    """As they are kept; counted where they are not: an older gisa made the collection, and nothing wrote to it yet."""
    row = connection.execute("SELECT value FROM collection WHERE key=?", (_KEY,)).fetchone()
    return Totals.from_json(row[0]) if row else count(connection, dimension)


def change(connection: sqlite3.Connection, dimension: int, gone: Iterable[str], come: Iterable[Entry]) -> None:
    """Articles are about to go, by id, and to come: call it before the rows change. Ids that are not there are none."""
    try:
        totals = read(connection, dimension)
        _take_out(connection, dimension, totals, gone)
    except IndexDamagedError:  # what damaged rows added to them is not known: they are counted once those are gone
        connection.execute("DELETE FROM collection WHERE key=?", (_KEY,))
        return
    for entry in come:
        totals.add(entry.article.language, entry.vectors, [len(terms) for terms in entry.terms])
    _write(connection, totals)


def _take_out(connection: sqlite3.Connection, dimension: int, totals: Totals, article_ids: Iterable[str]) -> None:
    for article_id in article_ids:
        row = connection.execute("SELECT number, language FROM articles WHERE id=?", (article_id,)).fetchone()
        if row is None:
            continue
        found = connection.execute(
            f"""SELECT {_LENGTH}, vectors.vector, number, chunk_checks.vector FROM chunks
               JOIN vectors ON vectors.chunk=number LEFT JOIN chunk_checks ON chunk_checks.chunk=number
               WHERE article=?""",
            row[:1],
        ).fetchall()
        totals.add(row[1], _vectors(connection, found, dimension), [length for length, *_ in found], -1)


def rebuild(connection: sqlite3.Connection, dimension: int) -> None:
    _write(connection, count(connection, dimension))


def count(connection: sqlite3.Connection, dimension: int) -> Totals:
    """From the rows themselves, all of them. Raises IndexDamagedError."""
    totals = Totals(articles=connection.execute("SELECT count(*) FROM articles").fetchone()[0])
    rows = connection.execute(
        f"""SELECT CAST(coalesce(language, '') AS TEXT), {_LENGTH}, vectors.vector, chunks.number, chunk_checks.vector
           FROM vectors JOIN chunks ON vectors.chunk=chunks.number JOIN articles ON article=articles.number
           LEFT JOIN chunk_checks ON chunk_checks.chunk=chunks.number ORDER BY vectors.chunk"""
    )
    while found := rows.fetchmany(4096):
        for language in {row[0] for row in found}:
            its = [row for its_language, *row in found if its_language == language]
            totals._sum(language, _vectors(connection, its, dimension), sum(length for length, *_ in its))
    return totals


def _write(connection: sqlite3.Connection, totals: Totals) -> None:
    connection.execute("INSERT OR REPLACE INTO collection VALUES (?, ?)", (_KEY, totals.to_json()))


def _vectors(connection: sqlite3.Connection, rows: Iterable[Sequence[Any]], dimension: int) -> Vectors:
    """Of rows (length, vector, chunk number, checksum)."""
    blobs: list[bytes] = []
    for _, vector, number, check in rows:
        if checks.blob(vector) != check:
            raise checks.damaged_chunk(connection, number)
        blobs.append(vector)
    return np.frombuffer(b"".join(blobs), "<f4").reshape(-1, dimension)
