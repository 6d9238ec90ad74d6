"""Reads English numerals: scales after digits (28bn, 1.2 million), number words, ordinals, multiples, fractions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from rag.numeral import Numeral, any_of
from rag.units import DURATIONS, EN, EN_UNIT

_ONES = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_POWERS = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12, "quadrillion": 15}
_SUFFIXES = {"k": 3, "m": 6, "mn": 6, "mln": 6, "mm": 6, "bn": 9, "bln": 9, "b": 9, "tn": 12, "trn": 12, "t": 12}
_MAGNITUDES = {"ten": 1, "dozen": 1, "hundred": 2, **_POWERS}
_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "twentieth": 20, "hundredth": 100,
}  # fmt: skip
_MULTIPLES = {
    **dict.fromkeys(("double", "doubles", "doubled", "doubling", "twice", "twofold"), 2),
    **dict.fromkeys(("triple", "triples", "tripled", "tripling", "thrice"), 3),
    **dict.fromkeys(("quadruple", "quadruples", "quadrupled", "quadrupling"), 4),
}
_PARTS = {
    "half": 2,
    "halve": 2,
    "third": 3,
    "quarter": 4,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "eighth": 8,
    "tenth": 10,
}
_VULGAR = {"½": "0.5", "¼": "0.25", "¾": "0.75"}

_WORD = rf"(?:{any_of([*_ONES, *_TENS, *_POWERS, 'hundred', 'dozen'])})"
_SCALE = re.compile(
    rf"(?:[ -]?(?P<word>{any_of(_POWERS)})s?|\ ?(?P<close>bn|mn|mln|bln|tn|trn)|(?P<letter>mm|[kKmMbBtT]))"
    r"(?![A-Za-z0-9])"
)
_SPELLED = re.compile(
    rf"\b(?:an?[ -](?=hundred|thousand|million|billion|trillion|dozen))?{_WORD}(?:(?:[ -]|\ and\ |-and-){_WORD})*+\b",
    re.IGNORECASE,
)
_ORDINAL = re.compile(
    rf"\b(?P<figure>\d{{1,3}})(?:st|nd|rd|th)\b | \b(?P<word>{any_of(_ORDINALS)})\b"
    r" | \b(?:No\.\ ?|number\ )(?P<rank>\d{1,3}\b|one\b)",
    re.IGNORECASE | re.VERBOSE,
)
_MULTIPLE = re.compile(
    rf"\b(?:(?P<word>{any_of(_MULTIPLES)})\b(?!-(?:digit|check|click))|(?P<fold>{_WORD})-?fold\b)", re.IGNORECASE
)
_PART = re.compile(rf"\b(?P<above>an?|{any_of(_ONES)})[ -](?P<below>{any_of(_PARTS)})s?\b", re.IGNORECASE)
_HALF = re.compile(r"\b(?:half|halve[sd]?|halving)\b", re.IGNORECASE)
_AND_HALF = re.compile(rf"\b(?P<whole>{any_of(_ONES)})[ -]and[ -](?:a|one)[ -]half\b", re.IGNORECASE)
_PART_SCALE = re.compile(
    r"\b(?:an? )?(?P<part>half|quarter)(?:[ -](?:of )?an?)?(?P<scale>[ -](?:million|billion|trillion|dozen))\b",
    re.IGNORECASE,
)
_HALF_A = re.compile(r"\bhalf an? ", re.IGNORECASE)
_VAGUE = re.compile(
    r"\b(?:(?P<many>tens|dozens|hundreds|thousands|several|a few|few|multi)[ -]?(?:of )?)?"
    r"(?P<order>ten|dozen|hundred|thousand|million|billion|trillion)(?P<plural>s?)\b",
    re.IGNORECASE,
)
_SEVERAL = re.compile(r"\b(?:several|a few)\b", re.IGNORECASE)
_TO = re.compile(rf"(?:[ -]to[ -]|-)(?:\d|{_WORD}\b)")
_OF = re.compile(r"\s*(?:of\b|more\b|less\b|higher\b|lower\b|in\b|from\b|to\b|[^\w\s]|$)")
_SLASH = re.compile(r"(?<![\d/.,])(?P<above>\d)/(?P<below>\d|10)(?![\d/])")


def scaled(text: str, numeral: Numeral, money: bool) -> Numeral:
    """The same number with the scale behind it, if there is one: `28bn`, `1.2 million`, `260K`, and `$5m`.

    With neither a currency sign nor a counted noun a small m, b or t is a unit; and 4K is a resolution.
    """
    found = _SCALE.match(text, numeral.end)
    if found is None:
        return numeral
    letter = found["letter"]
    screen = letter in {"k", "K"} and text[numeral.start : numeral.end] in {"2", "4", "8"}
    millions = letter in {"m", "b"} and _counted_at(text, found.end())
    if letter and not money and not millions and (letter not in "kKMB" or screen):
        return numeral
    power = _POWERS[found["word"]] if found["word"] else _SUFFIXES[(letter or found["close"]).lower()]
    scale = Decimal(10) ** power
    return Numeral(
        numeral.start, found.end(), numeral.low * scale, numeral.high * scale, scale,
        "parameter" if letter in {"B", "M"} and not money else "",
    )  # fmt: skip


def _counted_at(text: str, start: int) -> bool:
    found = EN_UNIT.match(text, start + 1) if text[start : start + 1] == " " else None
    return (
        found is not None
        and EN[found["word"]].kind in {"count", "money"}  # 5m people, 5m euros
        and EN[found["word"]].name not in DURATIONS
    )


def words(text: str) -> Iterator[Numeral]:
    """Numbers written in English words."""
    yield from _parts(text)
    yield from _multiples(text)
    yield from _ordinals(text)
    yield from _vague(text)
    for found in _SPELLED.finditer(text):
        spelled = _value(found[0])
        alone = found[0].lower() in {"one", "hundred", "dozen", *_POWERS}
        if spelled is None or (alone and not _counts(text, found)):
            continue
        numeral = Numeral(found.start(), found.end(), spelled[0], spelled[0], spelled[1])
        yield scaled(text, numeral, money=False) if spelled[1] == 1 else numeral


def _value(spelled: str) -> tuple[Decimal, Decimal] | None:
    """(value, last multiplier) of number words, or None when they do not make one number (`two three`)."""
    total = section = 0
    scale, limit = 1, 10**18
    for word in re.split(r"[ -]+(?:and[ -]+)?", spelled.lower()):
        if word in {"a", "an"}:
            continue
        if word in _ONES or word in _TENS:
            value = _ONES.get(word) or _TENS.get(word, 0)
            if section % 10 or (section % 100 and value >= 10):
                return None
            section, scale = section + value, 1
        elif word in {"hundred", "dozen"}:
            scale = 100 if word == "hundred" else 12
            section = (section or 1) * scale
        else:
            scale = 10 ** _POWERS[word]
            if scale >= limit:
                return None
            total, section, limit = total + (section or 1) * scale, 0, scale
    return Decimal(total + section), Decimal(scale)


def _counts(text: str, found: re.Match[str]) -> bool:
    """`one` is mostly a pronoun: only right before a unit, a counted noun or the end of a range is it a number."""
    behind = text[found.end() : found.end() + 1] in {" ", "-"}
    return (
        found[0].lower() == "one"
        and behind
        and (unit_at(text, found.end() + 1) or _TO.match(text, found.end()) is not None)
    )


def unit_at(text: str, start: int) -> bool:
    """Whether an English unit stands at `start`, in any case."""
    return (EN_UNIT.match(text, start) or EN_UNIT.match(text[start : start + 30].lower())) is not None


def _parts(text: str) -> Iterator[Numeral]:
    half = Decimal("0.5")
    for found in _AND_HALF.finditer(text):
        value = _ONES[found["whole"].lower()] + half
        yield scaled(text, Numeral(found.start(), found.end(), value, value), money=False)
    for found in _PART_SCALE.finditer(text):
        value = half if found["part"].lower() == "half" else half / 2
        if found["scale"][1:].lower() == "dozen":
            yield Numeral(found.start(), found.end(), value * 12, value * 12)
        else:
            yield scaled(text, Numeral(found.start(), found.start("scale"), value, value), money=False)
    for found in _HALF_A.finditer(text):
        if unit_at(text, found.end()):  # half an hour, half a percent
            yield Numeral(found.start(), found.end() - 1, half, half)
    for found in _HALF.finditer(text):
        yield Numeral(found.start(), found.end(), half, half, form="multiple")
    for found in _PART.finditer(text):
        above, below = _ONES.get(found["above"].lower(), 1), _PARTS[found["below"].lower()]
        ordinal = found["above"].lower() in {"a", "an"} and below > 2 and not _OF.match(text, found.end())
        if 0 < above < below and not ordinal:  # a third factory
            value = Decimal(above) / below
            yield Numeral(found.start(), found.end(), value, value, form="multiple")
    for found in _SLASH.finditer(text):
        above, below = int(found["above"]), int(found["below"])
        if 0 < above < below:
            value = Decimal(above) / below
            yield Numeral(found.start(), found.end(), value, value, form="multiple")
    for found in re.finditer("[½¼¾]", text):
        value = Decimal(_VULGAR[found[0]])
        yield Numeral(found.start(), found.end(), value, value, form="multiple")


def _multiples(text: str) -> Iterator[Numeral]:
    for found in _MULTIPLE.finditer(text):
        if found[0][0].isupper() and re.search(r"[^.!?\s]\s*\Z", text[max(0, found.start() - 3) : found.start()]):
            continue  # a name: Double K
        spelled = _value(found["fold"]) if found["fold"] else None
        value = spelled[0] if spelled else Decimal(_MULTIPLES.get((found["word"] or "").lower(), 1))
        yield Numeral(found.start(), found.end(), value, value, form="multiple")


def _ordinals(text: str) -> Iterator[Numeral]:
    for found in _ORDINAL.finditer(text):
        if found["word"]:
            if not _ranks(text, found):
                continue
            value = _ORDINALS[found["word"].lower()]
        else:
            figure = found["figure"] or found["rank"]
            value = 1 if figure.lower() == "one" else int(figure)
        yield Numeral(found.start(), found.end(), Decimal(value), Decimal(value), form="ordinal")


def _ranks(text: str, found: re.Match[str]) -> bool:
    """Whether first, second, ... stands in an order: not `First, ...`, `at first`, `a few seconds`, `Public First`."""
    before, after = text[max(0, found.start() - 12) : found.start()], text[found.end() : found.end() + 4]
    if found["word"][0].isupper() and (after.startswith(",") or re.search(r"[A-Za-z] $", before)):
        return False
    if re.search(r"\bat $", before, re.IGNORECASE) or after.startswith(("-han", " of ")):
        return False
    return (
        found["word"].lower() != "second"
        or bool(re.search(r"(?:\b(?:the|a|its|this|their|our|every)|'s) $", before))
        or not before
    )


def _vague(text: str) -> Iterator[Numeral]:
    """billions of, tens of thousands of, several: from one to ten of their order of magnitude."""
    for found in _VAGUE.finditer(text):
        many, order = (found["many"] or "").lower(), found["order"].lower()
        counted = re.search(r"[\d-] ?$", text[max(0, found.start() - 2) : found.start()])
        if counted or not (found["plural"] or many in {"several", "a few", "few", "multi"}):
            continue
        power = _MAGNITUDES[order] + {"tens": 1, "dozens": 1, "hundreds": 2, "thousands": 3}.get(many, 0)
        scale = Decimal(10) ** power
        yield Numeral(found.start(), found.end(), scale, scale * 10, scale, form="vague")
    for found in _SEVERAL.finditer(text):
        yield Numeral(found.start(), found.end(), Decimal(1), Decimal(10), form="vague")
