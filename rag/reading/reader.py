"""Readers: a question and passages in, the words that may answer out.

`Reader` is the seam. SpanReader stands behind it with gisa's own network, or with any that scores tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from index.text import morphemes
from index.types import Span
from rag.reading.passage import Passage

LONGEST = 28
"""Tokens of the longest answer that is pointed at: of 9,951 in the shipped newsroom sets 99.9% are no longer."""
BATCH = 12
SPANS = 2
"""Words of one sentence that are pointed at: a sentence that gives two bodies each its figure holds both."""
ALONE = 12.0
"""Margin of words beside which a sentence has no others."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What a network says of one passage, raw logits, float32.

    `start`, `end`: (tokens,) of the passage's tokens, minus that of "no answer": above zero is likelier than none.
    `relevance`: (sentences,), likewise relative. `offsets`: int64 (tokens, 2), characters of the passage's text.
    """

    start: npt.NDArray[np.float32]
    end: npt.NDArray[np.float32]
    relevance: npt.NDArray[np.float32]
    offsets: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Reading:
    """Words of one sentence of a passage that may answer.

    `passage` and `sentence` count from 0; `start` and `end` are offsets in the article, `text` the words between.
    `span` and `relevance` are log odds of the words and of the sentence against "nothing here answers"; `margin` is by
    how much `span` exceeds that of the best other words of the sentence, or falls short of it.
    """

    passage: int
    sentence: int
    start: int
    end: int
    text: str
    span: float
    relevance: float
    margin: float = 0.0

    @property
    def score(self) -> float:
        return self.span + self.relevance


class Reader(Protocol):
    """Reads passages for a question."""

    @property
    def name(self) -> str:
        """Name and stamp of what reads."""

    def read(self, questions: Sequence[str], passages: Sequence[Passage]) -> list[Reading]:
        """The best words of every sentence of every passage, and the next best beside them, best first. `questions` has
        one wording a passage."""


class SpanReader:
    """Whatever scores tokens as the first and last of the answer: `scores` reads a batch of passages at once."""

    def __init__(self, scores: Callable[[Sequence[str], Sequence[Passage]], list[Scores]], name: str) -> None:
        self._scores = scores
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    def read(self, questions: Sequence[str], passages: Sequence[Passage]) -> list[Reading]:
        found: list[Reading] = []
        order = sorted(range(len(passages)), key=lambda k: -len(passages[k].text))
        for first in range(0, len(order), BATCH):
            part = order[first : first + BATCH]
            for k, said in zip(
                part, self._scores([questions[k] for k in part], [passages[k] for k in part]), strict=True
            ):
                found += _readings(k, passages[k], said)
        return sorted(found, key=lambda reading: -reading.score)


def _readings(number: int, passage: Passage, said: Scores) -> list[Reading]:
    found: list[Reading] = []
    offsets = said.offsets
    for k, (sentence, (at, stop)) in enumerate(zip(passage.sentences, passage.bounds, strict=True)):
        inside = np.flatnonzero((offsets[:, 0] >= at) & (offsets[:, 1] <= stop) & (offsets[:, 1] > offsets[:, 0]))
        if not len(inside):
            continue  # cut off, or of a script that the tokenizer has no tokens for
        spans = best_spans(said.start[inside], said.end[inside])
        for this, (first, last, score) in enumerate(spans):
            begin, finish = int(offsets[inside[first], 0]) - at, int(offsets[inside[last], 1]) - at
            begin, finish = without_particle(sentence.text, begin, finish)
            if begin < finish:
                words, start = sentence.text[begin:finish], sentence.start + begin
                others = [other for that, (_, _, other) in enumerate(spans) if that != this]
                margin = score - max(others, default=score - ALONE)
                relevance = float(said.relevance[k])
                found.append(Reading(number, k, start, start + len(words), words, score, relevance, margin))
    return found


def best_spans(
    start: npt.NDArray[np.float32], end: npt.NDArray[np.float32], most: int = SPANS
) -> list[tuple[int, int, float]]:
    """First and last token of the words with the greatest sum of logits, at most LONGEST tokens, and that sum; and of
    the next best that share no token with them, until there are `most`."""
    sums = start[:, None] + end[None, :]
    apart = np.arange(len(end))[None, :] - np.arange(len(start))[:, None]
    sums = np.where((apart >= 0) & (apart < LONGEST), sums, -np.inf)
    found: list[tuple[int, int, float]] = []
    while len(found) < most:
        first, last = divmod(int(sums.argmax()), len(end))
        if sums[first, last] == -np.inf:
            break
        found.append((first, last, float(sums[first, last])))
        sums[: last + 1, first:] = -np.inf
    return found


def without_particle(text: str, start: int, end: int) -> Span:
    """The words without white space, opening and closing marks, and the particle or copula behind the last one.

    A token of the network may hold the end of a name and its particle.
    """
    while start < end and text[start] in " \t\n,·":
        start += 1
    while end > start and text[end - 1] in " \t\n,.·":
        end -= 1
    its = [part for part in morphemes(text) if start <= part.start and part.end <= end and part.start < part.end]
    kept = end
    for part in reversed(its):
        if part.end == kept and part.start > start and part.tag.startswith("J"):
            kept = part.start
        else:
            break
    return (start, kept) if kept > start else (start, end)
