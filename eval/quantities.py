"""A second reader of numbers, for measuring only: it shares nothing with rag.numerals, so both cannot err alike.

It compares values, not units: a number of an answer is borne out when some cited sentence, or the question, has it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

_NUM = r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?"
_KO_SMALL = {"천": 1_000, "백": 100, "십": 10}
_KO_BIG = {"조": 10**12, "억": 10**8, "만": 10**4}
_EN = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_EN_SHORT = {"k": 10**3, "m": 10**6, "mn": 10**6, "b": 10**9, "bn": 10**9, "t": 10**12, "tn": 10**12}
_WORDS = {
    word: value
    for value, word in enumerate(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "  # noqa: SIM905
        "eighteen nineteen twenty".split(),
        1,
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "once": 1, "twice": 2, "double": 2}
_NATIVE = {
    word: value
    for value, word in enumerate("한 두 세 네 다섯 여섯 일곱 여덟 아홉 열 열한 열두".split(), 1)  # noqa: SIM905
} | {"첫": 1, "열다섯": 15, "스무": 20}
_MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905
_MONTH_NAMES = "|".join([*_MONTHS, "Sept", *(month[:3] for month in _MONTHS)])

_PIECE = re.compile(rf"(?P<num>{_NUM})(?:\s?(?P<small>[천백십]))?(?:\s?(?P<big>[조억만]))?")
_SCALE = re.compile(rf"\s?(?:(?P<long>{'|'.join(_EN)})s?\b|(?P<short>bn|tn|mn|[kmbt])(?![a-z]))", re.IGNORECASE)
_RANGE = re.compile(r"\s?(?:~|∼|〜|–|—|-|to|and|에서|내지)\s?", re.IGNORECASE)
_WORD_SCALE = re.compile(rf"\b(?P<word>{'|'.join(_WORDS)})[ -](?P<long>{'|'.join(_EN)})\b", re.IGNORECASE)
_WORD = re.compile(rf"\b(?:{'|'.join([*_WORDS, *_ORDINALS])})(?:fold)?\b", re.IGNORECASE)
_NATIVE_COUNT = re.compile(
    rf"(?<![가-힣])(?P<word>{'|'.join(sorted(_NATIVE, key=len, reverse=True))})"
    r"\s?(?:번|째|배|곳|개|가지|명|차례|단계|나라|회사|기업|해|달|대|장|사람|건|축|\b)"
)
_MONTH = re.compile(
    rf"\b(?P<month>{_MONTH_NAMES})\b\.?(?=,?\s\d)|(?<=\d)(?:st|nd|rd|th)?\s(?:of\s)?(?P<after>{_MONTH_NAMES})\b"
)
# H100, GPT-4o, 6G: digits that are part of a name.
_NAME = re.compile(
    r"(?<![A-Za-z0-9])(?!(?:US|USD|KRW|GBP|EUR|JPY)\d)(?:(?=[a-z]*[A-Z])[A-Za-z]+-?(?!(?:19|20)\d\d(?!\d))\d[A-Za-z0-9]*(?:[.-]\d[A-Za-z0-9]*)*"
    r"|\d+[A-Z](?<![KMBT])(?![A-Za-z0-9]))"
)
_MARK = re.compile(r"\[\d+(?:\s?[,-]\s?\d+)*\]|^\s*\d{1,2}[.)]\s", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Number:
    """`text` as written; `values` are its possible readings (the first of a range may share the last one's scale)."""

    text: str
    start: int
    end: int
    values: tuple[Decimal, ...]
    part: Literal["year", "month", "day"] | None = None


def unsupported(answer: str, quotes: Iterable[str], published: Iterable[str | None], question: str) -> list[str]:
    """Numbers of `answer`, as written, that no quote and not the question has.

    Parts of a date may also follow from a cited article's day of publication ("지난달 31일"); digits inside a name must
    stand there literally. `published` are ISO dates, perhaps only a month or a year.
    """
    quotes = [_clean(quote) for quote in quotes]
    sources = [*quotes, _clean(question)]
    text = _clean(_MARK.sub(" ", answer))
    for quote in quotes:
        text = text.replace(quote, " ")
    packed = _packed(" ".join(sources))
    missing = [name.group() for name in _NAME.finditer(text) if _packed(name.group()) not in packed]
    known = {value for source in sources for value in values(source)}
    dates = _dates_near(quotes, published)
    for number in read(text):
        follows = number.part is not None and (number.part, number.values[0]) in dates
        if not follows and known.isdisjoint(number.values):
            missing.append(number.text)
    return missing


def read(text: str) -> list[Number]:
    """Every number in digits outside of names, numbers in English words with a scale ("two million"), named months."""
    text = _NAME.sub(lambda match: " " * len(match.group()), text)
    found = [*_digits(text)]
    for match in _WORD_SCALE.finditer(text):
        value = Decimal(_WORDS[match["word"].casefold()] * _EN[match["long"].casefold()])
        found.append(Number(match.group(), match.start(), match.end(), (value,)))
    for match in _MONTH.finditer(text):
        name = match["month"] or match["after"]
        month = next(i for i, whole in enumerate(_MONTHS, 1) if whole.startswith(name))
        found.append(Number(name, match.start(), match.end(), (Decimal(month),), "month"))
    return sorted(found, key=lambda number: number.start)


def values(text: str) -> set[Decimal]:
    """Every value a source can bear out: `read`, and small numbers in words of either language."""
    found = {value for number in read(text) for value in number.values}
    for match in _WORD.finditer(text):
        word = match.group().casefold().removesuffix("fold")
        found.add(Decimal(_WORDS.get(word) or _ORDINALS[word]))
    found |= {Decimal(_NATIVE[match["word"]]) for match in _NATIVE_COUNT.finditer(text)}
    return found | ({Decimal(1)} if "처음" in text else set())


def _digits(text: str) -> Iterator[Number]:
    spans: list[tuple[int, int, list[Decimal], int]] = []  # start, end, readings, scale
    at = 0
    while match := _PIECE.search(text, at):
        readings, scale, at = _korean(text, match)
        if scale == 1 and (word := _SCALE.match(text, at)):
            scale = _EN[word["long"].casefold()] if word["long"] else _EN_SHORT[word["short"].casefold()]
            readings, at = [readings[0] * scale], word.end()
        spans.append((match.start(), at, readings, scale))
    for i, (start, end, readings, scale) in enumerate(spans):
        if scale == 1 and i + 1 < len(spans) and _RANGE.fullmatch(text[end : spans[i + 1][0]]):
            readings.append(readings[0] * spans[i + 1][3])
        yield Number(text[start:end], start, end, tuple(readings), _part(text, start, end, readings[0]))


def _korean(text: str, match: re.Match[str]) -> tuple[list[Decimal], int, int]:
    """Readings of the number whose first piece is `match`, the scale of its last piece, and where it ends.

    2조7000억, 1만8천, 1천5백만, 1만 8000: pieces that fall in scale make one number; over a space they may also be two.
    """
    total, section, end = Decimal(0), Decimal(0), match.start()
    readings: list[Decimal] = []
    piece: re.Match[str] | None = match
    while piece:
        match, end = piece, piece.end()
        section += _worth(match)
        if match["big"]:
            total, section = total + section * _big(match), Decimal(0)
        piece = _PIECE.match(text, end)
        spaced = piece is None and text[end : end + 1] == " "
        if spaced:
            piece = _PIECE.match(text, end + 1)
        if piece and (not _continues(match, piece) or (spaced and re.match(r"\s?[년월일%]", text[piece.end() :]))):
            piece = None
        if piece and spaced:
            readings.append(total + section)
    return [total + section, *readings], _small(match) * _big(match), end


def _continues(match: re.Match[str], after: re.Match[str]) -> bool:
    if match["big"]:
        return _worth(after) * _big(after) < _big(match)
    return match["small"] is not None and _worth(after) < _small(match)


def _worth(match: re.Match[str]) -> Decimal:
    return Decimal(match["num"].replace(",", "")) * _small(match)


def _small(match: re.Match[str]) -> int:
    return _KO_SMALL.get(match["small"] or "", 1)


def _big(match: re.Match[str]) -> int:
    return _KO_BIG.get(match["big"] or "", 1)


def _part(text: str, start: int, end: int, value: Decimal) -> Literal["year", "month", "day"] | None:
    """Which part of a date a plain number can be, from what stands beside it."""
    if not text[start:end].isdigit():
        return None
    after, before = text[end : end + 12], text[max(0, start - 12) : start]
    if 1900 <= value <= 2100:
        return "year"
    if value <= 12 and (re.match(r"\s?월", after) or re.search(r"(?:19|20)\d\d-$", before)):
        return "month"
    if value <= 31 and (
        re.match(r"\s?일(?!간)", after)
        or re.search(r"(?:19|20)\d\d-\d\d-$", before)
        or re.match(rf"(?:st|nd|rd|th)?\s(?:of\s)?(?:{_MONTH_NAMES})\b", after)
        or re.search(rf"\b(?:{_MONTH_NAMES})\.?\s$", before)
    ):
        return "day"
    return None


def _dates_near(quotes: list[str], published: Iterable[str | None]) -> set[tuple[str, Decimal]]:
    """Parts of dates that follow from the days of publication and the quotes' own words for time."""
    words = " ".join(quotes)
    found: set[tuple[str, Decimal]] = set()
    for day in filter(None, published):
        year, month, *_ = [*map(int, day.split("-")), 0, 0]
        years = {
            year,
            *([year - 1] if re.search("지난해|작년|전년", words) else []),
            *([year + 1] if "내년" in words else []),
        }
        found |= {("year", Decimal(one)) for one in years}
        if month:
            months = {month, *([(month - 2) % 12 + 1] if re.search(r"지난\s?달|전달", words) else [])}
            months |= {month % 12 + 1} if re.search(r"다음\s?달|내달", words) else set()
            found |= {("month", Decimal(one)) for one in months}
        if len(day) == 10:
            its = date.fromisoformat(day)
            found.add(("day", Decimal(its.day)))
            if re.search("어제|전날|하루 전", words):
                found.add(("day", Decimal(date.fromordinal(its.toordinal() - 1).day)))
    return found


def _clean(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _packed(text: str) -> str:
    return re.sub(r"[\s-]", "", text.casefold())
