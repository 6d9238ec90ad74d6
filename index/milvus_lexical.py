"""BM25 over sparse vectors, with the ranking of index.postings.

A chunk's vector has a term's share of BM25 at its dimension, a question's the term's idf: their inner product is BM25,
but for one thing. BM25 measures a chunk's length by the average, which every article changes, and stored vectors
cannot follow. So they are made with a fixed length, what they find is scored again by the terms stored with it, and
`enough` says when nothing better can be left: a score by the true average is at most `slack` times the stored one.
Milvus' own BM25 function cuts text with analyzers of its own (which differ from server to Lite), and takes its
statistics for each shard alone: neither is Kiwi's terms and the whole collection's average.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import blake2b

from index.postings import K1, B

LENGTH = 200.0
"""The average length, in terms, that stored vectors are made with. It changes how many are looked at, not the order."""
LONGEST = 2**16 - 1
"""Frequencies and lengths beyond it count as it, as in index.postings."""
_FLOAT32 = 1 + 1e-5  # stored weights and Milvus' sums are float32


def dimension(term: str) -> int:
    """Where a term stands in sparse vectors, 1 to 2**32 - 2. Terms that meet there only cost a second look."""
    return 1 + int.from_bytes(blake2b(term.encode(), digest_size=4).digest()) % (2**32 - 2)


def document(terms: Sequence[str]) -> dict[int, float]:
    """The sparse vector of a chunk. Dimension 0, of no term, keeps it from being empty."""
    vector = {0: 1.0}
    for term, frequency in Counter(terms).items():
        at = dimension(term)
        vector[at] = vector.get(at, 0.0) + share(frequency, len(terms), LENGTH)
    return vector


def question(idf: Mapping[str, float]) -> dict[int, float]:
    """The sparse vector of a question, of each term's idf."""
    vector: dict[int, float] = {}
    for term, weight in idf.items():
        at = dimension(term)
        vector[at] = vector.get(at, 0.0) + weight
    return vector


def idf(frequencies: Mapping[str, int], chunks: int) -> dict[str, float]:
    """Lucene's idf of each term, log(1 + (N - n + 0.5) / (n + 0.5)); n is 1 at least, for those not counted."""
    return {term: math.log(1 + (chunks - max(n, 1) + 0.5) / (max(n, 1) + 0.5)) for term, n in frequencies.items()}


def share(frequency: int, length: int, average: float) -> float:
    """What a term adds to BM25 for each unit of its idf."""
    frequency, length = min(frequency, LONGEST), min(length, LONGEST)
    return frequency * (K1 + 1) / (frequency + K1 * (1 - B + B * length / average))


def score(weights: Mapping[str, float], terms: Sequence[str], average: float) -> float:
    """BM25 of a chunk with those terms; 0 when it has none of those weighed."""
    counts = Counter(terms)
    return sum(weight * share(counts[term], len(terms), average) for term, weight in weights.items() if term in counts)


def enough(kth: float, last: float, average: float) -> bool:
    """Whether chunks stored with a score below `last` all score below `kth` by the true average.

    share(f, n, average) / share(f, n, LENGTH) is at most average / LENGTH where the average is greater, else at most 1.
    """
    return kth > max(1.0, average / LENGTH) * _FLOAT32 * last
