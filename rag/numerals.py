"""Quantities in Korean and English text: found, compared exactly across notations, and given back a lost bound.

`260,000 GPUs` and `26만장`, `£36.5 billion` and `365억 파운드` are the same `Quantity` value and unit. Numbers in names
(H100, GPT-4o), dates, citation marks, addresses and telephone numbers are not quantities.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from rag import bounds, numerals_en, numerals_ko
from rag.bounds import Bound
from rag.dates import find_dates
from rag.numerals_ko import Numeral
from rag.units import (
    BY_NAME,
    EN,
    EN_UNIT,
    ITEM,
    KO,
    KO_UNIT,
    MULTIPLE,
    ORDINAL,
    PARAMETER,
    PERCENT,
    PLAIN,
    SIGN_AFTER,
    SIGN_BEFORE,
    Kind,
    Unit,
    sign_unit,
)
from seeds.errors import Language

Agreement = Literal["equal", "bound_lost", "bound_wrong", "unit", "different"]

TOLERANCE = Decimal("0.05")
LARGE = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit as it stands in a text: `source[start:end] == text`.

    `low` and `high` are equal but for ranges (60~70) and orders of magnitude (수십억: `vague`), in units of `unit`, a
    name from `rag.units` ('' when nothing is named). `counted` is the thing counted where it stands beside the number.
    `outer_start` and `outer_end` take in the words that set `bound`.
    """

    start: int
    end: int
    text: str
    low: Decimal
    high: Decimal
    kind: Kind
    unit: str
    bound: Bound
    counted: str
    outer_start: int
    outer_end: int
    vague: bool = False


@dataclass(frozen=True, slots=True)
class _Amount:
    """A numeral with its unit, before ranges are joined and bounds read."""

    start: int
    end: int
    numeral: Numeral
    unit: Unit
    counted: str = ""


_MASKS = re.compile(
    r"""
      https?://\S+ | www\.\S+                                   # addresses
    | [\w.+-]+@[\w-]+\.[\w.-]+                                  # e-mail
    | \[\d{1,3}(?:\s?[,\-–]\s?\d{1,3})*\]                       # citation marks
    | (?<![\d-])(?:\+\d{1,3}[- ])?\d{2,4}-\d{3,4}-\d{4}(?!\d)   # telephone numbers
    | \b24/7\b | \b9/11\b | \d{1,3}(?:\.\d{1,3}){2,}            # idioms; addresses and three-part versions
    | (?:코로나|COVID[- ])\d+
    | \b(?:[A-Za-z]+[-‐]?)\d[\w.]*(?:-[A-Za-z0-9]+)*            # H100, GPT-4o, Earth-2, v1.2
    | (?<![\d,.])\d{1,3}(?:G|D|g)(?![A-Za-z0-9])                # 5G, 3D
    | \#\d+
    """,
    re.VERBOSE,
)
_SERIES = re.compile(
    r"(?:라마|제미나이|클로드|그록|젬마|큐원|딥시크|엑사원|소라|윈도우?|아이폰|갤럭시|안드로이드|버전|챗GPT|미스트랄|하이퍼클로바|"
    r"[Vv]ersion|[Aa]rticle|[Ss]ection|[Cc]hapter|[Pp]hase|[Pp]age|[Ff]igure|[Tt]able|[Rr]oom) ?$"
)
_CAPITALISED = re.compile(r"(?<![A-Za-z])(?P<word>[A-Z][A-Za-z]+) $")
_COMMON = frozenset(
    "The A An In On At By To From Of For And Or But About Over Under Around Nearly Almost Some Up More Less Than With Only Just "
    "Another Between Within Roughly Approximately It Its Has Have Had Is Are Was Were Total All Every Each Last Next".split()
)
_RANGE = re.compile(r"\s?(?:~|∼|〜|～|–|—|-|내지)\s?|\s?에서\s|\s(?:to|and)\s")
_OPENS_RANGE = re.compile(r"(?:\b(?P<word>from|between)\s+(?:[a-z]+\s+){0,2})$", re.IGNORECASE)
_DURATIONS = frozenset({"year", "month", "week", "day", "hour", "minute", "second"})
_STOP = re.compile(
    r"(?:of|in|to|and|or|for|by|is|are|was|were|will|would|the|a|an|at|on|from|with|that|which|as|than|it|has|have|had|can|"
    r"could|may|into|across|over|under|through|during|per|more|less|so|if|its|their|this|these|be|been|not|but|while|after|"
    r"before|since|until|about|worth)$"
)
_ENGLISH_NOUNS = re.compile(r"(?:[ -](?:of )?(?P<word>[A-Za-z][\w&'’-]*))")
_KOREAN_BEFORE = re.compile(r"(?P<word>[A-Za-z가-힣][\w가-힣]*)\)?\s?(?:약|최대|최소|총|무려)?\s?$")
_KOREAN_AFTER = re.compile(
    r"\s?(?:이상|이하|미만|정도|가량|안팎|내외)?(?:의\s|\s)"
    r"(?P<word>(?:[A-Za-z][\w-]* ){0,3}(?:[A-Za-z][\w-]*|[가-힣]{2,}?))(?=을|를|이|가|은|는|의|에|로|과|와|도|\s|$|[^\w])"
)
_PARTICLES = (
    "을",
    "를",
    "은",
    "는",
    "이",
    "가",
    "의",
    "에",
    "로",
    "과",
    "와",
    "도",
    "서",
    "해",
    "한",
    "된",
    "며",
    "고",
)
_AND_A_HALF = re.compile(r" 반(?![가-힣])|반(?=간|\s|에|의|이|만|$)")


def find_quantities(text: str, language: Language | None = None) -> list[Quantity]:
    """Quantities of `text` in reading order, none overlapping. Digits are read in either language.

    `language` says whose number *words* to read: 'ko' (두, 절반), 'en' (two, half), or both when None.
    """
    masked = [found.span() for found in _MASKS.finditer(text)]
    masked += [(date.start, date.end) for date in find_dates(text)]
    numerals = [
        n for n in _numerals(text, language) if not any(n.start < end and start < n.end for start, end in masked)
    ]
    amounts = [amount for numeral in _longest(numerals) if (amount := _with_unit(text, numeral)) is not None]
    return list(_bounded(text, amounts))


def _numerals(text: str, language: Language | None) -> Iterator[Numeral]:
    for numeral in numerals_ko.digits(text):
        if numeral.bare:
            money = SIGN_BEFORE.search(text[max(0, numeral.start - 6) : numeral.start]) is not None
            yield numerals_en.scaled(text, numeral, money)
        else:
            yield numeral
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


def _with_unit(text: str, numeral: Numeral) -> _Amount | None:
    """The numeral with the sign before it and the unit behind it, or None for a number that is part of a name."""
    start, end = numeral.start, numeral.end
    while (
        start > 0
        and text[start - 1] in "-−–▲△▼"
        and (start < 2 or not (text[start - 2].isalnum() or text[start - 2] == " " == text[start : start + 1]))
    ):
        if text[start - 1] in "-−" and not re.search(r"[\w%)]\s?$", text[max(0, start - 3) : start - 1]):
            numeral = replace(numeral, low=-numeral.high, high=-numeral.low)
            start -= 1
        break
    if numeral.form == "ordinal":
        return _Amount(start, end, numeral, ORDINAL)
    if numeral.form == "x":
        return _Amount(start, end, numeral, MULTIPLE)
    sign = SIGN_BEFORE.search(text[max(0, numeral.start - 6) : numeral.start])
    if sign is not None:
        unit = sign_unit(sign["word"])
        amount = _Amount(numeral.start - len(sign["word"]), end, numeral, unit)
        named = _unit_after(text, end)  # US$2bn dollars, ₩2조원
        return replace(amount, end=named[1]) if named is not None and named[0] is unit else amount
    if text[max(0, start - 1) : start] == "제" and numeral.bare:
        return _Amount(start - 1, _ordinal_end(text, end), numeral, ORDINAL)
    named = _unit_after(text, end)
    if named is not None and named[0].name == "KRW" and numeral.low < 100 and text[end : named[1]].strip() == "won":
        named = None  # a team of 11 won the cup
    if named is None:
        return _unnamed(text, start, numeral)
    unit, unit_end, counted = named
    if unit.name == "week" and numeral.high >= 100:
        unit = BY_NAME["share"]  # 100만 주
    if unit is ORDINAL and numeral.low >= 20 and text[end:].startswith("세대"):
        unit = BY_NAME["household"]
    if unit.name in _DURATIONS and (half := _AND_A_HALF.match(text, unit_end)):
        numeral = replace(numeral, low=numeral.low + Decimal("0.5"), high=numeral.high + Decimal("0.5"))
        unit_end = half.end()
    return _Amount(start, unit_end, numeral, unit, counted)


def _ordinal_end(text: str, end: int) -> int:
    found = KO_UNIT.match(text, end)
    return found.end() if found and KO[found["word"]] is ORDINAL else end


def _unit_after(text: str, end: int) -> tuple[Unit, int, str] | None:
    """(unit, where the quantity's text ends, counted thing) behind a number, if it is named there."""
    spaced = end + (text[end : end + 1] == " ")
    extra = re.match(r"여 ?", text[end:])
    for at in (end + extra.end() if extra else end, spaced):
        found = KO_UNIT.match(text, at)
        if found is None:
            continue
        unit = KO[found["word"]]
        if unit is ORDINAL and at > end and not found["word"].startswith("번"):
            continue
        if unit.kind == "measure" and at > end and found["word"] == "도":
            continue
        counted = found["word"] if re.match("[A-Z]|칩", found["word"]) else ""
        return _generic(text, unit, found.end(), counted)
    iso = SIGN_AFTER.match(text, end)
    if iso is not None:
        return sign_unit(iso["word"]), iso.end(), ""
    at = end + (text[end : end + 1] in {" ", "-"})
    of_money = re.compile(r"(?:of )").match(text, at)
    if of_money is not None:
        at = of_money.end()
    found = EN_UNIT.match(text, at) or EN_UNIT.match(text[at : at + 30].lower(), 0)
    if found is not None:
        unit, width = EN.get(found["word"]) or EN[found["word"].lower()], len(found["word"])
        if unit.kind != "count" or unit.name in _DURATIONS or unit is PARAMETER or unit.name == "age":
            return (unit, at + width, "") if of_money is None or unit.kind == "money" else None
    return _noun_after(text, end)


def _noun_after(text: str, end: int) -> tuple[Unit, int, str] | None:
    """What English words behind the number count: `10,000 NVIDIA Blackwell GPUs`, `20 AI data centers`."""
    words: list[str] = []
    position = end
    while len(words) < 5 and (found := _ENGLISH_NOUNS.match(text, position)) is not None:
        if _STOP.match(found["word"]):
            break
        words.append(found["word"])
        position = found.end()
        for length in (2, 1):
            tail = " ".join(words[-length:]).lower()
            if (
                len(words) >= length
                and tail in EN
                and EN[tail].kind == "count"
                and not _continues(text, position, tail)
            ):
                return EN[tail], end, " ".join(words)
    if words and words[-1].islower() and words[-1].endswith("s"):
        return ITEM, end, " ".join(words)
    return None


def _continues(text: str, position: int, tail: str) -> bool:
    """Whether a noun is only the first half of a longer one: `data center` in `20 data center sites`."""
    following = _ENGLISH_NOUNS.match(text, position)
    return following is not None and f"{tail} {following['word'].lower()}" in EN


def _generic(text: str, unit: Unit, end: int, counted: str) -> tuple[Unit, int, str]:
    """개 and 장 say little: the thing counted is named behind (1만개 GPU) or before the number (GPU 1만개)."""
    after = _KOREAN_AFTER.match(text, end)
    if not counted and unit is ITEM and after is not None:
        counted = after["word"]
    return unit, end, counted


def _unnamed(text: str, start: int, numeral: Numeral) -> _Amount | None:
    before, after = text[max(0, start - 30) : start], text[numeral.end : numeral.end + 1]
    if numeral.bare:
        capital = _CAPITALISED.search(before)
        name = (
            capital is not None
            and capital["word"] not in _COMMON
            and numeral.high < LARGE
            and "," not in text[start : numeral.end]
        )
        if name or _SERIES.search(before) or re.search(r"[A-Za-z가-힣]$", before) or re.match("[A-Za-z]", after):
            return None
    if numeral.form == "parameter":
        nearby = text[max(0, start - 40) : numeral.end + 40]
        unit = PARAMETER if re.search(r"매개변수|파라미터|모델|[Pp]arameter|model|라마|[Ll]lama", nearby) else PLAIN
        return _Amount(start, numeral.end, numeral, unit)
    return _Amount(start, numeral.end, numeral, PLAIN)


def _bounded(text: str, amounts: list[_Amount]) -> Iterator[Quantity]:
    """Joins ranges and reads the bound words around each quantity."""
    index = 0
    while index < len(amounts):
        first = last = amounts[index]
        numeral = first.numeral
        low, high, start = numeral.low, numeral.high, first.start
        if index + 1 < len(amounts) and (joined := _range(text, first, amounts[index + 1])) is not None:
            low, high, start = joined
            last = amounts[index + 1]
            index += 1
        index += 1
        unit = last.unit
        bound, outer_start, outer_end = bounds.find_bound(text, start, last.end, unit.name in _DURATIONS)
        if text[last.numeral.end : last.end].startswith("여"):
            bound = "about" if bound == "exact" else bound
        counted = last.counted
        if not counted and unit.kind == "count" and unit.name not in _DURATIONS:
            before = _KOREAN_BEFORE.search(text[max(0, outer_start - 30) : outer_start])
            if before is not None and not before["word"].endswith(_PARTICLES):
                counted = before["word"]
        unit = _named_by(unit, counted)
        yield Quantity(
            start, last.end, text[start : last.end], low, high, unit.kind, unit.name, bound, counted, outer_start, outer_end,
            vague=numeral.form == "vague",
        )  # fmt: skip


def _named_by(unit: Unit, counted: str) -> Unit:
    """20개 대학 counts universities: a noun that is a counter of its own is better than 개."""
    if unit is not ITEM or not counted:
        return unit
    for word in (f"개 {counted}", counted):
        if word in KO and KO[word].kind == "count":
            return KO[word]
    return unit


def _range(text: str, first: _Amount, second: _Amount) -> tuple[Decimal, Decimal, int] | None:
    """(low, high, start) if the two amounts are the ends of one range: 10~20만, between 60 and 70, $5-6bn."""
    between = text[first.end : second.start]
    if not _RANGE.fullmatch(between):
        return None
    start = first.start
    if between.strip() in {"to", "and"} or between.strip() == "에서":
        opens = _OPENS_RANGE.search(text[max(0, start - 30) : start])
        if between.strip() == "and" and (opens is None or opens["word"].lower() != "between"):
            return None
        if opens is not None:
            start = max(0, start - 30) + opens.start() if opens.group(0).split() == [opens["word"]] else start
    if first.unit is not PLAIN and first.unit is not second.unit and first.unit is not ITEM:
        return None
    low, high = first.numeral.low, second.numeral.high
    if first.numeral.scale == 1 and second.numeral.scale > 1 and low * second.numeral.scale < high and low < 10_000:
        low *= second.numeral.scale
    return (low, high, start) if low < high else None


def agrees(claim: Quantity, evidence: Quantity) -> Agreement:
    """Whether `evidence` bears out `claim`. Values must be equal exactly; only a claim that says "about" may be within 5%.

    A claim that names no unit agrees with any counter; a half agrees with 50%. A claim without the bound its evidence
    has is `bound_lost`; one with another bound, or with one the evidence does not have, is `bound_wrong`.
    """
    if not _same_value(claim, evidence):
        return "different"
    if not _same_unit(claim, evidence):
        return "unit"
    ours, theirs = bounds.side(claim.bound), bounds.side(evidence.bound)
    if ours == theirs or (ours == "about" and theirs == "exact"):
        return "equal"
    return "bound_lost" if ours == "exact" else "bound_wrong"


def _values(quantity: Quantity) -> tuple[Decimal, Decimal]:
    """Low and high in the base unit of the dimension; a fraction of one (50%, half) in parts."""
    factor = BY_NAME[quantity.unit].factor
    if quantity.unit == PERCENT.name and quantity.high <= 100:
        factor = Decimal("0.01")
    elif quantity.unit == PERCENT.name:
        factor = Decimal(1)
    return quantity.low * factor, quantity.high * factor


def _same_value(claim: Quantity, evidence: Quantity) -> bool:
    pairs = [(_values(claim), _values(evidence)), ((claim.low, claim.high), (evidence.low, evidence.high))]
    for (low, high), (least, most) in pairs:
        if (low, high) == (least, most) or (claim.vague and low <= least and most <= high):
            return True
        if (
            claim.bound == "about"
            and not claim.vague
            and all(abs(ours - theirs) <= TOLERANCE * abs(theirs) for ours, theirs in ((low, least), (high, most)))
        ):
            return True
    return False


_INANIMATE = frozenset(
    {"item", "place", "company", "startup", "university", "city", "team", "case", "kind", "work", "party", "game", "point", "core",
     "qubit", "share", "page", "token", "parameter", "household", "animal"}
)  # fmt: skip


def _same_unit(claim: Quantity, evidence: Quantity) -> bool:
    ours, theirs = BY_NAME[claim.unit], BY_NAME[evidence.unit]
    if ours is theirs:
        return True
    if ours is PLAIN or theirs is PLAIN:
        return {ours.kind, theirs.kind} <= {"plain", "count", "ordinal"} or _half(claim, evidence)
    if {ours.kind, theirs.kind} == {"multiple", "percent"}:
        return _half(claim, evidence)
    if ours.dimension == theirs.dimension:
        return _values(claim) == _values(evidence) or claim.bound == "about"
    if {ours.name, theirs.name} == {"x", "time"}:
        return True
    return ITEM in (ours, theirs) and {ours.name, theirs.name} <= _INANIMATE


def _half(claim: Quantity, evidence: Quantity) -> bool:
    """A multiple below one is a fraction, and so is a percentage: half, 0.5 and 50% are the same."""
    units = {claim.unit, evidence.unit}
    return units <= {"", "x", "%"} and _values(claim) == _values(evidence) and _values(claim)[1] < 1


def restore_bound(answer: str, claim: Quantity, evidence: Quantity, language: Language) -> str:
    """`answer` with the evidence's bound on `claim`, in that language's own place: `more than 260,000`, `26만장 이상`.

    A wrong bound on the claim is replaced.
    """
    large = abs(claim.high) >= LARGE
    duration = claim.unit in _DURATIONS
    before, after = answer[: claim.outer_start], answer[claim.outer_end :]
    body = answer[claim.start : claim.end]
    if language == "en":
        word = bounds.english_bound(evidence.bound, large, duration)
        if not word:
            return f"{before}{body}{after}"
        if not before.strip() or re.search(r"[.!?:]\s*$", before):
            word = word[0].upper() + word[1:]
            body = body if body[:2].isupper() else body[0].lower() + body[1:]
        return f"{before}{word} {body}{after}"
    prefix, suffix = bounds.korean_bound(evidence.bound, large, duration)
    return f"{before}{prefix}{body}{suffix}{bounds.join_particle(suffix, after)}"
