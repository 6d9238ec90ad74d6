"""The vector index that goes with a collection: in memory, on disk as a generation, made of SQLite when neither fits.

What is derived is believed only when it was made of the collection as it stands.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import structlog

from index import checks, manifest, queries
from index.errors import IndexStoreError
from index.faiss_index import VectorIndex
from index.lock import WriterLock

Reading = Callable[[], AbstractContextManager[sqlite3.Connection]]
"""Opens one consistent view of the database."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Generation:
    """The index of one state of the collection."""

    fingerprint: str
    vectors: VectorIndex


class DerivedVectors:
    """Finds, makes and publishes the vector index of the collection in `folder`, whose rows `reading` shows.

    `guard` is held while the index in memory is looked at or changed; `lock` is the one that writers hold.
    """

    def __init__(
        self, folder: Path, reading: Reading, guard: threading.RLock, lock: WriterLock, *, embedder: str, dimension: int
    ) -> None:
        self._folder = folder
        self._reading = reading
        self._guard = guard
        self._lock = lock
        self._embedder = embedder
        self._dimension = dimension
        self._held: _Generation | None = None
        self._wrote = False

    def changed(self) -> None:
        """This process wrote to the collection, and will flush: a generation that is behind is nothing to tell of."""
        self._wrote = True

    def forget(self) -> None:
        """Drop what is in memory."""
        self._held = None

    def vectors(self) -> VectorIndex:
        """The index of the collection as it stands now: from memory, else from its file, else from SQLite."""
        with self._guard:
            with self._reading() as connection:
                fingerprint = queries.fingerprint(connection)
            if self._held is None or self._held.fingerprint != fingerprint:
                self._held = self._load(fingerprint)
            return self._held.vectors

    def flush(self) -> None:
        """Publish the index of the collection as it stands. The caller holds the guard and the writer's lock."""
        with self._reading() as connection:
            fingerprint = queries.fingerprint(connection)
            if self._held is None or self._held.fingerprint != fingerprint:
                self._held = self._build(connection)
        if not self._published(fingerprint):
            self._publish(self._held)

    def _load(self, fingerprint: str) -> _Generation:
        try:
            _, data = manifest.load(self._folder, fingerprint=fingerprint, embedder=self._embedder)
            return _Generation(fingerprint, VectorIndex.from_bytes(data))
        except manifest.GenerationError as error:
            problem = error
        with self._reading() as connection:
            made = self._build(connection)
        if problem.reason != "damaged" and (self._wrote or self._held is not None or not made.vectors.size):
            return made  # the collection changed while it was open: whoever changed it will flush
        _log.warning("vector index rebuilt from the database", problem=problem.detail, chunks=made.vectors.size)
        try:
            with self._lock.hold(0):
                with self._reading() as connection:
                    still = queries.fingerprint(connection) == made.fingerprint
                if still:
                    self._publish(made)
        except IndexStoreError as error:  # it serves from memory all the same
            _log.warning("vector index not written", error=error.en)
        return made

    def _build(self, connection: sqlite3.Connection) -> _Generation:
        found = list(checks.vectors(connection))
        numbers = np.array([number for number, _ in found], np.int64)
        vectors = np.frombuffer(b"".join(vector for _, vector in found), "<f4").reshape(-1, self._dimension)
        return _Generation(queries.fingerprint(connection), VectorIndex.build(numbers, vectors))

    def _published(self, fingerprint: str) -> bool:
        try:
            manifest.load(self._folder, fingerprint=fingerprint, embedder=self._embedder)
        except manifest.GenerationError:
            return False
        return True

    def _publish(self, generation: _Generation) -> None:
        manifest.publish(
            self._folder,
            generation.vectors.to_bytes(),
            vectors=generation.vectors.size,
            dimension=self._dimension,
            fingerprint=generation.fingerprint,
            embedder=self._embedder,
        )
