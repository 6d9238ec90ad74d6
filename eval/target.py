"""A gisa that runs elsewhere, asked over its REST API (docs/rest.md).

Answers are asked for as streams, whose events tell what happened on the way; a server without them is asked for the
answer alone. One that asks to wait (429 or 503 with Retry-After) is waited for, within bounds; one that fails question
after question is given up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from urllib.parse import quote

import httpx

from eval.errors import TargetError, TargetLostError
from eval.run import source_number
from eval.target_replies import (
    About,
    ArticleSource,
    Description,
    Ready,
    answer_of,
    nonsense,
    read_as,
    refused,
)
from eval.target_stream import read, sent
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
_NO_STREAM = (404, 405, 501)
"""What a server says that does not know of streams."""


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
        self._streams = True
        self.waited_ms = 0.0
        self.numbers = _Numbers(self._client)

    def about(self, question: str) -> About:
        """What it is; `question` is asked to try it. Raises TargetLostError: nothing to measure."""
        try:
            ready = read_as(self._send("GET", "/v1/health/ready"), Ready)
            described = read_as(self._send("GET", "/openapi.json"), Description)
            answer = self._answered(question, ignore)
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
            answer = self._answered(question, listen)
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

    def _answered(self, question: str, listen: Listener) -> Answer:
        body = {"question": question}
        if self._streams:
            with self._opened("POST", "/v1/ask/stream", body) as response:
                if response.status_code not in _NO_STREAM:
                    self._accept(response)
                    return self._streamed(response, listen)
            self._streams = False
        response = self._send("POST", "/v1/ask", body)
        return answer_of(response, response.content)

    def _streamed(self, response: httpx.Response, listen: Listener) -> Answer:
        """The answer that a stream ends with, its events told on the way."""
        if not response.headers.get("Content-Type", "").startswith("text/event-stream"):
            raise nonsense(response, "no event stream")
        for one in sent(self._in_time(response.iter_lines())):
            if one.event == "answer":
                return answer_of(response, one.data.encode())
            if one.event == "error":
                raise refused(response, one.data.encode())
            try:
                event = read(one)
            except ValueError as error:
                raise nonsense(response, f"event {one.event}") from error
            if event is not None:
                listen(event)
        raise nonsense(response, "the stream ended without an answer")

    def _in_time(self, lines: Iterator[str]) -> Iterator[str]:
        """The lines, for as long as an answer may take: what keeps the connection open comes again and again."""
        end = monotonic() + self._timeout_s
        for line in lines:
            if monotonic() > end:
                raise httpx.ReadTimeout("")
            yield line

    def _send(self, method: str, path: str, body: Mapping[str, object] | None = None) -> httpx.Response:
        """The response, once it is 200."""
        with self._opened(method, path, body) as response:
            self._accept(response)
            response.read()
        return response

    @contextmanager
    def _opened(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Iterator[httpx.Response]:
        """The response, not read yet. Waits where the server asks to."""
        self.waited_ms, self._sane = 0.0, False
        with self._explained():
            for tries_left in reversed(range(WAITS + 1)):
                response = self._client.send(self._client.build_request(method, path, json=body), stream=True)
                if response.status_code not in (429, 503) or not tries_left:
                    break
                response.read()
                self.waited_ms += 1000 * _wait(response) + 1000 * response.elapsed.total_seconds()
                sleep(_wait(response))
            with closing(response):
                yield response

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """The client's errors as ours."""
        try:
            yield
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

    def _accept(self, response: httpx.Response) -> None:
        """Raises TargetError, TargetLostError for any but 200."""
        if response.status_code in (401, 403):
            raise TargetLostError(
                f"{self.url} does not let us in (HTTP {response.status_code}). Set GISA_EVAL_KEY to a key of "
                "`gisa keys create`.",
                f"{self.url} 이(가) 접근을 거부했습니다(HTTP {response.status_code}). GISA_EVAL_KEY에 "
                "`gisa keys create`로 만든 키를 넣으세요.",
            )
        self._sane = response.status_code == httpx.codes.UNPROCESSABLE_ENTITY  # a question that gisa does not take
        if response.status_code != httpx.codes.OK:
            raise refused(response, response.read())


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
            source = read_as(response, ArticleSource).source if response.is_success else ""
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
