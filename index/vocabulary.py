"""Common English words and phrases of the news, and Korean ones for them (`index/data/vocabulary.tsv`).

An English question shares no words with a Korean article but names and numbers. A word list cannot translate it, but it
can tell which sentences hold a word for most of what is asked: each English word becomes a group of alternatives that
count as one term (structured queries: Pirkola, SIGIR 1998). The reader is told which of them its passage has.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise, takewhile
from operator import eq
from typing import Any

import snowballstemmer

from index.store import Store
from index.text import terms

Group = tuple[tuple[str, ...], ...]
"""The Korean words for one English word, each as its search terms, all of which must be there."""

_WORD = re.compile(r"[A-Za-z]+")
_LONGEST = 4
"""Words of the longest phrase that is looked for."""


@dataclass(frozen=True, slots=True)
class Translation:
    """A word or phrase at `text[start:end]`, in lower case, and the Korean words for it, the most usual first.

    `group` has the search terms of each of `korean`.
    """

    english: str
    start: int
    end: int
    korean: tuple[str, ...]
    group: Group


def translated(text: str) -> Iterator[Translation]:
    """Each word of an English text that the list knows, in whatever inflection; of phrases the longest."""
    found = list(_WORD.finditer(text))
    at = 0
    while at < len(found):
        for count in range(min(_LONGEST, len(found) - at), 0, -1):
            its = found[at : at + count]
            if any(text[a.end() : b.start()] not in (" ", "-") for a, b in pairwise(its)):
                continue
            korean = _looked_up([word.group().lower() for word in its])
            pairs = [(word, said) for word in korean if (said := _terms(word))]
            if pairs:
                words, group = zip(*pairs, strict=True)
                start, end = its[0].start(), its[-1].end()
                yield Translation(text[start:end].lower(), start, end, words, group)
                break
        at += count


def english_words(text: str) -> list[str]:
    """English words for those of a Korean text that the list knows, in order, each once."""
    known = _english()
    return list(dict.fromkeys(known[term] for term in terms(text) if term in known))


def group_frequency(groups: Sequence[Group], store: Store) -> list[int]:
    """In how many chunks each group stands, as its most frequent word does: of an ambiguous one little is to be had."""
    frequency = store.document_frequency({term for group in groups for word in group for term in word})
    return [max(min(frequency[term] for term in word) for word in group) for group in groups]


@lru_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """The single English words of the list, in lower case."""
    return frozenset(word for english, _ in _lines() for word in english if word.isalpha())


def _lines() -> Iterator[tuple[list[str], list[str]]]:
    """The English words of each line of the list that mean the same, and the Korean ones."""
    for line in (files("index") / "data" / "vocabulary.tsv").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            english, korean = line.split("\t")
            yield english.split(", "), korean.split(", ")


def _looked_up(words: Sequence[str]) -> tuple[str, ...]:
    """The Korean words for an English word or phrase in whatever inflection. Of several entries with its stem (office,
    officer) the one that begins most like it is meant (officers)."""
    text = " ".join(words)
    entries = _entries().get(" ".join(map(_stem, words)), {})

    def likeness(entry: str) -> tuple[int, int]:
        return sum(takewhile(bool, map(eq, entry, text))), -len(entry)

    return entries[max(entries, key=likeness)] if entries else ()


@lru_cache(maxsize=1)
def _entries() -> dict[str, dict[str, tuple[str, ...]]]:
    """The entries of the list, Korean words by English ones, by their stems: stems need not be words, those of list and
    question only meet."""
    found: defaultdict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for english, korean in _lines():
        for entry in english:
            its = re.split("[ -]", entry)
            found[" ".join(map(_stem, its))][" ".join(its)] = tuple(korean)
    return dict(found)


@lru_cache(maxsize=1)
def _english() -> dict[str, str]:
    """An English word for each Korean one of the list: the one that it is the most usual word for, of several the
    shortest. Nouns and stems of the list are search terms as they stand; others are not found."""
    found: dict[str, tuple[int, int, str]] = {}
    for english, korean in _lines():
        word = min(english, key=len)
        for place, said in enumerate(korean):
            found[said] = min((place, len(word), word), found.get(said, (99, 99, "")))
    return {said: word for said, (_, _, word) in found.items()}


@lru_cache(maxsize=32768)
def _stem(word: str) -> str:
    return str(_stemmer().stemWord(word))


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    return snowballstemmer.stemmer("english")


@lru_cache(maxsize=32768)
def _terms(word: str) -> tuple[str, ...]:
    return tuple(terms(word))
