"""What is between the network and Gradio: sign-in, a Content-Security-Policy, and only the paths the page needs.

Gradio takes seconds to import and set up, so it is done once, in a thread: at the first request for the page, or when
the server has started and `Door.early` says so. No start is held up, and whoever only uses the API need not pay for it.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from functools import lru_cache
from importlib import resources
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.errors import GisaError, Language
from rag.settings import Settings
from ui.chat import about, markup, sign_in, words
from ui.loading import nothing_collected
from ui.rest.errors import KeyNeededError, ScopeError
from ui.rest.guard import Caller, Guard
from ui.rest.language import language_of
from ui.rest.problems import respond
from ui.service import Service

LANGUAGE_COOKIE = "gisa_lang"
_PATH = re.compile(r"/chat/(manage|ask)/(ko|en)/(.+)")
_OPEN = re.compile(r"assets/.+|static/.+|theme\.css")
"""What Gradio serves that is the same for everyone: code, style, icons."""
_NEEDED = re.compile(r"gradio_api/(queue/(join|data)|upload|upload_progress|file=.+|cancel|reset|startup-events)/?")
_OF_CONNECTION = ("asgi", "http_version", "server", "client", "scheme")
_TYPES = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}


def mount(app: FastAPI, service: Service, settings: Settings) -> None:
    """Serve the page at `/` and all that belongs to it under `/chat`; `app.state.chat` is its Door."""
    door = Door(app, service, settings)
    app.state.chat = door
    app.include_router(sign_in.router)
    app.include_router(about.router)
    app.add_api_route("/", door.page, methods=["GET", "HEAD"], include_in_schema=False)
    app.add_api_route("/chat/static/{name}", static, methods=["GET", "HEAD"], include_in_schema=False)
    app.mount("/chat", door)
    app.add_middleware(sign_in.KeyFromCookie)
    begun = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Any]:
        async with begun(app) as state:
            if door.early:
                door.begin()
            try:
                yield state
            finally:
                await door.close()

    app.router.lifespan_context = lifespan


class Door:
    """An ASGI app in front of Gradio's. Without a key that may do it, nothing of the page is served but its look."""

    def __init__(self, app: FastAPI, service: Service, settings: Settings) -> None:
        self._guard: Guard = app.state.guard
        self._service, self._settings = service, settings
        self._opening: asyncio.Task[ASGIApp] | None = None
        self._running = AsyncExitStack()
        self.early = False
        """Whether the page is made as soon as the server has started."""

    def begin(self) -> asyncio.Task[ASGIApp]:
        """Have the page made, once, before or when somebody asks for it."""
        if self._opening is None:
            self._opening = asyncio.ensure_future(self._open())
        return self._opening

    async def close(self) -> None:
        if self._opening is not None:
            await asyncio.wait((self._opening,))
            await self._running.aclose()

    async def page(self, request: Request) -> Response:
        """`GET /`: the page of those who may manage, that of those who may ask, or the one to sign in."""
        language, nonce = wanted(request), secrets.token_urlsafe(16)
        try:
            manages = "manage" in (await self.caller(request)).scopes
            told: dict[str, object] = {
                "language": language,
                "words": words.for_script(language),
                "signed_in": self._guard.needs_keys,
            }
            root = f"/chat/{'manage' if manages else 'ask'}/{language}"
            html = await _html_of(await self._gradio(), request.scope, root)
            shown = markup.ours(html, root=root, language=language, nonce=nonce, told=told)
            response = HTMLResponse(shown)
        except KeyNeededError:
            response = HTMLResponse(markup.sign_in(language, nonce), 401)
        response.headers["Content-Language"] = language
        response.headers["Vary"] = "Cookie, Accept-Language"
        _protect(response.headers, markup.policy(nonce))
        return response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """`/chat/manage/...` and `/chat/ask/...`: Gradio's own requests."""
        if scope["type"] != "http":
            raise HTTPException(404)
        request = Request(scope)
        try:
            await self._check(request)
        except GisaError as error:
            await respond(request, error)(scope, receive, send)
            return
        await (await self._gradio())(scope, receive, _protecting(send, scope["path"]))

    async def _check(self, request: Request) -> None:
        """Raises HTTPException for what the page does not need, KeyNeededError, ScopeError, RateLimitedError."""
        found = _PATH.fullmatch(request.url.path)
        if found is None or not (_OPEN.fullmatch(found[3]) or _NEEDED.fullmatch(found[3])):
            raise HTTPException(404)
        if _OPEN.fullmatch(found[3]):
            return
        caller = await self.caller(request)
        if found[1] == "manage" and "manage" not in caller.scopes:
            raise ScopeError("manage")
        request.state.caller = caller

    async def caller(self, request: Request) -> Caller:
        """Raises KeyNeededError, RateLimitedError."""
        key = sign_in.key_of(request.headers)
        return await self._guard.caller(request, sign_in.bearer(key) if key else None)

    async def _gradio(self) -> ASGIApp:
        return await asyncio.shield(self.begin())

    async def _open(self) -> ASGIApp:
        # What a server makes at its start lives to its end.
        with nothing_collected() if self.early else nullcontext():
            gradio = await asyncio.to_thread(_build, self._service, self._settings)
        await self._running.enter_async_context(gradio.router.lifespan_context(gradio))
        return gradio


def _build(service: Service, settings: Settings) -> FastAPI:
    from ui.chat.gradio_app import build  # imports gradio

    async def within_a_loop() -> FastAPI:  # without one Gradio makes loops of its own and leaves them open
        return build(service, settings)

    return asyncio.run(within_a_loop())


def wanted(request: Request) -> Language:
    """The language chosen on this device, else the browser's."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in ("ko", "en"):
        return "ko" if chosen == "ko" else "en"
    return language_of(request)


async def static(name: str, request: Request) -> Response:
    """Our own scripts and styles. Browsers ask each time whether they changed."""
    found = _static().get(name)
    if found is None:
        raise HTTPException(404)
    content, tag = found
    headers = {"Cache-Control": "no-cache", "ETag": tag, "X-Content-Type-Options": "nosniff"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=_TYPES[name.rpartition(".")[2]])


@lru_cache(maxsize=1)
def _static() -> dict[str, tuple[bytes, str]]:
    """Content and entity tag by file name."""
    files = [
        one for one in resources.files("ui.chat").joinpath("static").iterdir() if one.name.rpartition(".")[2] in _TYPES
    ]
    contents = {one.name: one.read_bytes() for one in files}
    return {name: (content, f'"{hashlib.sha256(content).hexdigest()[:32]}"') for name, content in contents.items()}


async def _html_of(gradio: ASGIApp, scope: Scope, root: str) -> str:
    """The page that Gradio serves at `root`, asked for as it would be from there."""
    pieces: list[bytes] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] != 200:
            raise RuntimeError(f"gradio answered {message['status']}")
        pieces.append(message.get("body", b""))

    path = f"{root}/"
    headers = [(name, value) for name, value in scope["headers"] if name in (b"host", b"x-forwarded-proto")]
    inner: dict[str, object] = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
    }
    inner |= {"root_path": "/chat", "headers": headers, "state": {}}
    await gradio({**{key: scope[key] for key in _OF_CONNECTION}, **inner}, receive, send)
    return b"".join(pieces).decode()


def _protecting(send: Send, path: str) -> Send:
    async def protected(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            _protect(headers, "default-src 'none'; sandbox; frame-ancestors 'none'")
            if "/assets/" in path:  # their names change with their content
                headers["Cache-Control"] = "public, max-age=31536000, immutable"
        await send(message)

    return protected


def _protect(headers: MutableHeaders, policy: str) -> None:
    headers["Content-Security-Policy"] = policy
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
