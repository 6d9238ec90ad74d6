"""Names in a question that no list holds: capitalised runs, Latin words among Hangul, proper nouns, quoted titles."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kiwipiepy import Token

from index.gazetteer import is_hangul, is_latin, words
from index.sounds import UNKNOWN_TO_KIWI
from index.text import kiwi
from index.vocabulary import common_words

Span = tuple[int, int]

# Words that begin an English question or sentence, and other words capitalised out of grammar, titles and calendars.
_ORDINARY = words("ordinary")
# Ordinary nouns that make part of an organisation's name but name nothing alone.
_GENERIC = words("generic")
_INFLECTED = re.compile(r"(?:ing|ed|ly|tion|tions|ment|ments|ness|ous|able|ive|ies)$")
_COMPOUND = re.compile(r"-[A-Z0-9]")
_LINKS = frozenset({"of", "for", "&", "de", "van", "von", "der", "del", "al", "bin", "the"})
_WORD = re.compile(r"[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ0-9&]*(?:[.\-+][A-Za-zÀ-ɏ0-9&]+)*|&")
_QUOTED = re.compile(
    r"[‘“「『《<]([^’”」』》>\n]{2,40})[’”」』》>]|\"([^\"\n]{2,40})\"|(?<![\w])'([^'\n]{2,40})'(?!s\b)"
)


def unknown_names(text: str, taken: Sequence[Span], terms: Sequence[Span]) -> list[Span]:
    """Spans of names outside `taken` (known names and terms). A span that only consists of `terms` is no name."""
    found: list[Span] = []
    # A term in a compound such as AI-RAN does not stand for itself; in AI-based it does.
    taken = [span for span in taken if span not in terms or not _COMPOUND.match(text, span[1])]
    candidates = [*_quoted(text), *(_korean(text) if any(map(is_hangul, text)) else ()), *_latin(text, taken)]
    for start, end in candidates:
        if (end > start and not any(s < end and start < e for s, e in (*found, *taken))) or (
            (start, end) not in terms and _is_quoted(text, start, end) and _holds_more(text, (start, end), taken)
        ):
            found.append((start, end))
    return found


def _is_quoted(text: str, start: int, end: int) -> bool:
    return start > 0 and end < len(text) and text[start - 1] in "‘“「『《<\"'" and text[end] in "’”」』》>\"'"


def _holds_more(text: str, span: Span, taken: Sequence[Span]) -> bool:
    """Whether a quoted title says more than the known names inside it."""
    covered = sum(e - s for s, e in taken if span[0] <= s and e <= span[1])
    return any(s < span[1] and span[0] < e for s, e in taken) and (span[1] - span[0] - covered) > 2


def _quoted(text: str) -> Iterator[Span]:
    for match in _QUOTED.finditer(text):
        start, end = next(match.span(i) for i in (1, 2, 3) if match[i])
        # A title is short and capitalised; a quoted sentence or an English word in quotes names nothing by itself.
        title = text[start:end]
        named = title == title.strip() and (title[0].isupper() or title[0].isdigit() or any(map(is_hangul, title)))
        if named and len(title.split()) <= 6 and not title.rstrip().endswith((".", "?", "!", "다")):
            yield start, end


def _korean(text: str) -> Iterator[Span]:
    """Runs of proper nouns and of nouns unknown to Kiwi, with Latin words among them."""
    run: list[Token] = []
    for token in kiwi().tokenize(text):
        joined = run and token.start - run[-1].end <= 1 and "\n" not in text[run[-1].end : token.start]
        if _is_name_token(token):
            if run and not joined:
                yield from _run_span(run)
                run = []
            run.append(token)
        elif run:
            yield from _run_span(run)
            run = []
    yield from _run_span(run)


def _is_name_token(token: Token) -> bool:
    if token.tag == "NNP":
        return True
    return token.tag == "NNG" and token.id < UNKNOWN_TO_KIWI and len(token.form) >= 3


def _run_span(run: list[Token]) -> Iterator[Span]:
    if run and run[-1].end - run[0].start >= 2:
        yield run[0].start, run[-1].end


def _latin(text: str, taken: Sequence[Span]) -> Iterator[Span]:
    """Capitalised runs, acronyms and words with digits in them; in Korean text every Latin word of two letters."""
    korean = sum(map(is_hangul, text)) > sum(map(is_latin, text)) / 2
    headline = not korean and _is_headline(text, taken)
    run: list[re.Match[str]] = []
    for word in _WORD.finditer(text):
        if any(s < word.end() and word.start() < e for s, e in taken):
            yield from _trim(run)
            run = []
            continue
        if run and text[run[-1].end() : word.start()] not in (" ", "-"):
            yield from _trim(run)
            run = []
        if _is_capital(word, text, korean, headline) or (run and word.group() in _LINKS):
            run.append(word)
        else:
            yield from _trim(run)
            run = []
    yield from _trim(run)


def _is_headline(text: str, taken: Sequence[Span]) -> bool:
    """Whether nearly every long word that is no known name is capitalised, so that capitals tell nothing."""
    words = [w.group() for w in _WORD.finditer(text) if not any(s <= w.start() < e for s, e in taken)]
    long = [word for word in words if len(word) > 3]
    return len(long) > 3 and sum(word[0].isupper() for word in long) > 0.7 * len(long)


def _is_capital(word: re.Match[str], text: str, korean: bool, headline: bool) -> bool:
    written = word.group()
    if any(c.isupper() for c in written[1:]) or (any(c.isdigit() for c in written) and written[0].isalpha()):
        return len(written) > 1
    if _is_ordinary(written):
        # Inside a run such a word may be part of the name (Barclays Eagle Labs, but also Plan for Change).
        return written[0].isupper() and not _begins_sentence(text, word.start())
    if korean:
        return len(written) > 1
    if headline or not written[0].isupper():
        return False
    # The first word of a sentence is capitalised anyway: a name only when the next word is capitalised too.
    if _begins_sentence(text, word.start()):
        following = _WORD.match(text, word.end() + 1)
        return bool(following and following.group()[0].isupper() and not _INFLECTED.search(written))
    return True


def _begins_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \"'“‘([*-")
    return not before or before[-1] in ".?!:;\n"


def _trim(run: list[re.Match[str]]) -> Iterator[Span]:
    """The run without titles, links and ordinary words at its ends; nothing when only such words are in it."""
    words = list(run)
    while words and (_is_ordinary(words[0].group()) or words[0].group() in _LINKS):
        words.pop(0)
    while words and (_is_ordinary(words[-1].group()) or words[-1].group() in _LINKS):
        words.pop()
    if words and not all(_is_ordinary(its := word.group()) or its.casefold() in _GENERIC | _LINKS for word in words):
        yield words[0].start(), words[-1].end()


def _is_ordinary(word: str) -> bool:
    """Whether a word names nothing; in capitals throughout it may be an abbreviation that is spelled like a word."""
    small = word.casefold()
    return small in _ORDINARY or (small in common_words() and not (len(word) > 1 and word.isupper()))
