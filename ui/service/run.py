"""One question's way through the pipeline, in a thread of its own that can be stopped."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Callable

from rag.types import Answer, Event, Found, Listener
from ui.service.errors import AskerLeftError, OutOfTimeError
from ui.service.turns import Place


class Run:
    """Calls `job(listen=...)`. Events go on to `listen` on the event loop, and each is a chance to stop.

    The evidence is told at once; at the first event after it the run waits for its turn at the model. What needs no
    model waits for nothing but `seeking`, by which few at a time look for evidence, and `reading`, by which one at a
    time reads it: the event loop stays quick.
    `deadline` is in seconds of `time.monotonic`; past it OutOfTimeError is raised into the job, which then quotes.
    """

    def __init__(
        self,
        job: Callable[..., Answer],
        place: Place,
        *,
        deadline: float,
        timeout_s: float,
        listen: Listener,
        loop: asyncio.AbstractEventLoop,
        seeking: threading.Semaphore,
        reading: threading.Semaphore,
    ) -> None:
        self._job, self._place, self._deadline = job, place, deadline
        self._listen, self._timeout_s, self._loop = listen, timeout_s, loop
        self._stopped = threading.Event()
        self._seeking, self._reading = seeking, reading
        self._held: threading.Semaphore | None = None

    def __call__(self) -> Answer:
        self._take(self._seeking)
        try:
            self._check()
            return self._job(listen=self._hear)
        finally:
            self._let_go()
            if self._stopped.is_set():
                # openai's Stream and its generator refer to each other, so only a collection closes the connection,
                # by which the model's server learns that nobody reads any more.
                gc.collect()
            self._place.leave()

    def stop(self) -> None:
        """Nobody waits any more: end at the next event, or now if it still waits for its turn."""
        self._stopped.set()
        self._place.wake()

    def _take(self, one: threading.Semaphore) -> None:
        while not one.acquire(timeout=0.5):
            self._check()
        self._held = one

    def _let_go(self) -> None:
        if self._held is not None:
            self._held.release()
            self._held = None

    def _hear(self, event: Event) -> None:
        self._let_go()
        self._check()
        self._loop.call_soon_threadsafe(self._listen, event)
        if isinstance(event, Found):
            self._take(self._reading)
            self._check()
        elif self._place.since is None:  # the model is about to be asked
            self._place.wait(self._deadline - time.monotonic())
            self._check()
            if self._place.since is None:
                raise OutOfTimeError(self._timeout_s)

    def _check(self) -> None:
        if self._stopped.is_set():
            raise AskerLeftError
        if time.monotonic() >= self._deadline:
            raise OutOfTimeError(self._timeout_s)
