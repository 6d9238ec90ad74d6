"""Errors in one shape: RFC 9457 problem+json with a code, a message in the caller's language and what to do."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from rag.errors import GisaError, Language
from ui.rest.errors import MalformedBodyError, MediaTypeError, RequestError
from ui.rest.language import language_of, remember
from ui.service.errors import AskerLeftError
from ui.words import Said

MEDIA_TYPE = "application/problem+json"
CLIENT_LEFT = 499
"""As nginx logs a client that left. Nobody reads such a response."""
_log = structlog.get_logger(__name__)


class _Kind(NamedTuple):
    """How a code is told: status, title, what to do."""

    status: int
    title: Said
    action: Said


_SEE_DOCS = Said("See /docs for what this operation takes.", "이 요청이 받는 값은 /docs를 보세요.")
_AGAIN = Said("Try again after the seconds in Retry-After.", "Retry-After 초 뒤에 다시 시도하세요.")
_OPERATOR = Said("Tell whoever runs this server, with the request id.", "요청 id와 함께 서버 관리자에게 알려 주세요.")
_KEYS = Said("Make a key with `gisa keys create`.", "`gisa keys create`로 키를 만드세요.")
_LIST = Said("List what there is with GET /v1/articles.", "GET /v1/articles로 목록을 보세요.")
_SETTINGS = Said(
    "Change the settings of the server, or call it by its own address.",
    "서버 설정을 바꾸거나 서버 자신의 주소로 부르세요.",
)

KINDS: dict[str, _Kind] = {
    "question": _Kind(
        422, Said("Not a question that can be answered", "답할 수 없는 질문"), Said("Rephrase it.", "고쳐 쓰세요.")
    ),
    "article_file": _Kind(
        422, Said("Not an article", "기사가 아님"), Said("Correct it and send it again.", "고쳐서 다시 보내세요.")
    ),
    "period": _Kind(
        422,
        Said("Not a period", "기간이 아님"),
        Said("Swap `since` and `until`.", "`since`와 `until`을 서로 바꾸세요."),
    ),
    "invalid_request": _Kind(422, Said("Invalid request", "잘못된 요청"), _SEE_DOCS),
    "malformed_body": _Kind(400, Said("Malformed body", "깨진 본문"), _SEE_DOCS),
    "media_type": _Kind(415, Said("Unsupported media type", "지원하지 않는 형식"), _SEE_DOCS),
    "body_too_large": _Kind(413, Said("Body too large", "너무 큰 본문"), Said("Send less.", "줄여서 보내세요.")),
    "not_found": _Kind(404, Said("No such path", "없는 경로"), _SEE_DOCS),
    "method_not_allowed": _Kind(405, Said("Method not allowed", "허용되지 않는 메서드"), _SEE_DOCS),
    "key_needed": _Kind(401, Said("API key needed", "API 키 필요"), _KEYS),
    "forged": _Kind(401, Said("Not from that service", "그 서비스의 요청이 아님"), _OPERATOR),
    "scope": _Kind(403, Said("Not allowed with this key", "이 키로는 할 수 없음"), _KEYS),
    "origin": _Kind(403, Said("Origin not allowed", "허용되지 않는 출처"), _SETTINGS),
    "host": _Kind(421, Said("Not this server", "다른 서버 이름"), _SETTINGS),
    "rate_limited": _Kind(429, Said("Too many requests", "너무 많은 요청"), _AGAIN),
    "queue_full": _Kind(429, Said("Too many questions at once", "한꺼번에 너무 많은 질문"), _AGAIN),
    "article_not_found": _Kind(404, Said("No such article", "없는 기사"), _LIST),
    "model_not_found": _Kind(
        404, Said("No such model", "없는 모델"), Said("Use the model `gisa`.", "`gisa` 모델을 쓰세요.")
    ),
    "article_exists": _Kind(
        409, Said("The id is taken", "이미 있는 id"), Said("Use PUT to replace it.", "교체하려면 PUT을 쓰세요.")
    ),
    "ingest_not_found": _Kind(404, Said("No such ingest", "없는 수집 작업"), _LIST),
    "conversation_not_found": _Kind(
        404, Said("No such conversation", "없는 대화"), Said("Begin a new one.", "새 대화를 시작하세요.")
    ),
    "answer_not_found": _Kind(
        404, Said("No such answer", "없는 답"), Said("Use the id of a recent answer.", "최근 답의 id를 쓰세요.")
    ),
    "index_missing": _Kind(
        503,
        Said("No articles yet", "아직 기사가 없음"),
        Said("Add some with POST /v1/articles.", "POST /v1/articles로 추가하세요."),
    ),
    "index_busy": _Kind(503, Said("The collection is being written", "기사 모음에 쓰는 중"), _AGAIN),
    "index_unreachable": _Kind(503, Said("The store does not answer", "기사 모음 서버 응답 없음"), _AGAIN),
    "disk_full": _Kind(507, Said("Disk full", "디스크 가득 참"), _OPERATOR),
    "model_server": _Kind(503, Said("The language model does not answer", "언어 모델 응답 없음"), _AGAIN),
    "out_of_time": _Kind(504, Said("Out of time", "시간 초과"), _AGAIN),
    "shutting_down": _Kind(503, Said("Shutting down", "종료 중"), _AGAIN),
    "asker_left": _Kind(CLIENT_LEFT, Said("The client left", "연결 끊김"), _AGAIN),
}
_OTHER = _Kind(500, Said("Something went wrong", "서버 오류"), _OPERATOR)
Shape = Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]
"""Tells a problem as another API would: its status and JSON object."""
_WAIT_S = 5
"""Retry-After where nothing better is known."""


def problem(error: GisaError, language: Language, request_id: str) -> dict[str, Any]:
    """The JSON object of an error, also the data of an `error` event."""
    code = error.told_as if isinstance(error, RequestError) else error.code
    kind = KINDS.get(code, _OTHER)
    told: dict[str, Any] = {
        "type": f"urn:gisa:problem:{code}",
        "title": kind.title.to(language),
        "status": kind.status,
        "detail": error.message(language),
        "code": code,
        "action": kind.action.to(language),
        "request_id": request_id,
    }
    if isinstance(error, RequestError) and error.errors:
        told["errors"] = error.errors
    return told


def respond(request: Request, error: GisaError) -> JSONResponse:
    language = language_of(request)
    told = problem(error, language, getattr(request.state, "request_id", ""))
    headers: dict[str, str] = {"Content-Language": language}
    if told["status"] in (429, 503, 504):
        headers["Retry-After"] = str(getattr(error, "retry_after_s", _WAIT_S))
    if told["status"] == 401:
        headers["WWW-Authenticate"] = "Bearer"
    for prefix, shape in request.app.state.error_shapes.items():
        if request.scope["path"].startswith(prefix):
            status, told = shape(told)
            return JSONResponse(told, status, headers)
    return JSONResponse(told, told["status"], headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Have every error of `app` told in that shape; under a path of `app.state.error_shapes`, in the shape it gives."""
    shapes: dict[str, Shape] = {}
    app.state.error_shapes = shapes
    app.add_exception_handler(GisaError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _framework)
    app.add_exception_handler(ClientDisconnect, _left)


async def _ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, GisaError)
    return respond(request, error)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    if isinstance(error.body, dict) and isinstance(question := error.body.get("question"), str):
        remember(request, question)
    return respond(request, invalid(request, error.errors()))


def invalid(request: Request, found: Sequence[Any]) -> GisaError:
    """What pydantic found, without the values it found it in."""
    if any(one["type"] == "json_invalid" for one in found):
        return MalformedBodyError()
    if any(one["loc"] == ("body",) for one in found):
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json" and not kind.endswith("+json"):
            return MediaTypeError("application/json")
    errors = [{"field": ".".join(map(str, one["loc"])), "message": str(one["msg"])} for one in found]
    fields = ", ".join(one["field"] for one in errors)
    return RequestError(
        "invalid_request",
        f"Not what this operation takes: {fields}. See `errors` for each.",
        f"이 요청이 받는 값이 아닙니다: {fields}. `errors`를 보세요.",
        errors,
    )


async def _framework(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, ClientDisconnect):
        return await _left(request, error.__cause__)
    if isinstance(error.__cause__, GisaError):  # what ended the reading of a body
        return respond(request, error.__cause__)
    if error.status_code == 404:
        said = RequestError(
            "not_found", "There is nothing at this path. See /docs.", "이 경로에는 아무것도 없습니다. /docs를 보세요."
        )
    elif error.status_code == 405:
        said = RequestError(
            "method_not_allowed",
            "This path does not take that method. See Allow.",
            "이 경로가 받지 않는 메서드입니다. Allow를 보세요.",
        )
    else:
        said = RequestError(
            "malformed_body", "The request is not well-formed. See /docs.", "요청 형식이 깨졌습니다. /docs를 보세요."
        )
    response = respond(request, said)
    response.headers.update(error.headers or {})
    if error.status_code == 405:
        response.headers["Allow"] = _allowed(request) or response.headers["Allow"]
    return response


def _allowed(request: Request) -> str:
    """The methods of all operations on a path: the framework names those of the first alone. "" where none is told."""
    path = getattr(request.scope.get("route"), "path_format", "")
    return ", ".join(sorted(request.app.openapi()["paths"].get(path, {}))).upper()


async def _left(request: Request, error: Exception) -> JSONResponse:
    """Who left before its body was there."""
    return respond(request, AskerLeftError())


async def unforeseen(request: Request, error: Exception) -> JSONResponse:
    """What nobody foresaw. Logged by its frames alone: the message of an unknown error may hold a question."""
    _log.error("unforeseen", error=type(error).__name__, frames=traceback.format_tb(error.__traceback__))
    said = RequestError("internal", "Something went wrong. Try again.", "문제가 생겼습니다. 다시 시도하세요.")
    return respond(request, said)
