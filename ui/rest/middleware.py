"""What every request passes: an id, a log line, its count, and checks that come before any of its body is read."""

from __future__ import annotations

import re
import secrets
import time
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.errors import GisaError
from rag.settings import ServeSettings
from ui.rest.errors import BodyTooLargeError, HostError, OriginError
from ui.rest.metrics import Metrics
from ui.rest.problems import CLIENT_LEFT, respond

UPLOADS = re.compile(r"/v1/articles(/.*)?|/chat/manage/(ko|en)/gradio_api/upload")
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_log = structlog.get_logger("ui.rest")


class Observed:
    """Gives each request an id (its own X-Request-ID where that is a plain one), and logs and counts it when it is
    done: method, route, status and time, never a question, a path or a query."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = Headers(scope=scope).get("x-request-id", "")
        request_id = told if _ID.fullmatch(told) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        status = CLIENT_LEFT
        started = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])  # an enum, of some
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            await self._app(scope, receive, send_with_id)
        finally:
            seconds = time.perf_counter() - started
            route = getattr(scope.get("route"), "path", "none")
            self._metrics.requests.labels(scope["method"], route, str(status)).inc()
            self._metrics.seconds.labels(route).observe(seconds)
            _log.info("request", method=scope["method"], route=route, status=status, ms=round(seconds * 1000))


class Gate:
    """Turns away pages of other origins, foreign host names where no key protects, and bodies that are too large once
    somebody who may send them wants to read them.

    The host name matters without keys: a page may give its own name this server's address (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, settings: ServeSettings, *, needs_keys: bool) -> None:
        self._app = app
        self._origins = {origin.rstrip("/").lower() for origin in settings.allowed_origins}
        names = {"127.0.0.1", "localhost", "[::1]", settings.host, *settings.allowed_hosts}
        self._names = None if needs_keys else {name.lower() for name in names}
        self._body, self._upload = settings.body_kib * 1024, settings.upload_mib * 1024 * 1024

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        upload = scope["method"] in ("POST", "PUT") and UPLOADS.fullmatch(scope["path"])
        limit = self._upload if upload else self._body
        try:
            self._check(Headers(scope=scope))
        except GisaError as error:
            await respond(Request(scope), error)(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "")
        told, read = int(length) if length.isdecimal() else 0, 0

        async def counted() -> Message:
            nonlocal read
            if told > limit:
                raise BodyTooLargeError(limit)
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise BodyTooLargeError(limit)
            return message

        await self._app(scope, counted, send)

    def _check(self, headers: Headers) -> None:
        host = headers.get("host", "").lower()
        if self._names is not None and re.sub(r":\d*$", "", host) not in self._names:
            raise HostError
        origin = headers.get("origin", "").lower()
        if origin and origin not in self._origins and urlsplit(origin).netloc != host:
            raise OriginError
