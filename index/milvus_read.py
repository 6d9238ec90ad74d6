"""Reads a collection on Milvus: only chunks of the version that their article's row names count."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from index import milvus_filters as filters
from index import milvus_lexical as lexical
from index import milvus_rows as rows
from index import milvus_schema as schema
from index.errors import ArticleNotFoundError
from index.milvus_client import Connection, Row
from index.types import ArticleInfo, Candidate, Filter, Statistics, Words
from seeds.article import Article

SAMPLE = 20_000
"""Articles that `statistics` reads; of a larger collection it takes a fair sample of about so many."""
_T = TypeVar("_T")


class _Means(dict[str, npt.NDArray[np.float32]]):
    """Means by language. One that the sample lacks, or that came in a moment ago, has the mean of all."""

    def __init__(self, means: Mapping[str, npt.NDArray[np.float32]], of_all: npt.NDArray[np.float32]) -> None:
        super().__init__(means)
        self._of_all = of_all

    def __missing__(self, language: str) -> npt.NDArray[np.float32]:
        return self._of_all


class MilvusReader:
    """The reading half of `MilvusStore`, which opens the collection: see there."""

    dimension: int
    _dense_index: str

    def __init__(self, connection: Connection, name: str, refresh_s: float) -> None:
        self._connection = connection
        self._articles, self._chunks = f"{name}_articles", f"{name}_chunks"
        self._refresh_s = refresh_s
        self._guard = threading.RLock()
        self._fingerprint: tuple[float, str] | None = None
        self._kept: dict[str, tuple[str, Any]] = {}

    def content_hash(self, article_id: str) -> str | None:
        found = self._connection.query(self._articles, filters.one_of("id", [article_id]), ["content_hash"], now=True)
        return found[0]["content_hash"] if found else None

    def article(self, article_id: str) -> Article:
        found = self._connection.query(self._articles, filters.one_of("id", [article_id]), rows.ARTICLE)
        if not found:
            raise not_found(article_id)
        return rows.article(found[0])

    def articles(self, where: Filter | None = None) -> list[ArticleInfo]:
        clause = filters.both([rows.ARTICLES, *filters.where(where, "id")])
        found = [rows.info(row) for batch in self._connection.scan(self._articles, clause, rows.INFO) for row in batch]
        dated = sorted((one for one in found if one.published), key=lambda one: one.id)
        dated.sort(key=lambda one: str(one.published), reverse=True)
        return [*dated, *sorted((one for one in found if not one.published), key=lambda one: one.id)]

    def dense(self, vector: npt.NDArray[np.float32], k: int, where: Filter | None = None) -> list[str]:
        limit = min(k, schema.LIMIT)
        while limit > 0:
            hits, last = self._search("dense", np.asarray(vector, np.float32), limit, where, rows.HELD)
            if last is None or len(hits) >= k or limit == schema.LIMIT:
                return [row["chunk"] for _, row in hits[:k]]
            limit = min(2 * limit, schema.LIMIT)
        return []

    def lexical(self, terms: Iterable[str], k: int, where: Filter | None = None) -> list[str]:
        about = self.statistics()
        weights = lexical.idf(self.document_frequency(terms), about.chunks) if about.chunks else {}
        limit = min(2 * k, schema.LIMIT)
        while weights and limit > 0:
            hits, last = self._search("sparse", lexical.question(weights), limit, where, [*rows.HELD, "terms"])
            scores = [(lexical.score(weights, rows.terms(row), about.average_terms), row["chunk"]) for _, row in hits]
            best = sorted((-score, chunk) for score, chunk in scores if score > 0)[:k]
            if last is None or limit == schema.LIMIT:
                return [chunk for _, chunk in best]
            if len(best) == k and lexical.enough(-best[-1][0], last, about.average_terms):
                return [chunk for _, chunk in best]
            limit = min(4 * limit, schema.LIMIT)
        return []

    def _search(
        self, field: str, vector: Any, limit: int, where: Filter | None, fields: Sequence[str]
    ) -> tuple[list[tuple[float, Row]], float | None]:
        """The believed among the `limit` nearest chunks, and the last one's score; None when there are no more."""
        parameters = schema.dense_search(self._dense_index, limit) if field == "dense" else schema.SPARSE_SEARCH
        clause = filters.both(filters.where(where, "article"))
        for _ in range(2):
            hits = self._connection.search(
                self._chunks, field, vector, limit=limit, clause=clause, fields=fields, parameters=parameters
            )
            held = self._versions({row["article"] for _, row in hits})
            believed = [hit for hit in hits if held.get(hit[1]["article"]) == hit[1]["version"]]
            if len(believed) == len(hits):
                break  # else an article may have been replaced between the two looks: its new chunks are there now
        return believed, hits[-1][0] if len(hits) == limit else None

    def candidates(self, chunk_ids: Sequence[str]) -> list[Candidate]:
        chunks = self._believed(chunk_ids, rows.CANDIDATE)
        articles = self._by_id({row["article"] for row in chunks.values()}, rows.INFO)
        infos = {article_id: rows.info(row) for article_id, row in articles.items()}
        found = {
            chunk_id: rows.candidate(row, infos[row["article"]], self.dimension)
            for chunk_id, row in chunks.items()
            if row["article"] in infos
        }
        return [found[chunk_id] for chunk_id in chunk_ids if chunk_id in found]

    def words(self, chunk_ids: Sequence[str]) -> list[tuple[Words, ...]]:
        found = {chunk_id: rows.words(row) for chunk_id, row in self._believed(chunk_ids, rows.WORDS).items()}
        return [found.get(chunk_id, ()) for chunk_id in chunk_ids]

    def document_frequency(self, terms: Iterable[str]) -> dict[str, int]:
        known: dict[str, int] = self._keep("frequencies", dict)
        for term in (wanted := dict.fromkeys(terms)):
            if term not in known:
                known[term] = self._connection.count(self._chunks, filters.contains("vocabulary", term))
        chunks = self.statistics().chunks  # what a broken-off write left is counted among the terms, not here
        return {term: min(known[term], chunks) for term in wanted}

    def statistics(self) -> Statistics:
        """Averages and means are those of a fair sample when there are more than `SAMPLE` articles."""
        return self._keep("statistics", self._count)

    def names(self) -> frozenset[tuple[str, str]]:
        return self._keep("names", self._names)

    def fingerprint(self) -> str:
        with self._guard:
            if self._fingerprint is None or time.monotonic() - self._fingerprint[0] >= self._refresh_s:
                (state,) = self._connection.query(self._articles, filters.one_of("id", [rows.STATE]), ["version"])
                self._fingerprint = time.monotonic(), state["version"]
            return self._fingerprint[1]

    def _keep(self, what: str, make: Callable[[], _T]) -> _T:
        """What `make` makes, once for each state of the collection."""
        fingerprint = self.fingerprint()
        with self._guard:
            if (kept := self._kept.get(what)) is None or kept[0] != fingerprint:
                kept = self._kept[what] = fingerprint, make()
            made: _T = kept[1]
            return made

    def _count(self) -> Statistics:
        articles = self._connection.count(self._articles, rows.ARTICLES)
        clauses = [rows.ARTICLES]
        if articles > SAMPLE:
            clauses.append(f"bucket < {rows.BUCKETS * SAMPLE // articles}")
        chunks = terms = 0
        sums: defaultdict[str, npt.NDArray[np.float64]] = defaultdict(lambda: np.zeros(self.dimension))
        counts: defaultdict[str, int] = defaultdict(int)
        for batch in self._connection.scan(self._articles, filters.both(clauses), rows.COUNTED):
            for row in batch:
                chunks, terms = chunks + row["chunks"], terms + row["terms"]
                sums[row["language"]] += np.asarray(row["vector"], np.float64) * row["chunks"]
                counts[row["language"]] += row["chunks"]
        means = {its: (sums[its] / count).astype(np.float32) for its, count in counts.items() if count}
        of_all = (sum(sums.values(), np.zeros(self.dimension)) / max(chunks, 1)).astype(np.float32)
        total = chunks if articles <= SAMPLE else self._connection.count(self._chunks)
        return Statistics(articles, total, terms / chunks if chunks else 0.0, _Means(means, of_all))

    def _names(self) -> frozenset[tuple[str, str]]:
        clause = filters.both([rows.ARTICLES, "named == true"])
        scanned = self._connection.scan(self._articles, clause, ["names"])
        return frozenset(pair for batch in scanned for row in batch for pair in rows.names(row))

    def _believed(self, chunk_ids: Iterable[str], fields: Sequence[str]) -> Mapping[str, Row]:
        """The chunks that count among those with these ids, by their ids."""
        if not (wanted := list(dict.fromkeys(chunk_ids))):
            return {}
        found = self._connection.query(self._chunks, filters.one_of("chunk", wanted), fields)
        held = self._versions({row["article"] for row in found})
        return {row["chunk"]: row for row in found if held.get(row["article"]) == row["version"]}

    def _versions(self, article_ids: Iterable[str], *, now: bool = False) -> dict[str, str]:
        found = self._by_id(article_ids, ["id", "version"], now=now)
        return {article_id: row["version"] for article_id, row in found.items()}

    def _by_id(self, article_ids: Iterable[str], fields: Sequence[str], *, now: bool = False) -> dict[str, Row]:
        if not (wanted := list(article_ids)):
            return {}
        found = self._connection.query(self._articles, filters.one_of("id", wanted), fields, now=now)
        return {row["id"]: row for row in found}


def not_found(article_id: str) -> ArticleNotFoundError:
    return ArticleNotFoundError(
        f"There is no article {article_id!r}. See what there is with `gisa index list`.",
        f"{article_id!r} 기사가 없습니다. `gisa index list`로 목록을 확인하세요.",
    )
