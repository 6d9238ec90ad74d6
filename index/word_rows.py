"""Word vectors as they are stored, and back: 8 bits a number, one scale a word."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from itertools import zip_longest
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index import checks
from index.types import Words


class Packed(NamedTuple):
    """The words of one chunk: words of each sentence (JSON), numbers of a word, float32 scales and int8 numbers."""

    counts: str
    width: int
    scales: bytes
    data: bytes


def fits(by_chunk: Sequence[Sequence[Words]], sentences: Sequence[int]) -> bool:
    """Whether every sentence has its array, all of one width and of finite numbers."""
    widths: set[int] = set()
    for its, count in zip_longest(by_chunk, sentences):
        if its is None or len(its) != count:
            return False
        for words in its:
            if words.ndim != 2 or words.dtype != np.float32 or not np.isfinite(words).all():
                return False
            widths.add(words.shape[1])
    return len(widths) <= 1


def pack(by_sentence: Sequence[Words]) -> Packed:
    words = np.concatenate(by_sentence)
    scales = (np.abs(words).max(axis=1, initial=0) / 127).astype("<f4")
    data = np.rint(words / np.where(scales > 0, scales, 1)[:, None]).astype(np.int8)
    return Packed(json.dumps([len(its) for its in by_sentence]), words.shape[1], scales.tobytes(), data.tobytes())


def unpack(counts: str, width: int, scales: bytes, data: bytes) -> tuple[Words, ...]:
    """Each sentence's words, float32 (words, width)."""
    return tuple(np.split(_floats(scales, data, width), np.cumsum(json.loads(counts))[:-1]))


def insert(connection: sqlite3.Connection, chunk: int, by_sentence: Sequence[Words]) -> None:
    """Store the words of the chunk of that number."""
    connection.execute("INSERT INTO words VALUES (?,?,?,?,?)", (chunk, *pack(by_sentence)))


def read(connection: sqlite3.Connection, numbers: Sequence[int]) -> dict[str, tuple[Words, ...]]:
    """Chunk id -> its sentences' words, float32 (words, h), for the chunks of those numbers that are there.

    Raises IndexDamagedError.
    """
    rows = connection.execute(
        """SELECT chunks.id, number, chunk_checks.words, counts, width, scales, data
           FROM json_each(?) CROSS JOIN chunks ON number=value LEFT JOIN words ON words.chunk=number
           LEFT JOIN chunk_checks ON chunk_checks.chunk=number""",
        (json.dumps(list(numbers)),),
    )
    found: dict[str, tuple[Words, ...]] = {}
    for chunk_id, number, check, *packed in rows:
        if checks.chunk_words(*packed) != check:
            raise checks.damaged_chunk(connection, number)
        found[chunk_id] = unpack(*packed)
    return found


def sound(counts: str, width: int, scales: bytes, data: bytes, sentences: int) -> bool:
    """Whether a row's sizes agree with one another and with the number of the chunk's sentences."""
    try:
        by_sentence = json.loads(counts)
    except ValueError:
        return False
    if not isinstance(by_sentence, list) or not all(type(n) is int and n >= 0 for n in by_sentence):
        return False
    words = sum(by_sentence)
    return len(by_sentence) == sentences and len(scales) == 4 * words and len(data) == width * words


def _floats(scales: bytes, data: bytes, width: int) -> npt.NDArray[np.float32]:
    whole = np.frombuffer(data, np.int8).reshape(-1, width)
    vectors: npt.NDArray[np.float32] = np.multiply(whole, np.frombuffer(scales, "<f4")[:, None], dtype=np.float32)
    return vectors
