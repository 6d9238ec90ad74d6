"""Work that goes on after its request was answered, and memory of requests that came before."""

from __future__ import annotations

import asyncio
import traceback
from collections import OrderedDict
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog

_log = structlog.get_logger(__name__)


class Background:
    """Tasks of one event loop, each held until it is done."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    @asynccontextmanager
    async def lifespan(self, app: object) -> AsyncIterator[None]:
        """Of the router that begins the work: when the server shuts down, what was begun is finished first."""
        yield
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # by its frames alone: the message of an unknown error may hold a question
            frames = traceback.format_tb(error.__traceback__)
            _log.error("unforeseen", error=type(error).__name__, frames=frames)


class Seen:
    """The last requests, by what names them: `first` is true once for each."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._names: OrderedDict[str, None] = OrderedDict()

    def first(self, name: str) -> bool:
        if name in self._names:
            return False
        self._names[name] = None
        if len(self._names) > self._most:
            self._names.popitem(last=False)
        return True
