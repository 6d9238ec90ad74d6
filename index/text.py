"""Korean text through Kiwi: sentences with exact offsets, and search terms.

Both come from one shared Kiwi instance (thread-safe, about 2 s to load, kept for the life of the process).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kiwipiepy import Kiwi, Token

from index.types import Sentence
from seeds.article import Span

# Content-bearing tags of the Sejong tag set: nouns, numerals, roots, verb and adjective stems, foreign words, digits.
_CONTENT = frozenset(
    {"NNG", "NNP", "NR", "XR", "VV", "VA", "VV-R", "VV-I", "VA-R", "VA-I", "SL", "SN", "SH", "MM", "MAG", "NNB"}
)
# Light verbs and bound nouns that stand in nearly every sentence and tell nothing about its subject.
_STOP = frozenset(
    [
        "하",
        "되",
        "있",
        "없",
        "것",
        "수",
        "등",
        "이",
        "그",
        "저",
        "때",
        "중",
        "때문",
        "위하",
        "통하",
        "대하",
        "따르",
        "및",
        "또",
        "더",
        "또한",
        "바",
        "데",
        "지",
        "들",
    ]
)
# Kiwi splits H100, 6G and AI-RAN at every change of script; as search terms they are one word (and their parts).
_COMPOUND = re.compile(r"[A-Za-z0-9]+(?:[-.&+/][A-Za-z0-9]+)*[A-Za-z0-9+]*")
_PARAGRAPH = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+")


@lru_cache(maxsize=1)
def kiwi() -> Kiwi:
    return Kiwi()


def sentences(text: str, spans: Iterable[Span]) -> list[Sentence]:
    """Split the spans of `text` into sentences; `text[s.start:s.end] == s.text` for each.

    A blank line always ends a sentence: a paragraph without a full stop must not swallow the next one.
    """
    found: list[Sentence] = []
    for paragraph_start, paragraph_end in _paragraphs(text, spans):
        paragraph = text[paragraph_start:paragraph_end]
        for part in kiwi().split_into_sents(paragraph):
            start, end = paragraph_start + part.start, paragraph_start + part.end
            while start < end and text[start].isspace():
                start += 1
            while end > start and text[end - 1].isspace():
                end -= 1
            if end <= start:
                continue
            if found and found[-1].end == start and found[-1].start >= paragraph_start:
                # Kiwi sometimes ends a sentence behind a closing quote, and leaves its particle to the next.
                start = found.pop().start
            found.append(Sentence(start, end, text[start:end]))
    return found


def _paragraphs(text: str, spans: Iterable[Span]) -> Iterable[Span]:
    for start, end in spans:
        at = start
        for gap in _PARAGRAPH.finditer(text, start, end):
            yield at, gap.start()
            at = gap.end()
        yield at, end


@dataclass(frozen=True, slots=True)
class Morpheme:
    """A morpheme at `text[start:end]`, with its tag of the Sejong tag set (irregularity marks left off)."""

    form: str
    tag: str
    start: int
    end: int


def morphemes(text: str) -> list[Morpheme]:
    return [Morpheme(t.form, t.tag.partition("-")[0], t.start, t.end) for t in kiwi().tokenize(text)]


_UNKNOWN = 100
"""Kiwi gives words outside its dictionary the small id of their tag."""


def is_common_noun(word: str) -> bool:
    """Whether a word is made of common nouns that Kiwi knows: 주민들, 관계자. Names are often unknown to it."""
    tokens = kiwi().tokenize(word)
    nouns = all(token.tag in ("NNG", "NNB", "XSN", "XPN") and token.id >= _UNKNOWN for token in tokens)
    return nouns and any(token.len > 1 for token in tokens)


def joined(parts: Iterable[tuple[str, str]]) -> str:
    """Text of (form, tag), inflected and spaced as it is written: 확보, 하, 는 is 확보하는."""
    return str(kiwi().join(list(parts)))


def terms(text: str) -> list[str]:
    """Search terms of a text or a question, in order, repeats kept: stems of content words, casefolded, NFKC."""
    return [term for tokens in term_lists([text]) for term in tokens]


def term_lists(texts: Sequence[str]) -> list[list[str]]:
    """`terms` of many texts at once; Kiwi spreads them over its threads."""
    normal = [unicodedata.normalize("NFKC", text) for text in texts]
    return [_terms(text, tokens) for text, tokens in zip(normal, kiwi().tokenize(normal), strict=True)]


def _terms(text: str, tokens: Sequence[Token]) -> list[str]:
    found: list[tuple[int, str]] = []
    inside: list[Span] = []
    for word in _COMPOUND.finditer(text):
        whole = word.group().casefold()
        if not whole.isdigit() and any(c.isalpha() for c in whole):
            found.append((word.start(), whole))
            found += [(word.start(), part) for part in re.split(r"[-.&+/]", whole) if len(part) > 1 and part != whole]
            inside.append(word.span())
    for token in tokens:
        if token.tag in _CONTENT and not any(start <= token.start < end for start, end in inside):
            form = "".join(token.form.casefold().split())
            if form and form not in _STOP:
                found.append((token.start, form))
    return [form for _, form in sorted(found, key=lambda item: item[0])]
