"""What the tests of a store in trouble share."""

from __future__ import annotations

from pathlib import Path

from entries import DIMENSION, MODEL, unit

from index.local_store import LocalStore

QUERY = unit(7, 1)[0]


def _open(folder: Path, wait_s: float = 3.0) -> LocalStore:
    return LocalStore(folder, embedder=MODEL, dimension=DIMENSION, wait_s=wait_s)
