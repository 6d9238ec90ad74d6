"""Common English words of the news and Korean words for them (`index/data/vocabulary.tsv`).

An English question shares no words with a Korean article but names and numbers. A word list cannot translate it, but it
can tell which sentences hold a word for most of what is asked: each English word becomes a group of alternatives that
count as one term (structured queries: Pirkola, SIGIR 1998).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

import snowballstemmer

from index.store import Store
from index.text import terms

Group = tuple[tuple[str, ...], ...]
"""The Korean words for one English word, each as its search terms, all of which must be there."""

_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")


def translations(text: str) -> dict[str, Group]:
    """Each English word of the text that the list knows, in whatever inflection, in lower case, with its group."""
    entries, stem = _entries(), snowballstemmer.stemmer("english").stemWord
    words = dict.fromkeys(_WORD.findall(text.casefold()))
    groups = {word: tuple(filter(None, map(_terms, entries.get(stem(word), ())))) for word in words}
    return {word: group for word, group in groups.items() if group}


def group_frequency(groups: Sequence[Group], store: Store) -> list[int]:
    """In how many chunks each group stands, as its most frequent word does: of an ambiguous one little is to be had."""
    frequency = store.document_frequency({term for group in groups for word in group for term in word})
    return [max(min(frequency[term] for term in word) for word in group) for group in groups]


@lru_cache(maxsize=1)
def _entries() -> dict[str, tuple[str, ...]]:
    """Korean words by the stem of the English one: stems need not be words, those of list and question only meet."""
    stem = snowballstemmer.stemmer("english").stemWord
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for line in (files("index") / "data" / "vocabulary.tsv").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            english, korean = line.split("\t")
            for word in english.split(", "):
                found[stem(word)].update(dict.fromkeys(korean.split(", ")))
    return {stem: tuple(words) for stem, words in found.items()}


@lru_cache(maxsize=8192)
def _terms(word: str) -> tuple[str, ...]:
    return tuple(terms(word))
