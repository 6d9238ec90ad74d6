"""Signing in with a key, where the server asks for one.

The key is kept in a cookie of the browser that scripts cannot read and other sites cannot make it send (HttpOnly,
SameSite=Lax); the server keeps nothing. `KeyFromCookie` makes it the bearer key of every request of the page, so
that all operations check it as they always do.
"""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.security import HTTPAuthorizationCredentials
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.rest.guard import Guard

COOKIE = "gisa_key"
_YEAR_S = 365 * 24 * 3600
router = APIRouter(prefix="/chat", include_in_schema=False)


class KeyIn(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    key: Annotated[str, Field(min_length=1, max_length=200)]


@router.post("/sign-in", status_code=204)
async def sign_in(request: Request, body: KeyIn, response: Response) -> None:
    """Raises KeyNeededError for a key that opens nothing, RateLimitedError."""
    guard: Guard = request.app.state.guard
    await guard.caller(request, bearer(body.key))
    response.set_cookie(
        COOKIE,
        body.key,
        max_age=_YEAR_S,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


@router.post("/sign-out", status_code=204)
async def sign_out(response: Response) -> None:
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")


def bearer(key: str) -> HTTPAuthorizationCredentials:
    return HTTPAuthorizationCredentials(scheme="Bearer", credentials=key)


def key_of(headers: Headers) -> str | None:
    """The key of a request: its bearer key, else that of the cookie."""
    scheme, _, told = headers.get("authorization", "").partition(" ")
    if scheme:
        return told.strip() if scheme.lower() == "bearer" else None
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return found.value if found else None


class KeyFromCookie:
    """Adds `Authorization: Bearer KEY` to requests that carry the key in the cookie alone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            if "authorization" not in headers and (key := key_of(headers)):
                told = (b"authorization", f"Bearer {key}".encode("latin-1", "replace"))
                scope = {**scope, "headers": [*scope["headers"], told]}
        await self._app(scope, receive, send)
