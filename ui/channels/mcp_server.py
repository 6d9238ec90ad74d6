"""The MCP server: tools `ask`, `search` and `get_article` for any Model Context Protocol client.

Over streamable HTTP it stands at /mcp beside the REST API, behind the same keys and limits. It keeps no sessions: each
request is served by itself, so a restarted server goes on where it was. `gisa mcp` speaks the same over stdio.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from functools import partial
from typing import Literal, NamedTuple

import anyio
import structlog
from fastapi import APIRouter, FastAPI, Request, Response
from mcp import McpError
from mcp.server.lowlevel import Server
from mcp.server.streamable_http import StreamableHTTPServerTransport
from mcp.types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CallToolRequest,
    CallToolResult,
    ErrorData,
    ListToolsRequest,
    ListToolsResult,
    ServerResult,
    TextContent,
    Tool,
    ToolAnnotations,
)
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.types import Message, Receive, Scope, Send

from index.types import Filter
from rag.errors import GisaError
from ui.rest.articles import shown
from ui.rest.describe import release
from ui.rest.guard import Caller, Guard, GuardedRoute, MayAsk
from ui.rest.language import spoken
from ui.rest.metrics import Metrics
from ui.rest.schemas import AnswerOut, ArticleId, ArticleOut, Day, SearchOut, where
from ui.service import Service

PATH = "/mcp"
ABOUT = """Answers from a collection of Korean news articles, in Korean or English, with the sentences that prove them.
Cite what you take from an answer: [n] in its text is the citation of that number.
한국 뉴스 기사 모음에서 한국어나 영어로 답하고, 근거 문장을 함께 보여 줍니다. 답의 [n]은 그 번호의 인용입니다."""
_UNFORESEEN = "Something went wrong. Try again. 문제가 생겼습니다. 다시 시도하세요."
_log = structlog.get_logger(__name__)


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _About(_Arguments):
    question: str = Field(
        min_length=1,
        max_length=2000,
        description="One question, in Korean or English, that names what it is about. 한국어나 영어 질문 하나.",
        examples=["How many GPUs is Korea securing?", "한국이 확보하는 GPU는 몇 장인가?"],
    )
    language: Literal["auto", "ko", "en"] = Field(default="auto", description="Of the answer. 답의 언어.")
    publishers: list[str] = Field(default=[], max_length=50, description="Only these publishers. 이 발행사만.")
    article_ids: list[ArticleId] = Field(default=[], max_length=200, description="Only these articles. 이 기사만.")
    since: Day | None = Field(default=None, description="First day, month or year: 2025-10-31, 2025-10. 시작일.")
    until: Day | None = Field(default=None, description="Last day, month or year. 종료일.")

    @property
    def where(self) -> Filter | None:
        """Raises PeriodError."""
        return where(self.since, self.until, self.publishers, self.article_ids)


class AskArguments(_About):
    conversation: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description="`conversation` of an earlier answer, to follow it up. 이어서 물을 때 앞선 답의 `conversation`.",
    )


class SearchArguments(_About):
    limit: int = Field(default=5, ge=1, le=100, description="How many sentences. 문장 수.")


class ArticleArguments(_Arguments):
    article_id: ArticleId = Field(description="`article_id` of a citation or a hit. 인용이나 검색 결과의 `article_id`.")


class _Tools:
    """What the tools do. `asks` counts a question and says whose it is; it may raise RateLimitedError."""

    def __init__(self, service: Service, asks: Callable[[], str], metrics: Metrics) -> None:
        self._service, self._asks, self._metrics = service, asks, metrics

    async def ask(self, given: AskArguments) -> AnswerOut:
        asking = self._service.ask(
            given.question,
            language=given.language,
            where=given.where,
            conversation=given.conversation,
            asker=self._asks(),
        )
        return AnswerOut(**(await self._metrics.counted(asking)).to_json())

    async def search(self, given: SearchArguments) -> SearchOut:
        found = await self._service.search(
            given.question, language=given.language, where=given.where, limit=given.limit
        )
        return SearchOut(**found.to_json())

    async def get_article(self, given: ArticleArguments) -> ArticleOut:
        return shown(await self._service.article(given.article_id))


class _Kind(NamedTuple):
    """A tool as clients see it, and the method of `_Tools` of its name."""

    title: str
    description: str
    given: type[_Arguments]
    told: type[BaseModel]


TOOLS = {
    "ask": _Kind(
        "Ask the news articles · 기사에 묻기",
        "Answer a question from the news articles, each statement checked against the sentence it cites, or refuse "
        "when they do not say it. Takes seconds. "
        "기사에서 답을 찾아 근거 문장과 대조합니다. 기사에 없으면 답하지 않습니다.",
        AskArguments,
        AnswerOut,
    ),
    "search": _Kind(
        "Search the news articles · 기사 검색",
        "Find the sentences nearest to a question, without an answer. Fast. "
        "답 없이 질문에 가장 가까운 문장을 빠르게 찾습니다.",
        SearchArguments,
        SearchOut,
    ),
    "get_article": _Kind(
        "Read an article · 기사 읽기",
        "The whole text of one article; `start` and `end` of a citation count its characters. "
        "기사 전문. 인용의 `start`와 `end`는 그 글자 위치입니다.",
        ArticleArguments,
        ArticleOut,
    ),
}


def mcp_server(service: Service, asks: Callable[[], str], metrics: Metrics | None = None) -> Server[object, Request]:
    """A server of the protocol, for any transport. `asks` is called within a request; without `metrics` it counts for
    itself, where nobody reads them."""
    server: Server[object, Request] = Server("gisa", release(), ABOUT)
    tools = _Tools(service, asks, metrics or Metrics(service.turns))

    async def list_tools(request: ListToolsRequest) -> ServerResult:
        return ServerResult(ListToolsResult(tools=[_tool(name, kind) for name, kind in TOOLS.items()]))

    async def call_tool(request: CallToolRequest) -> ServerResult:
        name, arguments = request.params.name, request.params.arguments or {}
        if (kind := TOOLS.get(name)) is None:
            raise McpError(ErrorData(code=INVALID_PARAMS, message=f"Unknown tool: {name}"))
        try:
            told = await getattr(tools, name)(kind.given.model_validate(arguments))
        except ValidationError as error:
            return _failed("; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()))
        except GisaError as error:
            return _failed(error.message(spoken(str(arguments.get("question", "")))))
        except Exception as error:
            # By its frames alone: the message of an unknown error may hold a question.
            _log.error("unforeseen", error=type(error).__name__, frames=traceback.format_tb(error.__traceback__))
            raise McpError(ErrorData(code=INTERNAL_ERROR, message=_UNFORESEEN)) from error
        structured = told.model_dump(mode="json")
        text = TextContent(type="text", text=json.dumps(structured, ensure_ascii=False))
        return ServerResult(CallToolResult(content=[text], structuredContent=structured))

    server.request_handlers[ListToolsRequest] = list_tools
    server.request_handlers[CallToolRequest] = call_tool
    return server


def _tool(name: str, kind: _Kind) -> Tool:
    return Tool(
        name=name,
        title=kind.title,
        description=kind.description,
        inputSchema=kind.given.model_json_schema(),
        outputSchema=kind.told.model_json_schema(mode="serialization"),
        annotations=ToolAnnotations(title=kind.title, readOnlyHint=True, openWorldHint=False),
    )


def _failed(why: str) -> ServerResult:
    """A result, not an error of the protocol, so that the client's model reads it and can do better."""
    return ServerResult(CallToolResult(content=[TextContent(type="text", text=why)], isError=True))


class _Handled(Response):
    """Hands one request, its body read, to the protocol's own transport, which responds."""

    def __init__(self, server: Server[object, Request], request: Request) -> None:
        super().__init__()
        self._server, self._request = server, request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await self._request.body()

        async def read_again() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        transport = StreamableHTTPServerTransport(mcp_session_id=None, is_json_response_enabled=True)
        options = self._server.create_initialization_options()
        async with transport.connect() as (read, write), anyio.create_task_group() as group:
            group.start_soon(self._leave_with_client, group.cancel_scope)
            group.start_soon(partial(self._server.run, read, write, options, stateless=True))
            await transport.handle_request(scope, read_again, send)
            group.cancel_scope.cancel()

    async def _leave_with_client(self, serving: anyio.CancelScope) -> None:
        while (await self._request.receive())["type"] != "http.disconnect":
            pass
        serving.cancel()


def install(app: FastAPI, service: Service) -> None:
    """Serve the protocol at /mcp of `app`. One JSON answer to each POST: there is no stream to GET, no session to
    DELETE."""
    guard: Guard = app.state.guard

    def asks() -> str:
        request = server.request_context.request
        assert request is not None  # there is one over HTTP
        caller: Caller = request.state.caller
        guard.count_ask(caller)
        return caller.asker

    server = mcp_server(service, asks, app.state.metrics)

    router = APIRouter(route_class=GuardedRoute, include_in_schema=False)

    @router.post(PATH)
    async def mcp(request: Request, caller: MayAsk) -> Response:
        await request.body()
        return _Handled(server, request)

    app.include_router(router)
