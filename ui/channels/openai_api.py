"""GET /v1/models and POST /v1/chat/completions: gisa as a model behind OpenAI's API, for tools that speak it.

The last message of the user is the question; the messages before it are the conversation, which the client keeps.
Only the verified answer is sent, streamed or not: a chat page keeps what it was streamed and could not take it back.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, FastAPI, Path, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from openai.types import CompletionUsage, Model
from openai.types.chat import ChatCompletion
from openai.types.chat.chat_completion_chunk import ChoiceDelta
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from rag.errors import GisaError, QuestionError
from ui.channels import openai_shape as shape
from ui.rest.guard import Asks, GuardedRoute, MayAsk, TheService
from ui.rest.language import language_of, remember
from ui.rest.leaving import unless_left
from ui.rest.metrics import Metrics
from ui.rest.problems import problem
from ui.service import Answered, Service
from ui.service.errors import QueueFullError

KEEP_ALIVE_S = 5.0
"""Between two comments in a stream in which nothing else happens, for proxies that close silent connections."""


class ModelNotFoundError(GisaError):
    code = "model_not_found"

    def __init__(self) -> None:
        super().__init__(
            f"There is no such model. Use {shape.MODEL!r}.", f"그런 모델이 없습니다. {shape.MODEL!r}을 쓰세요."
        )


def _only(allowed: tuple[object, ...], said: str) -> BeforeValidator:
    """Refuses what would be misunderstood if it were passed over, and says so."""

    def check(value: object) -> object:
        if not any(value == one and type(value) is type(one) for one in allowed):
            raise PydanticCustomError("unsupported", "{said}", {"said": said})
        return value

    return BeforeValidator(check)


class _Given(BaseModel):
    """What is not named here is passed over: sampling, limits, names of users."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class TextPart(_Given):
    type: Literal["text"]
    text: str


class MessageIn(_Given):
    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[TextPart] | None = None

    @property
    def text(self) -> str:
        if isinstance(self.content, str):
            return self.content
        return "\n".join(part.text for part in self.content or [])


class StreamOptions(_Given):
    include_usage: Annotated[bool, Field(strict=True)] | None = None


class TextFormat(_Given):
    type: Literal["text"]


_None = Annotated[list[Any], Field(max_length=0)] | None


class ChatIn(_Given):
    model: Annotated[str, Field(max_length=200, examples=[shape.MODEL])]
    messages: Annotated[
        list[MessageIn],
        Field(min_length=1, examples=[[{"role": "user", "content": "How many GPUs is Korea securing?"}]]),
    ]
    stream: Annotated[bool, Field(strict=True)] | None = None
    stream_options: StreamOptions | None = None
    n: Annotated[Literal[1] | None, _only((None, 1), "There is one answer to a question. Leave `n` out.")] = None
    tools: Annotated[_None, _only((None, []), "gisa calls no tools. Leave `tools` out.")] = None
    functions: Annotated[_None, _only((None, []), "gisa calls no functions. Leave `functions` out.")] = None
    response_format: TextFormat | None = None

    @property
    def question(self) -> str:
        """Raises QuestionError."""
        if self.messages[-1].role != "user":
            raise QuestionError(
                "The last message is not the user's. End with a question.",
                "마지막 메시지가 사용자의 것이 아닙니다. 질문으로 끝내세요.",
            )
        return self.messages[-1].text

    @property
    def turns(self) -> list[tuple[str, str]]:
        """Questions and answers before the question, oldest first. What was not answered is left out."""
        told = [one for one in self.messages if one.role in ("user", "assistant")]
        return [
            (asked.text, shape.without_sources(answer.text))
            for asked, answer in pairwise(told)
            if (asked.role, answer.role) == ("user", "assistant") and asked.text and answer.text
        ]


class _Asking:
    """A question on its way to its answer."""

    def __init__(self, request: Request, body: ChatIn, asker: str, service: Service) -> None:
        remember(request, body.question)
        self._request, self._body = request, body
        self._serve = service.settings.serve
        self._metrics: Metrics = request.app.state.metrics
        self._id, self._created = f"chatcmpl-{secrets.token_urlsafe(12)}", int(time.time())
        self._begun = asyncio.Event()
        work = service.ask(body.question, turns=body.turns, asker=asker, listen=lambda event: self._begun.set())
        self._answering = asyncio.ensure_future(work)
        self._answering.add_done_callback(lambda _: self._begun.set())

    async def begin(self) -> None:
        """Return when its evidence is there. Raises what keeps it from being begun."""
        await self._begun.wait()
        if self._answering.done() and (error := self._answering.exception()) is not None:
            if isinstance(error, QueueFullError):
                self._metrics.refusals.inc()
            raise error

    async def leave(self) -> None:
        """Nobody waits any more."""
        self._answering.cancel()
        await asyncio.wait((self._answering,))

    async def whole(self) -> dict[str, Any]:
        answered = await self._answering
        told = self._told(answered)
        said = shape.completion(self._id, self._created, told, self._usage(told))
        return said.model_dump(mode="json", exclude_unset=True) | {"gisa": answered.to_json()}

    async def events(self) -> AsyncIterator[str]:
        """Server-sent events: the role, comments while the model works, then the verified answer."""
        yield self._piece(ChoiceDelta(role="assistant", content=""))
        while not (await asyncio.wait((self._answering,), timeout=KEEP_ALIVE_S))[0]:
            yield ": at work\n\n"
        error = self._answering.exception()
        if isinstance(error, GisaError):
            found = problem(error, language_of(self._request), self._request.state.request_id)
            yield _event(shape.error(found)[1])
            return
        answered = self._answering.result()
        told = self._told(answered)
        for piece in shape.pieces(told.content):
            yield self._piece(ChoiceDelta(content=piece))
        if told.annotations:
            yield _event(shape.annotations_chunk(self._id, self._created, told.annotations))
        last = shape.chunk(self._id, self._created, ChoiceDelta(), "stop")
        yield _event(last | {"gisa": answered.to_json()})
        if self._body.stream_options and self._body.stream_options.include_usage:
            yield _event(shape.usage_chunk(self._id, self._created, self._usage(told)))
        yield "data: [DONE]\n\n"

    def _piece(self, delta: ChoiceDelta) -> str:
        return _event(shape.chunk(self._id, self._created, delta))

    def _told(self, answered: Answered) -> shape.Message:
        self._metrics.answered(answered.answer)
        address = self._serve.public_url or str(self._request.base_url)
        return shape.message(answered.answer, address.rstrip("/"), sources=self._serve.sources_in_text)

    def _usage(self, told: shape.Message) -> CompletionUsage:
        return shape.usage("\n".join(one.text for one in self._body.messages), told.content)


def _event(told: dict[str, Any]) -> str:
    return f"data: {json.dumps(told, ensure_ascii=False)}\n\n"


async def _begun(request: Request, body: ChatIn, caller: Asks, service: TheService) -> AsyncIterator[_Asking]:
    """Begins before the response does, so that what cannot be begun still has a status of its own."""
    if body.model != shape.MODEL:
        raise ModelNotFoundError
    asking = _Asking(request, body, caller.asker, service)
    try:
        await asking.begin()
        yield asking
    finally:
        await asking.leave()


class _Error(BaseModel):
    message: str
    type: str
    param: str | None
    code: str | None


class ErrorOut(BaseModel):
    """An error in OpenAI's shape; `code` is that of our own problems."""

    error: _Error


class ModelsOut(BaseModel):
    object: Literal["list"] = "list"
    data: list[Model]


router = APIRouter(route_class=GuardedRoute, tags=["OpenAI"])
_MODEL = Model(id=shape.MODEL, object="model", created=int(time.time()), owned_by=shape.MODEL)
_ERRORS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorOut, "description": "The request is at fault, or too many are made."},
    "5XX": {"model": ErrorOut, "description": "The server is at fault, or busy."},
}
_CHUNK_EVENT = {
    "type": "object",
    "required": ["data"],
    "properties": {"data": {"type": "string", "description": "A chunk as JSON, or [DONE]."}},
}
"""Of each event of a stream."""


@router.post(
    "/v1/chat/completions",
    response_model=ChatCompletion,
    responses={200: {"content": {"text/event-stream": {"schema": _CHUNK_EVENT}}}, **_ERRORS},
    summary="Answer a question, as OpenAI's API would",
)
async def complete(request: Request, body: ChatIn, asking: Annotated[_Asking, Depends(_begun)]) -> Response:
    """With `stream`, chunks as server-sent events; of the verified answer alone. [n] in the text is annotated with the
    address of its source. Tools, several answers and other forms than text are refused; other parameters are passed
    over. Our own Answer is beside OpenAI's keys, as `gisa`."""
    if body.stream:
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        return StreamingResponse(asking.events(), media_type="text/event-stream", headers=headers)
    return JSONResponse(await unless_left(request, asking.whole()))


@router.get("/v1/models", responses=_ERRORS, summary="List the model")
async def models(caller: MayAsk) -> ModelsOut:
    return ModelsOut(data=[_MODEL])


@router.get("/v1/models/{model}", responses=_ERRORS, summary="See the model")
async def model(caller: MayAsk, model: Annotated[str, Path(max_length=200)]) -> Model:
    if model != shape.MODEL:
        raise ModelNotFoundError
    return _MODEL


def install(app: FastAPI) -> None:
    """Answer on these paths, errors in OpenAI's shape."""
    app.include_router(router)
    for path in ("/v1/models", "/v1/chat/completions"):
        app.state.error_shapes[path] = shape.error
