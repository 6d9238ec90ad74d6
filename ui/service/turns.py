"""The queue in front of the model: bounded, and fair between askers.

A place in it is had at once or not at all. Askers take turns (round robin), so that one who asks much does not hold up
the others; the questions of one asker are answered in order.
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter, deque

from ui.service.errors import QueueFullError

_FIRST_GUESS_S = 5.0
"""How long an answer takes, until some have been seen."""


class Turns:
    """At most `at_once` askers have their turn, `length` more wait, `each` of them of one asker. Thread-safe."""

    def __init__(self, *, at_once: int, length: int, each: int) -> None:
        self._at_once, self._length, self._each = at_once, length, each
        self._guard = threading.Lock()
        self._places: Counter[str] = Counter()  # of each asker, whether waiting or at the model
        self._lines: dict[str, deque[Place]] = {}  # who waits; the first asker's turn is next
        self._busy = 0
        self._usual_s = _FIRST_GUESS_S

    @property
    def taken(self) -> int:
        """Places in use, those at the model among them."""
        return self._places.total()

    @property
    def busy(self) -> int:
        """How many have their turn now."""
        return self._busy

    def check(self, asker: str) -> None:
        """Raises QueueFullError where `join` would."""
        with self._guard:
            self._check(asker)

    def join(self, asker: str) -> Place:
        """A place, to be left when done with. Raises QueueFullError at once when there is none."""
        with self._guard:
            self._check(asker)
            self._places[asker] += 1
        return Place(self, asker)

    def _check(self, asker: str) -> None:
        alone = self._places[asker] >= self._at_once + self._each
        if alone or self._places.total() >= self._at_once + self._length:
            raise QueueFullError(max(1, math.ceil(self._usual_s / self._at_once)))

    def _wait(self, place: Place) -> None:
        with self._guard:
            self._lines.setdefault(place.asker, deque()).append(place)
            self._call_next()

    def _leave(self, place: Place) -> None:
        with self._guard:
            self._places[place.asker] -= 1
            if not self._places[place.asker]:
                del self._places[place.asker]
            line = self._lines.get(place.asker)
            if line and place in line:
                line.remove(place)
                if not line:
                    del self._lines[place.asker]
            if place.since is not None:
                self._busy -= 1
                self._usual_s = 0.8 * self._usual_s + 0.2 * (time.monotonic() - place.since)
            self._call_next()

    def _call_next(self) -> None:
        while self._lines and self._busy < self._at_once:
            asker, line = next(iter(self._lines.items()))
            del self._lines[asker]
            place = line.popleft()
            if line:
                self._lines[asker] = line  # at the end: the others come first
            self._busy += 1
            place.since = time.monotonic()
            place.called.set()


class Place:
    """One question's place, to be left when done."""

    def __init__(self, turns: Turns, asker: str) -> None:
        self.asker = asker
        self.called = threading.Event()
        """Set when it is this question's turn, and by `wake`."""
        self.since: float | None = None
        """When its turn came (time.monotonic())."""
        self._turns = turns

    def wait(self, seconds: float) -> None:
        """Wait for the turn, `seconds` at most. Who was woken early or waited in vain has no `since`."""
        self._turns._wait(self)
        self.called.wait(max(0.0, seconds))

    def wake(self) -> None:
        """End a wait before its time."""
        self.called.set()

    def leave(self) -> None:
        """Free the place, and the turn if it was had. To be called once."""
        self._turns._leave(self)
