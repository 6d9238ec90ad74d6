"""Reads Korean numerals: digits with myriad letters (1만8000, 9조1천억), Hangul numbers (이십육만, 두), 수십억, 3분의 2."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from rag.units import KO_UNIT


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number as written: `text[start:end]` reads as `low` to `high` (equal unless it is a vague one such as 수십억).

    `scale` is the multiplier it ends with (만 in 10만, million in 10 million), which a range hands to its first number.
    `form` tells what else the wording settled: an ordinal (첫, third), a multiple (half, double), or nothing.
    `bare` is a plain run of digits, the only form that may be part of a name. `unit` is named when the word has it.
    """

    start: int
    end: int
    low: Decimal
    high: Decimal
    scale: Decimal = Decimal(1)
    form: str = ""
    bare: bool = False


SMALL = {"십": Decimal(10), "백": Decimal(100), "천": Decimal(1000)}
BIG = {"만": Decimal(10**4), "억": Decimal(10**8), "조": Decimal(10**12), "경": Decimal(10**16)}
_SINO = {letter: Decimal(value) for value, letter in enumerate("영일이삼사오육칠팔구")} | {
    "육": Decimal(6),
    "륙": Decimal(6),
}

DIGITS = r"(?:\d{1,3}(?:,\d{3})++(?!\d)|\d++)(?:\.\d++)?"
_PIECE = re.compile(rf"(?P<digits>{DIGITS})|(?P<small>[십백천])|(?P<big>[만억조경])|(?P<sino>[영일이삼사오육륙칠팔구])")
LONGEST = 24  # digits; anything longer is an identifier, and Decimal would round it

_NATIVE_ONES = {
    "한": 1, "하나": 1, "두": 2, "둘": 2, "세": 3, "셋": 3, "석": 3, "서": 3, "네": 4, "넷": 4, "넉": 4, "다섯": 5, "여섯": 6,
    "일곱": 7, "여덟": 8, "아홉": 9,
}  # fmt: skip
_NATIVE_TENS = {
    "열": 10,
    "스무": 20,
    "스물": 20,
    "서른": 30,
    "마흔": 40,
    "쉰": 50,
    "예순": 60,
    "일흔": 70,
    "여든": 80,
    "아흔": 90,
}
_NATIVE_RANGES = {
    "한두": (1, 2), "두세": (2, 3), "두서너": (2, 4), "서너": (3, 4), "너댓": (4, 5), "네댓": (4, 5), "대여섯": (5, 6),
    "예닐곱": (6, 7), "일고여덟": (7, 8),
}  # fmt: skip


def _any(words: dict[str, object]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_NATIVE = re.compile(
    rf"""(?<![가-힣\w])(?:
        (?P<range>{_any(dict(_NATIVE_RANGES))})
      | (?P<tens>{_any(dict(_NATIVE_TENS))})?(?P<ones>{_any(dict(_NATIVE_ONES))})?
    )(?P<space>\ ?)(?P<counter>{KO_UNIT.pattern.replace("?P<word>", "?:")}|차례|번째)""",
    re.VERBOSE,
)
# Written together, 세대 is a generation and 한편 is "meanwhile": without a space only these are numbers.
_TIGHT = re.compile(r"(?:한(?:명|개|달|곳)|두(?:배|번|번째|명|곳|개|달|가지|사람)|세(?:번|번째|명|곳|개|달|가지|사람)"
                    r"|네(?:배|번|번째|명|곳|개|달|가지|사람)|(?:다섯|여섯|일곱|여덟|아홉|열|스무|서른).+)$")  # fmt: skip
_NEVER_NATIVE = re.compile(
    r"(?:한|두|세|네|서|석) ?(?:[A-Za-z%]|차(?!례)|위|호|등|층|단계|도|점(?!의)|주(?!일|간)|인|일|표|분|초|엔|원|프로|사|기업)|세 ?세|한 ?(?:대|자|장|기|조|회|년|권|매)(?![가-힣]*번)"
)
_FIRST = re.compile(r"(?<![가-힣])(?:첫(?: ?번째| ?번 째|째)?|최초|처음)")
_VAGUE = re.compile(
    rf"(?<![가-힣\w])(?P<some>수|몇|여러)(?P<space> ?)(?P<letters>[십백천만억조]*)(?=(?P<unit> ?{KO_UNIT.pattern.replace('?P<word>', '?:')})?)"
)
_SINO_RUN = re.compile(r"(?<![가-힣\d\w])[일이삼사오육륙칠팔구십백천만억조]+")
_FRACTION = re.compile(
    r"(?P<below>\d{1,4}|[이삼사오육칠팔구십])분의 ?(?P<above>\d{1,4}|[일이삼사오육칠팔구])(?=(?![가-힣\d])|[가-힣])"
)
_HALF = re.compile(r"절반|반토막|(?<![가-힣])반(?:\(半\)|(?= ?(?:이상|이하|정도|가량))|(?=으로 ))")


def _sino_value(text: str) -> Decimal:
    return Decimal(text) if text.isdigit() else (_SINO[text] if text in _SINO else SMALL[text])


def read_myriads(text: str, start: int) -> list[tuple[int, Decimal, Decimal]]:
    """Every way to end the Sino-Korean number at `start`, shortest first: (end, value, multiplier it ends with).

    Letters must fall (억 before 만, 천 before 백): `1억1000만` is one number, `20만30만` two. After a myriad letter the
    number may go on behind a space (`1만 8천`).
    """
    ends: list[tuple[int, Decimal, Decimal]] = []
    total = section = Decimal(0)
    coefficient: Decimal | None = None
    small_limit, big_limit, scale = Decimal(10**4), Decimal(10**17), Decimal(1)
    position, after_big = start, False
    while True:
        at = position
        if text[at : at + 1] == " " and position > start:
            follows = text[at + 1 : at + 2]
            if not (after_big and follows.isdigit()) and not (
                coefficient is not None
                and re.match(r" [만억조](?= ?(?:원|달러|파운드|유로|엔|위안|명|개|장|대)|\d)", text[at:])
            ):
                break
            at += 1
        piece = _PIECE.match(text, at)
        if piece is None:
            break
        if number := piece["digits"] or piece["sino"]:
            value = _SINO[number] if number in _SINO else Decimal(number.replace(",", ""))
            if coefficient is not None or (position > start and value >= min(small_limit, big_limit)):
                break
            coefficient = value
            scale = Decimal(1)
        elif letter := piece["small"]:
            if SMALL[letter] >= small_limit or (coefficient is not None and coefficient >= 10 and SMALL[letter] < 1000):
                break
            section += (Decimal(1) if coefficient is None else coefficient) * SMALL[letter]
            small_limit, coefficient, scale = SMALL[letter], None, SMALL[letter]
        else:
            letter = piece["big"]
            section += coefficient or 0
            if BIG[letter] >= big_limit or (section == 0 and (total or coefficient is not None)):
                break
            total += (section or Decimal(1)) * BIG[letter]
            scale = BIG[letter] * (small_limit if small_limit < 10**4 and coefficient is None else 1)
            section, coefficient, small_limit, big_limit = Decimal(0), None, Decimal(10**4), BIG[letter]
        position, after_big = piece.end(), bool(piece["big"])
        ends.append((position, total + section + (coefficient or 0), scale))
    return ends


def _may_end(text: str, end: int) -> bool:
    """Whether a number can stop here: 3조 원 yes, but in 3조각 the 조 is part of a word, and in 7경기 the 경."""
    follows = text[end : end + 1]
    if not ("가" <= follows <= "힣") or text[end - 1].isdigit():
        return text[end - 1] != "경" or not ("가" <= follows <= "힣")
    if text[end - 1] == "경":
        return text[end:].startswith(("원", "달러"))
    unit = KO_UNIT.match(text, end)
    if unit is not None and not (text[end - 1] == "조" and unit["word"] in {"사", "기", "차", "명"}):
        return True
    return (
        re.match(
            r"여|이상|이하|미만|이내|초과|을|를|의|이|가|은|는|에|로|으로|도|과|와|까지|씩|쯤|넘|안팎|정도|가량|분의",
            text[end : end + 3],
        )
        is not None
    )


def digits(text: str) -> Iterator[Numeral]:
    """Numbers that start with a digit, with any myriad letters behind them."""
    position = 0
    start_of_digits = re.compile(DIGITS)
    while found := start_of_digits.search(text, position):
        position = found.end()
        if len(found[0]) > LONGEST:
            continue
        fraction = _FRACTION.match(text, found.start())
        if fraction is not None:
            yield _fraction(fraction)
            position = fraction.end()
            continue
        ends = [entry for entry in read_myriads(text, found.start()) if _may_end(text, entry[0])]
        end, value, scale = ends[-1] if ends else (found.end(), Decimal(found[0].replace(",", "")), Decimal(1))
        yield Numeral(found.start(), end, value, value, scale, bare=end == found.end())
        position = end


def _fraction(found: re.Match[str]) -> Numeral:
    value = _sino_value(found["above"]) / (_sino_value(found["below"]) or Decimal(1))
    return Numeral(found.start(), found.end(), value, value, form="x")


def words(text: str) -> Iterator[Numeral]:
    """Numbers written in Hangul. They must stand before a counter, for 이, 사, 한 and 만 are mostly something else."""
    for found in _FRACTION.finditer(text):
        if not found[0][0].isdigit():
            yield _fraction(found)
    for found in _HALF.finditer(text):
        yield Numeral(found.start(), found.end(), Decimal("0.5"), Decimal("0.5"), form="x")
    for found in _FIRST.finditer(text):
        yield Numeral(found.start(), found.end(), Decimal(1), Decimal(1), form="ordinal")
    for found in _VAGUE.finditer(text):
        if found["unit"] is None and (len(found["letters"]) < 2 or found["space"]):
            continue
        scale = Decimal(1)
        for letter in found["letters"]:
            scale *= SMALL.get(letter) or BIG[letter]
        yield Numeral(found.start(), found.end("letters") or found.end(), scale, scale * 10, scale, form="vague")
    for found in _SINO_RUN.finditer(text):
        ends = read_myriads(text, found.start())
        if not ends:
            continue
        end, value, scale = ends[-1]
        counted = KO_UNIT.match(text, end + (text[end : end + 1] == " "))
        single = end - found.start() == 1 and found[0] not in "백천만"
        if counted is None or (single and counted["word"] not in {"개월", "년", "주일", "배", "퍼센트"}):
            continue
        if single and found[0] == "이" and counted["word"] != "개월":
            continue
        yield Numeral(found.start(), end, value, value, scale)
    for found in _NATIVE.finditer(text):
        number = text[found.start() : found.start("space")]
        if not number or _NEVER_NATIVE.match(found[0]) or not (found["space"] or _TIGHT.match(found[0])):
            continue
        if found["range"]:
            low, high = _NATIVE_RANGES[found["range"]]
        else:
            low = high = _NATIVE_TENS.get(found["tens"], 0) + _NATIVE_ONES.get(found["ones"], 0)
        yield Numeral(found.start(), found.start("space"), Decimal(low), Decimal(high))
