"""Writes quantities and dates the way a reader's language does, and glosses a text's own with it: `26만장 (= 260,000)`.

Small language models misread Korean myriads and bare digits of money; a gloss in their own notation is copied right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from rag import bounds
from rag.dates import Date, Part, find_dates
from rag.numerals import LARGE, Quantity, find_quantities
from rag.units import BY_NAME, MULTIPLE, ORDINAL, PERCENT
from seeds.article import Precision
from seeds.errors import Language

_SIGNS = {"USD": "$", "GBP": "£", "EUR": "€"}
_SCALES = ((12, "trillion"), (9, "billion"), (6, "million"))
_MYRIADS = ((16, "경"), (12, "조"), (8, "억"), (4, "만"))
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip
_EN_PARTS: dict[Part, str] = {
    "early": "early {}", "mid": "mid-{}", "end": "end of {}", "half1": "first half of {}", "half2": "second half of {}",
    "q1": "first quarter of {}", "q2": "second quarter of {}", "q3": "third quarter of {}",
    "q4": "fourth quarter of {}", "decade": "{}s",
}  # fmt: skip
_KO_PARTS: dict[Part, str] = {
    "early": "{} 초", "mid": "{} 중반", "end": "{} 말", "half1": "{} 상반기", "half2": "{} 하반기", "q1": "{} 1분기",
    "q2": "{} 2분기", "q3": "{} 3분기", "q4": "{} 4분기", "decade": "{}대",
}  # fmt: skip
_HALF = Decimal("0.5")
_ORDINALS = {1: "st", 2: "nd", 3: "rd"}


def _plain(value: Decimal) -> str:
    """260000 -> 260,000; no exponent, no trailing zeros."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _english_number(value: Decimal) -> str:
    """Digits with commas, and `million` and up where that is exact in at most three decimals."""
    for power, word in _SCALES:
        scaled = value.scaleb(-power)
        if abs(scaled) >= 1:
            return f"{_plain(scaled)} {word}" if scaled == round(scaled, 3) else _plain(value)
    return _plain(value)


def _korean_number(value: Decimal) -> str:
    """365억, 2조7000억, 1만8000; digits with commas below a myriad."""
    sign, rest = ("-" if value < 0 else ""), abs(value)
    if rest < 10_000:
        return sign + _plain(rest)
    written = ""
    for power, letter in _MYRIADS:
        count, rest = divmod(rest, Decimal(10) ** power)
        if count:
            written += f"{count:f}{letter}"
    return sign + written + (_plain(rest).replace(",", "") if rest else "")


def _english_vague(value: Decimal) -> str:
    if value < 10:
        return "several"
    names = {1: "tens", 2: "hundreds", 3: "thousands", 6: "millions", 9: "billions", 12: "trillions"}
    power = value.adjusted()
    base = max(p for p in names if p <= power and (p >= 3 or p == power))
    many = {1: "tens of ", 2: "hundreds of "}.get(power - base, "")
    return f"{many}{names[base]}"


def _korean_vague(value: Decimal) -> str:
    power = value.adjusted()
    letters = {1: "십", 2: "백", 3: "천"}
    big = next(((p, letter) for p, letter in _MYRIADS if p <= power), (0, ""))
    return "수" + letters.get(power - big[0], "") + big[1]


def say(quantity: Quantity, language: Language) -> str:
    """The quantity's value as that language writes it, with its money, percent or measure but not its counter.

    Bounds are not said. `260,000`, `£36.5 billion`, `2 trillion won`, `60–70`; `26만`, `365억 파운드`, `2조원`.
    """
    number = _english_number if language == "en" else _korean_number
    if quantity.vague:
        value = (_english_vague if language == "en" else _korean_vague)(quantity.low)
    elif quantity.low == quantity.high:
        value = number(quantity.low)
    else:
        ends = [number(quantity.low), number(quantity.high)]
        if ends[0][-1].isdigit() != ends[1][-1].isdigit():  # 1~5만 would be read as 1만~5만
            ends = [_plain(quantity.low), _plain(quantity.high)]
        value = ("–" if language == "en" else "~").join(ends)
    return _english(quantity, value) if language == "en" else _korean(quantity, value)


def _english(quantity: Quantity, value: str) -> str:
    unit = BY_NAME[quantity.unit]
    if unit.name in _SIGNS and not quantity.vague:
        sign = _SIGNS[unit.name]
        said = sign + value.replace("–", f"–{sign}")
    elif unit.kind == "money":
        said = f"{value} {'of ' if quantity.vague else ''}{_money_word(unit.en)}"
    elif unit is ORDINAL:
        last = int(quantity.low) % 100
        said = value + ("th" if 11 <= last <= 13 else _ORDINALS.get(last % 10, "th"))
    elif unit is MULTIPLE:
        said = "half" if quantity.low == quantity.high == _HALF else f"{value} times"
    elif unit.kind == "percent":
        said = f"{value}%" if unit is PERCENT else f"{value} percentage points"
    else:
        said = f"{value} {unit.name}" if unit.kind == "measure" else value
    return said


def _money_word(words: Iterable[str]) -> str:
    word = next(iter(words))
    return word if word in {"won", "yen", "yuan", "renminbi", "dong"} else f"{word}s"


def _korean(quantity: Quantity, value: str) -> str:
    unit = BY_NAME[quantity.unit]
    if unit.kind == "money":
        return value + ("원" if unit.name == "KRW" else f" {unit.ko[0]}")
    if unit is MULTIPLE and quantity.low == quantity.high == _HALF:
        return "절반"
    if unit is ORDINAL or unit is MULTIPLE or unit.kind == "percent":
        return value + unit.ko[0]
    return f"{value}{unit.name}" if unit.kind == "measure" else value


def _insert(text: str, notes: Iterable[tuple[int, str]]) -> str:
    for at, note in sorted(notes, reverse=True):
        text = f"{text[:at]} (= {note}){text[at:]}"
    return text


def annotate(text: str, language: Language) -> str:
    """`text` with each quantity of the other notation glossed in the reader's, before any particle.

    For an English reader: Korean numbers from ten thousand up or written with 천 and 백, and all money, with the bound
    that stands beside them (`26만장 (= more than 260,000) 이상`). For a Korean reader: English numbers likewise.
    """
    notes = []
    for quantity in find_quantities(text):
        foreign = bool(re.search(r"[가-힣]", quantity.text))
        if language == "en" and foreign and _worth_a_gloss(quantity):
            word = bounds.english_bound(quantity.bound, abs(quantity.high) >= LARGE)
            notes.append((quantity.end, f"{word} {say(quantity, language)}".strip()))
        elif language == "ko" and not foreign and _worth_a_gloss(quantity):
            notes.append((quantity.end, say(quantity, language)))
    return _insert(text, notes)


def _worth_a_gloss(quantity: Quantity) -> bool:
    if quantity.kind in {"percent", "ordinal", "multiple"}:
        return False
    return abs(quantity.high) >= LARGE or quantity.kind == "money" or bool(re.search("[십백천만억조]", quantity.text))


def say_date(mention: Date, language: Language) -> str:
    """`October 31, 2025`, `May 2024`, `end of 2026`; `2025년 10월 31일`, `2026년 말`. Empty when no field is known."""
    if language == "en":
        day = f"{_MONTHS[mention.month - 1]} {mention.day}" if mention.month and mention.day else ""
        month = day or (_MONTHS[mention.month - 1] if mention.month else "")
        whole = (f"{day}, {mention.year}" if day else f"{month} {mention.year}".strip()) if mention.year else month
        parts = _EN_PARTS
    else:
        fields = ((mention.year, "년"), (mention.month, "월"), (mention.day, "일"))
        whole = " ".join(f"{value}{letter}" for value, letter in fields if value is not None)
        parts = _KO_PARTS
    return parts[mention.part].format(whole) if mention.part and whole else whole


def annotate_dates(text: str, published: date | None, precision: Precision, language: Language) -> str:
    """`text` with its dates glossed in full in the reader's language: `31일 (= October 31, 2025)`, `내년 (= 2026)`.

    A bare year (2026년) is left alone, and so is what the publication date does not settle.
    """
    notes = []
    for mention in find_dates(text, published, precision):
        foreign = bool(re.search(r"[가-힣]", mention.text))
        bare_year = (mention.month, mention.day, mention.part, mention.relative) == (None, None, None, None)
        if foreign != (language == "en") or bare_year or mention.year is None:
            continue
        notes.append((mention.end, say_date(mention, language)))
    return _insert(text, notes)
