"""A gisa that runs elsewhere, asked over its REST API (docs/rest.md).

A server that asks to wait (429 or 503 with Retry-After) is waited for, within bounds; one that fails question after
question is given up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import sleep
from types import TracebackType
from typing import Literal, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from eval.errors import TargetError, TargetLostError
from eval.run import source_number
from rag.pipeline import ignore
from rag.types import Answer, Listener

TIMEOUT_S = 120.0
LONGEST_WAIT_S = 60.0
"""A longer Retry-After is cut to this."""
WAITS = 6
"""So many times a server may ask to wait for one question."""
FAILURES = 3
"""So many questions in a row without an answer end the run."""
_RETRY_S = 5.0


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)


_Model = TypeVar("_Model", bound=_Told)


class _Ready(_Told):
    status: Literal["ready"]
    articles: int
    model: Literal["none", "loading", "loaded"]


class _Info(_Told):
    title: Literal["gisa"]
    version: str


class _Description(_Told):
    info: _Info


class _Article(_Told):
    source: str


class _Problem(_Told):
    """RFC 9457, as gisa tells it."""

    code: str
    detail: str


class About(_Told):
    """What a target tells of itself. `settings` and `model` are those of the answer it was tried with: `model` is None
    where no model wrote that."""

    version: str
    articles: int
    llm: bool
    settings: str
    model: str | None


_ANSWER = TypeAdapter(Answer)


class Target:
    """Asks a running gisa. A context manager. `waited_ms` tells how long the last question had to wait to be taken."""

    def __init__(self, url: str, key: str | None = None, *, timeout_s: float = TIMEOUT_S) -> None:
        """Raises TargetLostError: no address of a server."""
        self.url = _address(url)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(base_url=self.url, headers=headers, timeout=httpx.Timeout(timeout_s, connect=10.0))
        self._timeout_s = timeout_s
        self._failed = 0
        self._sane = True
        self.waited_ms = 0.0
        self.numbers = _Numbers(self._client)

    def about(self, question: str) -> About:
        """What it is; `question` is asked to try it. Raises TargetLostError: nothing to measure."""
        try:
            ready = _read(self._send("GET", "/v1/health/ready"), _Ready)
            described = _read(self._send("GET", "/openapi.json"), _Description)
            answer = self._answered(question)
        except TargetError as error:
            raise TargetLostError(error.en, error.ko) from error
        return About(
            version=described.info.version,
            articles=ready.articles,
            llm=ready.model != "none",
            settings=answer.settings,
            model=answer.model,
        )

    def ask(self, question: str, *, listen: Listener = ignore) -> Answer:
        """Raises TargetError; TargetLostError: out of reach, or too many questions in a row without an answer."""
        try:
            answer = self._answered(question)
        except TargetError as error:
            self._failed = 0 if self._sane else self._failed + 1
            if self._failed < FAILURES:
                raise
            raise TargetLostError(
                f"{FAILURES} questions in a row had no answer. The last one: {error.en} "
                "Mend that, then go on with --resume --out.",
                f"연속한 질문 {FAILURES}개에 답이 없었습니다. 마지막 이유: {error.ko} "
                "고친 뒤 --resume --out으로 이어서 하세요.",
            ) from error
        self._failed = 0
        return answer

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Target:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _answered(self, question: str) -> Answer:
        response = self._send("POST", "/v1/ask", {"question": question})
        told = _json(response)
        if not isinstance(told, dict):
            raise _nonsense(response, "no JSON object")
        told.pop("nearest", None)  # not of the Answer object's contract
        try:
            return _ANSWER.validate_json(json.dumps(told), strict=True)
        except ValidationError as error:
            raise _nonsense(response, _first(error)) from error

    def _send(self, method: str, path: str, body: Mapping[str, object] | None = None) -> httpx.Response:
        """The response, once it is 200. Waits where the server asks to."""
        self.waited_ms, self._sane = 0.0, False
        for tries_left in reversed(range(WAITS + 1)):
            try:
                response = self._client.request(method, path, json=body)
            except httpx.TimeoutException as error:
                raise TargetError(
                    f"{self.url} did not answer within {self._timeout_s:g} s. Give it longer with --timeout.",
                    f"{self.url} 이(가) {self._timeout_s:g}초 안에 답하지 않았습니다. --timeout을 늘리세요.",
                ) from error
            except httpx.HTTPError as error:
                reason = " ".join(str(error).split()) or type(error).__name__
                raise TargetLostError(
                    f"{self.url} is out of reach ({reason}). Start `gisa serve` there; an unfinished run goes on with "
                    "--resume --out.",
                    f"{self.url} 에 연결할 수 없습니다({reason}). 거기서 `gisa serve`를 켜세요. 끝나지 않은 평가는 "
                    "--resume --out으로 이어집니다.",
                ) from error
            if response.status_code not in (429, 503) or not tries_left:
                break
            self.waited_ms += 1000 * _wait(response) + 1000 * response.elapsed.total_seconds()
            sleep(_wait(response))
        if response.status_code in (401, 403):
            raise TargetLostError(
                f"{self.url} does not let us in (HTTP {response.status_code}). Set GISA_EVAL_KEY to a key of "
                "`gisa keys create`.",
                f"{self.url} 이(가) 접근을 거부했습니다(HTTP {response.status_code}). GISA_EVAL_KEY에 "
                "`gisa keys create`로 만든 키를 넣으세요.",
            )
        self._sane = response.status_code == httpx.codes.UNPROCESSABLE_ENTITY  # a question that gisa does not take
        if response.status_code != httpx.codes.OK:
            raise _refused(response)
        return response


class _Numbers(Mapping[str, str]):
    """Article id -> the number its source begins with, asked of the target for each article when it is needed."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._known: dict[str, str | None] = {}

    def __getitem__(self, article_id: str) -> str:
        if article_id not in self._known:
            self._known[article_id] = self._asked(article_id)
        number = self._known[article_id]
        if number is None:
            raise KeyError(article_id)
        return number

    def __iter__(self) -> Iterator[str]:
        return (article_id for article_id, number in self._known.items() if number is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _asked(self, article_id: str) -> str | None:
        """None also where the target does not tell: an article may be gone since it was cited."""
        try:
            response = self._client.get(f"/v1/articles/{quote(article_id, safe='')}")
            source = _read(response, _Article).source if response.is_success else ""
        except (httpx.HTTPError, TargetError):
            return None
        return source_number(Path(source).name)


def _address(url: str) -> str:
    try:
        told = httpx.URL(url.rstrip("/"))
    except httpx.InvalidURL:
        told = httpx.URL("")
    if told.scheme not in ("http", "https") or not told.host or told.userinfo or told.query or told.fragment:
        raise TargetLostError(
            f"{told.copy_with(userinfo=b'') if told.host else url!r} is no address of a gisa server. Say one like "
            "http://127.0.0.1:8000, the key in GISA_EVAL_KEY.",
            f"{told.copy_with(userinfo=b'') if told.host else url!r} 은(는) gisa 서버 주소가 아닙니다. "
            "http://127.0.0.1:8000 처럼 쓰고 키는 GISA_EVAL_KEY에 넣으세요.",
        )
    return str(told)


def _wait(response: httpx.Response) -> float:
    """Seconds to wait: Retry-After as a number of seconds, within bounds."""
    told = response.headers.get("Retry-After", "")
    return min(float(told), LONGEST_WAIT_S) if told.isascii() and told.isdigit() else _RETRY_S


def _refused(response: httpx.Response) -> TargetError:
    try:
        problem = _Problem.model_validate_json(response.content)
    except ValidationError:
        return _nonsense(response, "no answer")
    return TargetError(
        f"The target said {problem.code} (HTTP {response.status_code}): {problem.detail}",
        f"대상 서버의 응답 {problem.code}(HTTP {response.status_code}): {problem.detail}",
    )


def _nonsense(response: httpx.Response, what: str) -> TargetError:
    kind = response.headers.get("Content-Type", "no content type").partition(";")[0]
    where = f"{response.request.method} {response.request.url.path}"
    return TargetError(
        f"The target answered {where} as gisa does not (HTTP {response.status_code}, {kind}: {what}). Check that the "
        "address is of `gisa serve`, and its release.",
        f"대상 서버가 {where} 에 gisa와 다르게 답했습니다(HTTP {response.status_code}, {kind}: {what}). "
        "`gisa serve`의 주소와 버전인지 확인하세요.",
    )


def _json(response: httpx.Response) -> object:
    try:
        return response.json()
    except ValueError as error:
        raise _nonsense(response, "not JSON") from error


def _read(response: httpx.Response, model: type[_Model]) -> _Model:
    try:
        return model.model_validate_json(response.content)
    except ValidationError as error:
        raise _nonsense(response, _first(error)) from error


def _first(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, problem['loc'])) or 'body'}: {problem['msg']}"
