"""From hidden states of tokens to vectors of words, for late interaction of questions and sentences.

Late interaction: Khattab and Zaharia 2020, arXiv:2004.12832. One vector a word instead of one a token: Korean words
are two or three tokens each.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import overload

import numpy as np
import numpy.typing as npt

from index import word_rows
from index.types import Span, Words

_WORD = re.compile(r"\S+")


def pool(text: str, spans: Sequence[Span], offsets: npt.NDArray[np.int64], states: Words) -> list[Words]:
    """For each span the vectors of its words that have a token: the mean of its tokens' states, float32 (words, h).

    `offsets` int64 (tokens, 2) are each token's characters in `text`, `states` float32 (tokens, h). A token belongs
    to the word that its last character is in: its offsets may begin with the space before the word.
    """
    words = [[(match.start(), match.end()) for match in _WORD.finditer(text, start, end)] for start, end in spans]
    bounds = np.array([bound for its in words for bound in its], np.int64).reshape(-1, 2)
    last = offsets[:, 1] - 1
    of_word = (bounds[:, :1] <= last) & (last < bounds[:, 1:])
    tokens = of_word.sum(axis=1)
    there = tokens > 0
    pooled = of_word[there].astype(np.float32) @ states / tokens[there, None].astype(np.float32)
    kept = [int(part.sum()) for part in np.split(there, np.cumsum([len(its) for its in words])[:-1])] if words else []
    return np.split(pooled, np.cumsum(kept)[:-1]) if kept else []


class PackedWords(Sequence[tuple[Words, ...]]):
    """For each chunk the words of its sentences, kept in the 8 bits they are stored in: floats only when looked at.

    A chunk has some 130 words, which take 200 kB as floats: those of a large file would not fit into memory.
    """

    def __init__(self, packed: Sequence[word_rows.Packed]) -> None:
        self._packed = packed

    def __len__(self) -> int:
        return len(self._packed)

    @overload
    def __getitem__(self, place: int) -> tuple[Words, ...]: ...
    @overload
    def __getitem__(self, place: slice) -> PackedWords: ...
    def __getitem__(self, place: int | slice) -> tuple[Words, ...] | PackedWords:
        if isinstance(place, slice):
            return PackedWords(self._packed[place])
        return word_rows.unpack(*self._packed[place])
