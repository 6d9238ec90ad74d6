"""Numbers with their units as they stand in a text, before ranges are joined and bounds read.

Numbers that count nothing are left out: those in names (H100, GPT-4o, 라마 3.2), dates, citation marks, addresses,
telephone numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from rag import numerals_en, numerals_ko
from rag.dates import find_dates
from rag.numeral import Numeral
from rag.units import (
    BY_NAME,
    DURATIONS,
    EN,
    EN_UNIT,
    ITEM,
    KO,
    KO_UNIT,
    MULTIPLE,
    ORDINAL,
    PARAMETER,
    PLAIN,
    SIGN_AFTER,
    SIGN_BEFORE,
    Unit,
    sign_unit,
)
from seeds.errors import Language


@dataclass(frozen=True, slots=True)
class Amount:
    """`text[start:end]`: a numeral, its currency sign and its unit. `counted` is the English noun phrase behind it."""

    start: int
    end: int
    numeral: Numeral
    unit: Unit
    counted: str = ""


@dataclass(frozen=True, slots=True)
class _Named:
    """The unit behind a number, and where the amount's text ends: behind `GW` or `장`, before a noun like `GPUs`."""

    unit: Unit
    end: int
    counted: str = ""


_MASKS = re.compile(
    r"""
      https?://\S++ | \bwww\.\S++                                            # addresses
    | (?<![\w.+-])[\w.+-]++@[\w-]+\.[\w.-]+                                  # e-mail
    | \[\d{1,3}(?:\s?[,\-–]\s?\d{1,3})*\]                                    # citation marks
    | (?<![\d-])(?:\+\d{1,3}[- ])?\d{2,4}-\d{3,4}-\d{4}(?!\d)                # telephone numbers
    | (?<![\d.])\d{1,3}(?:\.\d{1,3}){2,3}(?![\d.])                           # network addresses, versions
    | (?<![\d·])\d{1,2}·\d{1,2}(?![\d·만억조천])                             # days that name an event: 8·15, 12·3
    | \b24/7\b | \b9/11\b | (?:코로나|COVID[- ])\d+
    | (?<![A-Za-z0-9])[A-Za-z]+[-‐]?\d[\w.]*(?:-[A-Za-z0-9]+)*               # H100, GPT-4o, Earth-2, v1.2
    | (?<![\d,.])\d{1,3}[GDg](?![A-Za-z0-9])                                 # 5G, 3D
    | \#\d+
    """,
    re.VERBOSE,
)
_SERIES = re.compile(
    r"(?:\b(?:Llama|Gemini|Claude|Grok|Gemma|Qwen|GPT|DeepSeek|Mistral|Windows|iPhone|Galaxy|Android|iOS|"
    r"[Vv]ersion|[Aa]rticle|[Ss]ection|[Cc]hapter|[Pp]hase|[Pp]age|[Ff]igure|[Tt]able|[Rr]oom)|"
    r"라마|제미나이|클로드|그록|젬마|큐원|딥시크|엑사원|소라|윈도우?|아이폰|갤럭시|안드로이드|버전|챗GPT|미스트랄) ?\Z"
)
_CAPITALISED = re.compile(r"(?<![A-Za-z])(?P<word>[A-Z][A-Za-z]+) \Z")
_NOT_A_NAME = re.compile(
    r"The|An?|In|On|At|By|To|From|Of|For|And|Or|But|About|Over|Under|Around|Nearly|Almost|Some|Up|More|Less|Than|With|"
    r"Only|Just|Another|Between|Within|Roughly|Approximately|Its?|Ha[sd]|Have|Is|Are|Was|Were|Total|All|Every|Each"
)
_NOUN = re.compile(r"[ -](?:of )?(?P<word>[A-Za-z][\w&'’-]*)")
_NO_NOUN = re.compile(
    r"(?:of|in|to|and|or|for|by|is|are|was|were|will|would|the|a|an|at|on|from|with|that|which|as|than|it|has|have|had|"
    r"can|could|may|into|across|over|under|through|during|per|more|less|so|if|its|their|this|these|be|been|not|but|"
    r"while|after|before|since|until|about|worth|strong)\Z"
)
_PLUS = re.compile(r"\+|-plus| plus| or (?:more|so|fewer)")
_MODEL = re.compile(r"매개변수|파라미터|모델|라마|[Pp]arameter|\bmodel|[Ll]lama")
_AND_A_HALF = re.compile(r" ?반(?=간|[\s에의이만,.]|$)")
_CODE = re.compile(r"0\d+|(?:1[89]|20)\d\d")
_RANKED = re.compile(r"(?<![가-힣])제 ?\Z")
_LEGAL = re.compile("[조항장절편]")
_MINUS = re.compile(r"(?:(?<![\w%)\]])[-−]|(?<![A-Za-z가-힣])(?:마이너스|영하|minus) ?)\Z", re.IGNORECASE)
_FALL = re.compile(r"(?<![\w%)\]])[△▼] ?\Z")
_BULLET = re.compile(r"△(?! ?\d)")
"""Accounts and statistics write minus as △ or ▼, news lists begin an item with △: before words, or before a count."""
_SPEEDS = {"km": "km/h", "mile": "mph"}
_SPEED = re.compile(r"시속 ?(?:약 ?|최대 ?|최고 ?)?\Z")


def find_amounts(text: str, language: Language | None) -> list[Amount]:
    """Amounts in reading order, none overlapping. `language` says whose number words to read, None for both."""
    masked = [found.span() for found in _MASKS.finditer(text)]
    masked += [(date.start, date.end) for date in find_dates(text)]
    open_numerals = _outside(_longest(_numerals(text, language)), sorted(masked))
    amounts: list[Amount] = []
    for numeral in open_numerals:
        amount = _with_unit(text, numeral, amounts[-1].end if amounts else 0)
        if amount is not None:
            amounts.append(amount)
    return amounts


def _numerals(text: str, language: Language | None) -> Iterator[Numeral]:
    for numeral in numerals_ko.digits(text):
        yield numerals_en.scaled(text, numeral, _sign(text, numeral) is not None) if numeral.bare else numeral
    if language != "en":
        yield from numerals_ko.words(text)
    if language != "ko":
        yield from numerals_en.words(text)


def _longest(numerals: Iterable[Numeral]) -> Iterator[Numeral]:
    """Overlapping readings settled: the one that starts first, and of those the longest."""
    end = 0
    for numeral in sorted(numerals, key=lambda n: (n.start, -n.end)):
        if numeral.start >= end:
            end = numeral.end
            yield numeral


def _outside(numerals: Iterable[Numeral], masked: list[tuple[int, int]]) -> Iterator[Numeral]:
    """Those that overlap none of the spans, which are in order of their starts."""
    index = 0
    reach = 0  # the furthest end of the spans passed
    for numeral in numerals:
        while index < len(masked) and masked[index][0] < numeral.end:
            reach = max(reach, masked[index][1])
            index += 1
        if reach <= numeral.start:
            yield numeral


def _sign(text: str, numeral: Numeral, floor: int = 0) -> re.Match[str] | None:
    """The currency sign or code before a number, not before `floor`."""
    return SIGN_BEFORE.search(text[max(floor, numeral.start - 6) : numeral.start])


def _fall(text: str, before: str, numeral: Numeral) -> re.Match[str] | None:
    """The mark of a fall that ends `before`, where it says minus."""
    found = _FALL.search(before)
    if found is None or _BULLET.search(text):
        return None
    named = _unit_after(text, numeral.end, numeral)
    return found if named is None or named.unit.kind in ("percent", "money", "plain") else None


def _with_unit(text: str, numeral: Numeral, floor: int) -> Amount | None:
    """The numeral with the sign before it and the unit behind it, or None for a number that is part of a name.

    `floor` is where the amount before it ends: `5 USD 3` has one dollar amount.
    """
    start, end = numeral.start, numeral.end
    if numeral.form in {"ordinal", "multiple"}:
        return Amount(start, end, numeral, ORDINAL if numeral.form == "ordinal" else MULTIPLE)
    sign = _sign(text, numeral, floor)
    start -= len(sign["word"]) if sign else 0
    before = text[max(0, start - 8) : start]
    if start > floor and (minus := _MINUS.search(before) or _fall(text, before, numeral)):
        numeral = replace(numeral, low=-numeral.high, high=-numeral.low)
        start = max(floor, start - len(minus[0]))
    if text[start:end] in numerals_ko.DAYS:
        return Amount(start, end, numeral, BY_NAME["day"])
    named = _unit_after(text, end, numeral)
    if sign is not None:
        unit = sign_unit(sign["word"])
        return Amount(start, named.end if named and named.unit is unit else end, numeral, unit)
    if numeral.bare and (rank := _RANKED.search(text[max(0, start - 3) : start])):
        ordinal = KO_UNIT.match(text, end) or _LEGAL.match(text, end)
        return Amount(start - len(rank[0]), ordinal.end() if ordinal else end, numeral, ORDINAL)
    if named is None or (named.end == end and _names_rather(text, start, numeral, named)):
        return _unnamed(text, start, numeral)
    return _adjusted(text, Amount(start, named.end, numeral, named.unit, named.counted))


def _adjusted(text: str, amount: Amount) -> Amount:
    """Units whose word alone does not settle them: 주 of weeks or shares, 세대, 시속, and the half behind 1년 반."""
    numeral = amount.numeral
    if amount.unit.name in _SPEEDS and _SPEED.search(text[max(0, amount.start - 8) : amount.start]):
        return replace(amount, unit=BY_NAME[_SPEEDS[amount.unit.name]])
    if amount.unit.name == "week" and numeral.high >= 100:
        return replace(amount, unit=BY_NAME["share"])
    if amount.unit is ORDINAL and numeral.low >= 20 and text.startswith("세대", numeral.end):
        return replace(amount, unit=BY_NAME["household"])
    half = _AND_A_HALF.match(text, amount.end) if amount.unit.name in DURATIONS else None
    if half is not None:
        more = Decimal("0.5")
        return replace(
            amount, end=half.end(), numeral=replace(numeral, low=numeral.low + more, high=numeral.high + more)
        )
    return amount


def _unit_after(text: str, end: int, numeral: Numeral) -> _Named | None:
    more = re.compile("여 ?").match(text, end)
    for at in (more.end() if more else end, end + (text[end : end + 1] == " ")):
        found = KO_UNIT.match(text, at)
        if found is None:
            continue
        unit, word = KO[found["word"]], found["word"]
        if at > end and not more and ((unit is ORDINAL and not word.startswith("번")) or word == "도"):
            continue
        return _Named(unit, found.end(), word if word in {"GPU", "칩"} else "")
    code = SIGN_AFTER.match(text, end)
    return _Named(sign_unit(code["word"]), code.end()) if code else _english_unit(text, end, numeral)


def _english_unit(text: str, end: int, numeral: Numeral) -> _Named | None:
    at = end + (text[end : end + 1] in {" ", "-"})
    of_money = text.startswith("of ", at)
    at += 3 if of_money else 0
    found = EN_UNIT.match(text, at) or EN_UNIT.match(text[at : at + 40].lower())
    if found is not None:
        unit = EN.get(found["word"]) or EN[found["word"].lower()]
        team = found["word"].lower() == "won" and numeral.low < 100  # a team of 11 won the cup
        spoken = unit.kind != "count" or unit.name in {*DURATIONS, "age"}
        if spoken and not team and (unit.kind == "money" or not of_money):
            return _Named(unit, at + len(found["word"]))
    return _english_noun(text, end)


def _english_noun(text: str, end: int) -> _Named | None:
    """What English words behind the number count: `10,000 NVIDIA Blackwell GPUs`, `20 AI data centers`."""
    words: list[str] = []
    plus = _PLUS.match(text, end)
    position = plus.end() if plus else end
    while len(words) < 5 and (found := _NOUN.match(text, position)) and not _NO_NOUN.match(found["word"]):
        words.append(found["word"])
        position = found.end()
        tails = [" ".join(words[-length:]).lower() for length in (2, 1) if len(words) >= length]
        unit = next((EN[tail] for tail in tails if tail in EN and EN[tail].kind == "count"), None)
        following = _NOUN.match(text, position)
        longer = following is not None and f"{words[-1]} {following['word']}".lower() in EN  # data | center
        if unit is not None and not longer:
            return _Named(unit, end, " ".join(words))
    if words and words[-1].islower() and words[-1].endswith("s"):
        return _Named(ITEM, end, " ".join(words))
    return None


def _names_rather(text: str, start: int, numeral: Numeral, named: _Named) -> bool:
    """Whether a noun behind the number is not what it counts: `Llama 3.2 comes`, `90B sizes`."""
    vague_noun = named.counted.split()[-1].lower() not in EN
    return (numeral.bare and _SERIES.search(text[max(0, start - 20) : start]) is not None) or (
        numeral.form == "parameter" and vague_noun
    )


def _unnamed(text: str, start: int, numeral: Numeral) -> Amount | None:
    """A number with no unit: plain, a model's parameters (90B), or None when it is part of a name (Boeing 737)."""
    before, after = text[max(0, start - 30) : start], text[numeral.end : numeral.end + 1]
    written = text[start : numeral.end]
    if numeral.bare:
        capital = _CAPITALISED.search(before)
        named = capital is not None and _NOT_A_NAME.fullmatch(capital["word"]) is None
        named = named and numeral.high < 10_000 and "," not in written
        glued = re.search(r"[A-Za-z가-힣]\Z", before) or re.match("[A-Za-z]", after)
        code = _CODE.fullmatch(written) and (written[0] == "0" or re.match("[가-힣]", after))  # 010, 2021누37979
        if named or glued or code or _SERIES.search(before):
            return None
    parameter = numeral.form == "parameter" and _MODEL.search(text[max(0, start - 40) : numeral.end + 40])
    return Amount(start, numeral.end, numeral, PARAMETER if parameter else PLAIN)
