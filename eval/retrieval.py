"""Scores retrieval on a data set of questions and passages: ours, and the plain methods beside it."""

from __future__ import annotations

import hashlib
import statistics
import time
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from eval import provenance
from eval.baselines.plain import BM25, best, fuse, nearest
from eval.datasets import DataError, Passage, RetrievalSet
from eval.errors import MissingExtraError
from index.build import ingest
from index.embed import Embedder
from index.local_store import LocalStore
from index.store import Store
from index.text import term_lists, terms
from index.types import Vectors
from rag.errors import QuestionError
from rag.question import read
from rag.retrieve import Retriever
from rag.settings import Settings
from seeds.article import Article

DEPTH = 10
"""Passages a method returns: what the measures look at."""
DEPTHS = (1, 2, 3, 5, 10)
"""How far down recall looks: the points of its curve."""
FUSED = 100
"""Passages of each ranking that reciprocal-rank fusion looks at."""
BATCH = 64
OURS = "gisa"

Rank = Callable[[str], list[str]]
"""A question's text -> ids of passages, best first, at most DEPTH."""
T = TypeVar("T")
Track = Callable[[Iterable[T], str, int], Iterable[T]]
"""Passes items through and shows progress: items, what is done, how many."""


@dataclass(frozen=True, slots=True)
class Result:
    """One method on one data set. `scores` maps nDCG@10, MRR@10 and R@k at each of DEPTHS to their means over all
    questions.

    `ms` is the median time of one question, its embedding included; `unread` are questions that gisa refuses to read
    (neither Korean nor English, say), which score 0.
    """

    method: str
    scores: dict[str, float]
    ms: float
    unread: int


def evaluate(
    data: RetrievalSet,
    embedder: Embedder,
    settings: Settings,
    only: Sequence[str] = (),
    track: Track[Any] | None = None,
) -> list[Result]:
    """Every method, or those named in `only`, on one data set.

    What is derived from the passages is kept under GISA_HOME/eval/cache, and made anew when the data, the embedder or
    the code of the index changes. Raises DataError, MissingExtraError, DiskFullError, IndexBusyError.
    """
    shown = track or _silent
    folder = cache(settings.home, data, embedder)
    with closing(LocalStore(folder, embedder=embedder.name, dimension=embedder.dimension)) as store:
        _fill(store, data, embedder, shown)
        methods = {OURS: ours(store, embedder, settings)}
        if set(only) != {OURS}:  # embedding every passage once more takes as long as indexing them
            vectors = _passage_vectors(folder / "passages.npy", data, embedder, shown)
            methods |= plain(data.passages, vectors, embedder)
        return [measure(name, rank, data, shown) for name, rank in methods.items() if not only or name in only]


def cache(home: Path, data: RetrievalSet, embedder: Embedder) -> Path:
    """Where the collection made of these passages lies."""
    key = (data.sha256, embedder.name, provenance.code_hash(["index"]))
    return home / "eval" / "cache" / f"{data.name}-{hashlib.sha256(repr(key).encode()).hexdigest()[:12]}"


def ours(store: Store, embedder: Embedder, settings: Settings) -> Rank:
    """gisa's retriever; a passage ranks by its best chunk. Raises QuestionError on what gisa does not read."""
    retriever = Retriever(store, embedder, settings.home / "cache", settings.retrieval)

    def rank(question: str) -> list[str]:
        hits = retriever.hits(read(question, retriever.names))
        return list(dict.fromkeys(hit.candidate.article.id for hit in hits))[:DEPTH]

    return rank


def plain(passages: Sequence[Passage], vectors: Vectors, embedder: Embedder) -> dict[str, Rank]:
    """The methods to compare with, by name. `vectors` is float32 (passages, d), unit norm."""
    texts = [_text(passage) for passage in passages]
    words = BM25([text.casefold().split() for text in texts])
    morphemes = BM25(term_lists(texts))

    def dense(question: str, k: int) -> list[int]:
        return nearest(embedder.queries([question])[0], vectors, k)

    def lexical(question: str, k: int) -> list[int]:
        return best(morphemes.scores(terms(question)), k)

    numbers: dict[str, Callable[[str], list[int]]] = {
        "BM25 on words": lambda question: best(words.scores(question.casefold().split()), DEPTH),
        "BM25 on morphemes": lambda question: lexical(question, DEPTH),
        "dense": lambda question: dense(question, DEPTH),
        "fusion of the two": lambda question: fuse([dense(question, FUSED), lexical(question, FUSED)], DEPTH),
    }

    def by_id(ranking: Callable[[str], list[int]]) -> Rank:
        return lambda question: [passages[number].id for number in ranking(question)]

    return {name: by_id(ranking) for name, ranking in numbers.items()}


def measure(name: str, rank: Rank, data: RetrievalSet, track: Track[Any] | None = None) -> Result:
    """Ask every question of the set. A first one is asked and thrown away, so that loading is not timed."""
    try:
        import ir_measures
        from ir_measures import RR, R, nDCG
    except ImportError as error:
        raise MissingExtraError(
            "Measuring retrieval needs the package ir-measures. Install it with: pip install 'gisa-news[eval]'",
            "검색을 평가하려면 ir-measures 패키지가 필요합니다. 설치하세요: pip install 'gisa-news[eval]'",
        ) from error
    shown = track or _silent
    run: list[Any] = []
    seconds: list[float] = []
    unread = 0
    for position, query in enumerate(
        shown([data.queries[0], *data.queries], f"{data.name}: {name}", len(data.queries) + 1)
    ):
        start = time.perf_counter()
        try:
            found = rank(query.text)
        except QuestionError:
            found = []
            unread += position > 0
        if position == 0:
            continue
        seconds.append(time.perf_counter() - start)
        # Measures sort by score: the rank itself is the score, so that ties cannot reorder what a method returned.
        run += [ir_measures.ScoredDoc(query.id, passage, float(-place)) for place, passage in enumerate(found)]
    qrels = [ir_measures.Qrel(query.id, passage, 1) for query in data.queries for passage in query.relevant]
    measures = {"nDCG@10": nDCG @ 10, "MRR@10": RR @ 10} | {f"R@{depth}": R @ depth for depth in DEPTHS}
    values = ir_measures.calc_aggregate(measures.values(), qrels, run)
    scores = {told: float(values[its]) for told, its in measures.items()}
    return Result(name, scores, statistics.median(seconds) * 1000, unread)


def record(data: RetrievalSet, result: Result, embedder: Embedder, settings: Settings) -> dict[str, Any]:
    """The JSON line of one result: scores to four places, and all that is needed to make them again."""
    return {
        "type": "retrieval",
        "data": data.name,
        "sha256": data.sha256,
        "passages": len(data.passages),
        "queries": len(data.queries),
        "method": result.method,
        **{name: round(value, 4) for name, value in result.scores.items()},
        "ms_per_query": round(result.ms, 2),
        "unread": result.unread,
        "embedder": embedder.name,
        "settings": settings.fingerprint,
        "revision": provenance.revision(),
        "machine": provenance.machine(),
        "time": provenance.now(),
    }


def article(passage: Passage, source: str) -> Article:
    """A passage as an article: all of it is body."""
    text = unicodedata.normalize("NFC", passage.text)
    hangul = sum("가" <= letter <= "힣" for letter in text)
    return Article(
        id=passage.id,
        title=unicodedata.normalize("NFC", passage.title),
        text=text,
        body=((0, len(text)),),
        language="ko" if hangul * 10 >= sum(letter.isalpha() for letter in text) else "en",
        source=f"{source}/{passage.id}",
    )


def _fill(store: Store, data: RetrievalSet, embedder: Embedder, track: Track[Any]) -> None:
    articles = track((article(one, data.name) for one in data.passages), f"{data.name}: indexing", len(data.passages))
    report = ingest(store, embedder, articles, batch=BATCH)
    if report.problems:
        problem = report.problems[0]
        raise DataError(
            f"{data.name}: passage {problem.path.name} cannot be indexed: {problem.error.en}",
            f"{data.name}: 단락 {problem.path.name} 을(를) 색인할 수 없습니다: {problem.error.ko}",
        )


def _passage_vectors(path: Path, data: RetrievalSet, embedder: Embedder, track: Track[Any]) -> Vectors:
    """float32 (passages, d), unit norm: whole passages as the embedder takes documents."""
    if path.exists():
        stored: Vectors = np.load(path)
        return stored
    texts = [_text(passage) for passage in data.passages]
    batches = [texts[first : first + BATCH] for first in range(0, len(texts), BATCH)]
    shown = track(batches, f"{data.name}: embedding passages", len(batches))
    vectors = np.concatenate([embedder.documents(batch) for batch in shown])
    unfinished = path.with_name(f"{path.stem}.unfinished.npy")
    np.save(unfinished, vectors)
    unfinished.replace(path)
    return vectors


def _text(passage: Passage) -> str:
    return f"{passage.title}\n{passage.text}" if passage.title else passage.text


def _silent(items: Iterable[T], _what: str, _total: int) -> Iterable[T]:
    return items
