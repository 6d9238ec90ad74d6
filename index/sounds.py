"""Where in a text stands a word that sounds like a name of the other script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from index.gazetteer import bare_tail, is_hangul
from index.phonetics import THRESHOLD, costs, first_sounds, hangul_weight, jamo, latin_weight, letters, orders, score

_MOST_WORDS = 4
_SHORT_WEIGHT = 3.0
_SHORT_THRESHOLD = 0.9
_WORD = re.compile(r"[가-힣A-Za-z0-9]+")
_LATIN_WORD = re.compile(r"[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ0-9'’\-]*")
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Window:
    """One to four words from a word start: their letters, and where a name may end (letters so far, place in text)."""

    start: int
    letters: str
    ends: tuple[tuple[int, int], ...]


@lru_cache(maxsize=512)
def _hangul_windows(text: str) -> tuple[_Window, ...]:
    words = [(m.start(), m.group()) for m in _WORD.finditer(text)]
    tails = [_tail_starts(word) for _, word in words]
    found = []
    for first, (start, head) in enumerate(words):
        if not is_hangul(head[0]):
            continue
        spoken, ends, end = "", list[tuple[int, int]](), start
        for later in range(first, min(first + _MOST_WORDS, len(words))):
            place, word = words[later]
            if re.search(r"[^\s·\-]", text[end:place]):
                break
            ends += [(len(spoken) + len(jamo(word[:cut])), place + cut) for cut in tails[later]]
            spoken += jamo(word)
            end = place + len(word)
        found.append(_Window(start, spoken, tuple(ends)))
    return tuple(found)


def _tail_starts(word: str) -> list[int]:
    """Where a name at the start of `word` may end: at its end, or before a particle or suffix."""
    return [cut for cut in range(1, len(word) + 1) if cut == len(word) or bare_tail(word[cut:])]


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


def latin_in_hangul(name: str, text: str) -> Iterator[Span]:
    """Spans of Hangul in `text` that sound like the Latin `name`."""
    for order in orders(name):
        spelled = letters(order)
        weight = latin_weight(spelled)
        if weight < 1.5:
            continue
        sounds, limit = first_sounds(spelled), 0.3 * weight * 2
        for window in _hangul_windows(text):
            if window.letters[0] not in sounds:
                continue
            spoken = window.letters[: 3 * len(spelled)]
            table = costs(spoken, spelled, limit)
            best = max(
                ((_similar(table[i][-1], spoken[:i], spelled), end) for i, end in window.ends if i <= len(spoken)),
                default=(0.0, 0),
            )
            if best[0] > 0:
                yield window.start, best[1]


def hangul_in_latin(name: str, text: str) -> Iterator[Span]:
    """Spans of Latin words in `text` that sound like the Hangul `name`."""
    spoken = jamo(name)
    if hangul_weight(spoken) < 1.5:
        return
    limit = 0.3 * hangul_weight(spoken) * 2
    for window in _latin_windows(text):
        if spoken[0] not in first_sounds(window.letters):
            continue
        table = costs(spoken, window.letters, limit)
        best = max((_similar(table[-1][k], spoken, window.letters[:k]), end) for k, end in window.ends)
        if best[0] > 0:
            yield window.start, best[1]


def _similar(cost: float, spoken: str, spelled: str) -> float:
    """The score where it is good enough for so short or long a name, else 0."""
    heard, seen = hangul_weight(spoken), latin_weight(spelled)
    found = score(cost, heard, seen)
    return found if found >= (_SHORT_THRESHOLD if min(heard, seen) < _SHORT_WEIGHT else THRESHOLD) else 0.0
