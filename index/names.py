"""Names across scripts: what else a thing is called, which names a question holds, and whether a text names them.

A NameBook knows the shipped gazetteer and the pairs mined from the collection. What neither knows is compared by
sound, so that a name nobody wrote down ('노섬벌랜드' for Northumberland) is still found.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from index.gazetteer import Entry, Gazetteer, Match, View, bare_tail, is_hangul, is_latin, key, known_names, tail_after
from index.mining import mine
from index.phonetics import THRESHOLD, similarity
from index.sounds import hangul_in_latin, latin_in_hangul
from index.unknown import unknown_names

__all__ = ["Name", "NameBook", "mine"]

TERM = "term"
HOME = frozenset({"한국", "대한민국", "국내", "Korea", "South Korea", "Korean"})
"""Korean papers say 정부 and 국내 for what a foreign reader asks about as Korea: its absence proves nothing."""
_POSSESSIVE = re.compile(r"(?:['’]s|['’]|(?<=[A-Za-z0-9])의)$")
_CONNECTOR = frozenset(["of", "the", "and", "for", "&", "in", "at", "de", "la"])
_LINE = re.compile(r"[^\n]+")
_NEAR = 20
_CLOSE = 0.9
# Kinds whose names have several current Hangul or Latin spellings; places and institutions have fixed ones.
_SPELT_VARIOUSLY = frozenset({"person", "company", "product", "name"})
_PARTS = frozenset({("company", "company"), ("place", "school"), ("place", "org")})
"""Kinds of things that are named by a part of them."""
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Name:
    """A name in a question or answer: `question[start:end] == text`. `variants` are its other forms."""

    start: int
    end: int
    text: str
    kind: str
    variants: tuple[str, ...]


class NameBook:
    """The gazetteer and the given mined pairs. Immutable; loading takes a few milliseconds after the first."""

    def __init__(self, mined: Iterable[tuple[str, str]] = ()) -> None:
        known = known_names()
        extra = [_mined_entry(pair, known) for pair in sorted(set(mined))]
        self._gazetteer = Gazetteer(extra, known) if extra else known
        self._matches = lru_cache(maxsize=1024)(self._scan)
        self._keys = lru_cache(maxsize=512)(self._all_keys)
        self._occurs = lru_cache(maxsize=8192)(self._is_named)  # the same names are asked of the same texts

    def variants(self, name: str) -> tuple[str, ...]:
        """All other forms of a known name, in both scripts, the usual ones first; () for an unknown one."""
        forms = dict.fromkeys(form for entry in self._entries(name) for form in entry.forms)
        return tuple(form for form in forms if form != name)

    def find(self, text: str, kinds: Collection[str] | None = None) -> list[Name]:
        """The names in a question or an answer, in order of their starts.

        Known ones have their gazetteer kind; unknown ones the kind 'name'. Terms are left out unless `kinds` asks
        for them; `kinds` restricts what is returned.
        """
        matches = self._matches(text, 0, len(text))
        found = [
            Name(m.start, m.end, m.text, _kind(m), self.variants(m.text)) for m in matches if kinds or _kind(m) != TERM
        ]
        taken = [(m.start, m.end) for m in matches]
        terms = [(m.start, m.end) for m in matches if _kind(m) == TERM]
        for start, end in unknown_names(text, taken, terms):
            # Kiwi may see a known name in a compound that the gazetteer's own rules would not cut (서울올림픽).
            known = next((entry.kind for entry in self._entries(text[start:end])), "name")
            found.append(Name(start, end, text[start:end], known, self.variants(text[start:end])))
        return sorted((n for n in found if not kinds or n.kind in kinds), key=lambda n: n.start)

    def occurs(self, name: str, text: str) -> bool:
        """Whether `text` names what `name` names, in either script, by a known form, by spelling or by sound."""
        return self._occurs(name, text)

    def _is_named(self, name: str, text: str) -> bool:
        return next(self.spans(name, text), None) is not None

    def spans(self, name: str, text: str) -> Iterator[Span]:
        """Where `text` names what `name` names; not every place, but at least one when there is one."""
        name = _POSSESSIVE.sub("", name.strip())
        if not name or not text:
            return
        entries = self._entries(name)
        yield from self._known(entries, text)
        if not entries:
            yield from self._written(name, text)
        yield from self._heard(name, entries, text)
        if not entries:
            yield from self._parts(name, text)

    def gloss(self, text: str, limit: int | None = None) -> str:
        """Korean text with the Latin form after the first mention of each known name, for an English reader."""
        pieces, at, seen = [], 0, set[str]()
        for match in self._matches(text, 0, len(text)):
            if not is_hangul(match.text[-1]) or _kind(match) == TERM:
                continue
            latin = next((e.latin[0] for e in match.entries if e.latin), None)
            if latin is None or latin in seen or (limit is not None and len(seen) >= limit):
                continue
            seen.add(latin)
            if text[match.end :].lstrip("’'\" ").startswith("(") or latin.casefold() in text.casefold():
                continue
            pieces += [text[at : match.end], f"({latin})"]
            at = match.end
        return "".join([*pieces, text[at:]])

    def segments(self, text: str) -> list[tuple[str, str | None]]:
        """A name cut into its known parts, names and terms, each with its usual Latin form, and what lies between."""
        found: list[tuple[str, str | None]] = []
        at = 0
        for match in self._matches(text, 0, len(text)):
            latin = next((entry.latin[0] for entry in match.entries if entry.latin), None)
            found += [(text[at : match.start], None), (text[match.start : match.end], latin)]
            at = match.end
        found.append((text[at:], None))
        return [(part.strip(), latin) for part, latin in found if part.strip()]

    def expand(self, text: str) -> list[str]:
        """The forms, in the other script, of all names and terms in a question: more search terms for it."""
        found: dict[str, None] = {}
        for match in self._matches(text, 0, len(text)):
            hangul = any(map(is_hangul, match.text))
            for entry in match.entries:
                found.update(dict.fromkeys(entry.latin if hangul else entry.korean))
        return list(found)

    def _entries(self, name: str) -> tuple[Entry, ...]:
        name = _POSSESSIVE.sub("", name.strip())
        return self._gazetteer.entries(name) or (self._gazetteer.entries(name[:-1]) if name.endswith("s") else ())

    def _scan(self, text: str, start: int, end: int) -> tuple[Match, ...]:
        """The known names in whole lines of a text, longest first from left to right."""
        view = View(text, start, end)
        found: list[Match] = []
        free = start
        for k in view.starts:
            if view.places[k] < free:
                continue
            match = next(self._gazetteer.matches(view, k), None)
            if match:
                found.append(match)
                free = match.end
        return tuple(found)

    def _known(self, entries: tuple[Entry, ...], text: str) -> Iterator[Span]:
        forms = self._keys(entries)
        for line in _LINE.finditer(text) if forms else ():
            plain = key(line.group())  # most have none of the forms at all, which is told sooner than where names are
            if not any(form in plain for form in forms):
                continue
            for match in self._matches(text, *line.span()):
                of_them = any(entry in entries for entry in match.entries)
                if of_them or any(_part_of(entry, part) for entry in entries for part in match.entries):
                    yield match.start, match.end

    def _all_keys(self, entries: tuple[Entry, ...]) -> frozenset[str]:
        """Keys of all forms of the entries and of what `_part_of` takes for a part of them."""
        parts = (
            part
            for entry in entries
            for whole, kind in _PARTS
            if whole == entry.kind
            for form in entry.korean
            for part in self._gazetteer.beginning(form, kind)
            if _part_of(entry, part)
        )
        named = [*entries, *parts]
        return frozenset(key(form) for entry in named for form in entry.forms)

    def _written(self, name: str, text: str) -> Iterator[Span]:
        """The name as it stands, at word boundaries, not inside a longer known name."""
        for found in re.finditer(re.escape(name), text, re.IGNORECASE):
            start, end = found.span()
            inside = is_latin(name[0]) and start > 0 and is_latin(text[start - 1])
            inside |= is_hangul(name[0]) and start > 0 and is_hangul(text[start - 1])
            inside |= is_latin(name[-1]) and end < len(text) and is_latin(text[end]) and text[end] != "s"
            if is_hangul(name[-1]) and len(name) < 3:
                inside |= not bare_tail(tail_after(text, end))
            if not inside and not self._within_other((start, end), name, (), text, longer=True):
                yield start, end

    def _heard(self, name: str, entries: tuple[Entry, ...], text: str) -> Iterator[Span]:
        """Places that sound like the name. A known name's usual spelling is known: another must be very close."""
        if entries and not any(entry.kind in _SPELT_VARIOUSLY for entry in entries):
            return
        least = _CLOSE if entries else THRESHOLD
        for form in dict.fromkeys([name, *(f for e in entries for f in (*e.korean[:1], *e.latin[:1]))]):
            if any(map(is_hangul, form)):
                spans = hangul_in_latin(form, text, least)
            elif len(form) > 3 and not form.isupper():
                spans = latin_in_hangul(form, text, least)
            else:
                continue
            yield from (span for span in spans if not self._within_other(span, name, entries, text))

    def _within_other(self, span: Span, name: str, entries: tuple[Entry, ...], text: str, longer: bool = False) -> bool:
        """Whether a known name of something else covers the span (and, if asked, is longer than it)."""
        line = text.rfind("\n", 0, span[0]) + 1, text.find("\n", span[1]) % (len(text) + 1)
        return any(
            m.start <= span[0] and span[1] <= m.end and (not longer or m.end - m.start > span[1] - span[0])
            for m in self._matches(text, *line)
            if _kind(m) != TERM and not _same_thing(m, name, entries)
        )

    def _parts(self, name: str, text: str) -> Iterator[Span]:
        """A name of several words whose ordinary words are translated, or a person's surname alone."""
        words = [word for word in name.split() if word.casefold() not in _CONNECTOR]
        if len(words) < 2:
            return
        generic = [word for word in words if any(e.kind == TERM for e in self._entries(word))]
        proper = [word for word in words if word not in generic]
        if generic and proper:
            for start, end in self.spans(" ".join(proper), text):
                around = text[max(0, start - _NEAR) : end + _NEAR]
                if all(any(form in around for form in (word, *self.variants(word))) for word in generic):
                    yield start, end
        elif not generic and len(words) <= 3 and not any(map(self._entries, words)):
            surname = words[-1]
            if all(word[0].isupper() for word in words) and len(surname) > 3:
                yield from self._written(surname, text)
                yield from self._heard(surname, (), text)


def _kind(match: Match) -> str:
    """A form that names a thing and a term is the thing."""
    return next((e.kind for e in match.entries if e.kind != TERM), TERM)


def _same_thing(match: Match, name: str, entries: tuple[Entry, ...]) -> bool:
    """Whether the match is of those entries, has the name as a word, or sounds like it in the other script."""
    if entries:
        return any(entry in entries for entry in match.entries)
    words = {word.casefold() for entry in match.entries for form in entry.forms for word in form.split()}
    return name.casefold() in words or any(
        similarity(*spelt) >= _CLOSE
        for entry in match.entries
        for spelt in (
            [(name, latin) for latin in entry.latin]
            if any(map(is_hangul, name))
            else [(korean, name) for korean in entry.korean]
        )
    )


def _part_of(asked: Entry, found: Entry) -> bool:
    """삼성 is named by 삼성전자 and Manchester by 맨체스터대: a group by its companies, a place by its institutions."""
    if (asked.kind, found.kind) not in _PARTS:
        return False
    return any(full.startswith(form) for form in asked.korean for full in found.korean)


def _mined_entry(pair: tuple[str, str], known: Gazetteer) -> Entry:
    """A mined pair as an entry, joined to what the gazetteer knows of its Korean side."""
    first, second = pair
    korean, latin = ((first, second), ()) if any(map(is_hangul, second)) else ((first,), (second,))
    # A short form counts only as it is written: 'IT' mined somewhere must not be found in every "it".
    common = frozenset(form for form in latin if len(form) <= 4)
    for entry in known.entries(first):
        return Entry(entry.kind, _merge(entry.korean, korean), _merge(entry.latin, latin), entry.common | common)
    return Entry(TERM if latin and latin[0].islower() else "name", korean, latin, common)


def _merge(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(first + second))
