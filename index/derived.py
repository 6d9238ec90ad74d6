"""Searches the vectors of a collection as it stands: an index of most of them, and the newer ones beside it.

    generation      a FAISS index of the chunks up to some number, in memory and on disk
    newer           the vectors of the chunks since, read from SQLite as they come, and compared one by one
    gone            chunks of either that were removed since: passed over

So what was just added is found, what was removed is not, and neither makes a large index anew: that is done once many
chunks are new, by whoever flushes or in the background, while searches go on with what there is. A generation is
believed only when the database names the state it was made of as its own past. Chunk numbers are never used again and
their vectors never change, so what it holds of the chunks that are left is right.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import structlog

from index import faiss_index, manifest, queries, totals
from index.errors import IndexStoreError
from index.faiss_index import Numbers, VectorIndex
from index.lock import WriterLock
from index.types import Vectors

Transaction = Callable[[], AbstractContextManager[sqlite3.Connection]]
NEWER = 2_000
"""Chunks that may be new, or gone, before an index is made anew; a twentieth of the index if that is more."""
MOST = 50_000
"""Chunks that may be new at once: with more of them nothing is answered until an index holds them."""
FEW = 1_000
"""So many chunks that pass a filter are compared one by one."""
_BLOCK = 4096
_WAIT_S = 1.0
_PAST = 4
_KEY = "generations"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Held:
    """What is searched at one state of the collection, which `fingerprint` names.

    `main` was made of the state `made_of`; `newer` int64 (n,) and `newer_vectors` float32 (n, d) are the chunks that
    came since, as far as the number `newest`. `gone` counts what is left in both of removed chunks; `dead`, int64,
    ascending, are those of them that were looked up.
    """

    fingerprint: str
    made_of: str
    main: VectorIndex
    newer: Numbers
    newer_vectors: Vectors
    newest: int
    gone: int
    dead: Numbers

    @property
    def behind(self) -> bool:
        """Whether it is time for a new generation."""
        grown = self.main.exact and self.main.size + len(self.newer) - self.gone > faiss_index.EXACT
        return grown or max(len(self.newer), self.gone) > max(NEWER, self.main.size // 20)


class DerivedVectors:
    """Finds, makes and publishes the vector index of the collection in `folder`, whose rows `reading` shows.

    `guard` is held while what is in memory changes, and before `lock`, the one that writers hold; `writing` opens a
    transaction that leaves the fingerprint as it is.
    """

    def __init__(
        self,
        folder: Path,
        reading: Transaction,
        writing: Transaction,
        guard: threading.RLock,
        lock: WriterLock,
        *,
        embedder: str,
        dimension: int,
    ) -> None:
        self._folder = folder
        self._reading = reading
        self._writing = writing
        self._guard = guard
        self._lock = lock
        self._making = threading.Lock()  # taken before the guard
        self._embedder = embedder
        self._dimension = dimension
        self._held: _Held | None = None
        self._wrote = False
        self._thread: threading.Thread | None = None
        self._closed = False

    def changed(self) -> None:
        """This process wrote to the collection, and will flush: a generation that is behind is nothing to tell of."""
        self._wrote = True

    def search(self, vector: npt.NDArray[np.float32], k: int, among: Numbers | None = None) -> list[int]:
        """Numbers of the k chunks with the greatest inner product with `vector`, float32 (d,), best first.

        There are more than k where chunks were removed: those may be among them. `among`, int64, ascending, restricts
        the search.
        """
        held = self._current()
        if k <= 0:
            return []
        if among is not None and not held.main.exact and len(among) <= FEW:
            return self._exactly(vector, among, k)
        spare = max(0, held.gone - len(held.dead))
        fetched = k + spare if held.main.exact else 2 * k + spare
        numbers, scores = held.main.search(vector, fetched, among, held.dead if len(held.dead) else None)
        if len(held.newer):
            allowed = np.ones(len(held.newer), bool) if among is None else np.isin(held.newer, among)
            scores = np.concatenate([scores, held.newer_vectors[allowed] @ vector])
            best = np.argsort(-scores, kind="stable")[:fetched]
            numbers = np.concatenate([numbers, held.newer[allowed]])[best]
        return numbers.tolist() if held.main.exact else self._exactly(vector, numbers, k)

    def _exactly(self, vector: npt.NDArray[np.float32], numbers: Numbers, k: int) -> list[int]:
        """The best k of those numbers by the vectors in the database; those that are gone are left out."""
        with self._reading() as connection:
            numbers, vectors = queries.vectors(connection, numbers, self._dimension)
        found: list[int] = numbers[np.argsort(-(vectors @ vector), kind="stable")[:k]].tolist()
        return found

    def flush(self, wait_s: float) -> None:
        """Publish a generation, unless there is one of the collection as it stands, or a large one that is near.

        Raises DiskFullError, IndexBusyError.
        """
        held = self._current()
        if held.behind or (held.main.exact and held.made_of != held.fingerprint):
            self._renew(wait_s)
        elif not _sound(self._folder, held.made_of, self._embedder):
            self._publish(held.main, held.made_of, wait_s)

    def rebuild(self, wait_s: float) -> None:
        """Make and publish all of it anew, from the database alone. The caller does not hold the guard."""
        with self._guard:
            self._held = None
        self._renew(wait_s)

    def close(self) -> None:
        """No thread of this uses the database after it. The caller does not hold the guard."""
        with self._guard:
            self._closed = True
        if self._thread is not None:
            self._thread.join(_WAIT_S)

    # What is in memory

    def _current(self) -> _Held:
        """The collection as it stands now: from memory, else from a file, else from SQLite; then what is newer."""
        with self._guard:
            with self._reading() as connection:
                fingerprint, newest = queries.fingerprint(connection), queries.newest(connection)
            held = self._held
            if held is None or (held.fingerprint != fingerprint and newest - held.newest > MOST):
                held = self._opened(fingerprint, newest)
            if held.fingerprint != fingerprint:
                with self._reading() as connection:
                    held = self._caught_up(connection, held)
            self._held = held
            if held.behind and not self._closed and (self._thread is None or not self._thread.is_alive()):
                self._thread = threading.Thread(target=self._renew_quietly, name="gisa-vector-index", daemon=True)
                self._thread.start()
            return held

    def _opened(self, fingerprint: str, newest: int) -> _Held:
        """The latest generation on disk; one made now, and published, where there is none to be believed."""
        with self._reading() as connection:
            states = [fingerprint, *past(connection)]
        try:
            state, main = _load(self._folder, states, self._embedder)
            if newest - main.last <= MOST:
                return _held(main, state, self._dimension)
            problem = manifest.GenerationError("stale", "too many chunks are newer")
        except manifest.GenerationError as error:
            problem = error
        made_of, main = self._made()
        held = _held(main, made_of, self._dimension)
        if problem.reason != "damaged" and (self._wrote or self._held is not None or not main.size):
            return held  # the collection changed while it was open: whoever changed it will flush
        _log.warning("vector index rebuilt from the database", problem=problem.detail, chunks=main.size)
        try:
            self._publish(main, made_of, 0)
        except IndexStoreError as error:  # it serves from memory all the same
            _log.warning("vector index not written", error=error.en)
        return held

    def _caught_up(self, connection: sqlite3.Connection, held: _Held) -> _Held:
        """With the chunks that came since, and a count of those that went."""
        numbers, vectors = queries.vectors_after(connection, held.newest, self._dimension)
        held = replace(
            held,
            fingerprint=queries.fingerprint(connection),
            newer=np.concatenate([held.newer, numbers]),
            newer_vectors=np.concatenate([held.newer_vectors, vectors]),
            newest=int(numbers[-1]) if len(numbers) else held.newest,
        )
        gone = held.main.size + len(held.newer) - totals.read(connection, self._dimension).chunks
        if gone - len(held.dead) <= FEW:
            return replace(held, gone=gone)
        live = queries.numbers(connection)
        kept = np.isin(held.newer, live)
        dead = np.setdiff1d(held.main.numbers, live)
        return replace(held, newer=held.newer[kept], newer_vectors=held.newer_vectors[kept], gone=len(dead), dead=dead)

    # Making it anew

    def _renew(self, wait_s: float) -> None:
        """Make a generation of the collection as it stands, use it, and publish it. One thread at a time does so."""
        with self._making:
            fingerprint, made = self._made()
            with self._guard:
                self._held = _held(made, fingerprint, self._dimension)
            self._publish(made, fingerprint, wait_s)

    def _renew_quietly(self) -> None:
        try:
            self._renew(_WAIT_S)
        except _ClosedError:
            return
        except IndexStoreError as error:  # it serves from memory all the same
            _log.warning("vector index not written", error=error.en)

    def _made(self) -> tuple[str, VectorIndex]:
        """An index of the collection as it stands, and the fingerprint of that. No step of it holds the guard long."""
        with self._reading() as connection:
            fingerprint, newest = queries.fingerprint(connection), queries.newest(connection)
            chunks = totals.read(connection, self._dimension).chunks
            if chunks <= faiss_index.EXACT:
                return fingerprint, VectorIndex.flat(*queries.vectors_after(connection, 0, self._dimension))
            live = queries.numbers(connection)
        began = time.monotonic()
        main = self._held.main if self._held is not None else None
        if main is None or not main.roomy(chunks):
            # Every so many chunks one: the articles of a collection come in an order, of time or of source.
            places = np.linspace(0, len(live) - 1, faiss_index.sample(chunks)).astype(np.int64)
            main = VectorIndex.inverted(np.concatenate([v for _, v in self._blocks(live[np.unique(places)])]), chunks)
        numbers = main.numbers
        come = np.setdiff1d(live, numbers)
        made = main.changed(np.setdiff1d(numbers, live), self._blocks(come[come <= newest]))
        _log.info("vector index made", chunks=made.size, seconds=round(time.monotonic() - began, 1))
        return fingerprint, made

    def _blocks(self, numbers: Numbers) -> Iterator[tuple[Numbers, Vectors]]:
        """The vectors of those chunks, a few thousand at a time, each time in a transaction of its own."""
        for first in range(0, len(numbers), _BLOCK):
            with self._guard:
                if self._closed:
                    raise _ClosedError
                with self._reading() as connection:
                    block = queries.vectors(connection, numbers[first : first + _BLOCK], self._dimension)
            yield block

    def _publish(self, made: VectorIndex, fingerprint: str, wait_s: float) -> None:
        data = made.to_bytes()
        with ExitStack() as held:
            with self._guard:
                if self._closed:
                    raise _ClosedError
                held.enter_context(self._lock.hold(wait_s))
                with self._reading() as connection:
                    now = queries.fingerprint(connection)
                if made.exact and now != fingerprint:
                    return  # of no use to anyone but this process
                if not made.exact:
                    with self._writing() as connection:
                        _remember(connection, fingerprint)
            manifest.publish(
                self._folder,
                data,
                vectors=made.size,
                dimension=self._dimension,
                fingerprint=fingerprint,
                embedder=self._embedder,
            )


class _ClosedError(Exception):
    """The store was closed while a thread made an index."""


def past(connection: sqlite3.Connection) -> list[str]:
    """Fingerprints of earlier states of the collection that large generations were made of, the latest first."""
    row = connection.execute("SELECT value FROM collection WHERE key=?", (_KEY,)).fetchone()
    found: list[str] = json.loads(row[0]) if row else []
    return found


def _remember(connection: sqlite3.Connection, fingerprint: str) -> None:
    states = [fingerprint, *(state for state in past(connection) if state != fingerprint)]
    connection.execute("INSERT OR REPLACE INTO collection VALUES (?, ?)", (_KEY, json.dumps(states[:_PAST])))


def _held(main: VectorIndex, fingerprint: str, dimension: int) -> _Held:
    none = np.empty(0, np.int64)
    return _Held(fingerprint, fingerprint, main, none, np.empty((0, dimension), np.float32), main.last, 0, none)


def _load(folder: Path, states: Sequence[str], embedder: str) -> tuple[str, VectorIndex]:
    """The latest generation that was made of one of those states. Raises GenerationError: of a damaged one, if any."""
    problems: list[manifest.GenerationError] = []
    for state in dict.fromkeys(states):
        try:
            _, data = manifest.load(folder, fingerprint=state, embedder=embedder)
            return state, VectorIndex.from_bytes(data)
        except manifest.GenerationError as error:
            problems.append(error)
    raise next((error for error in problems if error.reason == "damaged"), problems[0])


def _sound(folder: Path, state: str, embedder: str) -> bool:
    try:
        manifest.load(folder, fingerprint=state, embedder=embedder)
    except manifest.GenerationError:
        return False
    return True
