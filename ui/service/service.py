"""What all surfaces share: one Gisa behind a fair queue, with conversations, deadlines and cancellation.

    async with Service(gisa, settings) as service:
        answered = await service.ask("How many GPUs is Korea securing?", asker="slack:U1")

A surface turns its request into one of these calls and an `Answered` into its own shape; nothing else.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar

import structlog

from index.names import NameBook
from index.types import ArticleInfo, Filter, Statistics
from rag.pipeline import ignore
from rag.settings import Settings
from rag.types import Answer, Event, Found, Listener, SearchResult
from seeds.article import Article
from ui.service.database import Database
from ui.service.errors import AnswerNotFoundError, OutOfTimeError, ServiceClosedError
from ui.service.ledger import Ledger, Thumb
from ui.service.records import Answered, Ingest, Turn
from ui.service.run import Run
from ui.service.shelf import Shelf
from ui.service.turns import Place, Turns

if TYPE_CHECKING:
    from rag.assemble import Gisa

P = ParamSpec("P")
T = TypeVar("T")
Standalone = Callable[[str, Sequence[Turn], NameBook], str]
"""Makes a follow-up a question that stands alone, from the turns before it."""

SEARCHES_AT_ONCE = 2
GRACE_S = 0.5
"""Beyond its deadline a run may still put together what it has."""
QUOTE_S = 1.5
"""Then evidence is looked for once more, and quoted, where a run is held up by its model or never found any."""
_LOOK_EVERY_S = 0.05
_log = structlog.get_logger(__name__)


def as_it_stands(question: str, turns: Sequence[Turn], names: NameBook) -> str:
    """The question itself."""
    return question


class Service:
    """An async context manager over `gisa`, which it closes. All methods are called from one event loop.

    `asker` is whoever is to have fair turns: a key, an address, a user of a chat tool. Methods raise what `Gisa`
    raises, the errors of `ui.service.errors`, and after `close` ServiceClosedError.
    """

    def __init__(self, gisa: Gisa, settings: Settings, *, standalone: Standalone = as_it_stands) -> None:
        serve = settings.serve
        self.settings = settings
        self.database = Database(settings.home)
        self.turns = Turns(at_once=serve.answers_at_once, length=serve.queue_length, each=serve.queue_each)
        self._gisa = gisa
        self._standalone = standalone
        self._ledger = Ledger(
            self.database, conversation_hours=serve.conversation_hours, answers_days=serve.answers_days
        )
        self._shelf = Shelf(gisa, settings)
        # A thread waits with its question for its turn, so every place in the queue has one.
        self._askers = ThreadPoolExecutor(serve.answers_at_once + serve.queue_length, "gisa-ask")
        self._seeking = threading.Semaphore(SEARCHES_AT_ONCE)
        self._reading = threading.Semaphore(1)
        self._searchers = ThreadPoolExecutor(SEARCHES_AT_ONCE, "gisa-search")
        self._quick = ThreadPoolExecutor(4, "gisa-quick")
        self._closed = False
        self._under_way = 0

    async def ask(
        self,
        question: str,
        *,
        language: str = "auto",
        where: Filter | None = None,
        conversation: str | None = None,
        after: str | None = None,
        turns: Sequence[tuple[str, str]] = (),
        asker: str = "local",
        listen: Listener = ignore,
    ) -> Answered:
        """Answer a question within `serve.answer_timeout_s`, its wait for the model included.

        `listen` hears the events of the run, in order, on the event loop: `Found` at once, before the wait. Without
        `conversation` a new one begins; `after` is the id of the answer in it that this follows up, where that is not
        the last; `turns` are questions and answers before this one that the caller keeps itself, oldest first.
        Cancelling the task that awaits this stops the model at its next token.
        Raises QueueFullError (at once), ConversationNotFoundError, AnswerNotFoundError, QuestionError, IndexStoreError,
        OutOfTimeError.
        """
        with self._begun():
            understood = partial(self._understood, question, conversation, turns, after)
            return await self._ask(question, understood, asker, listen, language=language, where=where)

    async def _ask(
        self,
        question: str,
        understood: Callable[[], Awaitable[tuple[str, str]]],
        asker: str,
        listen: Listener,
        **told: Any,
    ) -> Answered:
        started = time.monotonic()
        place = self.turns.join(asker)
        try:
            conversation, standalone = await understood()
            job = partial(self._gisa.ask, standalone, **told)
        except BaseException:
            place.leave()
            raise
        try:
            answer = await self._run(job, place, started + self.settings.serve.answer_timeout_s, listen)
        except OutOfTimeError as error:
            answer = await self._quoted(job, error)
        return await self._kept(question, standalone, conversation, answer)

    async def quote(
        self, question: str, *, language: str = "auto", where: Filter | None = None, conversation: str | None = None
    ) -> Answered:
        """Answer by what is read alone, without the language model and its queue. Otherwise as `ask`."""
        with self._begun():
            conversation, standalone = await self._understood(question, conversation)
            job = partial(self._gisa.ask, standalone, language=language, where=where, by_quoting=True)
            answer = await asyncio.get_running_loop().run_in_executor(self._searchers, job)
            return await self._kept(question, standalone, conversation, answer)

    async def _understood(
        self,
        question: str,
        conversation: str | None,
        turns: Sequence[tuple[str, str]] = (),
        after: str | None = None,
    ) -> tuple[str, str]:
        """The conversation's id, and the question as one that stands alone. Raises ConversationNotFoundError,
        AnswerNotFoundError."""
        if conversation is None:
            if after is not None:  # a new conversation has no answers
                raise AnswerNotFoundError
            new = await self._in_thread(self._ledger.conversation)
            return new, await self._in_thread(self._follow, question, turns) if turns else question
        return conversation, await self._in_thread(self._understand, question, conversation, after)

    async def _kept(self, question: str, standalone: str, conversation: str, answer: Answer) -> Answered:
        rewritten = standalone if standalone != question else None
        if rewritten is not None:
            answer = replace(answer, question=" ".join(question.split()))
        answered = Answered(secrets.token_urlsafe(12), conversation, rewritten, answer)
        await self._in_thread(self._ledger.keep, answered)
        return answered

    async def search(
        self, question: str, *, language: str = "auto", limit: int = 5, where: Filter | None = None
    ) -> SearchResult:
        """The evidence alone, best first. Does not wait for the model."""
        found = partial(self._gisa.search, question, language=language, limit=limit, where=where)
        with self._begun():
            return await asyncio.get_running_loop().run_in_executor(self._searchers, found)

    @property
    def model_state(self) -> Literal["none", "loading", "loaded"]:
        return self._gisa.model_state

    async def conversation_of(self, place: str) -> str:
        """The id of the conversation known by `place` (`slack:C1:1712.5`, say); a new one when there is none."""
        return await self._do(self._ledger.conversation, place)

    async def knows(self, place: str) -> bool:
        """Whether there is a conversation known by `place`."""
        return await self._do(self._ledger.knows, place)

    async def feedback(self, answer: str, thumb: Thumb, comment: str | None = None, *, asker: str = "local") -> None:
        """Keep what an asker thinks of an answer. Raises AnswerNotFoundError."""
        await self._do(self._ledger.feedback, answer, asker, thumb, comment)

    async def articles(self, where: Filter | None = None) -> list[ArticleInfo]:
        """Newest first, undated last, then by id."""
        return await self._do(self._gisa.store.articles, where)

    async def statistics(self) -> Statistics:
        """Of the whole collection, as the store keeps it: no article is read."""
        return await self._do(self._gisa.store.statistics)

    async def article(self, article_id: str) -> Article:
        """The whole article; offsets of citations count characters of its `text`. Raises ArticleNotFoundError."""
        return await self._do(self._gisa.store.article, article_id)

    async def add(self, articles: Sequence[Article]) -> Ingest:
        """Begin to take articles in; `ingest` tells how far it is. Raises ArticleExistsError."""
        return await self._do(self._shelf.add, articles)

    async def put(self, article_id: str, article: Article) -> Ingest:
        """Begin to replace an article. Raises ArticleNotFoundError."""
        return await self._do(self._shelf.put, article_id, article)

    async def remove(self, article_id: str) -> None:
        """Raises ArticleNotFoundError."""
        await self._do(self._shelf.remove, article_id)

    def ingest(self, ingest_id: str) -> Ingest:
        """Raises IngestNotFoundError."""
        return self._shelf.ingest(ingest_id)

    async def in_background(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run work that may take long (reading an upload, say) in a thread."""
        return await self._do(work, *args, **kwargs)

    async def close(self) -> None:
        """Take nothing new, finish what was begun, then close everything."""
        if self._closed:
            return
        self._closed = True
        while self._under_way:
            await asyncio.sleep(_LOOK_EVERY_S)
        for pool in (self._askers, self._searchers, self._quick):
            await asyncio.to_thread(pool.shutdown)
        await asyncio.to_thread(self._shelf.close)
        self.database.close()
        await asyncio.to_thread(self._gisa.close)
        _log.info("service closed")

    async def __aenter__(self) -> Service:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    def _follow(self, question: str, told: Sequence[tuple[str, str]]) -> str:
        names = self._gisa.names
        turns: list[Turn] = []
        for asked, answer in told[-self.settings.serve.conversation_turns :]:
            turns.append(Turn(asked, self._standalone(asked, turns, names), answer))
        return self._standalone(question, turns, names)

    def _understand(self, question: str, conversation: str, after: str | None) -> str:
        turns = self._ledger.turns(conversation, self.settings.serve.conversation_turns, after)
        return self._standalone(question, turns, self._gisa.names) if turns else question

    async def _run(self, job: Callable[..., Answer], place: Place, deadline: float, listen: Listener) -> Answer:
        """Run `job` in a thread that waits for its turn; whoever waits here may leave any time."""
        seconds = self.settings.serve.answer_timeout_s
        loop = asyncio.get_running_loop()
        run = Run(
            job, place, deadline=deadline, timeout_s=seconds, listen=listen, loop=loop, seeking=self._seeking,
            reading=self._reading,
        )  # fmt: skip
        working = self._askers.submit(run)
        working.add_done_callback(_heard)
        try:
            async with asyncio.timeout(deadline + GRACE_S - time.monotonic()):
                answering = asyncio.wrap_future(working)
                answering.add_done_callback(_seen)
                return await asyncio.shield(answering)
        except TimeoutError as error:
            raise OutOfTimeError(seconds) from error
        finally:
            run.stop()

    async def _quoted(self, job: Callable[..., Answer], late: OutOfTimeError) -> Answer:
        """What `job` says without its model, and why it does. Raises `late` when even that takes too long."""

        def end(event: Event) -> None:
            if not isinstance(event, Found):  # the model is about to be asked
                raise late

        try:
            async with asyncio.timeout(QUOTE_S):
                return await asyncio.get_running_loop().run_in_executor(self._searchers, partial(job, listen=end))
        except TimeoutError as error:
            raise late from error

    async def _do(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        with self._begun():
            return await self._in_thread(work, *args, **kwargs)

    async def _in_thread(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._quick, partial(work, *args, **kwargs))

    @contextmanager
    def _begun(self) -> Iterator[None]:
        """Something that `close` waits for. Raises ServiceClosedError."""
        if self._closed:
            raise ServiceClosedError
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1


def _seen(done: asyncio.Future[Answer]) -> None:
    """Look at it, so that asyncio does not complain, with a trace, when nobody waits for it any more."""
    if not done.cancelled():
        done.exception()


def _heard(done: Future[Answer]) -> None:
    """Look at the outcome of a run that nobody may be waiting for any more."""
    if (error := done.exception()) is not None:
        _log.info("run ended without an answer", error=type(error).__name__)
