"""Fakes of the other side of chat tools: real HTTP servers that keep what they are told.

Test files name this module as a plugin and import from it too; it asserts nothing, so PYTEST_DONT_REWRITE.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from serving import listening

SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
KAKAO_SECRET = "a-secret-of-both-sides-1234"


@dataclass
class Heard:
    """What a fake was told, and when: (path, JSON object)."""

    url: str = ""
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    status: int = 200
    errors: dict[str, str] = field(default_factory=dict)
    """Of Slack's methods: the `error` they answer with."""
    _came: threading.Condition = field(default_factory=threading.Condition)

    def hear(self, path: str, told: dict[str, Any]) -> None:
        with self._came:
            self.calls.append((path, told))
            self.times.append(time.monotonic())
            self._came.notify_all()

    def of(self, path: str) -> list[dict[str, Any]]:
        return [told for called, told in self.calls if called == path]

    def wait(self, path: str, count: int = 1, seconds: float = 20) -> list[dict[str, Any]]:
        """The calls of a path, when there are `count` of them. Raises TimeoutError."""
        with self._came:
            if not self._came.wait_for(lambda: len(self.of(path)) >= count, seconds):
                raise TimeoutError(f"{path}: {self.calls}")
        return self.of(path)


def _slack_api(heard: Heard) -> FastAPI:
    app = FastAPI()

    @app.post("/api/{method}")
    async def call(method: str, request: Request) -> Response:
        told = await _body(request)
        heard.hear(method, told)
        if method in heard.errors:
            return JSONResponse({"ok": False, "error": heard.errors[method]})
        posted = f"1700000000.{len(heard.of('chat.postMessage')):06}"
        return JSONResponse(
            {"ok": True, "user_id": "U0LAN0Z89", "bot_id": "B0LAN0Z89", "team_id": "T123ABC456"}
            if method == "auth.test"
            else {"ok": True, "channel": told["channel"], "ts": told.get("ts", posted)}
        )

    @app.post("/commands/{rest:path}")
    async def respond(rest: str, request: Request) -> Response:
        heard.hear("response_url", await _body(request))
        return Response("ok")

    return app


def _kakao_host(heard: Heard) -> FastAPI:
    app = FastAPI()

    @app.post("/callback/{token}")
    async def callback(token: str, request: Request) -> Response:
        heard.hear("callback", await _body(request))
        if heard.status == 307:
            return RedirectResponse("/elsewhere", 307)
        return JSONResponse({"taskId": "1", "status": "SUCCESS", "message": "", "timestamp": 1}, heard.status)

    @app.post("/elsewhere")
    async def elsewhere() -> Response:
        heard.hear("elsewhere", {})
        return Response()

    return app


async def _body(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").startswith("application/json"):
        told: dict[str, Any] = await request.json()
        return told
    return dict(await request.form())


def _heard(made: Callable[[Heard], FastAPI]) -> Iterator[Heard]:
    heard = Heard()
    with listening(made(heard)) as url:
        heard.url = url
        yield heard


@pytest.fixture
def slack_api() -> Iterator[Heard]:
    yield from _heard(_slack_api)


@pytest.fixture
def kakao_host() -> Iterator[Heard]:
    yield from _heard(_kakao_host)


def signature(body: str, at: str, secret: str = SIGNING_SECRET) -> str:
    """https://docs.slack.dev/authentication/verifying-requests-from-slack, by hand."""
    return "v0=" + hmac.new(secret.encode(), f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()


def send_slack(
    client: httpx.Client, body: str, kind: str = "application/json", *, age_s: int = 0, **headers: str
) -> httpx.Response:
    """Post to /slack/events as Slack does; `headers` take the place of the right ones."""
    at = str(int(time.time()) - age_s)
    right = {"content-type": kind, "x-slack-request-timestamp": at, "x-slack-signature": signature(body, at)}
    told = right | {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/slack/events", content=body.encode(), headers=told)
