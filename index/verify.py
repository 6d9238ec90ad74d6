"""Finds damage in a collection: every stored byte that answers rest on is checked against another."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from index import checks, manifest, postings, queries, rows, totals, word_rows
from index.derived import past
from index.errors import IndexDamagedError
from index.faiss_index import VectorIndex
from index.store import Damage

_PART = 1024
"""Chunks whose posting lists are compared at a time."""


def verify(connection: sqlite3.Connection, folder: Path, embedder: str, dimension: int) -> list[Damage]:
    """Everything found, the database first. When SQLite itself finds damage, nothing else is looked at."""
    if damage := list(_database(connection)):
        return damage
    return [
        *_rows(connection, dimension),
        *_readable(_postings(connection), "search terms", mendable=True),
        *_readable(_totals(connection, dimension), "totals", mendable=True),
        *_faiss(connection, folder, embedder, dimension),
    ]


def stored(connection: sqlite3.Connection, dimension: int) -> Iterator[Damage]:
    """Damage to the truth alone: what nothing can be made anew from."""
    structure = list(_database(connection))
    yield from structure or _rows(connection, dimension)


def _database(connection: sqlite3.Connection) -> Iterator[Damage]:
    for (line,) in connection.execute("PRAGMA integrity_check"):
        if line != "ok":
            yield Damage("database", str(line), mendable=False)
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        yield Damage(f"{table} {row}", f"belongs to a row of {parent} that is not there", mendable=False)


def _rows(connection: sqlite3.Connection, dimension: int) -> Iterator[Damage]:
    yield from _checksums(connection)
    yield from _readable(_texts(connection), "texts")
    yield from _readable(_vectors(connection, dimension), "vectors")
    yield from _readable(_words(connection), "word vectors")


def _readable(found: Iterator[Damage], what: str, *, mendable: bool = False) -> Iterator[Damage]:
    """A damaged row may hold anything in place of what it should: then looking further into it ends here."""
    try:
        yield from found
    except (TypeError, ValueError) as error:
        yield Damage(what, f"cannot be read to the end ({error})", mendable)


def _checksums(connection: sqlite3.Connection) -> Iterator[Damage]:
    if not checks.sealed(connection):
        yield Damage("database", "its schema or description is not as it was written", mendable=False)
    for number, article_id in connection.execute("SELECT number, id FROM articles ORDER BY id").fetchall():
        for chunk, what in checks.wrong(connection, number):
            where = f"article {article_id}"
            yield Damage(where if chunk is None else f"{where} chunk number {chunk}", what, mendable=False)


def _texts(connection: sqlite3.Connection) -> Iterator[Damage]:
    for (article_id,) in connection.execute("SELECT id FROM articles ORDER BY id").fetchall():
        where = f"article {article_id}"
        try:
            article = rows.read_article(connection, article_id)
        except (ValueError, TypeError) as error:
            yield Damage(where, f"its row cannot be read ({error})", mendable=False)
            continue
        if article is None:
            continue
        (stored,) = connection.execute("SELECT content_hash FROM articles WHERE id=?", (article_id,)).fetchone()
        if article.content_hash != stored:
            yield Damage(where, "its content does not have the stored hash", mendable=False)
        chunks = connection.execute(
            """SELECT chunks.id, start, "end", length, sentences FROM articles JOIN chunks ON article=articles.number
               WHERE articles.id=? ORDER BY position""",
            (article_id,),
        )
        for chunk_id, start, end, length, packed in chunks:
            where = f"chunk {chunk_id}"
            try:
                sentences, counts = rows.read_sentences(packed)
            except (ValueError, TypeError) as error:
                yield Damage(where, f"its sentences cannot be read ({error})", mendable=False)
                continue
            if not sentences or (start, end) != (sentences[0].start, sentences[-1].end):
                yield Damage(where, "its offsets are not those of its sentences", mendable=False)
            if sum(counts) > length:
                yield Damage(where, "its sentences have more terms than it has", mendable=False)
            for position, one in enumerate(sentences):
                if article.text[one.start : one.end] != one.text:
                    yield Damage(f"{where} sentence {position}", "is not at its offsets", mendable=False)


def _vectors(connection: sqlite3.Connection, dimension: int) -> Iterator[Damage]:
    stored = connection.execute(
        """SELECT chunks.id, vector, sentence_vectors, sentences
           FROM chunks LEFT JOIN vectors ON vectors.chunk=chunks.number"""
    )
    for chunk_id, vector, halves, packed in stored:
        where = f"chunk {chunk_id}"
        if vector is None:
            yield Damage(where, "has no vector", mendable=False)
        elif len(vector) != 4 * dimension or len(halves) != 2 * dimension * len(json.loads(packed)):
            yield Damage(where, "its vectors have the wrong size", mendable=False)
        elif not (
            rows.unit_norm(np.frombuffer(vector, "<f4"))
            and rows.unit_norm(np.frombuffer(halves, "<f2").astype(np.float32).reshape(-1, dimension))
        ):
            yield Damage(where, "its vectors do not have norm 1", mendable=False)


def _words(connection: sqlite3.Connection) -> Iterator[Damage]:
    stored = connection.execute(
        """SELECT id, sentences, counts, width, scales, data FROM chunks LEFT JOIN words ON words.chunk=number"""
    )
    for chunk_id, sentences, counts, width, scales, data in stored:
        if counts is None:
            yield Damage(f"chunk {chunk_id}", "has no word vectors", mendable=False)
        elif not word_rows.sound(counts, width, scales, data, len(json.loads(sentences))):
            yield Damage(f"chunk {chunk_id}", "its word vectors have the wrong size", mendable=False)


def _postings(connection: sqlite3.Connection) -> Iterator[Damage]:
    wrong: set[str] = set()
    blocks = connection.execute(
        "SELECT number / ? FROM chunks UNION SELECT block FROM posting_blocks", (postings.BLOCK,)
    ).fetchall()
    for (block,) in blocks:
        # A part at a time: the postings of a large collection do not fit into memory as objects.
        for part, its in enumerate(postings.stored(connection, block, _PART)):
            held = Counter(its)
            first = block * postings.BLOCK + part * _PART
            chunks = connection.execute(
                "SELECT number, id, length, terms FROM chunks WHERE number BETWEEN ? AND ?", (first, first + _PART - 1)
            )
            for number, chunk_id, length, joined in chunks:
                terms = rows.split(joined)
                if len(terms) != length:
                    yield Damage(f"chunk {chunk_id}", "does not have as many terms as it says", mendable=False)
                held.subtract(postings.expected(number, terms))
            wrong.update(term for (term, *_), difference in held.items() if difference)
    for term in sorted(wrong):
        yield Damage(f"search term {term!r}", "its posting list is not what the chunks say", mendable=True)


def _faiss(connection: sqlite3.Connection, folder: Path, embedder: str, dimension: int) -> Iterator[Damage]:
    yield from _last_generation(folder)
    problem = None
    now = queries.fingerprint(connection)
    for state in dict.fromkeys([now, *past(connection)]):
        try:
            about, data = manifest.load(folder, fingerprint=state, embedder=embedder)
        except manifest.GenerationError as error:
            problem = error if problem is None or error.reason == "damaged" else problem
        else:
            index = VectorIndex.from_bytes(data)
            if index.size != about.vectors or not _holds(connection, index, dimension, whole=state == now):
                yield Damage(about.file, "does not hold the vectors of the database", mendable=True)
            return
    if problem:
        yield Damage("vector index", problem.detail, mendable=True)


def _holds(connection: sqlite3.Connection, index: VectorIndex, dimension: int, *, whole: bool) -> bool:
    """Whether it holds the vectors of the database as far as it goes, and nothing else if it is to be `whole`."""
    live = queries.numbers(connection)
    numbers = index.numbers
    if len(np.setdiff1d(live if whole else live[live <= index.last], numbers)):
        return False
    if len(np.unique(numbers)) != len(numbers) or (whole and len(numbers) != len(live)):
        return False
    try:
        return index.holds(lambda some: queries.vectors(connection, some, dimension))
    except IndexDamagedError:
        return True  # told already, by its row


def _totals(connection: sqlite3.Connection, dimension: int) -> Iterator[Damage]:
    try:
        held, counted = totals.read(connection, dimension), totals.count(connection, dimension)
    except IndexDamagedError:
        return  # told already, by its rows
    if held.to_json() != counted.to_json():
        yield Damage("totals", "are not what the rows add up to", mendable=True)


def _last_generation(folder: Path) -> Iterator[Damage]:
    """The one before the current: it need not be there, nor be of the collection as it stands, only whole."""
    try:
        found = manifest.damage(folder, manifest.read_manifest(folder, manifest.LAST))
    except manifest.GenerationError as error:
        found = None if error.reason == "missing" else error.detail
    if found:
        yield Damage("last vector index", found, mendable=True)
