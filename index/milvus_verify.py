"""Finds damage in a collection on Milvus, and mends what is derived: every article's version is computed again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

import numpy as np

from index import milvus_filters as filters
from index import milvus_lexical as lexical
from index import milvus_rows as rows
from index.milvus_client import Connection, Row
from index.rows import unit_norm
from index.store import Damage

_ARTICLES = 8
"""Articles whose chunks are looked at together."""


def verify(connection: Connection, articles: str, chunks: str, dimension: int) -> Iterator[Damage]:
    for article, its_chunks in _all(connection, articles, chunks):
        where = f"article {article['id']}"
        if len(its_chunks) != article["chunks"]:
            yield Damage(where, f"has {len(its_chunks)} of its {article['chunks']} chunks", mendable=False)
            continue
        try:
            content_hash = rows.article(article).content_hash
            sound = all(unit_norm(rows.sentence_vectors(row, dimension)) for row in its_chunks)
        except (ValueError, TypeError, KeyError) as error:
            yield Damage(where, f"its rows cannot be read ({error})", mendable=False)
            continue
        if content_hash != article["content_hash"]:
            yield Damage(where, "its content does not have the stored hash", mendable=False)
        elif rows.checksum(article, its_chunks) != article["version"] or not sound:
            yield Damage(where, "what is stored of its chunks is not what was written", mendable=False)
        elif any(_wrong(row) for row in its_chunks):
            yield Damage(where, "its sparse vectors are not what its terms say", mendable=True)
    if left := sum(len(ids) for ids in _leftovers(connection, articles, chunks)):
        yield Damage("chunks", f"{left} were left by writes that broke off", mendable=True)


def rebuild(connection: Connection, articles: str, chunks: str) -> None:
    """Delete what broken-off writes left, and write wrong sparse vectors anew."""
    for ids in _leftovers(connection, articles, chunks):
        connection.delete(chunks, ids)
    for _, its_chunks in _all(connection, articles, chunks):
        if wrong := [row for row in its_chunks if _wrong(row)]:
            for batch in rows.batches([{**row, "sparse": lexical.document(rows.terms(row))} for row in wrong]):
                connection.upsert(chunks, batch)


def _all(connection: Connection, articles: str, chunks: str) -> Iterator[tuple[Row, list[Row]]]:
    """Every article with its chunks, those of other versions left out."""
    for batch in connection.scan(articles, rows.ARTICLES, rows.ARTICLE, _ARTICLES):
        its = defaultdict(list)
        wanted = filters.one_of("article", [row["id"] for row in batch])
        for found in connection.scan(chunks, wanted, rows.CHUNK, 100):
            for row in found:
                its[row["article"], row["version"]].append(row)
        for article in batch:
            yield article, its[article["id"], article["version"]]


def _leftovers(connection: Connection, articles: str, chunks: str) -> Iterator[list[str]]:
    """Ids of chunks of articles or versions that are not stored."""
    for batch in connection.scan(chunks, "", ["id", "article", "version"]):
        wanted = filters.one_of("id", {row["article"] for row in batch})
        held = {row["id"]: row["version"] for row in connection.query(articles, wanted, ["id", "version"], now=True)}
        if stale := [row["id"] for row in batch if held.get(row["article"]) != row["version"]]:
            yield stale


def _wrong(row: Row) -> bool:
    """Whether a chunk's sparse vector is another than its terms make."""
    held: Mapping[int, float] = row["sparse"]
    expected = lexical.document(rows.terms(row))
    return held.keys() != expected.keys() or not np.allclose(
        [held[at] for at in expected], list(expected.values()), rtol=1e-5
    )
