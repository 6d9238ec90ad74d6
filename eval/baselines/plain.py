"""The plain methods of retrieval that ours is measured beside: BM25, stock dense vectors, reciprocal-rank fusion."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from index.types import Vectors

Floats = npt.NDArray[np.float32]
K1, B = 1.5, 0.75
"""The values most BM25 libraries start from (rank-bm25, bm25s)."""
RRF_K = 60
"""Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet", SIGIR 2009."""


class BM25:
    """Okapi BM25 with Lucene's idf, over documents that are already cut into terms."""

    def __init__(self, documents: Sequence[Sequence[str]]) -> None:
        self._size = len(documents)
        lengths = np.array([len(document) for document in documents], np.float32)
        norm = K1 * (1 - B + B * lengths / max(float(lengths.mean()), 1e-9)) if self._size else lengths
        numbers: defaultdict[str, list[int]] = defaultdict(list)
        counts: defaultdict[str, list[int]] = defaultdict(list)
        for number, document in enumerate(documents):
            for term, count in Counter(document).items():
                numbers[term].append(number)
                counts[term].append(count)
        self._postings: dict[str, tuple[npt.NDArray[np.int64], Floats]] = {}
        for term, its in numbers.items():
            frequency = np.array(counts[term], np.float32)
            idf = math.log(1 + (self._size - len(its) + 0.5) / (len(its) + 0.5))
            at = np.array(its, np.int64)
            self._postings[term] = at, np.asarray(idf * frequency * (K1 + 1) / (frequency + norm[at]), np.float32)

    def scores(self, terms: Sequence[str]) -> Floats:
        """float32 (documents,); 0 where no term stands."""
        total = np.zeros(self._size, np.float32)
        for term in terms:
            if term in self._postings:
                at, weights = self._postings[term]
                total[at] += weights
        return total


def best(scores: Floats, k: int) -> list[int]:
    """Numbers of the k greatest scores above zero, best first, earlier documents first among equals."""
    order = np.argsort(-scores, kind="stable")[:k]
    return [int(i) for i in order if scores[i] > 0]


def nearest(query: Floats, documents: Vectors, k: int) -> list[int]:
    """Numbers of the k documents of greatest cosine; `query` is (d,) and all vectors have unit norm."""
    return [int(i) for i in np.argsort(-(documents @ query), kind="stable")[:k]]


def fuse(rankings: Sequence[Sequence[int]], k: int) -> list[int]:
    """Reciprocal-rank fusion: each ranking gives a document 1 / (60 + its rank)."""
    total: defaultdict[int, float] = defaultdict(float)
    for ranking in rankings:
        for rank, number in enumerate(ranking, 1):
            total[number] += 1 / (RRF_K + rank)
    return sorted(total, key=lambda number: -total[number])[:k]
