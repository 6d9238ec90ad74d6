"""Nearest chunks by inner product: FAISS, keyed by chunk number. Derived: it can always be made from SQLite."""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from index.types import Vectors


class VectorIndex:
    """An exact index over unit vectors. Never changed once made, so threads may search one object together."""

    def __init__(self, index: Any) -> None:
        self._index = index
        self._numbers: npt.NDArray[np.int64] = faiss.vector_to_array(index.id_map)

    @classmethod
    def build(cls, numbers: npt.NDArray[np.int64], vectors: Vectors) -> VectorIndex:
        """`vectors` is float32 (n, d), `numbers` int64 (n,), ascending."""
        index = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
        index.add_with_ids(np.ascontiguousarray(vectors, np.float32), numbers)
        return cls(index)

    @classmethod
    def from_bytes(cls, data: bytes) -> VectorIndex:
        """`data` must have been checked by its hash: FAISS itself loads some damaged files without a word."""
        return cls(faiss.deserialize_index(np.frombuffer(data, np.uint8)))

    def to_bytes(self) -> bytes:
        data: bytes = faiss.serialize_index(self._index).tobytes()
        return data

    @property
    def size(self) -> int:
        return len(self._numbers)

    def rows(self) -> tuple[npt.NDArray[np.int64], Vectors]:
        """What it holds: numbers int64 (n,) and vectors float32 (n, d)."""
        return self._numbers, self._index.index.reconstruct_n(0, self.size)

    def search(self, vector: npt.NDArray[np.float32], k: int, among: npt.NDArray[np.int64] | None = None) -> list[int]:
        """Numbers of the k vectors with the greatest inner product with `vector` (d,), best first.

        `among` restricts the search to those numbers, int64, ascending.
        """
        # Asked inside the id map: its own search wakes all OpenMP threads to translate ids, which on a busy machine
        # takes longer (8 ms) than the search itself.
        flat = self._index.index
        query = np.ascontiguousarray(vector, np.float32).reshape(1, -1)
        if among is None:
            k, parameters = min(k, self.size), None
        else:
            places = np.flatnonzero(np.isin(self._numbers, among))
            k, parameters = min(k, len(places)), faiss.SearchParameters(sel=faiss.IDSelectorBatch(places))  # type: ignore[call-arg]
        if k <= 0:
            return []
        _, found = flat.search(query, k, params=parameters)
        return [int(self._numbers[place]) for place in found[0] if place >= 0]
