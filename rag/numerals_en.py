"""Reads English numerals: scales after digits (28bn, 1.2 million), number words, ordinals, multiples, fractions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from rag.numerals_ko import DIGITS, Numeral

_ONES = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen".split()
    )
}
_TENS = {
    word: 10 * value for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}
_SCALES = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12, "quadrillion": 15}
_SUFFIXES = {
    "k": 3, "K": 3, "m": 6, "M": 6, "mn": 6, "mln": 6, "mm": 6, "bn": 9, "bln": 9, "b": 9, "B": 9, "tn": 12, "trn": 12,
    "T": 12, "t": 12,
}  # fmt: skip
_ORDINALS = {
    word: value
    for value, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(), 1
    )
} | {"twentieth": 20, "thirtieth": 30, "hundredth": 100}
_MULTIPLES = {
    "double": 2, "doubles": 2, "doubled": 2, "doubling": 2, "twice": 2, "twofold": 2, "triple": 3, "triples": 3, "tripled": 3,
    "tripling": 3, "thrice": 3, "quadruple": 4, "quadruples": 4, "quadrupled": 4, "quadrupling": 4, "quintuple": 5,
}  # fmt: skip
_PARTS = {
    "half": 2,
    "halves": 2,
    "third": 3,
    "quarter": 4,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "eighth": 8,
    "tenth": 10,
}
_VULGAR = {"½": "0.5", "¼": "0.25", "¾": "0.75"}


def _any(words: dict[str, int]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_WORD = rf"(?:{_any(_ONES)}|{_any(_TENS)}|hundred|{_any(_SCALES)}|dozen)"
SCALED = re.compile(
    rf"(?:[ -]?(?P<word>{_any(_SCALES)})s?|\ ?(?P<close>bn|mn|mln|bln|tn|trn)|(?P<suffix>[kKmMbBtT]|mm))(?![A-Za-z0-9])"
)
_SPELLED = re.compile(
    rf"\b(?P<article>an?[ -](?=hundred|thousand|million|billion|trillion|dozen))?{_WORD}(?:(?:[ -]| and |-and-){_WORD})*\b(?![-'][a-z]*(?:self|up|off)\b)",
    re.IGNORECASE,
)
_ORDINAL = re.compile(
    rf"\b(?P<digits>\d{{1,3}})(?:st|nd|rd|th)\b|\b(?P<word>{_any(_ORDINALS)})\b|\b(?:No\.|number|#) ?(?P<rank>\d{{1,3}}|one)\b",
    re.IGNORECASE,
)
_MULTIPLE = re.compile(
    rf"\b(?P<word>{_any(_MULTIPLES)})\b(?!-(?:digit|check|click|edged))|\b(?P<fold>{_WORD})-?fold\b", re.IGNORECASE
)
_PART = re.compile(rf"\b(?:(?P<above>an?|{_any(_ONES)})[ -])?(?P<below>{_any(_PARTS)})s?\b", re.IGNORECASE)
_HALF = re.compile(r"\b(?:half|halve[sd]?|halving)\b", re.IGNORECASE)
_AND_HALF = re.compile(rf"\b(?P<whole>{_any(_ONES)}) and (?:a |one[- ])half\b", re.IGNORECASE)
_HALF_SCALE = re.compile(
    r"\b(?P<part>half|quarter)[ -](?:of )?a[ -](?P<scale>million|billion|trillion|dozen|year)\b", re.IGNORECASE
)
_VAGUE = re.compile(
    r"\b(?:(?P<many>tens|dozens|hundreds|thousands|several|a few|few|multi)[ -]?(?:of )?)?"
    r"(?P<scale>tens|dozens|hundreds?|thousands?|millions?|billions?|trillions?)\b",
    re.IGNORECASE,
)
_SEVERAL = re.compile(r"\b(?:several|a few)\b", re.IGNORECASE)
_SLASH = re.compile(r"(?<![\d/.,])(?P<above>\d)/(?P<below>\d|10)(?![\d/])")
_MAGNITUDE = {"ten": 1, "dozen": 1, "hundred": 2, **_SCALES}


def scaled(text: str, numeral: Numeral, money: bool) -> Numeral:
    """The same number with the scale behind it, if there is one: `28bn`, `1.2 million`, `260K`, `$5m`.

    Without a currency sign a small m, b or t is a metre or a letter, so only K, M and B count.
    """
    found = SCALED.match(text, numeral.end)
    if found is None:
        return numeral
    suffix = found["suffix"]
    if (
        suffix
        and not money
        and (suffix not in "kKMB" or (suffix in "kK" and text[numeral.start : numeral.end] in {"2", "4", "8"}))
    ):
        return numeral
    power = _SCALES.get(found["word"] or "") or _SUFFIXES[suffix or found["close"]]
    scale = Decimal(10) ** power
    form = "parameter" if suffix in {"B", "M"} and not money else ""
    return Numeral(numeral.start, found.end(), numeral.low * scale, numeral.high * scale, scale, form)


def _value(spelled: str) -> tuple[Decimal, Decimal] | None:
    """(value, last multiplier) of number words, or None when they do not make one number (`two three`)."""
    total = section = 0
    scale = 1
    last = 10**18
    for word in re.split(r"[ -]+(?:and[ -]+)?", spelled.lower()):
        if word in {"a", "an"}:
            continue
        if word in _ONES:
            if section % 10 or (section % 100 >= 10 and _ONES[word] >= 10):
                return None
            section += _ONES[word]
            scale = 1
        elif word in _TENS:
            if section % 100:
                return None
            section += _TENS[word]
            scale = 1
        elif word == "hundred":
            section, scale = (section or 1) * 100, 100
        elif word == "dozen":
            section, scale = (section or 1) * 12, 12
        else:
            power = 10 ** _SCALES[word]
            if power >= last:
                return None
            total, section, last, scale = total + (section or 1) * power, 0, power, power
    return Decimal(total + section), Decimal(scale)


def words(text: str) -> Iterator[Numeral]:
    """Numbers written in English words."""
    for found in _AND_HALF.finditer(text):
        value = _ONES[found["whole"].lower()] + Decimal("0.5")
        yield Numeral(found.start(), found.end(), value, value)
    for found in _HALF_SCALE.finditer(text):
        part = Decimal("0.5") if found["part"].lower() == "half" else Decimal("0.25")
        if found["scale"].lower() == "year":
            continue
        scale = Decimal(12) if found["scale"].lower() == "dozen" else Decimal(10) ** _SCALES[found["scale"].lower()]
        yield Numeral(found.start(), found.end(), part * scale, part * scale, scale)
    yield from _parts(text)
    for found in _MULTIPLE.finditer(text):
        if found["fold"]:
            spelled = _value(found["fold"])
            value = spelled[0] if spelled else Decimal(1)
        else:
            value = Decimal(_MULTIPLES[found["word"].lower()])
        yield Numeral(found.start(), found.end(), value, value, form="x")
    yield from _ordinals(text)
    yield from _vague(text)
    for found in _SPELLED.finditer(text):
        spelled = _value(found[0])
        lonely = found[0].lower() in {"one", "hundred", "thousand", "million", "billion", "trillion", "dozen"}
        if spelled is None or (lonely and not _one_counts(text, found)):
            continue
        yield Numeral(found.start(), found.end(), spelled[0], spelled[0], spelled[1])


def _one_counts(text: str, found: re.Match[str]) -> bool:
    """`one` is mostly a pronoun: only before a counted thing is it a number (decided by the unit that follows)."""
    from rag.units import EN_UNIT

    follows = re.match(r"[ -]", text[found.end() :])
    return found[0].lower() == "one" and follows is not None and EN_UNIT.match(text, found.end() + 1) is not None


def _parts(text: str) -> Iterator[Numeral]:
    for found in _HALF.finditer(text):
        yield Numeral(found.start(), found.end(), Decimal("0.5"), Decimal("0.5"), form="x")
    for found in _PART.finditer(text):
        below = _PARTS[found["below"].lower()]
        if found["above"] is None or (below == 4 and re.match(r"quarters?\b.{0,4}$", found[0])):
            continue
        above = _ONES.get(found["above"].lower(), 1)
        if above < below:
            value = Decimal(above) / below
            yield Numeral(found.start(), found.end(), value, value, form="x")
    for found in _SLASH.finditer(text):
        above, below = Decimal(found["above"]), Decimal(found["below"])
        if 0 < above < below:
            yield Numeral(found.start(), found.end(), above / below, above / below, form="x")
    for found in re.finditer("[½¼¾]", text):
        value = Decimal(_VULGAR[found[0]])
        yield Numeral(found.start(), found.end(), value, value, form="x")


def _ordinals(text: str) -> Iterator[Numeral]:
    for found in _ORDINAL.finditer(text):
        word = found["word"]
        if word is not None:
            before, after = text[max(0, found.start() - 12) : found.start()], text[found.end() : found.end() + 4]
            listing = word[0].isupper() and after.startswith(",")
            phrase = re.search(r"\bat $", before) or after.startswith(("-han", " of "))
            proper = word[0].isupper() and re.search(r"[A-Za-z] $", before)
            seconds = word.lower() == "second" and not re.search(r"\b(?:the|a|its|this|their|our|s|every) $", before)
            if listing or phrase or proper or seconds:
                continue
        if word:
            value = _ORDINALS[word.lower()]
        else:
            figure = found["digits"] or found["rank"]
            value = 1 if figure.lower() == "one" else int(figure)
        yield Numeral(found.start(), found.end(), Decimal(value), Decimal(value), form="ordinal")


def _vague(text: str) -> Iterator[Numeral]:
    for found in _VAGUE.finditer(text):
        many, noun = (found["many"] or "").lower(), found["scale"].lower()
        plural = noun.endswith("s")
        if not plural and many not in {"several", "a few", "few", "multi"}:
            continue
        power = _MAGNITUDE[noun.removesuffix("s")]
        power += {"tens": 1, "dozens": 1, "hundreds": 2, "thousands": 3}.get(many, 0)
        before = text[max(0, found.start() - 1) : found.start()]
        if re.search(r"\d", text[max(0, found.start() - 3) : found.start()]) or before == "-":
            continue
        scale = Decimal(10) ** power
        yield Numeral(found.start(), found.end(), scale, scale * 10, scale, form="vague")
    for found in _SEVERAL.finditer(text):
        yield Numeral(found.start(), found.end(), Decimal(1), Decimal(10), form="vague")


__all__ = ["DIGITS", "scaled", "words"]
