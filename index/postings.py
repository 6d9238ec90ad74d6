"""BM25 over posting lists kept in SQLite, each cut into blocks of 16,384 chunk numbers.

A block is a row, its postings ascending by chunk: adding or removing a chunk touches one block of each of its terms,
and a search reads whole blocks into numpy. Measured at 100,000 chunks of 200 terms, ten terms with 100,000 matches in
all, with blocks of 4096: 10 ms here, 31 ms from one row a posting, 78 ms from FTS5 ordered by rank, 56 ms from
fts5vocab. FTS5's own bm25() also clips the idf of a term that stands in more than half of the rows, which ruins small
collections. Wider blocks are read faster and written more slowly (docs/decisions.md).

Terms are taken rarest first. Once the k best so far score more than all terms that are left could add together, those
are looked up for the chunks that can still be among the best, and for no others: "MaxScore", Turtle and Flood 1995,
doi:10.1016/0306-4573(95)00020-H. The answer is the same.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from zlib import crc32

import numpy as np
import numpy.typing as npt

from index.errors import IndexDamagedError

TABLE = """
-- Derived from chunks.terms: see index/postings.py.
CREATE TABLE posting_blocks (
    term TEXT NOT NULL,
    block INTEGER NOT NULL,
    documents INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (term, block)
) STRICT, WITHOUT ROWID"""
BLOCK = 16_384
K1 = 1.2
B = 0.75
_FREQUENT = 8192
"""Where the next term has fewer postings, reading them all is as fast as asking whether that is needed."""
_ROUNDING = 1 + 1e-9
_FIELD_MAX = np.iinfo(np.uint16).max  # frequencies and lengths beyond it are stored as it
POSTING = np.dtype([("offset", "<u2"), ("frequency", "<u2"), ("length", "<u2")])
_CHECK = 4  # bytes of CRC-32 after the postings of a row
_DOCUMENTS = f"(length(data) - {_CHECK}) / {POSTING.itemsize}"


def update(
    connection: sqlite3.Connection, removed: Mapping[int, Sequence[str]], added: Mapping[int, Sequence[str]]
) -> None:
    """Take out and put in chunks: number -> the chunk's terms. Numbers removed must not be among those added.

    Raises IndexDamagedError.
    """
    gone: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for number, terms in removed.items():
        for term in set(terms):
            gone[term, number // BLOCK].append(number % BLOCK)
    new: defaultdict[tuple[str, int], list[tuple[int, int, int]]] = defaultdict(list)
    for number, terms in added.items():
        for term, _, frequency, length in expected(number, terms):
            new[term, number // BLOCK].append((number % BLOCK, frequency, length))
    for term, block in sorted(gone.keys() | new.keys()):
        row = connection.execute("SELECT data FROM posting_blocks WHERE term=? AND block=?", (term, block)).fetchone()
        old = np.frombuffer(unpacked(term, block, row[0], crc32(term.encode())) if row else b"", POSTING)
        kept = old[~np.isin(old["offset"], gone.get((term, block), []))]
        postings = np.concatenate([kept, np.array(new.get((term, block), []), POSTING)])
        postings = postings[np.argsort(postings["offset"], kind="stable")]
        if len(postings):
            connection.execute(
                "INSERT OR REPLACE INTO posting_blocks VALUES (?, ?, ?, ?)",
                (term, block, len(postings), packed(term, block, postings.tobytes())),
            )
        else:
            connection.execute("DELETE FROM posting_blocks WHERE term=? AND block=?", (term, block))


def expected(number: int, terms: Sequence[str]) -> list[tuple[str, int, int, int]]:
    """The postings of one chunk: (term, number, frequency, length of the chunk in terms)."""
    length = min(len(terms), _FIELD_MAX)
    return [(term, number, min(frequency, _FIELD_MAX), length) for term, frequency in Counter(terms).items()]


def stored(connection: sqlite3.Connection, block: int, part: int) -> Iterator[list[tuple[str, int, int, int]]]:
    """The postings held of each `part` chunk numbers of one block, in the form of `expected`; before those of the first
    part, for each damaged row one of chunk -1. `part` divides `BLOCK`.
    """
    rows = connection.execute("SELECT term, documents, data FROM posting_blocks WHERE block=?", (block,)).fetchall()
    found: list[tuple[str, int, int, int]] = []
    terms: list[str] = []
    parts: list[npt.NDArray[np.void]] = []
    for term, documents, data in rows:
        if _whole(crc32(term.encode()), block, data) and len(data) == documents * POSTING.itemsize + _CHECK:
            terms.append(term)
            parts.append(np.frombuffer(data[:-_CHECK], POSTING))
        else:
            found.append((term, -1, 0, 0))
    places = np.repeat(np.arange(len(parts)), [len(its) for its in parts])
    postings = np.concatenate([np.empty(0, POSTING), *parts])
    order = np.argsort(postings["offset"], kind="stable")
    places, postings = places[order], postings[order]
    starts = np.searchsorted(postings["offset"], np.arange(0, BLOCK, part))
    for first, last in pairwise([*starts.tolist(), len(postings)]):  # what lies beyond the block is in the last part
        its = zip(places[first:last].tolist(), postings[first:last].tolist(), strict=True)
        found += [(terms[place], block * BLOCK + offset, f, length) for place, (offset, f, length) in its]
        yield found
        found = []


def rebuild(connection: sqlite3.Connection) -> None:
    """All posting lists anew from `chunks.terms`."""
    connection.execute("DELETE FROM posting_blocks")
    chunks = connection.execute("SELECT number, terms FROM chunks ORDER BY number")
    while rows := chunks.fetchmany(4096):
        update(connection, {}, {number: terms.split(" ") if terms else [] for number, terms in rows})


def document_frequency(connection: sqlite3.Connection, terms: Iterable[str]) -> dict[str, int]:
    """In how many chunks each term stands."""
    query = f"SELECT coalesce(sum({_DOCUMENTS}), 0) FROM posting_blocks WHERE term=?"
    return {term: int(connection.execute(query, (term,)).fetchone()[0]) for term in dict.fromkeys(terms)}


def search(
    connection: sqlite3.Connection,
    frequency: Mapping[str, int],
    k: int,
    *,
    chunks: int,
    average_length: float,
    among: npt.NDArray[np.int64] | None = None,
) -> list[int]:
    """Numbers of the k chunks with the greatest BM25 score above 0, best first, the lower number first among equals.

    BM25 with Lucene's idf, log(1 + (N - n + 0.5) / (n + 0.5)), which is never negative (Robertson and Zaragoza 2009,
    section 3; k1=1.2, b=0.75). Each term counts once; `frequency` has its n, from `document_frequency`. `chunks` is N,
    `average_length` the mean number of terms of a chunk; `among` restricts the answer to those numbers, ascending, not
    the statistics. Raises IndexDamagedError.
    """
    if k <= 0:
        return []
    lists = sorted(
        (_Postings(connection, term, n, chunks, average_length) for term, n in frequency.items()),
        key=lambda each: -each.most,
    )
    scores = np.zeros(0)  # by number; those that have one are in `met`, each once
    met = np.empty(0, np.int64)
    least = 0.0
    while lists and least <= _ROUNDING * sum(each.most for each in lists):
        numbers, weights = lists.pop(0).all()
        if among is not None:
            kept = np.isin(numbers, among)
            numbers, weights = numbers[kept], weights[kept]
        if len(numbers) and numbers[-1] >= len(scores):
            longer = np.zeros((int(numbers[-1]) // BLOCK + 1) * BLOCK)
            longer[: len(scores)] = scores
            scores = longer
        before = scores[numbers]
        met = np.concatenate([met, numbers[before == 0]])
        scores[numbers] = before + weights
        if lists and lists[0].documents > _FREQUENT:
            least = _kth(scores[met], k)
    # Chunks that hold none but the other terms cannot be among the best any more: only those met so far are looked up.
    while lists:
        rest = _ROUNDING * sum(each.most for each in lists)
        met = met[scores[met] + rest >= least]
        numbers, weights = lists.pop(0).of(met, len(scores))
        scores[numbers] += weights
        least = _kth(scores[met], k)
    met = met[scores[met] >= _kth(scores[met], k)]
    best: list[int] = met[np.lexsort((met, -scores[met]))][:k].tolist()
    return best


class _Postings:
    """The postings of one term, which stands in so many `documents`. `most` is more than it adds to any score."""

    def __init__(
        self, connection: sqlite3.Connection, term: str, documents: int, chunks: int, average_length: float
    ) -> None:
        self._connection = connection
        self._term = term
        self._average_length = average_length
        self.documents = documents
        self._idf = math.log(1 + (chunks - documents + 0.5) / (documents + 0.5)) if documents else 0.0
        self.most = self._idf * (K1 + 1)

    def all(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Numbers of the chunks that hold the term, ascending, and what it adds to their scores."""
        rows = self._connection.execute(
            "SELECT block, data FROM posting_blocks WHERE term=? ORDER BY block", (self._term,)
        ).fetchall()
        numbers, postings = self._read(rows)
        return numbers, self._weights(postings)

    def of(self, numbers: npt.NDArray[np.int64], end: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Those of the chunks, whose `numbers` are all below `end`, that hold the term, and what it adds to them."""
        blocks = np.flatnonzero(np.bincount(numbers // BLOCK)).tolist()
        rows = self._connection.execute(
            "SELECT block, data FROM json_each(?) CROSS JOIN posting_blocks ON block=value WHERE term=? ORDER BY block",
            (json.dumps(blocks), self._term),
        ).fetchall()
        its, postings = self._read(rows)
        wanted = np.zeros(end, bool)
        wanted[numbers] = True
        there = wanted[its]
        return its[there], self._weights(postings[there])

    def _read(self, rows: Sequence[tuple[int, bytes]]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.void]]:
        """The numbers and postings in rows of ascending blocks. Raises IndexDamagedError."""
        seed = crc32(self._term.encode())
        parts = [unpacked(self._term, block, data, seed) for block, data in rows]
        postings = np.frombuffer(b"".join(parts), POSTING)
        starts = np.array([block * BLOCK for block, _ in rows], np.int64)
        counts = [len(part) // POSTING.itemsize for part in parts]
        return np.repeat(starts, counts) + postings["offset"], postings

    def _weights(self, postings: npt.NDArray[np.void]) -> npt.NDArray[np.float64]:
        weights = postings["frequency"].astype(np.float64)
        norm: npt.NDArray[np.float64] = postings["length"] / self._average_length
        norm *= K1 * B  # in place from here: the lists are long
        norm += K1 * (1 - B)
        norm += weights
        weights /= norm
        weights *= self._idf * (K1 + 1)
        return weights


def packed(term: str, block: int, postings: bytes) -> bytes:
    """What a row holds: the bytes of its postings, `POSTING`s ascending by offset, and their checksum."""
    return postings + crc32(postings, (crc32(term.encode()) + block) & 0xFFFFFFFF).to_bytes(_CHECK, "little")


def _whole(seed: int, block: object, data: object) -> bool:
    """Whether the data has its checksum, which holds for one term, of which `seed` is the CRC-32, and one block."""
    if not isinstance(data, bytes) or not isinstance(block, int) or len(data) < _CHECK:  # a damaged row holds anything
        return False
    return crc32(data[:-_CHECK], (seed + block) & 0xFFFFFFFF) == int.from_bytes(data[-_CHECK:], "little")


def unpacked(term: str, block: int, data: bytes, seed: int) -> bytes:
    if not _whole(seed, block, data):
        raise IndexDamagedError(
            f"The search index is damaged at the term {term!r} and was not used. Run `gisa index rebuild`.",
            f"검색 색인이 {term!r} 항목에서 손상되어 쓰지 않았습니다. `gisa index rebuild`를 실행하세요.",
        )
    return data[:-_CHECK]


def _kth(scores: npt.NDArray[np.float64], k: int) -> float:
    """The k-th greatest score; 0 when there are fewer."""
    return float(np.partition(scores, len(scores) - k)[len(scores) - k]) if len(scores) >= k else 0.0
