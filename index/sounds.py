"""Where in a text stands a word that sounds like a name of the other script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from index.gazetteer import bare_tail
from index.phonetics import (
    FAR,
    THRESHOLD,
    costs,
    first_sounds,
    hangul_weight,
    jamo,
    latin_weight,
    letters,
    orders,
    score,
)
from index.text import kiwi

_MOST_WORDS = 4
_MOST_COST = 1.25
"""No alignment dearer than this share of the name's weight, times 1 less the similarity asked for, reaches that, if
what was heard weighs at most half as much again as the name. (`costs` also gives up by it what is dear at once.)"""
# Ordinary Korean words that happen to sound like a name must sound exactly like it.
_EXACT = 0.95
_LEAST_WEIGHT = 1.5
_SHORT_WEIGHT = 3.0
_SHORT_THRESHOLD = 0.9
_WORD = re.compile(r"[가-힣A-Za-z0-9]+")
_APART = re.compile(r"[^\s·\-]|\n")
_LATIN_WORD = re.compile(r"[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ0-9'’\-]*")
Span = tuple[int, int]
UNKNOWN_TO_KIWI = 100  # see index.text.is_common_noun


@dataclass(frozen=True, slots=True)
class _Window:
    """One to four Latin words: their letters, and where a name may end (letters so far, place in text)."""

    start: int
    letters: str
    ends: tuple[tuple[int, int], ...]


def _hangul_windows(
    text: str, sounds: frozenset[str], most: int
) -> Iterator[tuple[str, list[tuple[int, re.Match[str]]]]]:
    """The letters of one to four words that begin with one of the sounds, no more words than for so many letters, and
    those words, each with how many letters stand before it."""
    words = list(_WORD.finditer(text))
    for first, head in enumerate(words):
        if _jamo(head.group())[:1] not in sounds:
            continue
        spoken, its, end = "", list[tuple[int, re.Match[str]]](), head.start()
        for word in words[first : first + _MOST_WORDS]:
            if len(spoken) >= most or _APART.search(text, end, word.start()):
                break
            its.append((len(spoken), word))
            spoken, end = spoken + _jamo(word.group()), word.end()
        if not spoken.isascii():
            yield spoken, its


_jamo = lru_cache(maxsize=16384)(jamo)


@lru_cache(maxsize=16384)
def _cuts(word: str) -> tuple[tuple[int, int], ...]:
    """Where a name that begins with the word may end, at its end or before a particle or suffix: letters, place."""
    cuts = [cut for cut in range(1, len(word) + 1) if cut == len(word) or bare_tail(word[cut:])]
    return tuple((len(jamo(word[:cut])), cut) for cut in cuts)


@lru_cache(maxsize=512)
def _latin_windows(text: str) -> tuple[_Window, ...]:
    words = list(_LATIN_WORD.finditer(text))
    found = []
    for first, word in enumerate(words):
        ends, end = [], word.end()
        for later in words[first : first + _MOST_WORDS]:
            if later.start() - end > 1 or not word.group()[0].isupper():
                break
            end = later.end()
            ends.append((len(letters(text[word.start() : end])), end))
        if ends:
            found.append(_Window(word.start(), letters(text[word.start() : end]), tuple(ends)))
    return tuple(found)


def latin_in_hangul(name: str, text: str, least: float = THRESHOLD) -> Iterator[Span]:
    """Spans of Hangul in `text` that sound like the Latin `name`, with at least that similarity."""
    for order in orders(name):
        spelled = letters(order)
        weight = latin_weight(spelled)
        if weight < _LEAST_WEIGHT:
            continue
        sounds, most = first_sounds(spelled), 2 * len(spelled) + 2
        for heard, words in _hangul_windows(text, sounds, most):
            spoken = heard[:most]
            table = costs(spoken, spelled, _MOST_COST * (1 - least) * weight)
            if all(row[-1] >= FAR for row in table):  # most windows: told before anything is weighed
                continue
            ends = (
                (before + letters, word.start() + cut) for before, word in words for letters, cut in _cuts(word.group())
            )
            best, end = max(
                ((_similar(table[i][-1], spoken[:i], spelled), end) for i, end in ends if i <= len(spoken)),
                default=(0.0, 0),
            )
            start = words[0][1].start()
            if best >= least and (best >= _EXACT or not _ordinary(text, start, end)):
                yield start, end


def hangul_in_latin(name: str, text: str, least: float = THRESHOLD) -> Iterator[Span]:
    """Spans of Latin words in `text` that sound like the Hangul `name`, with at least that similarity."""
    spoken = jamo(name)
    weight = hangul_weight(spoken)
    if weight < _LEAST_WEIGHT:
        return
    for window in _latin_windows(text):
        if spoken[0] not in first_sounds(window.letters):
            continue
        table = costs(spoken, window.letters, _MOST_COST * (1 - least) * weight)
        best, end = max((_similar(table[-1][k], spoken, window.letters[:k]), end) for k, end in window.ends)
        if best >= least:
            yield window.start, end


def _similar(cost: float, spoken: str, spelled: str) -> float:
    """The similarity where it is good enough for so short or long a name, else 0."""
    if cost >= FAR:
        return 0.0
    heard, seen = hangul_weight(spoken), latin_weight(spelled)
    found = score(cost, heard, seen)
    return found if found >= (_SHORT_THRESHOLD if min(heard, seen) < _SHORT_WEIGHT else THRESHOLD) else 0.0


def _ordinary(text: str, start: int, end: int) -> bool:
    """Whether Kiwi reads the span as dictionary words none of which is a proper noun."""
    left = max(0, start - 20)
    tokens = [t for t in kiwi().tokenize(text[left : end + 10]) if left + t.start < end and start < left + t.end]
    return all(t.tag not in ("NNP", "SL") and t.id >= UNKNOWN_TO_KIWI for t in tokens)
