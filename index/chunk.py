"""Cuts an article into chunks: runs of whole sentences of about 400 to 600 characters."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from itertools import pairwise

from index.types import Chunk, Sentence
from seeds.article import Article

# Worth as much as being 45% off the target length (the cost is the square of that share).
_PARAGRAPH_BREAK = -0.2
_ENDED = re.compile(r"[.!?…。][\"'”’」』)\]]*$")
_GAP = re.compile(r"\n\s*\n|[^\s]")


def split(article: Article, sentences: Sequence[Sentence], target: int = 500, most: int = 700) -> tuple[Chunk, ...]:
    """Chunks of `sentences` (in order, of one article); lengths in characters of the chunk's text.

    Of all ways to cut, the one of least cost: a chunk costs the square of its share off `target`, and a break where
    a paragraph ends is rewarded when the chunk before it has at least half the target. No chunk is longer than `most`
    but a single sentence that is.
    """
    lengths = [len(sentence.text) for sentence in sentences]
    rewarded = [_ends_paragraph(article.text, one, two) for one, two in pairwise(sentences)]
    rewarded.append(False)  # the article's end is no choice
    best = [0.0]
    starts = [0]
    for end in range(1, len(sentences) + 1):
        choices: list[tuple[float, int]] = []
        length = -1
        for start in range(end - 1, -1, -1):
            length += 1 + lengths[start]
            if length > most and choices:
                break
            cost = (length / target - 1) ** 2
            if rewarded[end - 1] and length >= target / 2:
                cost += _PARAGRAPH_BREAK
            choices.append((best[start] + cost, start))
        least, start = min(choices)
        best.append(least)
        starts.append(start)
    bounds: list[tuple[int, int]] = []
    end = len(sentences)
    while end:
        bounds.append((starts[end], end))
        end = starts[end]
    return tuple(_chunk(article, position, sentences[a:b]) for position, (a, b) in enumerate(reversed(bounds)))


def _ends_paragraph(text: str, before: Sentence, after: Sentence) -> bool:
    """A blank line or something left out of the body follows; a subhead does not end its own paragraph."""
    return bool(_GAP.search(text, before.end, after.start) and _ENDED.search(before.text))


def _chunk(article: Article, position: int, sentences: Sequence[Sentence]) -> Chunk:
    text = " ".join(sentence.text for sentence in sentences)
    identity = hashlib.sha256(f"{article.id}\0{position}\0{text}".encode()).hexdigest()[:16]
    return Chunk(identity, article.id, position, sentences[0].start, sentences[-1].end, text, tuple(sentences))
