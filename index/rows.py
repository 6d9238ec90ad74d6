"""Records of the index as rows of its database, and back."""

from __future__ import annotations

import calendar
import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from index import checks, word_rows
from index.store import Entry
from index.types import ArticleInfo, Candidate, Chunk, Sentence, Vectors
from seeds.article import Article, Precision

INFO = f"""about, {checks.ABOUT} FROM articles LEFT JOIN article_checks ON article=articles.number"""
"""What `infos` reads, and from where."""


def check(entry: Entry, dimension: int) -> None:
    """Raises ValueError when an entry breaks its contract: better here than in an answer."""
    article, chunks = entry.article, entry.chunks
    sentences = sum(len(chunk.sentences) for chunk in chunks)
    problems = [
        entry.vectors.shape != (len(chunks), dimension) and "vectors: shape",
        entry.sentence_vectors.shape != (sentences, dimension) and "sentence_vectors: shape",
        len(entry.terms) != len(chunks) and "terms: length",
        [len(terms) for terms in entry.sentence_terms] != [len(c.sentences) for c in chunks] and "sentence_terms",
        not word_rows.fits(entry.word_vectors, [len(chunk.sentences) for chunk in chunks]) and "word_vectors",
        any(
            terms[len(terms) - sum(map(len, parts)) :] != tuple(chain.from_iterable(parts))
            for terms, parts in zip(entry.terms, entry.sentence_terms, strict=False)
        )
        and "terms: do not end with those of the sentences",
        any(chunk.article_id != article.id for chunk in chunks) and "chunks: of another article",
        any(chunk.text != " ".join(s.text for s in chunk.sentences) for chunk in chunks) and "chunks: text",
        any(article.text[s.start : s.end] != s.text for c in chunks for s in c.sentences) and "sentences: offsets",
        any(" " in t or not t for terms in entry.terms for t in terms) and "terms: white space",
        not unit_norm(entry.vectors) and "vectors: norm",
        not unit_norm(entry.sentence_vectors) and "sentence_vectors: norm",
    ]
    if found := [problem for problem in problems if problem]:
        raise ValueError(f"entry of article {article.id}: {', '.join(map(str, found))}")


def unit_norm(vectors: Vectors) -> bool:
    """Whether every row has norm 1, to within what half precision may lose."""
    return bool(np.all(np.abs(np.linalg.norm(vectors, axis=-1) - 1) < 5e-3))


def insert(connection: sqlite3.Connection, entry: Entry) -> dict[int, tuple[str, ...]]:
    """Store an entry whose article is not there. Returns chunk number -> terms, for the posting lists."""
    article = entry.article
    earliest, latest = days(article)
    number = connection.execute(
        """INSERT INTO articles (id, title, publisher, author, published, published_precision, earliest, latest,
           language, url, source, rights, content_hash, body, text) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)""",
        (article.id, article.title, article.publisher, article.author, _iso(article.published),
         article.published_precision, _iso(earliest), _iso(latest), article.language, article.url, article.source,
         article.rights, article.content_hash, json.dumps(article.body), article.text),
    ).lastrowid  # fmt: skip
    assert number is not None
    connection.executemany(
        "INSERT INTO names VALUES (?,?,?)", [(number, korean, latin) for korean, latin in dict.fromkeys(entry.names)]
    )
    added: dict[int, tuple[str, ...]] = {}
    first = 0
    for chunk, vector, words, terms, sentence_terms in zip(
        entry.chunks, entry.vectors, entry.word_vectors, entry.terms, entry.sentence_terms, strict=True
    ):
        cursor = connection.execute(
            """INSERT INTO chunks (id, article, position, start, "end", length, terms, sentences)
               VALUES (?,?,?,?,?,?,?,?)""",
            (chunk.id, number, chunk.position, chunk.start, chunk.end, len(terms), " ".join(terms),
             packed_sentences(chunk.sentences, map(len, sentence_terms))),
        )  # fmt: skip
        chunk_number = int(cursor.lastrowid or 0)
        added[chunk_number] = terms
        last = first + len(chunk.sentences)
        connection.execute(
            "INSERT INTO vectors VALUES (?,?,?)",
            (chunk_number, vector.astype("<f4").tobytes(), entry.sentence_vectors[first:last].astype("<f2").tobytes()),
        )
        word_rows.insert(connection, chunk_number, words)
        first = last
    checks.add(connection, number)
    return added


def delete(connection: sqlite3.Connection, article_id: str) -> dict[int, list[str]] | None:
    """Remove an article and all its rows. Returns chunk number -> terms; None when there is no such article."""
    chunks = connection.execute(
        "SELECT chunks.number, terms FROM chunks JOIN articles ON article=articles.number WHERE articles.id=?",
        (article_id,),
    ).fetchall()
    if connection.execute("DELETE FROM articles WHERE id=?", (article_id,)).rowcount == 0:
        return None
    return {number: split(terms) for number, terms in chunks}


def article(connection: sqlite3.Connection, article_id: str) -> Article | None:
    """None when there is no such article. Raises IndexDamagedError when it is not as it was written."""
    row = connection.execute(
        f"""SELECT about, article_checks.text, body, articles.text, {checks.ABOUT} FROM articles
            LEFT JOIN article_checks ON article=number WHERE articles.id=?""",
        (article_id,),
    ).fetchone()
    if row is None:
        return None
    about, text, *rest = row
    if (about, text) != (checks.fields(rest[2:]), checks.fields(rest[:2])):
        raise checks.damaged_article(article_id)
    return read_article(connection, article_id)


def read_article(connection: sqlite3.Connection, article_id: str) -> Article | None:
    """Unchecked. Raises ValueError or TypeError for what cannot be an article."""
    row = connection.execute(
        """SELECT id, title, text, body, publisher, author, published, published_precision, language, url, source,
           rights FROM articles WHERE id=?""",
        (article_id,),
    ).fetchone()
    if row is None:
        return None
    identifier, title, text, body, publisher, author, published, precision, language, url, source, rights = row
    return Article(
        id=identifier,
        title=title,
        text=text,
        body=tuple((start, end) for start, end in json.loads(body)),
        publisher=publisher,
        author=author,
        published=_date(published),
        published_precision=precision,
        language=language,
        url=url,
        source=source,
        rights=rights,
    )


def entry(connection: sqlite3.Connection, article_id: str, dimension: int) -> Entry | None:
    """An article as it was put, its vectors as they are kept. None when it is not there; IndexDamagedError."""
    found = article(connection, article_id)
    if found is None:
        return None
    stored = connection.execute(
        """SELECT chunks.number, sentence_vectors FROM articles JOIN chunks ON article=articles.number
           JOIN vectors ON chunk=chunks.number WHERE articles.id=? ORDER BY position""",
        (article_id,),
    ).fetchall()
    numbers = [number for number, _ in stored]
    its = sorted(candidates(connection, numbers, dimension).values(), key=lambda one: one.chunk.position)
    words = word_rows.read(connection, numbers)
    names = connection.execute(
        "SELECT korean, latin FROM names JOIN articles ON article=number WHERE id=?", (article_id,)
    ).fetchall()
    return Entry(
        article=found,
        chunks=tuple(one.chunk for one in its),
        vectors=np.array([one.vector for one in its], np.float32).reshape(-1, dimension),
        sentence_vectors=np.frombuffer(b"".join(halves for _, halves in stored), "<f2")
        .astype(np.float32)
        .reshape(-1, dimension),
        word_vectors=tuple(words.get(one.chunk.id, ()) for one in its),
        terms=tuple(one.terms for one in its),
        sentence_terms=tuple(one.sentence_terms for one in its),
        names=tuple(names),
    )


def candidates(connection: sqlite3.Connection, numbers: Sequence[int], dimension: int) -> dict[str, Candidate]:
    """The chunks with those numbers, by id; those that are gone are left out. Raises IndexDamagedError."""
    chunks = connection.execute(
        f"""SELECT chunk_checks.vector, chunk_checks.text, {checks.CHUNK}, vectors.vector, sentence_vectors
            FROM json_each(?) CROSS JOIN chunks ON chunks.number=value
            LEFT JOIN vectors ON vectors.chunk=chunks.number
            LEFT JOIN chunk_checks ON chunk_checks.chunk=chunks.number""",
        (json.dumps(list(numbers)),),
    ).fetchall()
    checks.expect_gone(connection, set(numbers).difference(row[2] for row in chunks))
    if not chunks:
        return {}
    for vector_check, text_check, *chunk, vector, halves in chunks:
        if checks.blob(vector) != vector_check or checks.chunk_text(chunk, halves) != text_check:
            raise checks.damaged_chunk(connection, chunk[0])
    articles = {row[4] for row in chunks}
    its_infos = infos(
        connection.execute(
            f"SELECT {INFO} WHERE number IN (SELECT value FROM json_each(?))", (json.dumps(sorted(articles)),)
        )
    )
    if left := [row[2] for row in chunks if row[4] not in its_infos]:
        raise checks.damaged_chunk(connection, left[0])
    vectors = np.frombuffer(b"".join(row[-2] for row in chunks), "<f4").reshape(-1, dimension)
    sentence_vectors = normalised(b"".join(row[-1] for row in chunks), dimension)
    found: dict[str, Candidate] = {}
    first = 0
    for row, vector in zip(chunks, vectors, strict=True):
        _, _, *chunk, _, halves = row
        _, identifier, article_number, *_, terms, _ = chunk
        last = first + len(halves) // (2 * dimension)
        its_article = its_infos[article_number]
        record = partial(_record, its_article.id, chunk)
        found[identifier] = Candidate(its_article, vector, sentence_vectors[first:last], tuple(split(terms)), record)
        first = last
    return found


def _record(article_id: str, chunk: Sequence[Any]) -> tuple[Chunk, tuple[int, ...]]:
    """From the columns `checks.CHUNK`."""
    _, identifier, _, position, start, end, _, _, packed = chunk
    sentences, counts = read_sentences(packed)
    text = " ".join(sentence.text for sentence in sentences)
    return Chunk(identifier, article_id, position, start, end, text, sentences), counts


def packed_sentences(sentences: Iterable[Sentence], counts: Iterable[int]) -> str:
    """Sentences and how many terms each has, as a column holds them."""
    its = [(one.start, one.end, one.text, count) for one, count in zip(sentences, counts, strict=True)]
    return json.dumps(its, ensure_ascii=False, separators=(",", ":"))


def read_sentences(packed: str) -> tuple[tuple[Sentence, ...], tuple[int, ...]]:
    """What `packed_sentences` was given. Raises ValueError or TypeError for what is not of its making."""
    its = json.loads(packed)
    return tuple(Sentence(start, end, text) for start, end, text, _ in its), tuple(count for *_, count in its)


def infos(rows: Iterable[Sequence[Any]]) -> dict[int, ArticleInfo]:
    """Article number -> what is shown of it, from rows of INFO. Raises IndexDamagedError."""
    found: dict[int, ArticleInfo] = {}
    for check, *about in rows:
        if checks.fields(about) != check:
            raise checks.damaged_article(about[1])
        number, identifier, title, publisher, author, published, precision, _, _, language, url, source, *_ = about
        found[number] = ArticleInfo(
            identifier, title, publisher, author, _date(published), precision, language, url, source
        )
    return found


def normalised(halves: bytes, dimension: int) -> Vectors:
    """Stored float16 rows as float32 (n, dimension) of unit norm."""
    vectors = np.frombuffer(halves, "<f2").astype(np.float32).reshape(-1, dimension)
    norms: npt.NDArray[np.float32] = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    vectors /= norms[:, None]
    return vectors


def split(terms: str) -> list[str]:
    return terms.split(" ") if terms else []


def days(article: Article) -> tuple[date | None, date | None]:
    """The first and the last day the article may have been published on."""
    day = article.published
    if day is None:
        return None, None
    precision: Precision = article.published_precision
    if precision == "year":
        return date(day.year, 1, 1), date(day.year, 12, 31)
    if precision == "month":
        return day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1])
    return day, day


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _date(text: object) -> date | None:
    return date.fromisoformat(text) if isinstance(text, str) else None
