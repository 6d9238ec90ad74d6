"""Takes articles into a collection: sentences, chunks, terms, names and vectors, a batch at a time."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence, Sized
from dataclasses import dataclass, field, replace
from itertools import accumulate
from pathlib import Path
from typing import Literal, get_args

import structlog

from index.chunk import split
from index.embed import Embedder
from index.names import mine
from index.store import Entry, Store
from index.text import sentences, term_lists
from index.types import Chunk, Span
from seeds.article import Article
from seeds.errors import ArticleFileError
from seeds.loaders import FileProblem

Progress = Callable[[int, int | None], None]
"""Called with (articles done, articles in all, None when that is not known)."""
Outcome = Literal["added", "replaced", "unchanged"]
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class IngestReport:
    """What became of each article. `renamed` holds (the id an article came with, the id it got)."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    renamed: list[tuple[str, str]] = field(default_factory=list)
    problems: list[FileProblem] = field(default_factory=list)

    def ids(self, outcome: Outcome) -> list[str]:
        """Ids of the articles with that outcome, in the order they came."""
        return [article_id for article_id, its in self.outcomes.items() if its == outcome]


def ingest(
    store: Store,
    embedder: Embedder,
    articles: Iterable[Article | FileProblem],
    *,
    mine: Callable[[str], set[tuple[str, str]]] = mine,
    progress: Progress | None = None,
    batch: int = 4,
) -> IngestReport:
    """Add or replace articles; those already stored as they are cost nothing.

    Each batch is stored for good before the next is embedded, so that a run that was broken off goes on where it
    stopped when it is started again. What cannot become an article is reported, and the rest go in.
    Raises DiskFullError, IndexBusyError.
    """
    report = IngestReport()
    total = len(articles) if isinstance(articles, Sized) else None
    waiting: dict[str, Article] = {}
    done = 0

    def store_waiting() -> None:
        store.put(entries(list(waiting.values()), embedder, mine))
        waiting.clear()
        if progress:
            progress(done, total)

    for item in articles:
        done += 1
        article = admit(item, store, waiting, report)
        if article is not None:
            waiting[article.id] = article
        if len(waiting) >= batch:
            store_waiting()
    store_waiting()
    store.flush()
    counts = {outcome: len(report.ids(outcome)) for outcome in get_args(Outcome)}
    _log.info("articles taken in", **counts, problems=len(report.problems))
    return report


def entries(
    articles: Sequence[Article], embedder: Embedder, mine: Callable[[str], set[tuple[str, str]]] = mine
) -> list[Entry]:
    """Everything the store needs of each article; all their texts are embedded together."""
    chunks = [split(article, sentences(article.text, article.body)) for article in articles]
    texts = [embedded_text(article, chunk) for article, its in zip(articles, chunks, strict=True) for chunk in its]
    parts = [sentence.text for its in chunks for chunk in its for sentence in chunk.sentences]
    spans = [_spans(article, chunk) for article, its in zip(articles, chunks, strict=True) for chunk in its]
    vectors, words = embedder.words(texts, spans)
    sentence_vectors = embedder.documents(parts)
    titles = term_lists([article.title for article in articles])
    terms = iter(term_lists(parts))
    found: list[Entry] = []
    at, part_at = 0, 0
    for article, its, title in zip(articles, chunks, titles, strict=True):
        by_sentence = tuple(tuple(tuple(next(terms)) for _ in chunk.sentences) for chunk in its)
        count = sum(len(chunk.sentences) for chunk in its)
        body = "\n".join(article.text[start:end] for start, end in article.body)
        found.append(
            Entry(
                article=article,
                chunks=its,
                vectors=vectors[at : at + len(its)],
                sentence_vectors=sentence_vectors[part_at : part_at + count],
                word_vectors=tuple(tuple(by_sentence) for by_sentence in words[at : at + len(its)]),
                terms=tuple((*title, *(term for one in of_chunk for term in one)) for of_chunk in by_sentence),
                sentence_terms=by_sentence,
                names=tuple(sorted(mine(f"{article.title}\n{body}"))),
            )
        )
        at, part_at = at + len(its), part_at + count
    return found


def embedded_text(article: Article, chunk: Chunk) -> str:
    """What the chunk's vector is made of: without the headline, a chunk often does not say whom it is about."""
    return f"{article.title}\n{chunk.text}"


def _spans(article: Article, chunk: Chunk) -> list[Span]:
    """Where the chunk's sentences stand in its `embedded_text`."""
    lengths = [len(sentence.text) for sentence in chunk.sentences]
    ends = accumulate(lengths, lambda end, length: end + 1 + length, initial=len(article.title))
    return [(end + 1, end + 1 + length) for end, length in zip(ends, lengths, strict=False)]


def admit(
    item: Article | FileProblem, store: Store, waiting: dict[str, Article], report: IngestReport
) -> Article | None:
    """The article to store, under the id to store it by; None when there is nothing to do. Notes it in the report."""
    if isinstance(item, FileProblem):
        report.problems.append(item)
        return None
    problem = _problem(item)
    if problem is not None:
        report.problems.append(FileProblem(Path(item.source or item.id), problem))
        return None
    article = item
    source, content_hash = _stored(item.id, store, waiting)
    if content_hash not in (None, item.content_hash) and not _same_source(source, item.source):
        # Another file's article has this id: replacing it would lose one of the two.
        article = replace(item, id=f"{item.id}-{hashlib.sha256(item.source.encode()).hexdigest()[:6]}")
        report.renamed.append((item.id, article.id))
        _, content_hash = _stored(article.id, store, waiting)
    if content_hash == article.content_hash:
        report.outcomes.setdefault(article.id, "unchanged")
        return None
    report.outcomes.setdefault(article.id, "added" if content_hash is None else "replaced")
    return article


def _stored(article_id: str, store: Store, waiting: dict[str, Article]) -> tuple[str, str | None]:
    """Source and content hash of the article of that id; the hash is None when there is no such article."""
    if article_id in waiting:
        return waiting[article_id].source, waiting[article_id].content_hash
    content_hash = store.content_hash(article_id)
    return (store.article(article_id).source if content_hash else ""), content_hash


def _same_source(one: str, two: str) -> bool:
    return os.path.abspath(one) == os.path.abspath(two)


def _problem(article: Article) -> ArticleFileError | None:
    name = article.source or article.id
    try:
        article.text.encode()
    except UnicodeEncodeError:
        return ArticleFileError(
            f"{name} holds characters that are no Unicode text. Save it as UTF-8 and add it again.",
            f"{name}: 유니코드가 아닌 문자가 있습니다. UTF-8로 저장한 뒤 다시 추가해 주세요.",
        )
    if not any(article.text[start:end].strip() for start, end in article.body):
        return ArticleFileError(
            f"{name} holds no sentence that could be searched. Check the file and add it again.",
            f"{name}: 검색할 문장이 없습니다. 파일을 확인하고 다시 추가해 주세요.",
        )
    return None
