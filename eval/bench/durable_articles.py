"""Made-up articles that say which version they are in every sentence, and an embedder that costs nothing.

So a chunk that was read tells which state of the collection it is of, and two that were read together must agree.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, chain
from zlib import crc32

import numpy as np
import numpy.typing as npt

from index.chunk import split
from index.store import Entry
from index.types import Sentence, Vectors
from seeds.article import Article

SENTENCES = 20
_VERSION = re.compile(r"(\d+)판")
_SAID = ("위원회는", "회사는", "정부는", "연구원은", "시는", "조합은")
_DID = ("계획을 발표했다", "예산을 늘렸다", "시설을 열었다", "조사를 마쳤다", "협약을 맺었다", "일정을 미뤘다")


def article(article_id: str, version: int = 0) -> Article:
    """About a thousand characters, two chunks."""
    seed = crc32(f"{article_id} {version}".encode())
    lines = [
        f"{article_id} 기사 {version}판의 {place}번째 문장에서 {_SAID[(seed + place) % 6]} "
        f"{seed % 9973 + place}번 안건의 {_DID[(seed // 7 + place) % 6]}."
        for place in range(SENTENCES)
    ]
    text = "\n".join(lines)
    return Article(article_id, f"{article_id} {version}판", text, ((0, len(text)),), source=f"{article_id}.md")


def entry(made: Article, embedder: Hashed) -> Entry:
    """As `index.build.entries` has it, without Kiwi, which takes seconds to load: lines are sentences, words terms."""
    starts = accumulate((len(line) + 1 for line in made.text.split("\n")), initial=0)
    lines = [
        Sentence(start, start + len(line), line) for start, line in zip(starts, made.text.split("\n"), strict=False)
    ]
    chunks = split(made, lines)
    sentence_terms = tuple(tuple(tuple(one.text.split()) for one in chunk.sentences) for chunk in chunks)
    return Entry(
        article=made,
        chunks=chunks,
        vectors=embedder.documents([chunk.text for chunk in chunks]),
        sentence_vectors=embedder.documents([one.text for chunk in chunks for one in chunk.sentences]),
        word_vectors=tuple(tuple(embedder.documents(one.text.split()) for one in chunk.sentences) for chunk in chunks),
        terms=tuple(tuple(chain(made.title.split(), *parts)) for parts in sentence_terms),
        sentence_terms=sentence_terms,
        names=(),
    )


def version(text: str) -> int:
    """Of which version a title, a sentence or a chunk of an `article` is. Raises ValueError when of several."""
    (found,) = {int(number) for number in _VERSION.findall(text)}
    return found


class Hashed:
    """A text's vector is drawn by its hash: equal texts have equal vectors, and others are far from them."""

    def __init__(self, dimension: int = 64) -> None:
        self.name = f"hashed-{dimension}"
        self.dimension = dimension
        self._drawn = lru_cache(maxsize=50_000)(self._draw)

    def documents(self, texts: Sequence[str]) -> Vectors:
        """float32 (len(texts), dimension), unit norm."""
        return np.array([self._drawn(text) for text in texts], np.float32).reshape(-1, self.dimension)

    def _draw(self, text: str) -> npt.NDArray[np.float32]:
        vector = np.random.default_rng(crc32(text.encode())).standard_normal(self.dimension).astype(np.float32)
        unit: npt.NDArray[np.float32] = vector / np.linalg.norm(vector)
        return unit
