"""Reads Korean numerals: digits with myriad letters (1만8000, 9조1천억) and words (이십육만, 두, 수십억, 3분의 2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from rag.numeral import DIGITS, LONGEST, Numeral, any_of
from rag.units import KO, KO_UNIT

_SMALL = {"십": Decimal(10), "백": Decimal(100), "천": Decimal(1000)}
_BIG = {"만": Decimal(10**4), "억": Decimal(10**8), "조": Decimal(10**12), "경": Decimal(10**16)}
_SINO = {letter: Decimal(value) for value, letter in enumerate("영일이삼사오육칠팔구")} | {"륙": Decimal(6)}
_ONES = {
    "한": 1, "하나": 1, "두": 2, "둘": 2, "세": 3, "셋": 3, "석": 3, "서": 3, "네": 4, "넷": 4, "넉": 4, "다섯": 5,
    "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9,
}  # fmt: skip
_TENS = {
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
_PAIRS = {
    "한두": (1, 2), "두세": (2, 3), "두서너": (2, 4), "서너": (3, 4), "너댓": (4, 5), "네댓": (4, 5), "대여섯": (5, 6),
    "예닐곱": (6, 7), "일고여덟": (7, 8),
}  # fmt: skip

_COUNTER = KO_UNIT.pattern.replace("?P<word>", "?:")
_DIGITS = re.compile(DIGITS)
_PIECE = re.compile(rf"(?P<digits>{DIGITS})|(?P<small>[십백천])|(?P<big>[만억조경])|(?P<sino>[영일이삼사오육륙칠팔구])")
_LOOSE = re.compile(r"[천백십]?[만억조](?= ?(?:원|달러|파운드|유로|엔|위안|명|개|장|대|\d))")  # "22 억 5 천만 명"
_AFTER_LETTER = re.compile(
    r"여|이상|이하|미만|이내|초과|을|를|의|이|가|은|는|에|로|으로|도|과|와|까지|씩|쯤|넘|안팎|정도|가량|분의"
)
_FRACTION = re.compile(r"(?P<below>\d{1,4}|[이삼사오육칠팔구십])분의 ?(?P<above>\d{1,4}|[일이삼사오육칠팔구])")
DAYS = {"이틀": 2, "사흘": 3, "나흘": 4, "닷새": 5, "엿새": 6, "여드레": 8, "아흐레": 9, "열흘": 10}
_DAYS = re.compile(rf"(?<![가-힣])(?:{any_of(DAYS)})(?!째)")
_HALF = re.compile(r"절반|반토막|(?<![가-힣])반(?:\(半\)|(?= ?(?:이상|이하|정도|가량))|(?=으로 ))")
_FIRST = re.compile(r"(?<![가-힣])(?:첫(?: ?번째| ?번 째|째)?|최초|처음)")
_BOTH = re.compile(r"(?<![가-힣])양(?=[국측사](?![가-힣])|[국측사](?:이|은|의|간|에|과|을))")
_VAGUE = re.compile(
    rf"(?<!\w)(?P<word>수|몇|여러)(?P<space> ?)(?P<letters>[십백천만억조]*)(?=(?:(?P<gap> ?)(?P<unit>{_COUNTER}))?)"
)
_HEADING = re.compile(r"단위[^)\n]*\Z|\(\Z")  # of a table: (단위: 백만원), (만명)
_SINO_RUN = re.compile(r"(?<!\w)[일이삼사오육륙칠팔구십백천만억조]++")
_NATIVE = re.compile(
    rf"""(?<!\w)(?:
        (?P<pair>{any_of(_PAIRS)})
      | (?P<tens>{any_of(_TENS)})?(?P<ones>{any_of(_ONES)})?
    )(?P<space>\ ?)(?P<counter>{_COUNTER})""",
    re.VERBOSE,
)
# Written together, 세대 is a generation, 한편 "meanwhile", 수주 an order: only these counters then make a number.
_TIGHT = frozenset({"배", "번", "번째", "명", "곳", "개", "달", "가지", "사람", "살", "차례", "마리", "시간"})
_TIGHT_BY_NUMBER = {
    "한": frozenset({"명", "개", "달", "곳"}),
    "세": _TIGHT - {"배"},
    "석": frozenset({"달"}),
    "서": frozenset({"달"}),
    "넉": frozenset({"달"}),
    "수": frozenset({"년", "개월", "일", "차례", "시간"}),
    "몇": _TIGHT | {"년", "개월", "주", "일"},
    "여러": _TIGHT,
}
# Even with a space: "한 대학", "한 기업" (some company), "할 수 도".
_NOT_AFTER = {
    "한": frozenset({"인", "사", "일", "주", "도", "자", "기", "장", "조", "회", "년", "점", "대", "기업", "회사",
                    "업체", "나라", "국가", "도시", "팀"}),
    "수": frozenset(KO)
    - {"년", "개월", "달", "주", "일", "시간", "분", "초", "차례", "번", "명", "개", "곳", "배", "건"},
}  # fmt: skip
_SINO_COUNTERS = frozenset(
    {"도", "인", "일", "분", "초", "엔", "원", "프로", "사", "자", "세", "주"}
)  # 두 사 is not said
_SINO_TIGHT = frozenset(
    {"원", "달러", "엔", "위안", "명", "배", "퍼센트", "개월", "년", "번째"}
)  # but 수사, 조건, 백사장


def digits(text: str) -> Iterator[Numeral]:
    """Numbers that start with a digit, with the myriad letters behind them, and fractions (3분의 2)."""
    position = 0
    while found := _DIGITS.search(text, position):
        position = found.end()
        if len(found[0].replace(",", "")) > LONGEST:
            continue
        fraction = _FRACTION.match(text, found.start())
        if fraction is not None:
            yield _fraction(fraction)
            position = fraction.end()
            continue
        numbered = text[max(0, found.start() - 2) : found.start()]
        ends = [] if re.search(r"(?<![가-힣])제\Z", numbered) else read_myriads(text, found.start())
        ends = [entry for entry in ends if _may_end(text, entry[0])]
        end, value, scale = ends[-1] if ends else (found.end(), Decimal(found[0].replace(",", "")), Decimal(1))
        yield Numeral(found.start(), end, value, value, scale, bare=end == found.end())
        position = end


def words(text: str) -> Iterator[Numeral]:
    """Numbers written in Hangul. Most must stand before a counter: 이, 사, 한 and 만 are usually something else."""
    yield from (_fraction(found) for found in _FRACTION.finditer(text) if not found[0][0].isdigit())
    for found in _HALF.finditer(text):
        yield Numeral(found.start(), found.end(), Decimal("0.5"), Decimal("0.5"), form="multiple")
    for found in _FIRST.finditer(text):
        yield Numeral(found.start(), found.end(), Decimal(1), Decimal(1), form="ordinal")
    for found in _BOTH.finditer(text):
        yield Numeral(found.start(), found.end(), Decimal(2), Decimal(2))
    for found in _DAYS.finditer(text):
        yield Numeral(found.start(), found.end(), Decimal(DAYS[found[0]]), Decimal(DAYS[found[0]]))
    yield from _vague(text)
    yield from _sino(text)
    yield from _native(text)


def read_myriads(text: str, start: int) -> list[tuple[int, Decimal, Decimal]]:
    """Every way to end the number at `start`, shortest first: (end, value, the multiplier it ends with).

    Letters must fall (억 before 만, 천 before 백): `1억1000만` is one number, `20만30만` two. After a myriad letter the
    number may go on behind a space (`1만 8천`).
    """
    ends: list[tuple[int, Decimal, Decimal]] = []
    total = section = Decimal(0)  # what the myriad letters have closed, and what is open below them
    coefficient: Decimal | None = None
    small_limit, big_limit = Decimal(10**4), Decimal(10**17)
    position, closed = start, False
    while True:
        at = position
        if position > start and text[at : at + 1] == " ":
            at += 1
            goes_on = text[at : at + 1].isdigit() if closed else coefficient is not None and _LOOSE.match(text, at)
            if not goes_on:
                break
        piece = _PIECE.match(text, at)
        if piece is None:
            break
        scale = Decimal(1)
        if number := piece["digits"] or piece["sino"]:
            value = _SINO[number] if number in _SINO else Decimal(number.replace(",", ""))
            if coefficient is not None or (position > start and value >= min(small_limit, big_limit)):
                break
            coefficient = value
        elif letter := piece["small"]:
            if _SMALL[letter] >= small_limit or (coefficient is not None and coefficient >= 10 and letter != "천"):
                break
            section += (Decimal(1) if coefficient is None else coefficient) * _SMALL[letter]
            small_limit = scale = _SMALL[letter]
            coefficient = None
        else:
            letter = piece["big"]
            section += coefficient or 0
            if _BIG[letter] >= big_limit or (section == 0 and (total or coefficient is not None)):
                break
            total += (section or Decimal(1)) * _BIG[letter]
            big_limit = scale = _BIG[letter]
            section, coefficient, small_limit = Decimal(0), None, Decimal(10**4)
        position, closed = piece.end(), piece["big"] is not None
        ends.append((position, total + section + (coefficient or 0), scale))
    return ends


def _may_end(text: str, end: int) -> bool:
    """Whether a number can stop here: before 원 in 3조원, but not in 3조각 or 7경기, where the letter starts a word."""
    last, follows = text[end - 1], text[end : end + 1]
    if last.isdigit() or not ("가" <= follows <= "힣"):
        return True
    if last == "경":
        return text.startswith(("원", "달러"), end)
    unit = KO_UNIT.match(text, end)
    if unit is not None and not (last == "조" and unit["word"] in {"사", "기", "차", "명"}):  # 조사, 조기, 조명
        return True
    return _AFTER_LETTER.match(text, end) is not None


def _figure(text: str) -> Decimal:
    return Decimal(text) if text.isdigit() else _SINO.get(text) or _SMALL[text]


def _fraction(found: re.Match[str]) -> Numeral:
    below = _figure(found["below"]) or Decimal(1)
    value = _figure(found["above"]) / below
    return Numeral(found.start(), found.end(), value, value, form="multiple")


def _spoken(number: str, counter: str, spaced: bool) -> bool:
    """Whether a Hangul number and the counter behind it are one, and not parts of other words."""
    if KO[counter].name == "ordinal" and not counter.startswith("번"):
        return False
    return counter not in _NOT_AFTER.get(number, ()) if spaced else counter in _TIGHT_BY_NUMBER.get(number, _TIGHT)


def _vague(text: str) -> Iterator[Numeral]:
    """수십억, 몇 년: from one to ten of their order of magnitude."""
    for found in _VAGUE.finditer(text):
        letters, unit = found["letters"], found["unit"]
        if letters and unit is None and (len(letters) == 1 or found["space"]):
            continue  # 수만 may be "only the number"
        if not letters and (unit is None or not _spoken(found["word"], unit, bool(found["space"] or found["gap"]))):
            continue
        scale = Decimal(1)
        for letter in letters:
            scale *= _SMALL.get(letter) or _BIG[letter]
        end = found.end("letters") if letters else found.end("word")
        yield Numeral(found.start(), end, scale, scale * 10, scale, form="vague")


def _sino(text: str) -> Iterator[Numeral]:
    for found in _SINO_RUN.finditer(text):
        if len(found[0]) > LONGEST or found[0][0] in "억조경" or not (ends := read_myriads(text, found.start())):
            continue
        end, value, scale = ends[-1]
        more = text.startswith("여", end)  # 백여 명
        spaced = text[end + more : end + more + 1] == " "
        counted = KO_UNIT.match(text, end + more + spaced)
        if counted is None or KO[counted["word"]].name == "ordinal":
            continue
        counter, length = counted["word"], end - found.start()
        letter = found[0][0] in _SMALL or found[0][0] in _BIG  # 만 명; a lone 이 or 사 is another word
        single = (
            length == 1
            and not letter
            and counter not in ({"개월"} if found[0] == "이" else {"개월", "년", "주일", "배"})
        )
        heading = _HEADING.search(text[max(0, found.start() - 12) : found.start()])
        amount = text[end - 1] != "조" or KO[counter].kind == "money"  # 구조 개편, 일조 시간
        if amount and not single and not heading and (spaced or more or counter in _SINO_TIGHT):
            yield Numeral(found.start(), end, value, value, scale)


def _native(text: str) -> Iterator[Numeral]:
    for found in _NATIVE.finditer(text):
        number, counter = text[found.start() : found.start("space")], found["counter"]
        foreign = not re.match("[가-힣]", counter) or (number in _ONES and counter in _SINO_COUNTERS)
        if not number or foreign or not _spoken(number, counter, bool(found["space"])):
            continue
        low, high = (
            _PAIRS[number] if found["pair"] else (_TENS.get(found["tens"], 0) + _ONES.get(found["ones"], 0),) * 2
        )
        yield Numeral(found.start(), found.start("space"), Decimal(low), Decimal(high))
