"""The embedding model, behind a protocol that keeps queries and documents apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from index.types import Vectors


class Embedder(Protocol):
    """Turns texts into unit vectors. Queries and documents are different calls: many models embed them differently."""

    @property
    def name(self) -> str:
        """Identifies model, revision and precision: vectors of different names never share an index."""

    @property
    def dimension(self) -> int: ...

    def queries(self, texts: Sequence[str]) -> Vectors:
        """float32 (len(texts), dimension), unit norm; (0, dimension) for no texts."""

    def documents(self, texts: Sequence[str]) -> Vectors:
        """float32 (len(texts), dimension), unit norm; (0, dimension) for no texts. Sorted by length inside."""
