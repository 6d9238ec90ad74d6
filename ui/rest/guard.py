"""Who may do what, and how often."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any

import structlog
from fastapi import Depends, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from rag.settings import ServeSettings
from ui.rest.errors import KeyNeededError, RateLimitedError, ScopeError
from ui.rest.language import remember
from ui.service import Service
from ui.service.errors import QueueFullError
from ui.service.keys import SCOPES, Keys, Scope

_MINUTE_S = 60.0
BEARER = HTTPBearer(auto_error=False, description="A key of `gisa keys create`. Not needed on loopback.")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: `asker` is a key's id or an address, by which turns and limits are counted."""

    asker: str
    scopes: tuple[Scope, ...]


class Guard:
    """Checks keys, where they are asked for, and counts requests."""

    def __init__(self, service: Service, settings: ServeSettings) -> None:
        self.keys = Keys(service.database)
        self.needs_keys = needs_keys(settings)
        self._service = service
        self._any = _Rate(settings.requests_per_minute)
        self._asks = _Rate(settings.asks_per_minute)

    async def caller(self, request: Request, told: HTTPAuthorizationCredentials | None) -> Caller:
        """Raises KeyNeededError, RateLimitedError."""
        address = _address_of(request)
        if not self.needs_keys:
            self._any.count(address)
            return Caller(address, SCOPES)
        key = await self._service.in_background(self.keys.check, told.credentials) if told else None
        self._any.count(f"key:{key.id}" if key else address)
        if key is None:
            raise KeyNeededError
        structlog.contextvars.bind_contextvars(key=key.id)
        return Caller(f"key:{key.id}", key.scopes)

    def count_forged(self, request: Request) -> None:
        """Count a request that proves neither a key nor a chat tool, of its address. Raises RateLimitedError."""
        self._any.count(_address_of(request))

    def count_ask(self, caller: Caller) -> None:
        """Raises RateLimitedError."""
        self._asks.count(caller.asker)


class _Rate:
    """At most `most` in any minute, of each: a sliding log of what was counted. Of the event loop alone.

    It needs no thread and no lock: libraries that expire their counts in threads make every request wait for one to
    start, while others look for evidence.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._times: dict[str, deque[float]] = {}
        self._swept = time.monotonic()

    def count(self, who: str) -> None:
        """Raises RateLimitedError, and counts nothing then."""
        now = time.monotonic()
        if now - self._swept > _MINUTE_S:
            self._times = {one: times for one, times in self._times.items() if times[-1] > now - _MINUTE_S}
            self._swept = now
        times = self._times.get(who, deque())
        while times and times[0] <= now - _MINUTE_S:
            times.popleft()
        if len(times) >= self._most:
            raise RateLimitedError(math.ceil(times[0] + _MINUTE_S - now))
        times.append(now)
        self._times[who] = times


def _address_of(request: Request) -> str:
    return f"address:{request.client.host if request.client else 'unknown'}"


def needs_keys(settings: ServeSettings) -> bool:
    """Whether callers need a key: where other machines can reach the server, or when the settings say so."""
    try:
        loopback = ipaddress.ip_address(settings.host).is_loopback
    except ValueError:
        loopback = settings.host == "localhost"
    return settings.require_keys or not loopback


@dataclass(frozen=True, slots=True)
class Needs:
    """A dependency: the caller, whose key has the scope. `for_model` counts a question, and wants a place for it.

    `GuardedRoute` checks it before any of the body is read; by then the dependency has only to look up who it is.
    """

    scope: Scope
    for_model: bool = False

    async def __call__(
        self, request: Request, told: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]
    ) -> Caller:
        found: Caller = request.state.caller
        return found

    async def check(self, request: Request) -> Caller:
        """Raises KeyNeededError, ScopeError, RateLimitedError, QueueFullError."""
        guard: Guard = request.app.state.guard
        found = await guard.caller(request, await BEARER(request))
        # who may manage may ask too
        if self.scope not in found.scopes and "manage" not in found.scopes:
            raise ScopeError(self.scope)
        if self.for_model:
            guard.count_ask(found)
            await self._check_queue(request, found)
        return found

    async def _check_queue(self, request: Request, caller: Caller) -> None:
        """Many are refused in the time that one question takes on its way through the framework."""
        try:
            request.app.state.service.turns.check(caller.asker)
        except QueueFullError:
            request.app.state.metrics.refusals.inc()
            with suppress(ValueError, RecursionError):  # no JSON: then it is not told in the question's language
                remember(request, str(await request.json()))
            raise


class GuardedRoute(APIRoute):
    """Has what an operation `Needs` checked first: before that its body is neither read nor judged."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        needs = _needs_of(self.dependant)
        if needs is None:
            return handle

        async def guarded(request: Request) -> Response:
            request.state.caller = await needs.check(request)
            return await handle(request)

        return guarded


def _needs_of(dependant: Dependant) -> Needs | None:
    """What the operation needs, itself or by what it depends on."""
    if isinstance(dependant.call, Needs):
        return dependant.call
    return next((found for one in dependant.dependencies if (found := _needs_of(one)) is not None), None)


MayAsk = Annotated[Caller, Depends(Needs("ask"))]
MayManage = Annotated[Caller, Depends(Needs("manage"))]
Asks = Annotated[Caller, Depends(Needs("ask", for_model=True))]
"""`MayAsk`, for a question to the model."""


# Dependencies that are no coroutines run in threads, and each waits there for those that look for evidence.
async def service_of(request: Request) -> Service:
    found: Service = request.app.state.service
    return found


TheService = Annotated[Service, Depends(service_of)]
