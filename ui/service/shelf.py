"""Articles in and out of the collection while it is being searched."""

from __future__ import annotations

import secrets
import threading
import traceback
from collections import Counter, deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import structlog

from index.build import ingest
from rag.errors import ArticleNotFoundError, GisaError
from rag.settings import Settings
from seeds.article import Article
from ui.service.errors import ArticleExistsError, IngestNotFoundError
from ui.service.records import Ingest

if TYPE_CHECKING:
    from index.store import Store
    from rag.assemble import Gisa

REMEMBERED = 200
"""Runs that can still be asked about."""
BATCH = 2
"""Articles stored at a time: between batches a removal or a search has its turn."""
_log = structlog.get_logger(__name__)


class Shelf:
    """Takes articles in one run after another, through a connection of its own: searches read on meanwhile.

    Thread-safe. Raises IndexBusyError, DiskFullError.
    """

    def __init__(self, gisa: Gisa, settings: Settings) -> None:
        self._gisa, self._settings = gisa, settings
        self._worker = ThreadPoolExecutor(1, "gisa-ingest")
        self._guard = threading.Lock()
        self._runs: dict[str, Ingest] = {}
        self._order: deque[str] = deque()
        self._coming: Counter[str] = Counter()
        self._unwanted: set[str] = set()

    @cached_property
    def _store(self) -> Store:
        from rag.assemble import open_store

        return open_store(self._settings)

    def add(self, articles: Sequence[Article]) -> Ingest:
        """Raises ArticleExistsError when another article has one of their ids; none of them is taken in then."""
        with self._guard:
            coming = set(+self._coming)
            for article in articles:
                stored = self._gisa.store.content_hash(article.id)
                if article.id in coming or stored not in (None, article.content_hash):
                    raise ArticleExistsError(article.id)
                coming.add(article.id)
            return self._begin(articles)

    def put(self, article_id: str, article: Article) -> Ingest:
        """Raises ArticleNotFoundError."""
        stored = self._gisa.store.article(article_id)
        with self._guard:
            return self._begin([replace(article, id=article_id, source=stored.source)])

    def remove(self, article_id: str) -> None:
        """An article that is still being taken in goes when its run is over. Raises ArticleNotFoundError."""
        with self._guard:
            store = self._store
            if coming := self._coming[article_id] > 0:
                self._unwanted.add(article_id)
        try:
            store.remove(article_id)
        except ArticleNotFoundError:
            if not coming:
                raise
        store.flush()

    def ingest(self, ingest_id: str) -> Ingest:
        """Raises IngestNotFoundError."""
        if (found := self._runs.get(ingest_id)) is None:
            raise IngestNotFoundError
        return found

    def close(self) -> None:
        """Finish every run that was begun."""
        self._worker.shutdown()
        if "_store" in self.__dict__:
            self._store.close()

    def _begin(self, articles: Sequence[Article]) -> Ingest:
        run = Ingest(secrets.token_urlsafe(9), len(articles))
        self._runs[run.id] = run
        self._order.append(run.id)
        if len(self._order) > REMEMBERED:
            del self._runs[self._order.popleft()]
        self._coming.update({article.id for article in articles})
        self._worker.submit(self._take_in, run, list(articles))
        return run

    def _take_in(self, run: Ingest, articles: list[Article]) -> None:
        run.state = "running"
        ended: Literal["done", "failed"] = "failed"

        def progress(done: int, total: int | None) -> None:
            run.done = done

        try:
            with self._guard:
                store = self._store
            # The embedder that searches use: a second one would take its memory twice.
            keep = self._settings.replaced_folder
            report = ingest(store, self._gisa.embedder, articles, progress=progress, batch=BATCH, keep=keep)
            run.outcomes = report.outcomes
            run.problems = [problem.error for problem in report.problems]
            ended = "done"
        except GisaError as error:
            run.error = error
            _log.warning("articles not taken in", error=error.code)
        except BaseException as error:
            # By its frames alone: the message of an unknown error may hold an article's text.
            frames = traceback.format_tb(error.__traceback__)
            _log.error("articles not taken in", error=type(error).__name__, frames=frames)
            raise
        finally:
            try:
                self._over({article.id for article in articles})
            finally:
                run.state = ended

    def _over(self, ids: set[str]) -> None:
        """A run has ended: what somebody removed meanwhile goes too, once no other run brings it."""
        with self._guard:
            self._coming.subtract(ids)
            self._coming = +self._coming
            unwanted = (self._unwanted & ids) - self._coming.keys()
            self._unwanted -= ids
        for article_id in unwanted:
            with suppress(ArticleNotFoundError):
                self.remove(article_id)
