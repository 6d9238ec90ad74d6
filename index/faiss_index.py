"""Nearest chunks by inner product: FAISS, keyed by chunk number. Derived: it can always be made from SQLite.

Up to `EXACT` vectors the index is flat, and exact. Beyond, it is an inverted file (`IndexIVFScalarQuantizer`): vectors
lie in the cells of their nearest centroids, 8 bits a component, and a search looks into the cells nearest to the query.
Its order is close to the exact one; whoever needs that scores the first few again (docs/decisions.md has the figures).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from index.types import Vectors

Numbers = npt.NDArray[np.int64]

EXACT = 30_000
"""Vectors up to which an index is exact: a search of that many takes 5 ms on one core."""
SAMPLE = 40
"""Vectors a cell that the centroids are learned from: FAISS itself warns below 39."""
MARGIN = 0.25
"""What comes later may lie beyond the sample by this share of its range, and loses nothing."""
PROBED = 6.4
"""So many times the root of their number of cells are looked into: 204 of 1,024, 410 of 4,096 (docs/decisions.md)."""
_BLOCK = 4096
ROUNDS = 10
"""Of k-means: more move recall by less than measuring twice does."""


def sample(vectors: int) -> int:
    """How many vectors to learn the cells from."""
    return min(vectors, SAMPLE * cells(vectors))


def cells(vectors: int) -> int:
    """How many cells for that many vectors: 4 sqrt(n), as FAISS's guidelines have it, to the next power of two."""
    return 1 << round(float(np.log2(4 * vectors**0.5)))


class VectorIndex:
    """An index over unit vectors. Never changed once made, so threads may search one object together."""

    def __init__(self, index: Any) -> None:
        self._index = index
        self.exact: bool = isinstance(index, faiss.IndexIDMap2)
        self._numbers: Numbers = faiss.vector_to_array(index.id_map) if self.exact else np.empty(0, np.int64)

    @classmethod
    def flat(cls, numbers: Numbers, vectors: Vectors) -> VectorIndex:
        """Exact. `vectors` is float32 (n, d), `numbers` int64 (n,), ascending."""
        index = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
        index.add_with_ids(np.ascontiguousarray(vectors, np.float32), numbers)
        return cls(index)

    @classmethod
    def inverted(cls, sample: Vectors, vectors: int) -> VectorIndex:
        """Empty, for about so many `vectors` of the kind of `sample`, float32 (n, d)."""
        dimension, number = sample.shape[1], min(cells(vectors), len(sample))
        quantizer = faiss.IndexFlatIP(dimension)
        index = faiss.IndexIVFScalarQuantizer(
            quantizer, dimension, number, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT, True
        )
        quantizer.this.disown()  # type: ignore[attr-defined]
        index.own_fields = True
        index.cp.spherical = True
        index.cp.niter = ROUNDS
        index.sq.rangestat_arg = MARGIN
        index.cp.min_points_per_centroid = 1
        index.train(np.ascontiguousarray(sample, np.float32))
        index.nprobe = min(number, round(PROBED * number**0.5))
        return cls(index)

    @classmethod
    def from_bytes(cls, data: bytes) -> VectorIndex:
        """`data` must have been checked by its hash: FAISS itself loads some damaged files without a word."""
        return cls(faiss.deserialize_index(np.frombuffer(data, np.uint8)))

    def to_bytes(self) -> bytes:
        writer = faiss.VectorIOWriter()
        faiss.write_index(self._index, writer)
        data: bytes = faiss.rev_swig_ptr(writer.data.data(), writer.data.size()).tobytes()
        return data

    @property
    def size(self) -> int:
        return int(self._index.ntotal)

    @property
    def numbers(self) -> Numbers:
        """int64 (n,), in no order."""
        if self.exact:
            return self._numbers
        lists = self._index.invlists
        sizes = [(cell, lists.list_size(cell)) for cell in range(self._index.nlist)]
        return np.concatenate(
            [np.empty(0, np.int64), *(faiss.rev_swig_ptr(lists.get_ids(cell), size) for cell, size in sizes if size)]
        )

    @property
    def last(self) -> int:
        """The greatest number, 0 when there is none."""
        return int(self.numbers.max(initial=0))

    def roomy(self, vectors: int) -> bool:
        """Whether its cells are enough for so many vectors."""
        return not self.exact and cells(vectors) <= 2 * int(self._index.nlist)

    def changed(self, gone: Numbers, come: Iterable[tuple[Numbers, Vectors]]) -> VectorIndex:
        """One without the numbers `gone` and with the vectors `come`, for which its cells stay as they are."""
        index = faiss.clone_index(self._index)
        if len(gone):
            index.remove_ids(faiss.IDSelectorBatch(gone))
        for numbers, vectors in come:
            index.add_with_ids(np.ascontiguousarray(vectors, np.float32), numbers)
        return VectorIndex(index)

    def holds(self, truth: Callable[[Numbers], tuple[Numbers, Vectors]]) -> bool:
        """Whether it keeps the vectors as `truth` gives them, which leaves out those that it does not know."""
        for cell, (numbers, codes) in enumerate(self._cells()):
            for first in range(0, len(numbers), _BLOCK):
                block = numbers[first : first + _BLOCK]
                known, vectors = truth(block)
                kept = codes[first : first + _BLOCK][np.isin(block, known)]
                if not np.array_equal(kept, self._encoded(vectors, cell)):
                    return False
        return True

    def _encoded(self, vectors: Vectors, cell: int) -> npt.NDArray[np.uint8]:
        if self.exact:
            return vectors.astype("<f4").view(np.uint8)
        vectors = np.ascontiguousarray(vectors)
        cells = np.full(len(vectors), cell, np.int64)
        codes = np.empty((len(vectors), self._index.code_size), np.uint8)
        self._index.encode_vectors(len(vectors), faiss.swig_ptr(vectors), faiss.swig_ptr(cells), faiss.swig_ptr(codes))
        return codes

    def _cells(self) -> Iterator[tuple[Numbers, npt.NDArray[np.uint8]]]:
        """Of each cell, numbers int64 (n,) and what is kept of their vectors, uint8. A flat index is one cell."""
        if self.exact:
            vectors = self._index.index.reconstruct_n(0, self.size)
            yield self._numbers, vectors.astype("<f4").view(np.uint8)
            return
        lists = self._index.invlists
        for cell in range(self._index.nlist):
            size = lists.list_size(cell)
            if size:
                codes = faiss.rev_swig_ptr(lists.get_codes(cell), size * lists.code_size)
                yield faiss.rev_swig_ptr(lists.get_ids(cell), size).copy(), codes.reshape(size, -1).copy()
            else:
                yield np.empty(0, np.int64), np.empty((0, lists.code_size), np.uint8)

    def search(
        self,
        vector: npt.NDArray[np.float32],
        k: int,
        among: Numbers | None = None,
        without: Numbers | None = None,
    ) -> tuple[Numbers, npt.NDArray[np.float32]]:
        """Numbers of the k vectors with the greatest inner product with `vector` (d,), best first, and the products.

        `among` restricts the search to those numbers, `without` keeps it off those, both int64, ascending.
        """
        k = min(k, self.size)
        if k <= 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        query = np.ascontiguousarray(vector, np.float32).reshape(1, -1)
        scores, found = (self._search_flat if self.exact else self._search_cells)(query, k, among, without)
        real = found[0] >= 0
        return found[0][real], scores[0][real]

    def _search_flat(self, query: Vectors, k: int, among: Numbers | None, without: Numbers | None) -> tuple[Any, Any]:
        # Asked inside the id map: its own search wakes all OpenMP threads to translate ids, which on a busy machine
        # takes longer (8 ms) than the search itself.
        parameters = None
        if among is not None or without is not None:
            selector = _selector(self._allowed(self._numbers, among, without))
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
        scores, places = self._index.index.search(query, k, params=parameters)
        return scores, np.where(places >= 0, self._numbers[places], -1)

    def _search_cells(self, query: Vectors, k: int, among: Numbers | None, without: Numbers | None) -> tuple[Any, Any]:
        probes, selector = self._index.nprobe, None
        if among is not None:
            # The fewer may be found, the further apart they lie.
            probes = min(self._index.nlist, probes * self.size // max(1, min(len(among), self.size)))
            last = int(among[-1]) if len(among) else 0
            allowed = np.zeros(last + 1, bool)
            allowed[among] = True
            if without is not None:
                allowed[without[without <= last]] = False
            selector = _selector(allowed)
        elif without is not None:
            selector = faiss.IDSelectorNot(faiss.IDSelectorBatch(without))
        parameters = faiss.SearchParametersIVF(nprobe=probes, sel=selector)  # type: ignore[call-arg]
        return tuple(self._index.search(query, k, params=parameters))

    @staticmethod
    def _allowed(numbers: Numbers, among: Numbers | None, without: Numbers | None) -> npt.NDArray[np.bool_]:
        allowed = np.ones(len(numbers), bool) if among is None else np.isin(numbers, among)
        if without is not None:
            allowed &= ~np.isin(numbers, without)
        return allowed


def _selector(mask: npt.NDArray[np.bool_]) -> Any:
    return faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little"))  # type: ignore[call-arg, arg-type]
