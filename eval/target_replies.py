"""What a gisa elsewhere replies, checked before anything of it is believed."""

from __future__ import annotations

import json
from typing import Literal, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from eval.errors import TargetError
from rag.types import Answer

_ANSWER = TypeAdapter(Answer)


class Told(BaseModel):
    """A JSON object with at least these keys, of just these types."""

    model_config = ConfigDict(frozen=True, strict=True)


_Model = TypeVar("_Model", bound=Told)


class Ready(Told):
    status: Literal["ready"]
    articles: int
    model: Literal["none", "loading", "loaded"]


class _Info(Told):
    title: Literal["gisa"]
    version: str


class Description(Told):
    info: _Info


class ArticleSource(Told):
    source: str


class _Problem(Told):
    """RFC 9457, as gisa tells it. In a stream its own `status` counts: the response's is 200."""

    code: str
    detail: str
    status: int | None = None


class About(Told):
    """What a target tells of itself. `settings` and `model` are those of the answer it was tried with: `model` is None
    where no model wrote that."""

    version: str
    articles: int
    llm: bool
    settings: str
    model: str | None


def answer_of(response: httpx.Response, body: bytes) -> Answer:
    """The Answer that `body` is, the whole response or an event of it. Raises TargetError."""
    try:
        told = json.loads(body)
    except ValueError as error:
        raise nonsense(response, "not JSON") from error
    if not isinstance(told, dict):
        raise nonsense(response, "no JSON object")
    told.pop("nearest", None)  # not of the Answer object's contract
    try:
        return _ANSWER.validate_json(json.dumps(told), strict=True)
    except ValidationError as error:
        raise nonsense(response, _first(error)) from error


def refused(response: httpx.Response, body: bytes) -> TargetError:
    """What to raise where there is no answer: the problem that `body` tells of."""
    try:
        problem = _Problem.model_validate_json(body)
    except ValidationError:
        return nonsense(response, "no answer")
    status = problem.status or response.status_code
    return TargetError(
        f"The target said {problem.code} (HTTP {status}): {problem.detail}",
        f"대상 서버의 응답 {problem.code}(HTTP {status}): {problem.detail}",
    )


def nonsense(response: httpx.Response, what: str) -> TargetError:
    """What to raise where a reply is none of gisa's."""
    kind = response.headers.get("Content-Type", "no content type").partition(";")[0]
    where = f"{response.request.method} {response.request.url.path}"
    return TargetError(
        f"The target answered {where} as gisa does not (HTTP {response.status_code}, {kind}: {what}). Check that the "
        "address is of `gisa serve`, and its release.",
        f"대상 서버가 {where} 에 gisa와 다르게 답했습니다(HTTP {response.status_code}, {kind}: {what}). "
        "`gisa serve`의 주소와 버전인지 확인하세요.",
    )


def read_as(response: httpx.Response, model: type[_Model]) -> _Model:
    """The body of a response that was read. Raises TargetError."""
    try:
        return model.model_validate_json(response.content)
    except ValidationError as error:
        raise nonsense(response, _first(error)) from error


def _first(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, problem['loc'])) or 'body'}: {problem['msg']}"
