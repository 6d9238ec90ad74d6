"""Takes articles into a collection: sentences, chunks, terms, names and vectors, a batch at a time."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass, field, replace
from itertools import accumulate
from pathlib import Path
from threading import Event, Lock
from typing import Literal, get_args

import numpy as np
import structlog

from index.ahead import ahead
from index.chunk import split
from index.disk import write_private
from index.embed import Embedder
from index.memory import give_back
from index.names import mine
from index.store import Entry, Store
from index.text import sentences, term_lists
from index.types import Chunk, Span
from index.word_rows import Packed, pack
from index.words import PackedWords
from seeds.article import Article
from seeds.compose import Metadata
from seeds.errors import ArticleFileError
from seeds.loaders import FileProblem

Progress = Callable[[int, int | None], None]
"""Called with (articles done, articles in all, None when that is not known)."""
Outcome = Literal["added", "replaced", "unchanged"]
Miner = Callable[[str], set[tuple[str, str]]]
BATCH = 16
"""Articles that are embedded and stored together: enough to fill the model's own batches."""
CHARACTERS = 50_000
"""A batch is closed once it has so many."""
SLAB = 128
"""Chunks that are embedded at a time, and an eighth of the sentences: the words of so many take 25 MB."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Replaced:
    """An article that another version took the place of: their titles, and the file that has the old one."""

    id: str
    old: str
    new: str
    kept: Path | None


@dataclass(slots=True)
class IngestReport:
    """What became of each article. `renamed` holds (the id an article came with, the id it got), `replaced` what took
    the place of what."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    renamed: list[tuple[str, str]] = field(default_factory=list)
    replaced: list[Replaced] = field(default_factory=list)
    problems: list[FileProblem] = field(default_factory=list)

    def ids(self, outcome: Outcome) -> list[str]:
        """Ids of the articles with that outcome, in the order they came."""
        return [article_id for article_id, its in self.outcomes.items() if its == outcome]


def ingest(
    store: Store,
    embedder: Embedder,
    articles: Iterable[Article | FileProblem],
    *,
    mine: Miner = mine,
    progress: Progress | None = None,
    batch: int = BATCH,
    keep: Path | None = None,
) -> IngestReport:
    """Add or replace articles; those already stored as they are cost nothing. A version that is replaced is written
    into the folder `keep`, in a file that can be added again.

    Four stages overlap, a batch apart: articles are read, split, embedded in threads, and stored in the caller's. A
    batch has `batch` articles, fewer if they are long. Each is stored for good, all of it or nothing, so that a run
    that was broken off goes on where it stopped when it is started again. What cannot become an article is reported,
    and the rest go in. Raises DiskFullError, IndexBusyError, and what `articles` and `embedder` raise.
    """
    report = IngestReport()
    total = len(articles) if isinstance(articles, Sized) else None
    coming = _Coming(store, articles, report, batch, keep)
    stopped = Event()
    with (
        ahead(coming, lambda its: its, name="gisa-read") as read,
        ahead(read, lambda its: (its[0], prepare(its[1], mine)), name="gisa-split") as prepared,
        ahead(prepared, lambda its: (its[0], embed(its[1], embedder, stopped)), name="gisa-embed") as embedded,
    ):
        try:
            for done, made in embedded:
                store.put(made)
                coming.stored(made)
                if progress:
                    progress(done, total)
        finally:
            stopped.set()
    store.flush()
    counts = {outcome: len(report.ids(outcome)) for outcome in get_args(Outcome)}
    _log.info("articles taken in", **counts, problems=len(report.problems))
    return report


class _Coming:
    """Batches of articles to be stored, each with how many articles were looked at by then. Iterated once."""

    def __init__(
        self,
        store: Store,
        articles: Iterable[Article | FileProblem],
        report: IngestReport,
        batch: int,
        keep: Path | None,
    ) -> None:
        self._store = store
        self._articles = articles
        self._report = report
        self._batch = batch
        self._keep = keep
        self._guard = Lock()
        self._waiting: dict[str, Article] = {}

    def __iter__(self) -> Iterator[tuple[int, list[Article]]]:
        done, held = 0, dict[str, Article]()
        for done, item in enumerate(self._articles, 1):
            with self._guard:
                article = admit(item, self._store, self._waiting, self._report, self._keep)
                if article is None:
                    continue
                self._waiting[article.id] = held[article.id] = article
            if len(held) >= self._batch or sum(len(article.text) for article in held.values()) >= CHARACTERS:
                yield done, list(held.values())
                held = {}
        yield done, list(held.values())

    def stored(self, entries: Sequence[Entry]) -> None:
        """These are in the store now: it knows what they are."""
        with self._guard:
            for entry in entries:
                if self._waiting.get(entry.article.id) is entry.article:
                    del self._waiting[entry.article.id]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Articles as they are embedded: of each its chunks, the terms of its title and of each sentence, its names."""

    articles: Sequence[Article]
    chunks: list[tuple[Chunk, ...]]
    titles: list[tuple[str, ...]]
    terms: list[tuple[tuple[tuple[str, ...], ...], ...]]
    names: list[tuple[tuple[str, str], ...]]


def prepare(articles: Sequence[Article], mine: Miner = mine) -> Prepared:
    """All that needs no model."""
    chunks = [split(article, sentences(article.text, article.body)) for article in articles]
    terms = iter(term_lists([sentence.text for its in chunks for chunk in its for sentence in chunk.sentences]))
    return Prepared(
        articles,
        chunks,
        [tuple(its) for its in term_lists([article.title for article in articles])],
        [tuple(tuple(tuple(next(terms)) for _ in chunk.sentences) for chunk in its) for its in chunks],
        [tuple(sorted(mine(f"{article.title}\n{_body(article)}"))) for article in articles],
    )


def embed(prepared: Prepared, embedder: Embedder, stopped: Event | None = None) -> list[Entry]:
    """Everything the store needs of each article. Their texts are embedded together, sorted by length, a few hundred at
    a time, so that memory stays bounded. Breaks off with nothing once `stopped` is set.
    """
    chunks = [
        (article, chunk) for article, its in zip(prepared.articles, prepared.chunks, strict=True) for chunk in its
    ]
    order = sorted(range(len(chunks)), key=lambda i: -len(chunks[i][1].text))
    vectors = np.empty((len(chunks), embedder.dimension), np.float32)
    packed: dict[int, Packed] = {}
    for first in range(0, len(order), SLAB):
        if stopped is not None and stopped.is_set():
            return []
        slab = order[first : first + SLAB]
        vectors[slab], words = embedder.words(
            [embedded_text(*chunks[i]) for i in slab], [_spans(*chunks[i]) for i in slab]
        )
        for i, its in zip(slab, words, strict=True):
            packed[i] = pack(its)
        give_back()
    parts = [sentence.text for _, chunk in chunks for sentence in chunk.sentences]
    sentence_vectors = np.empty((len(parts), embedder.dimension), np.float32)
    order = sorted(range(len(parts)), key=lambda i: -len(parts[i]))
    for first in range(0, len(order), 8 * SLAB):
        if stopped is not None and stopped.is_set():
            return []
        slab = order[first : first + 8 * SLAB]
        sentence_vectors[slab] = embedder.documents([parts[i] for i in slab])
        give_back()
    found: list[Entry] = []
    at, part_at = 0, 0
    for article, its_chunks, title, terms, names in zip(
        prepared.articles, prepared.chunks, prepared.titles, prepared.terms, prepared.names, strict=True
    ):
        end, part_end = at + len(its_chunks), part_at + sum(len(chunk.sentences) for chunk in its_chunks)
        found.append(
            Entry(
                article=article,
                chunks=its_chunks,
                vectors=vectors[at:end],
                sentence_vectors=sentence_vectors[part_at:part_end],
                word_vectors=PackedWords([packed[i] for i in range(at, end)]),
                terms=tuple((*title, *(term for one in of_chunk for term in one)) for of_chunk in terms),
                sentence_terms=terms,
                names=names,
            )
        )
        at, part_at = end, part_end
    return found


def entries(articles: Sequence[Article], embedder: Embedder, mine: Miner = mine) -> list[Entry]:
    """Everything the store needs of each article."""
    return embed(prepare(articles, mine), embedder)


def _body(article: Article) -> str:
    return "\n".join(article.text[start:end] for start, end in article.body)


def embedded_text(article: Article, chunk: Chunk) -> str:
    """What the chunk's vector is made of: without the headline, a chunk often does not say whom it is about."""
    return f"{article.title}\n{chunk.text}"


def _spans(article: Article, chunk: Chunk) -> list[Span]:
    """Where the chunk's sentences stand in its `embedded_text`."""
    lengths = [len(sentence.text) for sentence in chunk.sentences]
    ends = accumulate(lengths, lambda end, length: end + 1 + length, initial=len(article.title))
    return [(end + 1, end + 1 + length) for end, length in zip(ends, lengths, strict=False)]


def admit(
    item: Article | FileProblem,
    store: Store,
    waiting: dict[str, Article],
    report: IngestReport,
    keep: Path | None = None,
) -> Article | None:
    """The article to store, under the id to store it by; None when there is nothing to do. Notes it in the report."""
    if isinstance(item, FileProblem):
        report.problems.append(item)
        return None
    problem = _problem(item)
    if problem is not None:
        report.problems.append(FileProblem(Path(item.source or item.id), problem))
        return None
    article_id, stored = _place(item, store, waiting)
    article = item
    if article_id != item.id:
        article = replace(item, id=article_id)
        report.renamed.append((item.id, article_id))
    if stored is None:
        report.outcomes.setdefault(article_id, "added")
        return article
    if stored.content_hash == article.content_hash:
        report.outcomes.setdefault(article_id, "unchanged")
        return None
    if article_id not in waiting:
        kept = None if keep is None else _kept(stored, keep)
        report.replaced.append(Replaced(article_id, stored.title, article.title, kept))
    report.outcomes.setdefault(article_id, "replaced")
    return article


def _place(article: Article, store: Store, waiting: dict[str, Article]) -> tuple[str, Article | None]:
    """The id to store an article by, and the version of it that has that id now.

    Of two articles that come with one id the later gets a suffix by where it comes from, and keeps it when the other is
    gone. An older gisa made suffixes of paths as they were typed: those are found again.
    """
    parts = Path(article.source).parts or ("",)
    sources = [str(Path(*parts[first:])) for first in range(len(parts))]
    own = [f"{article.id}-{hashlib.sha256(source.encode()).hexdigest()[:6]}" for source in sources]
    first = _stored(article.id, store, waiting)
    if first is not None and _same(first, article):
        return article.id, first
    for article_id in own if first is not None else own[:1]:
        found = _stored(article_id, store, waiting)
        if found is not None and _same(found, article):
            return article_id, found
    return (article.id if first is None else own[0]), None


def _stored(article_id: str, store: Store, waiting: dict[str, Article]) -> Article | None:
    if article_id in waiting:
        return waiting[article_id]
    return store.article(article_id) if store.content_hash(article_id) else None


def _kept(article: Article, folder: Path) -> Path:
    """A new file in `folder` by which an article can be added again as it is. Raises DiskFullError, IndexStoreError."""
    fields = {name: getattr(article, name) for name in (*Metadata.__annotations__, "text")}
    name = re.sub(r"[^\w.-]+", "-", article.id)[:80]
    path = folder / f"{name}-{article.content_hash[:8]}.jsonl"
    write_private(path, f"{json.dumps(fields, ensure_ascii=False, default=str)}\n".encode())
    return path


def _same(stored: Article, article: Article) -> bool:
    """Whether both are versions of one article: of one file, or alike where that is not known to be one. Collections of
    older gisas hold paths relative to folders that nobody knows."""
    if stored.content_hash == article.content_hash:
        return True
    one, two = Path(stored.source), Path(article.source)
    if one.is_absolute() == two.is_absolute():
        return os.path.normpath(one) == os.path.normpath(two)
    place, ending = (one, two) if one.is_absolute() else (two, one)
    its = [part for part in ending.parts if part not in (".", "..")]
    return list(place.parts[len(place.parts) - len(its) :]) == its and _alike(stored, article)


def _alike(one: Article, two: Article) -> bool:
    """Whether two texts are versions of one: of one address or headline, or with half of their lines alike."""
    if one.title == two.title or (one.url and one.url == two.url):
        return True
    first, second = ({line.strip() for line in it.text.split("\n") if line.strip()} for it in (one, two))
    return 2 * len(first & second) >= max(min(len(first), len(second)), 1)


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
