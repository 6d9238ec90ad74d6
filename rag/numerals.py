"""Quantities in Korean and English text: found, compared exactly across notations, and given back a lost bound.

`260,000 GPUs` and `26만장`, `£36.5 billion` and `365억 파운드` are the same `Quantity` in value and unit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from rag import bounds
from rag.amounts import Amount, find_amounts
from rag.bounds import Bound
from rag.units import BY_NAME, DURATIONS, ITEM, KO, PERCENT, PLAIN, THINGS, Kind, Unit
from seeds.errors import Language

Agreement = Literal["equal", "bound_lost", "bound_wrong", "unit", "different"]

TOLERANCE = Decimal("0.05")
"""How far a claim that says "about" may be from its evidence, as a share of the evidence."""
LARGE = Decimal(10_000)
"""From here up figures are round, and 이상 is "more than" in English news rather than "at least"."""


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
class _Span:
    """One amount, or the two ends of a range: `outer` is where its opening word (from) starts."""

    start: int
    outer: int
    low: Decimal
    high: Decimal
    last: Amount
    unit: Unit
    vague: bool


_BETWEEN = re.compile(r"\s?(?:~|∼|〜|～|–|—|-|내지)\s?|\s?에서\s|\s(?:to|and)\s")
_OPENS = re.compile(r"\b(?P<word>from|between)\s+$", re.IGNORECASE)
_CHANGE = re.compile(
    r"\b(?:rose|rises?|rising|gr[eo]ws?|grown|growing|increas\w+|f[ea]lls?|fallen|drop\w*|rais\w+|cut|went|up|down)\s",
    re.I,
)
_AND_SOME = re.compile(r"[\d십백천만억조]여")  # 20여 개국: about, and a little more than
_BECOMES = re.compile(r"으?로(?![가-힣])")

_BEFORE = re.compile(r"(?P<word>[A-Za-z가-힣][A-Za-z0-9가-힣-]*)\)?['’”\"]?\s?(?:총|무려|모두)?\s?\Z")
_PARTICLE = re.compile(
    r"(?:에서|으로|까지|부터|보다|당시|또는|[중총제전후당및만]|[을를은는이가의에로과와도서해한된며고인])$"
)
_AFTER = re.compile(
    r"(?:\s?(?:이상|이하|미만|초과|정도|가량|안팎|내외))?(?P<of>의)?\s(?P<rest>[^.,!?;:'\"‘’“”·\n]{1,60})"
)
_LATIN = re.compile(r"(?:[A-Za-z][A-Za-z0-9&-]*\s?)+")


def find_quantities(text: str, language: Language | None = None) -> list[Quantity]:
    """Quantities of `text` in reading order, none overlapping. Digits are read in either language.

    `language` says whose number *words* to read: 'ko' (두, 절반), 'en' (two, half), or both when None.
    """
    return list(_found(text, language))


@lru_cache(maxsize=4096)  # the same evidence sentences are read for one question after another
def _found(text: str, language: Language | None) -> tuple[Quantity, ...]:
    return tuple(_quantity(text, span) for span in _spans(text, find_amounts(text, language)))


def _spans(text: str, amounts: list[Amount]) -> Iterator[_Span]:
    """The amounts, ranges joined. One whose digits an amount before it took for its unit (m2조) is passed over."""
    index = 0
    amounts = [one for k, one in enumerate(amounts) if k == 0 or amounts[k - 1].end <= one.start]
    while index < len(amounts):
        first = amounts[index]
        joined = _range(text, first, amounts[index + 1]) if index + 1 < len(amounts) else None
        vague = first.numeral.form == "vague"
        yield joined or _Span(first.start, first.start, first.numeral.low, first.numeral.high, first, first.unit, vague)
        index += 2 if joined else 1


def _range(text: str, first: Amount, second: Amount) -> _Span | None:
    """The two amounts as the ends of one range (10~20만, between 60 and 70, $5-6bn), not of a change (5%에서 6%로)."""
    between = text[first.end : second.start]
    if not _BETWEEN.fullmatch(between):
        return None
    reach = max(0, first.start - 30)
    opens = _OPENS.search(text[reach : first.start])
    word = opens["word"].lower() if opens else ""
    joint = between.strip()
    rises = joint == "to" and word == "from" and _CHANGE.search(text[reach : first.start])
    becomes = joint == "에서" and _BECOMES.match(text, second.end)
    if rises or becomes or (joint == "and" and word != "between"):
        return None
    if first.unit not in {PLAIN, ITEM, second.unit} and second.unit is not PLAIN:
        return None
    low, high = first.numeral.low, second.numeral.high
    if first.numeral.scale == 1 and low < LARGE and low * second.numeral.scale < high:
        low *= second.numeral.scale
    if low >= high:
        return None
    outer = reach + opens.start() if opens else first.start
    unit = first.unit if second.unit is PLAIN else second.unit
    return _Span(outer if word == "between" else first.start, outer, low, high, second, unit, vague=False)


def _quantity(text: str, span: _Span) -> Quantity:
    end = span.last.end
    bound, outer_start, outer_end = bounds.find_bound(text, span.outer, end, span.unit.name in DURATIONS)
    if text[end:outer_end].strip() == "까지" and span.low < span.high:
        bound, outer_end = "exact", end  # 5%에서 10%까지
    if bound == "exact" and text.startswith("여", span.last.numeral.end):
        bound = "about"  # 10만여 명
    unit = span.unit
    counted = span.last.counted
    if not counted and unit.kind == "count" and unit.name not in DURATIONS:
        counted = _counted_behind(text, end) or _counted_before(text, outer_start)
    if unit is ITEM and counted:
        unit = next((KO[word] for word in (f"개 {counted}", counted) if word in KO and KO[word].kind == "count"), unit)
    return Quantity(
        span.start, end, text[span.start : end], span.low, span.high, unit.kind, unit.name, bound, counted, outer_start,
        outer_end, span.vague,
    )  # fmt: skip


def _counted_behind(text: str, end: int) -> str:
    """The noun phrase behind a Korean counter: `20개 이상의 AI 데이터센터`, and in Latin letters `1만개 GPU 기반의`."""
    found = _AFTER.match(text, end)
    if found is None:
        return ""
    if not found["of"]:
        latin = _LATIN.match(found["rest"])
        return latin[0].strip() if latin else ""
    words: list[str] = []
    for word in re.sub(r"\([^)]*\)", "", found["rest"]).split()[:4]:
        if word[0].isdigit():
            break
        bare = _PARTICLE.sub("", word) if len(word) > 2 or word[-1] in "을를" else word
        words.append(bare)
        if bare != word or any(thing in bare.lower() for thing in THINGS):
            break
    return " ".join(words)


def _counted_before(text: str, start: int) -> str:
    """The noun right before: `GPU 26만장`. One with a particle belongs to something else."""
    found = _BEFORE.search(text[max(0, start - 30) : start])
    return found["word"] if found and not _PARTICLE.search(found["word"]) else ""


def agrees(claim: Quantity, evidence: Quantity) -> Agreement:
    """Whether `evidence` bears out `claim`.

    Values must be equal exactly; only a claim that says "about" may be within 5%, and one of an order of magnitude
    (billions) holds what lies in it. A claim that names no unit agrees with any counter; a half agrees with 50%. A
    claim without the bound its evidence has is `bound_lost`; one with another bound, or with one the evidence does
    not have, is `bound_wrong`. 20여 개국 is both about and more than 20.
    """
    as_written = _same(claim, (claim.low, claim.high), (evidence.low, evidence.high))
    converted = _same(claim, _converted(claim), _converted(evidence))
    if not as_written and not converted:
        return "different"
    if not _same_unit(claim, evidence, converted):
        return "unit"
    ours, theirs = bounds.side(claim.bound), bounds.side(evidence.bound)
    odd = {ours, theirs} == {"lower", "about"} and any(_AND_SOME.search(q.text) for q in (claim, evidence))
    if ours == theirs or odd or (ours == "about" and theirs == "exact"):
        return "equal"
    return "bound_lost" if ours == "exact" else "bound_wrong"


def _converted(quantity: Quantity) -> tuple[Decimal, Decimal]:
    """Low and high in the base unit of the dimension: GW in W, years in months, percent in parts of one."""
    factor = Decimal("0.01") if quantity.unit == PERCENT.name else BY_NAME[quantity.unit].factor
    return quantity.low * factor, quantity.high * factor


def _same(claim: Quantity, ours: tuple[Decimal, Decimal], theirs: tuple[Decimal, Decimal]) -> bool:
    if claim.vague:
        return ours[0] <= theirs[0] and theirs[1] <= ours[1]
    near = all(abs(a - b) <= TOLERANCE * abs(b) for a, b in zip(ours, theirs, strict=True))
    return ours == theirs or (claim.bound == "about" and near)


_INANIMATE = frozenset(
    {"item", "place", "company", "startup", "university", "city", "team", "case", "kind", "work", "party", "game",
     "point", "core", "qubit", "share", "page", "token", "parameter", "household", "animal"}
)  # fmt: skip
_COUNTS_ITSELF = frozenset(
    {"company", "startup", "university", "city", "team", "parameter", "share", "token", "qubit", "job"}
)
_NO_PIECES = _COUNTS_ITSELF | {"place", "case", "party", "game"}


def _same_unit(claim: Quantity, evidence: Quantity, converted: bool) -> bool:
    """Whether the units go together. `converted` tells that the values are the same in the base of a dimension."""
    ours, theirs = BY_NAME[claim.unit], BY_NAME[evidence.unit]
    kinds, names = {ours.kind, theirs.kind}, {ours.name, theirs.name}
    things = {_thing(claim), _thing(evidence)} - {None}
    if kinds == {"count"} and len(things) == 2:
        agree = False
    elif ours is theirs:
        agree = True
    elif names <= {"", "x", "%"}:  # half, 0.5 and 50%, but not 2배 and 200%
        agree = converted and _converted(evidence)[1] < 1
    elif PLAIN in (ours, theirs):
        agree = kinds <= {"plain", "count", "ordinal"}
    elif names == {"x", "time"}:  # "three times" is 세 배 or 세 번
        agree = any(quantity.text.lower().endswith(("times", "twice", "thrice")) for quantity in (claim, evidence))
    elif "job" in names:  # 일자리 is counted by 개, 고용 by 명
        agree = names <= {"job", "item", "person"}
    elif ours.dimension == theirs.dimension:
        agree = converted
    else:
        pieces = _is_pieces(claim) or _is_pieces(evidence)
        agree = ITEM in (ours, theirs) and names <= _INANIMATE and not (pieces and names & _NO_PIECES)
    return agree


def _is_pieces(quantity: Quantity) -> bool:
    """Whether the counter is that of sheets: 5만장 may be GPUs or pages, not teams; 500대 기업 are the 500 big ones."""
    return quantity.unit == ITEM.name and quantity.text.endswith("장")


def _thing(quantity: Quantity) -> str | None:
    """What is counted, where it is one of the things the language pairs in `THINGS` know."""
    if quantity.unit in _COUNTS_ITSELF:
        return quantity.unit
    counted = quantity.counted.lower()
    return next((name for word, name in THINGS.items() if word in counted), None)


def restore_bound(answer: str, claim: Quantity, evidence: Quantity, language: Language) -> str:
    """`answer` with the evidence's bound on `claim`, in that language's own place: `more than 260,000`, `26만장 이상`.

    A wrong bound on the claim is replaced. `in two years` becomes `within two years`; a `2-year plan` takes no bound.
    """
    large, duration = abs(claim.high) >= LARGE, claim.unit in DURATIONS
    before, after = answer[: claim.outer_start], answer[claim.outer_end :]
    body = answer[claim.start : claim.end]
    if language == "ko":
        prefix, suffix = bounds.korean_bound(evidence.bound, large, duration)
        return f"{before}{prefix}{body}{suffix}{bounds.join_particle(suffix, after)}"
    word = bounds.english_bound(evidence.bound, large, duration)
    if duration and "-" in body:
        return answer
    if word == "within":
        before = re.sub(r"\bin\s+\Z", "", before)
    if word and re.search(r"(?:^|[.!?:]\s+)$", before):
        word = word[0].upper() + word[1:]
        body = body if body[:2].isupper() else body[0].lower() + body[1:]
    return f"{before}{word} {body}{after}" if word else f"{before}{body}{after}"
