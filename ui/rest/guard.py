"""Who may do what, and how often."""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from rag.settings import ServeSettings
from ui.rest.errors import KeyNeededError, RateLimitedError, ScopeError
from ui.service import Service
from ui.service.keys import SCOPES, Keys, Scope

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
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._any = RateLimitItemPerMinute(settings.requests_per_minute, namespace="request")
        self._asks = RateLimitItemPerMinute(settings.asks_per_minute, namespace="ask")

    async def caller(self, request: Request, told: HTTPAuthorizationCredentials | None) -> Caller:
        """Raises KeyNeededError, RateLimitedError."""
        address = f"address:{request.client.host if request.client else 'unknown'}"
        if not self.needs_keys:
            self._count(self._any, address)
            return Caller(address, SCOPES)
        key = await self._service.in_background(self.keys.check, told.credentials) if told else None
        self._count(self._any, f"key:{key.id}" if key else address)
        if key is None:
            raise KeyNeededError
        structlog.contextvars.bind_contextvars(key=key.id)
        return Caller(f"key:{key.id}", key.scopes)

    def count_ask(self, caller: Caller) -> None:
        """Raises RateLimitedError."""
        self._count(self._asks, caller.asker)

    def _count(self, limit: RateLimitItemPerMinute, who: str) -> None:
        if not self._limiter.hit(limit, who):
            free_again = self._limiter.get_window_stats(limit, who).reset_time
            raise RateLimitedError(min(60, max(1, math.ceil(free_again - time.time()))))


def needs_keys(settings: ServeSettings) -> bool:
    """Whether callers need a key: where other machines can reach the server, or when the settings say so."""
    try:
        loopback = ipaddress.ip_address(settings.host).is_loopback
    except ValueError:
        loopback = settings.host == "localhost"
    return settings.require_keys or not loopback


Told = Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]


def _needs(scope: Scope) -> Callable[[Request, Told], Awaitable[Caller]]:
    async def caller(request: Request, told: Told) -> Caller:
        guard: Guard = request.app.state.guard
        found = await guard.caller(request, told)
        # who may manage may ask too
        if scope not in found.scopes and "manage" not in found.scopes:
            raise ScopeError(scope)
        return found

    return caller


def _asks_now(request: Request, caller: Annotated[Caller, Depends(_needs("ask"))]) -> Caller:
    guard: Guard = request.app.state.guard
    guard.count_ask(caller)
    return caller


MayAsk = Annotated[Caller, Depends(_needs("ask"))]
"""A dependency: a caller whose key has the scope."""
MayManage = Annotated[Caller, Depends(_needs("manage"))]
Asks = Annotated[Caller, Depends(_asks_now)]
"""`MayAsk`, counted as a question for the model."""


def service_of(request: Request) -> Service:
    found: Service = request.app.state.service
    return found


TheService = Annotated[Service, Depends(service_of)]
