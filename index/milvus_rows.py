"""Articles and chunks as rows of Milvus, and back.

Milvus keeps no bytes and no string of more than 65,535 bytes, so that what may be longer is cut into pages: an array
of strings, base64 for numbers. `version` is a hash over everything stored of an article. It is part of its chunks'
keys, so that an article's old and new chunks never mix, and it is what `verify` computes again.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import numpy as np

from index import milvus_filters as filters
from index import milvus_lexical as lexical
from index import word_rows
from index.rows import days, normalised, split
from index.store import Entry
from index.types import ArticleInfo, Candidate, Chunk, Sentence, Vectors, Words
from seeds.article import Article

Row = dict[str, Any]
"""Field name -> value, as pymilvus takes and gives them."""
PAGE = 60_000
"""Bytes of a page; Milvus takes 65,535."""
ARRAY = 4096
"""The longest array Milvus takes. Of a chunk with more different terms the rest is searched, but not counted in
`document_frequency`."""
BUCKETS = 1 << 16
"""Articles fall into so many parts of like size, by a hash of their id: some of them are a fair sample."""
STATE = "\tstate"
"""The key of the one row of `articles` that is none: ids of articles are printable."""

ARTICLES = filters.other_than("id", STATE)
"""The clause of all rows of `articles` that are articles."""

INFO = ["id", "version", "about"]
ARTICLE = [*INFO, "content_hash", "text", "names", "chunks", "vector"]
HELD = ["article", "version", "chunk"]
"""What says whether a chunk counts."""
CANDIDATE = [*HELD, "record", "terms", "sentence_vectors", "dense"]
WORDS = [*HELD, "words"]
CHUNK = [*CANDIDATE, "id", "publisher", "earliest", "latest", "vocabulary", "words", "sparse"]
COUNTED = ["language", "chunks", "terms", "vector"]
REQUEST = 8 * 2**20
"""Bytes of a request, about; a server takes 64 MiB."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An article and its chunks as rows."""

    article: Row
    chunks: list[Row]

    @property
    def id(self) -> str:
        return str(self.article["id"])

    @property
    def version(self) -> str:
        return str(self.article["version"])


def stored(entry: Entry) -> Stored:
    article = entry.article
    first, last = (filters.day(day) if day else none for day, none in zip(days(article), filters.UNDATED, strict=True))
    shared = {"publisher": article.publisher, "earliest": first, "latest": last}
    chunks = [{**row, **shared, "article": article.id} for row in _chunks(entry)]
    about = {
        "title": article.title,
        "publisher": article.publisher,
        "author": article.author,
        "published": article.published.isoformat() if article.published else None,
        "published_precision": article.published_precision,
        "language": article.language,
        "url": article.url,
        "source": article.source,
        "rights": article.rights,
        "body": article.body,
    }
    row = {
        **shared,
        "id": article.id,
        "content_hash": article.content_hash,
        "about": pages(json.dumps(about, ensure_ascii=False)),
        "text": pages(article.text),
        "names": [json.dumps(pair, ensure_ascii=False) for pair in dict.fromkeys(entry.names)],
        "named": bool(entry.names),
        "language": article.language,
        "bucket": zlib.crc32(article.id.encode()) % BUCKETS,
        "chunks": len(chunks),
        "terms": sum(map(len, entry.terms)),
        "vector": entry.vectors.mean(axis=0) if chunks else np.zeros(entry.vectors.shape[1], np.float32),
    }
    row["version"] = checksum(row, chunks)
    for chunk in chunks:
        chunk |= {"version": row["version"], "id": f"{chunk['chunk']}@{row['version']}"}
    return Stored(row, chunks)


def state(embedder: str, dimension: int, fingerprint: str) -> Row:
    """What is known of the whole collection, as a row of `articles`: written with every change."""
    return {
        "id": STATE,
        "version": fingerprint,
        "content_hash": "",
        "about": [json.dumps({"embedder": embedder, "dimension": dimension})],
        "text": [],
        "names": [],
        "named": False,
        "language": "",
        "publisher": None,
        "earliest": filters.UNDATED[0],
        "latest": filters.UNDATED[1],
        "bucket": 0,
        "chunks": 0,
        "terms": 0,
        "vector": np.zeros(dimension, np.float32),
    }


def batches(chunks: Sequence[Row]) -> Iterator[list[Row]]:
    """Chunk rows in requests of about `REQUEST` bytes."""
    batch: list[Row] = []
    size = 0
    for row in chunks:
        batch.append(row)
        size += sum(len(page) for field in ("record", "terms", "sentence_vectors", "words") for page in row[field])
        if size >= REQUEST:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def checksum(article: Row, chunks: Sequence[Row]) -> str:
    """32 hex digits over all that answers rest on; derived fields (`sparse`, filters, sums) are left out."""
    seen = hashlib.blake2b(digest_size=16)
    seen.update(repr((article["id"], article["content_hash"], sorted(article["names"]))).encode())
    for row in sorted(chunks, key=lambda row: str(row["chunk"])):
        parts = ("".join(row[field]) for field in ("record", "terms", "sentence_vectors", "words"))
        seen.update(repr((row["chunk"], *parts)).encode())
        seen.update(np.asarray(row["dense"], "<f4").tobytes())
    return seen.hexdigest()


def _chunks(entry: Entry) -> Iterator[Row]:
    first = 0
    for chunk, vector, by_sentence, terms, sentence_terms in zip(
        entry.chunks, entry.vectors, entry.word_vectors, entry.terms, entry.sentence_terms, strict=True
    ):
        last = first + len(chunk.sentences)
        words = word_rows.pack(by_sentence)
        sentences = [
            (sentence.start, sentence.end, sentence.text, len(its))
            for sentence, its in zip(chunk.sentences, sentence_terms, strict=True)
        ]
        record = {"position": chunk.position, "start": chunk.start, "end": chunk.end, "sentences": sentences}
        yield {
            "chunk": chunk.id,
            "record": pages(json.dumps(record, ensure_ascii=False)),
            "terms": pages(" ".join(terms)),
            "vocabulary": list(dict.fromkeys(terms))[:ARRAY],
            "dense": vector,
            "sparse": lexical.document(terms),
            "sentence_vectors": pages(_text(entry.sentence_vectors[first:last].astype("<f2").tobytes())),
            "words": pages(json.dumps([words.counts, words.width, _text(words.scales), _text(words.data)])),
        }
        first = last


def article(row: Row) -> Article:
    """From the fields `ARTICLE`."""
    about = json.loads("".join(row["about"]))
    return Article(
        id=row["id"],
        title=about["title"],
        text="".join(row["text"]),
        body=tuple((start, end) for start, end in about["body"]),
        publisher=about["publisher"],
        author=about["author"],
        published=_date(about["published"]),
        published_precision=about["published_precision"],
        language=about["language"],
        url=about["url"],
        source=about["source"],
        rights=about["rights"],
    )


def info(row: Row) -> ArticleInfo:
    """From the fields `INFO`."""
    about = json.loads("".join(row["about"]))
    return ArticleInfo(
        row["id"],
        about["title"],
        about["publisher"],
        about["author"],
        _date(about["published"]),
        about["published_precision"],
        about["language"],
        about["url"],
        about["source"],
    )


def candidate(row: Row, article: ArticleInfo, dimension: int) -> Candidate:
    """From the fields `CANDIDATE`."""
    return Candidate(
        article,
        np.asarray(row["dense"], np.float32),
        sentence_vectors(row, dimension),
        terms(row),
        partial(_record, row["chunk"], article.id, "".join(row["record"])),
    )


def _record(identifier: str, article_id: str, text: str) -> tuple[Chunk, tuple[int, ...]]:
    record = json.loads(text)
    sentences = tuple(Sentence(start, end, its) for start, end, its, _ in record["sentences"])
    joined = " ".join(sentence.text for sentence in sentences)
    chunk = Chunk(identifier, article_id, record["position"], record["start"], record["end"], joined, sentences)
    return chunk, tuple(count for *_, count in record["sentences"])


def terms(row: Row) -> tuple[str, ...]:
    """The chunk's search terms, in order and with repeats."""
    return tuple(split("".join(row["terms"])))


def sentence_vectors(row: Row, dimension: int) -> Vectors:
    return normalised(b64decode("".join(row["sentence_vectors"])), dimension)


def words(row: Row) -> tuple[Words, ...]:
    counts, width, scales, data = json.loads("".join(row["words"]))
    return word_rows.unpack(counts, width, b64decode(scales), b64decode(data))


def names(row: Row) -> set[tuple[str, str]]:
    return {(korean, latin) for korean, latin in map(json.loads, row["names"])}


def pages(text: str) -> list[str]:
    """`text` cut into strings of at most `PAGE` bytes of UTF-8."""
    if len(text) * 4 <= PAGE or (text.isascii() and len(text) <= PAGE):
        return [text]
    step = PAGE if text.isascii() else PAGE // 4
    return [text[at : at + step] for at in range(0, len(text), step)]


def _text(data: bytes) -> str:
    return b64encode(data).decode()


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
