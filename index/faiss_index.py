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

    @classmethod
    def build(cls, numbers: npt.NDArray[np.int64], vectors: Vectors) -> VectorIndex:
        """`vectors` is float32 (n, d), `numbers` int64 (n,), each once."""
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
        return int(self._index.ntotal)

    def rows(self) -> tuple[npt.NDArray[np.int64], Vectors]:
        """What it holds: numbers int64 (n,) and vectors float32 (n, d)."""
        numbers = faiss.vector_to_array(self._index.id_map)
        return numbers, self._index.index.reconstruct_n(0, self.size)

    def search(self, vector: npt.NDArray[np.float32], k: int, among: npt.NDArray[np.int64] | None = None) -> list[int]:
        """Numbers of the k vectors with the greatest inner product with `vector` (d,), best first."""
        k = min(k, self.size if among is None else len(among))
        if k <= 0:
            return []
        query = np.ascontiguousarray(vector, np.float32).reshape(1, -1)
        if among is None:
            _, found = self._index.search(query, k)
        else:
            selector = faiss.IDSelectorBatch(np.ascontiguousarray(among, np.int64))
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
            _, found = self._index.search(query, k, params=parameters)
        return [int(number) for number in found[0] if number >= 0]
