"""Collections of any size out of a real one: its rows again and again, each time with vectors and terms of their own.

A new vector is one that the model made of a real chunk or sentence, moved up to halfway towards one of its sixteen
nearest real neighbours, and by 0.1 to 0.35 of the difference of two other real vectors: so it lies where texts of
these corpora lie, and spreads as they do. Every third term of a chunk is drawn anew, as often as terms are in the real
chunks. Articles, sentences and sentence vectors are those of the real chunk; the word vectors, which a million times
would fill 50 GB, are one copy that all of them read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

from index import checks, postings, sqlite, totals
from index.local_store import DATABASE
from index.types import Vectors

NEIGHBOURS = 16
NOISE = 0.1, 0.35
REDRAWN = 1 / 3
_WORDS = """
CREATE TABLE real_words (chunk INTEGER PRIMARY KEY, counts TEXT, width INTEGER, scales BLOB, data BLOB) STRICT;
CREATE VIEW words AS SELECT number AS chunk, counts, width, scales, data FROM chunks
    JOIN real_words ON real_words.chunk = (number - 1) % (SELECT count(*) FROM real_words) + 1
"""


@dataclass(frozen=True, slots=True)
class Real:
    """A real collection, row by row. Chunks and articles are numbered from 0, in the order they were stored.

    `anchors` are the vectors of all chunks, then of all sentences, float32 (n, d), and `near` the places in it of each
    one's nearest, int64 (n, NEIGHBOURS); `terms` of each chunk are places in `vocabulary`.
    """

    articles: list[tuple[Any, ...]]
    chunks: list[tuple[Any, ...]]
    halves: list[bytes]
    words: list[tuple[Any, ...]]
    word_checks: list[int]
    names: list[tuple[Any, ...]]
    about: dict[str, str]
    vocabulary: npt.NDArray[np.object_]
    terms: list[npt.NDArray[np.int64]]
    anchors: Vectors
    near: npt.NDArray[np.int64]


def read(folder: Path) -> Real:
    """The collection in `folder`."""
    path = folder / DATABASE
    with sqlite.translated(path), closing(sqlite.connect(path)) as connection:
        sqlite.migrate(connection, path)
        ask = connection.execute
        articles = ask("SELECT * FROM articles ORDER BY number").fetchall()
        place = {row[0]: i for i, row in enumerate(articles)}
        stored = ask(f"SELECT {checks.CHUNK} FROM chunks ORDER BY number").fetchall()
        chunks = [(*row[:2], place[row[2]], *row[3:]) for row in stored]
        vectors = ask("SELECT vector, sentence_vectors FROM vectors ORDER BY chunk").fetchall()
        words = ask("SELECT counts, width, scales, data FROM words ORDER BY chunk").fetchall()
        names = ask("SELECT DISTINCT korean, latin FROM names").fetchall()
        about = dict(ask("SELECT key, value FROM collection").fetchall())
    dimension = int(about["dimension"])
    whole = np.frombuffer(b"".join(vector for vector, _ in vectors), "<f4").reshape(-1, dimension)
    parts = np.frombuffer(b"".join(halves for _, halves in vectors), "<f2").astype(np.float32).reshape(-1, dimension)
    anchors = _unit(np.concatenate([whole, parts]))
    said = [row[-2].split(" ") for row in chunks]
    vocabulary, flat = np.unique([term for its in said for term in its], return_inverse=True)
    return Real(
        articles,
        chunks,
        [halves for _, halves in vectors],
        words,
        [checks.chunk_words(*row) for row in words],
        names,
        about,
        np.array([str(term) for term in vocabulary], object),
        np.split(flat, np.cumsum([len(its) for its in said])[:-1]),
        anchors,
        np.concatenate([_nearest(anchors, first) for first in range(0, len(anchors), 1024)]),
    )


def _nearest(anchors: Vectors, first: int) -> npt.NDArray[np.int64]:
    close = anchors[first : first + 1024] @ anchors.T
    return np.argpartition(-close, NEIGHBOURS, axis=1)[:, : NEIGHBOURS + 1]


def vary(real: Real, count: int, random: np.random.Generator) -> Vectors:
    """New unit vectors, float32 (count, d)."""
    n = len(real.anchors)
    places = random.integers(n, size=count)
    start = real.anchors[places]
    towards = real.anchors[real.near[places, random.integers(NEIGHBOURS + 1, size=count)]]
    step = random.uniform(0, 0.5, (count, 1)).astype(np.float32)
    noise = random.uniform(*NOISE, (count, 1)).astype(np.float32)
    aside = real.anchors[random.integers(n, size=count)] - real.anchors[random.integers(n, size=count)]
    return _unit(start + step * (towards - start) + noise * aside)


def make(real: Real, folder: Path, chunks: int, seed: int = 1) -> None:
    """A collection of so many chunks in `folder`, without a vector index. Raises DiskFullError."""
    folder.mkdir(parents=True)
    path = folder / DATABASE
    sqlite.create(path)
    random = np.random.default_rng(seed)
    with sqlite.translated(path), closing(sqlite.connect(path)) as connection:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-200000"):
            connection.execute(f"PRAGMA {pragma}")
        with sqlite.transaction(connection):
            connection.execute("DROP TABLE words")
            for statement in _WORDS.split(";\n"):
                connection.execute(statement)
            copied = [(i, *row) for i, row in enumerate(real.words, 1)]
            connection.executemany("INSERT INTO real_words VALUES (?,?,?,?,?)", copied)
        gathered = _Postings(real)
        for round_, first in enumerate(range(0, chunks, len(real.chunks))):
            with sqlite.transaction(connection):
                _round(
                    connection, real, round_, min(len(real.chunks), chunks - first), random=random, gathered=gathered
                )
        with sqlite.transaction(connection):
            gathered.write(connection)
            connection.executemany("INSERT INTO names VALUES (1,?,?)", real.names)
            about = {key: real.about[key] for key in ("embedder", "dimension", "created")}
            connection.executemany(
                "INSERT OR REPLACE INTO collection VALUES (?,?)", [*about.items(), ("fingerprint", str(seed))]
            )
            totals.rebuild(connection, int(about["dimension"]))
            checks.put_seal(connection)
        connection.execute("PRAGMA journal_mode=WAL")


class _Postings:
    """Posting lists as they come, chunk after chunk, written block by block."""

    def __init__(self, real: Real) -> None:
        self._vocabulary = real.vocabulary
        self._block = 0
        self._held: list[tuple[int, npt.NDArray[np.int64]]] = []

    def add(self, connection: Any, number: int, terms: npt.NDArray[np.int64]) -> None:
        if number // postings.BLOCK != self._block:
            self.write(connection)
            self._block = number // postings.BLOCK
        self._held.append((number % postings.BLOCK, terms))

    def write(self, connection: Any) -> None:
        if not self._held:
            return
        lengths = [len(terms) for _, terms in self._held]
        offsets = np.repeat([offset for offset, _ in self._held], lengths)
        keys = np.concatenate([terms for _, terms in self._held]) * postings.BLOCK + offsets
        keys, frequencies = np.unique(keys, return_counts=True)
        rows = np.empty(len(keys), postings.POSTING)
        rows["offset"] = keys % postings.BLOCK
        rows["frequency"] = frequencies
        length = np.zeros(postings.BLOCK, np.int64)
        length[[offset for offset, _ in self._held]] = lengths
        rows["length"] = length[rows["offset"]]
        terms, starts = np.unique(keys // postings.BLOCK, return_index=True)
        connection.executemany(
            "INSERT INTO posting_blocks VALUES (?,?,?,?)",
            (
                (
                    said := self._vocabulary[term],
                    self._block,
                    len(part),
                    postings.packed(said, self._block, part.tobytes()),
                )
                for term, part in zip(terms.tolist(), np.split(rows, starts[1:]), strict=True)
            ),
        )
        self._held = []


def _round(
    connection: Any, real: Real, round_: int, count: int, *, random: np.random.Generator, gathered: _Postings
) -> None:
    """The first `count` real chunks once more."""
    vectors = vary(real, count, random)
    if round_ == 0:
        vectors = real.anchors[:count]
    flat = np.concatenate(real.terms)
    drawn = random.random(len(flat)) < (REDRAWN if round_ else 0)
    varied = np.where(drawn, random.choice(flat, len(flat)), flat)
    bounds = np.cumsum([0, *map(len, real.terms)])
    rows: list[tuple[Any, ...]] = []
    for i in range(count):
        number = round_ * len(real.chunks) + i + 1
        _, identifier, article, position, start, end, length, _, sentences = real.chunks[i]
        terms = varied[bounds[i] : bounds[i + 1]]
        gathered.add(connection, number, terms)
        joined = " ".join(real.vocabulary[terms])
        its_article = _article(real, round_, article)
        rows.append((number, f"{identifier}-{round_}", its_article, position, start, end, length, joined, sentences))
    connection.executemany("INSERT INTO chunks VALUES (?,?,?,?,?,?,?,?,?)", rows)
    blobs = [vector.astype("<f4").tobytes() for vector in vectors]
    connection.executemany(
        "INSERT INTO vectors VALUES (?,?,?)",
        [(row[0], blob, halves) for row, blob, halves in zip(rows, blobs, real.halves, strict=False)],
    )
    connection.executemany(
        "INSERT INTO chunk_checks VALUES (?,?,?,?)",
        [
            (row[0], checks.chunk_text(row, halves), crc32(blob), words)
            for row, halves, blob, words in zip(rows, real.halves, blobs, real.word_checks, strict=False)
        ],
    )
    _articles(connection, real, round_, rows)


def _article(real: Real, round_: int, article: int) -> int:
    return round_ * len(real.articles) + article + 1


def _articles(connection: Any, real: Real, round_: int, chunks: list[tuple[Any, ...]]) -> None:
    numbers: dict[int, list[int]] = {}
    for number, _, article, *_ in chunks:
        numbers.setdefault(article, []).append(number)
    first = _article(real, round_, 0)
    rows = [
        (number, f"{real.articles[number - first][1]}-{round_}", *real.articles[number - first][2:])
        for number in numbers
    ]
    connection.executemany(f"INSERT INTO articles VALUES ({','.join('?' * len(rows[0]))})", rows)
    names = [part for pair in sorted(real.names) for part in pair]  # all of them are those of the first article
    connection.executemany(
        "INSERT INTO article_checks VALUES (?,?,?,?)",
        [
            (
                row[0],
                checks.fields(row[:-2]),
                checks.fields(row[-2:]),
                checks.fields([*(names if row[0] == 1 else ()), *numbers[row[0]]]),
            )
            for row in rows
        ],
    )


def blocks(folder: Path, dimension: int) -> Iterator[tuple[list[str], Vectors]]:
    """Ids and vectors of all chunks, a few thousand at a time: for a search by brute force."""
    path = folder / DATABASE
    with sqlite.translated(path), closing(sqlite.connect(path)) as connection:
        rows = connection.execute("SELECT id, vector FROM vectors JOIN chunks ON chunk=number")
        while found := rows.fetchmany(8192):
            vectors = np.frombuffer(b"".join(vector for _, vector in found), "<f4").reshape(-1, dimension)
            yield [chunk_id for chunk_id, _ in found], vectors


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit
