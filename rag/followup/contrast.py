"""Names of a question before: which stand in one another's place, and how the other language writes them."""

from __future__ import annotations

import re

from index.names import NameBook
from index.text import morphemes

_ARTICLE_TAKERS = frozenset({"UK", "US", "EU", "UAE", "United Kingdom", "United States", "Netherlands"})
_GROUPS = {"country": "place", "place": "place", "company": "org", "org": "org", "school": "org", "media": "org"}
_NOUN = frozenset({"NNG", "NNP", "SL"})
_COUNTED = re.compile(r"(?:은|는|이|가|을|를)?\s?(?:모두|총)?\s?몇")


def group(kind: str) -> str:
    """The kinds of names that stand in one another's place: countries and places, companies and institutions."""
    return _GROUPS.get(kind, kind)


def with_article(name: str) -> str:
    """A name as it stands in a sentence: the UK."""
    return f"the {name}" if name in _ARTICLE_TAKERS else name


def nouns_in_english(
    question: str, names: NameBook, *, without: set[str] | frozenset[str] = frozenset(), plain_first: bool = False
) -> list[str]:
    """The names and things of a Korean question as English writes them, in order; what has no English form is left out.

    `without` leaves out groups of names; `plain_first` puts what was written in Latin letters first, in the plural.
    """
    told: list[tuple[int, str]] = []
    latin: list[str] = []
    found = names.find(question)
    for name in found:
        form = name.text if name.text.isascii() else next((v for v in name.variants if v.isascii()), None)
        if form and group(name.kind) not in without:
            told.append((name.start, with_article(form)))
    for term in names.find(question, {"term"}):
        form = next((v for v in term.variants if v.isascii()), None)
        inside = any(n.start <= term.start < n.end for n in found)
        if form and not term.text.isascii() and not inside and _is_noun(question, term.start):
            told.append((term.start, form))
    for word in re.finditer(r"[A-Za-z][A-Za-z0-9.+-]*", question):
        if not any(n.start <= word.start() < n.end for n in found):
            plural = f"{word.group()}s" if _COUNTED.match(question, word.end()) else word.group()
            (latin.append(plural) if plain_first else told.append((word.start(), plural)))
    return list(dict.fromkeys([*latin, *(form for _, form in sorted(told))]))


def _is_noun(text: str, start: int) -> bool:
    """Whether a noun that is not the stem of a verb (확보하다) begins there."""
    tokens = morphemes(text)
    for at, token in enumerate(tokens):
        if token.start == start:
            after = tokens[at + 1].tag if at + 1 < len(tokens) else ""
            return token.tag in _NOUN and not after.startswith("XS")
    return False


def nouns_in_korean(question: str, names: NameBook, *, without: set[str] | frozenset[str] = frozenset()) -> list[str]:
    """The names and things of a question as Korean writes them, in order; what has no Korean form stays as it is."""
    found = names.find(question)
    taken = [(name.start, name.end) for name in found]
    # names come first: 한국 GPU
    told = [(n.start - len(question), _hangul(n.text, n.variants)) for n in found if group(n.kind) not in without]
    if re.search(r"[가-힣]", question):
        told += [(t.start, t.form) for t in morphemes(question) if t.tag in _NOUN and not _within(t.start, taken)]
        return list(dict.fromkeys(form for _, form in sorted(told)))
    for word in re.finditer(r"(?<!^)\b[A-Z][A-Z0-9]+s?\b|\b[A-Za-z]*\d[\w-]*\b", question):
        if not _within(word.start(), taken):
            told.append((word.start(), re.sub(r"(?<=[A-Z0-9])s$", "", word.group())))
            taken.append(word.span())
    for term in names.find(question, {"term"}):
        if not _within(term.start, taken) and not re.search(r"(?:ing|ed)$", term.text):
            told.append((term.start, _hangul(term.text, term.variants)))
    return list(dict.fromkeys(form for _, form in sorted(told)))


def _hangul(text: str, variants: tuple[str, ...]) -> str:
    if re.search(r"[가-힣]", text):
        return text
    return next((form for form in variants if re.match(r"[가-힣]", form)), text)


def _within(at: int, spans: list[tuple[int, int]]) -> bool:
    return any(start <= at < end for start, end in spans)
