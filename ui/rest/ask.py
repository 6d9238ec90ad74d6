"""/v1/ask, /v1/ask/stream, /v1/search, /v1/feedback."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from rag.errors import GisaError
from rag.types import Drafted, Event, Found, Judging, Restarted, SearchResult
from ui.rest.describe import problems
from ui.rest.guard import Asks, GuardedRoute, MayAsk, TheService
from ui.rest.language import language_of, remember
from ui.rest.leaving import unless_left
from ui.rest.metrics import Metrics
from ui.rest.problems import problem
from ui.rest.schemas import AnswerOut, AskIn, FeedbackIn, FeedbackOut, SearchIn, SearchOut
from ui.service import Service
from ui.service.errors import QueueFullError

router = APIRouter(route_class=GuardedRoute, tags=["questions"])
ANSWERING = problems(
    "question",
    "period",
    "malformed_body",
    "media_type",
    "conversation_not_found",
    "answer_not_found",
    "queue_full",
    "index_missing",
    "out_of_time",
)
EVENTS = """Server-sent events, in this order:

| event | data |
|---|---|
| `evidence` | `{"hits": [...]}`, as of POST /v1/search: at once, before the question waits for the model |
| `judging` | `{"sentence": 1}`: the model looks at that hit, from 1 |
| `token` | `{"text": "..."}`: a piece of the unverified draft |
| `restart` | `{}`: the draft so far is thrown away, another follows |
| `answer` | the verified Answer, as of POST /v1/ask: it takes the place of all that was streamed |
| `error` | a problem, in place of `answer` |

A question that cannot be begun is an ordinary error response. Whoever leaves stops the model."""


@router.post("/v1/ask", response_model=AnswerOut, responses=ANSWERING, summary="Answer a question")
async def ask(request: Request, body: AskIn, caller: Asks, service: TheService) -> dict[str, Any]:
    remember(request, body.question)
    metrics: Metrics = request.app.state.metrics
    work = service.ask(
        body.question,
        language=body.language,
        where=body.filter.where(),
        conversation=body.conversation,
        after=body.after,
        asker=caller.asker,
    )
    return (await metrics.counted(unless_left(request, work))).to_json()


class _Stream:
    """An answer under way: its events, as they come, and its end."""

    def __init__(self, request: Request, body: AskIn, asker: str, service: Service) -> None:
        self._request = request
        self._metrics: Metrics = request.app.state.metrics
        self._started = time.perf_counter()
        self._told: asyncio.Queue[Event | None] = asyncio.Queue()  # None: it is over
        work = service.ask(
            body.question,
            language=body.language,
            where=body.filter.where(),
            conversation=body.conversation,
            after=body.after,
            asker=asker,
            listen=self._told.put_nowait,
        )
        self._answering = asyncio.ensure_future(work)
        self._answering.add_done_callback(lambda _: self._told.put_nowait(None))

    async def begin(self) -> None:
        """Return when there is something to tell. Raises what keeps the question from being begun."""
        self._first = await self._told.get()
        if self._first is None and (error := self._answering.exception()) is not None:
            if isinstance(error, QueueFullError):
                self._metrics.refusals.inc()
            raise error

    async def events(self) -> AsyncIterator[ServerSentEvent]:
        event = self._first
        while event is not None:
            yield self._shown(event)
            event = await self._told.get()
        yield self._end()

    async def leave(self) -> None:
        """Nobody listens any more."""
        self._answering.cancel()
        await asyncio.wait((self._answering,))

    def _shown(self, event: Event) -> ServerSentEvent:
        match event:
            case Found(evidence):
                self._metrics.evidence_seconds.observe(time.perf_counter() - self._started)
                return ServerSentEvent(
                    event="evidence", data={"hits": SearchResult("", "en", evidence).to_json()["hits"]}
                )
            case Judging(sentence):
                return ServerSentEvent(event="judging", data={"sentence": sentence})
            case Drafted(text):
                return ServerSentEvent(event="token", data={"text": text})
            case Restarted():
                return ServerSentEvent(event="restart", data={})

    def _end(self) -> ServerSentEvent:
        error = self._answering.exception()
        if error is None:
            answered = self._answering.result()
            self._metrics.answered(answered.answer)
            return ServerSentEvent(event="answer", data=answered.to_json())
        if not isinstance(error, GisaError):
            raise error
        told = problem(error, language_of(self._request), self._request.state.request_id)
        return ServerSentEvent(event="error", data=told)


async def _begun(request: Request, body: AskIn, caller: Asks, service: TheService) -> AsyncIterator[_Stream]:
    """Begins before the response does, so that what cannot be begun still has a status of its own."""
    remember(request, body.question)
    stream = _Stream(request, body, caller.asker, service)
    try:
        await stream.begin()
        yield stream
    finally:
        await stream.leave()


@router.post(
    "/v1/ask/stream",
    response_class=EventSourceResponse,
    responses=ANSWERING,
    summary="Answer a question, as it is written",
    description=EVENTS,
)
async def ask_stream(stream: Annotated[_Stream, Depends(_begun)]) -> AsyncIterator[ServerSentEvent]:
    async for event in stream.events():
        yield event


@router.post(
    "/v1/search",
    response_model=SearchOut,
    responses=problems("question", "period", "malformed_body", "media_type", "index_missing"),
    summary="Find evidence, without an answer",
)
async def search(request: Request, body: SearchIn, caller: MayAsk, service: TheService) -> dict[str, Any]:
    remember(request, body.question)
    found = await service.search(body.question, language=body.language, limit=body.limit, where=body.filter.where())
    return found.to_json()


@router.post(
    "/v1/feedback",
    status_code=201,
    responses=problems("malformed_body", "media_type", "answer_not_found"),
    summary="Say what an answer is worth",
)
async def feedback(body: FeedbackIn, caller: MayAsk, service: TheService) -> FeedbackOut:
    """Said again by the same caller, it takes the place of what was said before."""
    await service.feedback(body.answer, body.thumb, body.comment, asker=caller.asker)
    return FeedbackOut(answer=body.answer, thumb=body.thumb)
