"""Known names in both scripts, and where forms of them stand in a text.

A form matches whatever its spacing, case, accents and full stops: both sides are reduced to a key. Forms that are
ordinary words too (수단, 'Apple', 'US') are marked with ? in data/names.tsv and count only as proper names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from index.text import kiwi


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing and what it is called; the first form of each script is the usual one. `common` holds ? forms."""

    kind: str
    korean: tuple[str, ...]
    latin: tuple[str, ...]
    common: frozenset[str] = frozenset()

    @property
    def forms(self) -> tuple[str, ...]:
        return self.korean + self.latin


@dataclass(frozen=True, slots=True)
class Match:
    """A form of `entries` at `text[start:end]`."""

    start: int
    end: int
    text: str
    entries: tuple[Entry, ...]


def is_hangul(letter: str) -> bool:
    return "가" <= letter <= "힣"


def is_hanja(letter: str) -> bool:
    return "一" <= letter <= "鿿"


def is_latin(letter: str) -> bool:
    return letter.isalnum() and ord(letter) < 0x250


APART = 4
"""Shorter Hangul names are not found with a space in them: 한 국가 is one nation, and not 한국."""


class _Plain(dict[int, str]):
    """What is left of each letter in a key, for str.translate."""

    def __missing__(self, code: int) -> str:
        letter = unicodedata.normalize("NFKD", chr(code))[0] if code < 0x250 else chr(code)
        self[code] = letter.casefold()[0] if letter.isalnum() or letter in "+&" else ""
        return self[code]


_PLAIN = _Plain()


def key(form: str) -> str:
    """A form without spaces, punctuation, accents and case."""
    return form.translate(_PLAIN)


class View:
    """Whole lines of a text as keys see them: `key` and, for each of its letters, the place in the text."""

    __slots__ = ("key", "places", "starts", "text")

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text = text
        lines = text[start:end]
        kept = [(plain, i) for i, letter in enumerate(lines, start) if (plain := _PLAIN[ord(letter)])]
        self.key = "".join(plain for plain, _ in kept)
        self.places = [i for _, i in kept]
        scripts = lines.translate(_SCRIPT)
        self.starts = [
            k for k, i in enumerate(self.places) if i == start or scripts[i - start - 1] != scripts[i - start]
        ]

    def end(self, k: int) -> int:
        """Where in the text the k-th letter ends."""
        return self.places[k] + 1


class _Script(dict[int, str]):
    """A figure for each letter's script, for str.translate."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        self[code] = "1" if is_hangul(letter) else "2" if is_latin(letter) else "3" if is_hanja(letter) else "0"
        return self[code]


_SCRIPT = _Script()


@lru_cache(maxsize=8)
def words(kind: str) -> frozenset[str]:
    """The words of one kind in data/name_words.tsv: particle, suffix, ordinary, generic."""
    rows = resources.files("index").joinpath("data/name_words.tsv").read_text(encoding="utf-8").splitlines()
    return frozenset(word for row in rows if row.startswith(kind + "\t") for word in row.split("\t")[1].split())


def _choice(kind: str) -> str:
    return "|".join(sorted(words(kind), key=len, reverse=True))


_TAIL = re.compile(rf"(?:{_choice('suffix')})?(?:{_choice('particle')}){{0,4}}")
_HANGUL_RUN = re.compile(r"[가-힣]+")


def bare_tail(tail: str) -> bool:
    """Whether Hangul right after a name leaves it that name: a particle or a suffix such as -산, -인, -측."""
    return _TAIL.fullmatch(tail) is not None


def tail_after(text: str, end: int) -> str:
    found = _HANGUL_RUN.match(text, end)
    return found.group() if found else ""


class Gazetteer:
    """Entries by the keys of their forms."""

    def __init__(self, entries: Iterable[Entry], base: Gazetteer | None = None) -> None:
        self._entries: dict[str, tuple[tuple[str, Entry], ...]] = dict(base._entries) if base else {}
        for entry in entries:
            for form in entry.forms:
                at = key(form)
                self._entries[at] = (*self._entries.get(at, ()), (form, entry))
        # Keys by their first two letters: few begin at any place of a text.
        self._heads: dict[str, list[str]] = {}
        for at in self._entries:
            self._heads.setdefault(at[:2], []).append(at)
        self._lengths: dict[str, list[int]] = {}

    def beginning(self, form: str, kind: str) -> Iterator[Entry]:
        """Entries of the kind with a form that begins with this one, and others."""
        start = key(form)
        keys = self._entries if len(start) < 2 else self._heads.get(start[:2], ())
        return (entry for at in keys for _, entry in self._entries[at] if entry.kind == kind)

    def entries(self, name: str) -> tuple[Entry, ...]:
        """The entries that `name` is a form of; ordinary words only when written as the form is."""
        found = self._entries.get(key(name), ())
        return tuple(dict.fromkeys(entry for form, entry in found if _same_case(name, form, entry)))

    def matches(self, view: View, k: int) -> Iterator[Match]:
        """Every form that starts at the k-th letter and ends where a word may end, longest first."""
        for size in self._sizes(view.key[k : k + 2]):
            found = self._entries.get(view.key[k : k + size])
            if found is None or k + size > len(view.key):
                continue
            start, end = view.places[k], view.end(k + size - 1)
            word_end = self._word_end(view.text, start, end)
            if word_end is None or "\n" in view.text[start:end]:
                continue
            entries = dict.fromkeys(e for form, e in found if self._proper(view.text, start, end, form, e))
            if entries:
                yield Match(start, word_end, view.text[start:word_end], tuple(entries))

    def _sizes(self, start: str) -> list[int]:
        """Lengths of the keys that begin with these two letters, or are the first of them, descending."""
        if start not in self._heads and start[:1] not in self._heads:
            return []
        if start not in self._lengths:
            keys = [*self._heads.get(start, ()), *self._heads.get(start[:1], ())]
            self._lengths[start] = sorted({len(at) for at in keys}, reverse=True)
        return self._lengths[start]

    @staticmethod
    def _word_end(text: str, start: int, end: int) -> int | None:
        """Where the word ends of which text[start:end] is the name, or None when it is the start of another word.

        Latin may take a plural s, short Hangul only a particle or suffix, longer Hangul anything.
        """
        if is_hangul(text[end - 1]):
            return end if end - start > 3 or bare_tail(tail_after(text, end)) else None
        if end == len(text) or not is_latin(text[end - 1]) or not is_latin(text[end]):
            return end
        plural = text[end] == "s" and (end + 1 == len(text) or not is_latin(text[end + 1]))
        return end + 1 if plural and text[start:end].casefold() + "s" not in words("ordinary") else None

    def _proper(self, text: str, start: int, end: int, form: str, entry: Entry) -> bool:
        written = text[start:end]
        if is_hanja(form[0]) and len(form) == 1:
            return start == 0 or not text[start - 1].isdigit()
        if not _same_case(written, form, entry):
            return False
        if is_hangul(form[0]) and len(form) < APART and len(written.split()) > len(form.split()):
            return False
        return form not in entry.common or not is_hangul(form[0]) or _is_proper_noun(text, start, written)


def _same_case(written: str, form: str, entry: Entry) -> bool:
    if form not in entry.common or is_hangul(form[0]):
        return True
    return re.sub(r"\W", "", written) == re.sub(r"\W", "", form)


@lru_cache(maxsize=1024)
def _tagged(text: str) -> dict[tuple[int, int], str]:
    return {(t.start, t.end): t.tag for t in kiwi().tokenize(text)}


def _is_proper_noun(text: str, start: int, written: str) -> bool:
    """Whether Kiwi reads the word as a proper noun among its neighbours (a window keeps the cost bounded)."""
    left = max(0, start - 40)
    return _tagged(text[left : start + 40]).get((start - left, start - left + len(written))) == "NNP"


@lru_cache(maxsize=1)
def known_entries() -> tuple[Entry, ...]:
    """The shipped gazetteer, data/names.tsv."""
    rows = resources.files("index").joinpath("data/names.tsv").read_text(encoding="utf-8").splitlines()
    return tuple(_entry(row) for row in rows if not row.startswith("#"))


def _entry(row: str) -> Entry:
    kind, korean, latin = row.split("\t")
    marked = korean.split("|"), latin.split("|")
    if kind == "person" and " " in marked[0][0]:
        # A foreign person's surname stands for the whole name; a Korean one is shared by too many.
        korean_surname, latin_surname = marked[0][0].split()[-1], marked[1][0].split()[-1]
        if len(korean_surname) > 1 and korean_surname.isalpha():
            marked[0].append(korean_surname)
        if latin_surname.isalpha() and latin_surname.casefold() not in words("ordinary"):
            marked[1].append("?" + latin_surname)
    common = frozenset(form[1:] for forms in marked for form in forms if form.startswith("?"))
    plain = [tuple(dict.fromkeys(form.removeprefix("?") for form in forms)) for forms in marked]
    return Entry(kind, plain[0], plain[1], common)


@lru_cache(maxsize=1)
def known_names() -> Gazetteer:
    return Gazetteer(known_entries())
