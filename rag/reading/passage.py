"""What a reader is given: whole sentences of one article, one after another, under its headline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from index.types import Sentence, Span

WINDOW_CHARACTERS = 350
"""Of the sentences of one passage together, their headline apart; a single longer sentence is read whole."""


@dataclass(frozen=True)
class Passage:
    """Sentences of an article in their order. Their own offsets are the article's; `text` is what is read.

    `terms` are the search terms of the sentences, where they are known: by them the words of an English question are
    glossed.
    """

    title: str
    sentences: tuple[Sentence, ...]
    terms: frozenset[str] = frozenset()

    @cached_property
    def text(self) -> str:
        return "\n".join([self.title, " ".join(sentence.text for sentence in self.sentences)]).lstrip("\n")

    @cached_property
    def bounds(self) -> tuple[Span, ...]:
        """Where each sentence stands in `text`."""
        found: list[Span] = []
        at = len(self.title) + 1 if self.title else 0
        for sentence in self.sentences:
            found.append((at, at + len(sentence.text)))
            at += len(sentence.text) + 1
        return tuple(found)


def window(sentences: Sequence[Sentence], at: int, most: int = WINDOW_CHARACTERS) -> tuple[int, int]:
    """First and last (exclusive) of the sentences to be read around the one `at`: those before it come first, for they
    tell who "he" and "the company" are, and twice as many of them as of those after it."""
    first, last, length = at, at + 1, len(sentences[at].text)
    while True:
        before = len(sentences[first - 1].text) + 1 if first > 0 else most
        after = len(sentences[last].text) + 1 if last < len(sentences) else most
        if length + before <= most and (at - first < 2 * (last - at) or length + after > most):
            first, length = first - 1, length + before
        elif length + after <= most:
            last, length = last + 1, length + after
        else:
            return first, last
