"""Finds dates and clock times in Korean and English text, as they are written. `rag.dates` resolves them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from rag.numeral import any_of

Part = Literal["early", "mid", "end", "half1", "half2", "q1", "q2", "q3", "q4", "decade"]
Tense = Literal["past", "coming"]


@dataclass(frozen=True, slots=True)
class Date:
    """A date as it stands in a text: `source[start:end] == text`. Unknown fields are None.

    `relative` is the word by which it leans on another day ('last month', '지난'); resolved, the fields are filled too.
    """

    start: int
    end: int
    text: str
    year: int | None = None
    month: int | None = None
    day: int | None = None
    part: Part | None = None
    hour: int | None = None
    minute: int | None = None
    relative: str | None = None


_YEAR = r"(?:1[89]|20)\d\d"
_DAY = r"(?:3[01]|[12]\d|0?[1-9])"

# A relative word -> (what it names, how many of them from the publication; "same": days from the day spoken of).
KO_RELATIVE: dict[str, tuple[str, int]] = {
    "재작년": ("year", -2), "지지난해": ("year", -2), "지난해": ("year", -1), "지난 해": ("year", -1),
    "작년": ("year", -1), "올해": ("year", 0), "금년": ("year", 0), "내년": ("year", 1), "내후년": ("year", 2),
    "지난 분기": ("quarter", -1), "전 분기": ("quarter", -1), "전분기": ("quarter", -1), "직전 분기": ("quarter", -1),
    "이번 분기": ("quarter", 0), "다음 분기": ("quarter", 1), "지지난달": ("month", -2), "지지난 달": ("month", -2),
    "지난달": ("month", -1), "지난 달": ("month", -1), "이달": ("month", 0), "이번 달": ("month", 0),
    "이번달": ("month", 0), "다음 달": ("month", 1), "다음달": ("month", 1), "내달": ("month", 1), "새달": ("month", 1),
    "지지난주": ("week", -2), "지지난 주": ("week", -2), "지난주": ("week", -1), "지난 주": ("week", -1),
    "이번 주": ("week", 0), "이번주": ("week", 0), "다음 주": ("week", 1), "다음주": ("week", 1),
    "다다음 주": ("week", 2), "다다음주": ("week", 2), "그끄저께": ("day", -3), "그제": ("day", -2),
    "그저께": ("day", -2), "어제": ("day", -1), "어저께": ("day", -1), "어젯밤": ("day", -1), "오늘": ("day", 0),
    "금일": ("day", 0), "내일": ("day", 1), "명일": ("day", 1), "모레": ("day", 2), "글피": ("day", 3),
    "전날": ("same", -1), "이날": ("same", 0), "같은 날": ("same", 0), "당일": ("same", 0), "다음 날": ("same", 1),
    "다음날": ("same", 1), "이튿날": ("same", 1), "익일": ("same", 1), "연말": ("year-end", 0),
    "연초": ("year-early", 0),
}  # fmt: skip
EN_RELATIVE: dict[str, tuple[str, int]] = {
    "the year before last": ("year", -2), "last year": ("year", -1), "this year": ("year", 0), "next year": ("year", 1),
    "last quarter": ("quarter", -1), "the previous quarter": ("quarter", -1), "this quarter": ("quarter", 0),
    "next quarter": ("quarter", 1), "the month before last": ("month", -2), "last month": ("month", -1),
    "this month": ("month", 0), "next month": ("month", 1), "last week": ("week", -1), "this week": ("week", 0),
    "next week": ("week", 1), "the day before yesterday": ("day", -2), "yesterday": ("day", -1),
    "last night": ("day", -1), "today": ("day", 0), "tonight": ("day", 0), "tomorrow": ("day", 1),
    "the day after tomorrow": ("day", 2), "the previous day": ("same", -1), "the same day": ("same", 0),
    "that day": ("same", 0), "that same day": ("same", 0), "the next day": ("same", 1),
    "the following day": ("same", 1),
}  # fmt: skip
PAST, COMING = frozenset({"지난", "last"}), frozenset({"오는", "다가오는", "next"})
_LEANING = ("지난", "오는", "다가오는", "올")  # only before a month, a day or a part of the year

_KO_PARTS: dict[str, Part] = {
    "상반기": "half1", "하반기": "half2", "초반": "early", "초순": "early", "초": "early", "중반": "mid", "중순": "mid",
    "하순": "end", "말": "end", "1분기": "q1", "2분기": "q2", "3분기": "q3", "4분기": "q4",
}  # fmt: skip
_ALONE = frozenset({"half1", "half2", "q1", "q2", "q3", "q4"})  # parts that name a time without a year beside them
_KO_END = r"(?=[^가-힣]|$|에|은|는|의|을|부터|까지|도|이|로|으로|와|과|들어|쯤|께|보다|만|중)"
# What makes 10일 a length of time: 10일간, 10일 만에.
_LENGTH = r"(?!간|째|정|\s?(?:만에|동안|연속|이내|안에|이상|내에|전에?(?![가-힣])|후에?(?![가-힣])))"
_NOT_YEARS = r"(?!간|대|\s?(?:동안|만에|전(?![가-힣])|전에|후에|넘|이상))"  # 1000년 전

_KOREAN = re.compile(
    rf"""(?<![\d,.])(?=['‘’\d가-힣])
    (?:(?<![가-힣])(?P<lean>{any_of(re.escape(word) for word in (*KO_RELATIVE, *_LEANING))})\s?)?
    (?:(?:(?P<year>[12]\d{{3}})\s?년{_NOT_YEARS}도?|['‘’](?P<short>\d\d)(?:년|\.(?=\s?\d{{1,2}}월)))\s?)?
    (?:(?P<month>1[0-2]|0?[1-9])월\s?)?
    (?:(?P<day>{_DAY})일{_LENGTH}(?=[^가-힣]|$|에|부터|까지|을|은|이|의|자|로|과|도|만)\s?)?
    (?:(?:(?<=[년월해달도올\ ])|(?<![가-힣]))(?P<part>{any_of(_KO_PARTS)}){_KO_END})?
    """,
    re.VERBOSE,
)
_DOTTED = re.compile(
    rf"(?<!\d)(?P<year>{_YEAR})(?P<sign>[-./])\s?(?P<month>1[0-2]|0?[1-9])(?P=sign)\s?(?P<day>{_DAY})(?!\d)"
)
_KO_DECADE = re.compile(rf"(?<![\d,.])(?P<year>{_YEAR}|[3-9]0)년대")
_KO_YEARS = re.compile(rf"(?<![\d,.])(?P<first>{_YEAR})년?\s?[~∼–-]\s?(?P<last>(?:\d\d)?\d\d)년(?!간|대)")
_KO_DAYS = re.compile(
    rf"(?<![\d,.])(?:(?<![가-힣])(?P<lean>지난|오는|다가오는)\s)?(?P<day>{_DAY})일?\s?[~∼–-]\s?(?={_DAY}일{_LENGTH})"
)
_KO_MONTHS = re.compile(r"(?<![\d,.])(?P<month>1[0-2]|[1-9])\s?[~∼–-]\s?(?=(?:1[0-2]|[1-9])월)")
_KO_CLOCK = re.compile(
    r"(?<!\d)(?:(?P<half>오전|오후|새벽|아침|저녁|밤|낮)\s?)?(?P<hour>2[0-4]|[01]?\d)시(?!간|리|즌)(?:\s?(?P<minute>[0-5]?\d)분)?"
)

_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9,
    "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
_MONTH = (
    r"(?:Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?|Aug(?:ust|\.)?|"
    r"Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)(?![A-Za-z])"
)
_ORDER = {"first": "1", "second": "2", "third": "3", "fourth": "4"}
_HALVES: dict[str, Part] = {"first": "half1", "second": "half2"}
_EN_PART = (
    r"(?:(?P<when>early|mid|late|(?:the\s)?(?:beginning|start|middle|end)\sof)[\s-]"
    r"|(?:the\s)?(?P<order>first|second|third|fourth)\s(?P<piece>half|quarter)\s(?:of\s)?)"
)
_WHEN: dict[str, Part] = {
    "early": "early",
    "beginning": "early",
    "start": "early",
    "mid": "mid",
    "middle": "mid",
    "late": "end",
    "end": "end",
}
_EN_MONTH = re.compile(
    rf"""\b{_EN_PART}?(?:(?P<lean>last|next|this)\s)?(?P<month>{_MONTH})
    (?:\s(?P<day>{_DAY})(?:st|nd|rd|th)?(?!\d|,\d|\s?(?:million|billion|trillion|percent|%)))?
    (?:,?\s(?:of\s)?(?P<year>{_YEAR})(?!\d|,\d))?""",
    re.VERBOSE | re.IGNORECASE,
)
_EN_DAY = re.compile(
    rf"\b(?:the\s)?(?P<day>{_DAY})(?:st|nd|rd|th)?\s(?:of\s)?(?P<month>{_MONTH})(?:,?\s(?P<year>{_YEAR})(?!\d))?"
)
_EN_YEAR = re.compile(
    rf"\b{_EN_PART}?(?:(?P<year>{_YEAR})(?![\w%]|[,.]\d)|(?P<lean>(?:last|this|next)\s(?:year|month))\b)", re.I
)
_EN_QUARTER = re.compile(rf"\b[Qq](?P<quarter>[1-4])(?:\s(?:of\s)?(?P<year>{_YEAR}))?(?!\w)")
_EN_PIECE = re.compile(
    r"\b(?:the\s)?(?:(?P<order>first|second|third|fourth)[\s-](?P<piece>quarter)|(?P<half>first|second)[\s-]half)\b",
    re.I,
)
_EN_DECADE = re.compile(r"\b(?P<year>(?:1[89]|20)\d0)s\b")
_EN_WORD = re.compile(rf"\b(?P<word>{any_of(EN_RELATIVE)})\b", re.IGNORECASE)
_EN_NTH = re.compile(
    rf"\b(?:on|by|until|from|since)\sthe\s(?P<day>{_DAY})(?:st|nd|rd|th)\b(?!\s[a-z]+(?:ary|ury)\b)", re.IGNORECASE
)
_EN_CLOCK = re.compile(
    r"(?<![\d:])(?:(?P<hour>2[0-3]|[01]?\d):(?P<minute>[0-5]\d)(?![\d:])|(?P<on_the_hour>1[0-2]|[1-9])(?=\s?[ap]\.?m\b))"
    r"(?:\s?(?P<half>[ap])\.?m\b\.?)?",
    re.IGNORECASE,
)
# "may" and "march" are also verbs: alone they must be capitalised and stand behind one of these.
_MONTH_CUE = re.compile(r"\b(?:in|by|of|since|until|from|during|before|after|and|to)\s\Z", re.IGNORECASE)
_COUNTED = re.compile(
    r"[ -](?:(?:[A-Z][\w-]*|AI|new|more|data) ){0,3}(?:GPUs?|chips|units|people|users|employees|workers|companies|"
    r"countries|nations|sites|places|dollars|pounds|euros|won|yen|yuan|percent|times|MW|GW|kW|km|kg|tons|tonnes|years|"
    r"months|days|hours|minutes|jobs|servers|startups|universities|cities|data cent(?:er|re)s|개|명|장|대|원|달러)\b"
)
_BOUNDED = re.compile(
    r"(?:[$£€₩]|\b(?:more than|over|about|around|nearly|up to|at least|some|roughly|almost|fewer than|"
    r"less than|another)\s)\Z",
    re.IGNORECASE,
)


def _syllables(final: int) -> str:
    """All Hangul syllables that end in one consonant, by its number in Unicode's order."""
    return "".join(chr(code) for code in range(0xAC00 + final, 0xD7A4, 28))


_SENTENCE = 200  # characters on either side of a date that are looked at
_SENTENCE_END = re.compile(r"[.?!][\"'”’)]?(?=\s|$)|\n")
_TOLD = re.sub("[있겠]", "", _syllables(20))  # -ㅆ-, the mark of the past: 했, 열렸, 밝혔, 이었
_KO_PAST = re.compile(rf"[{_TOLD}](?:다|습니다|음|지만|으며|고)\Z")
_KO_COMING = re.compile(
    rf"(?:[{_syllables(4)}]다|는다|겠다|겠습니다|[{re.sub('[입습]', '', _syllables(17))}]니다"
    r"|(?:예정|계획|방침|전망|것)(?:이다|입니다)?)\Z"
)
_KO_AHEAD = re.compile(
    r"까지|.*(?:앞두|앞둔|기로\s|(?:하는|되는|열리는)\s)"
)  # what a past verb may tell of as yet to come
_KO_UNTIL = re.compile(r"까지.*기로\s")
_EN_COMING = re.compile(
    r"\b(?:will|shall|to be|going to|(?:is|are) (?:set |due |scheduled )?to|plans? to|scheduled)\b", re.I
)
_EN_PAST = re.compile(r"\b(?:was|were|had|did|held|said|took|began|met|rose|fell|made|won|came|went|\w{2,}ed)\b", re.I)


def tense(text: str, start: int, end: int) -> Tense | None:
    """The tense of the sentence around `text[start:end]`: in Korean that of its last verb. None where it is unclear."""
    after = text[end : end + _SENTENCE]
    stop = _SENTENCE_END.search(after)
    after = after[: stop.start()] if stop else after
    if re.search("[가-힣]", text[start:end] + after):
        last = after.rstrip(" \"'”’)")
        if _KO_COMING.search(last) or _KO_UNTIL.match(after):
            return "coming"
        return "past" if _KO_PAST.search(last) and not _KO_AHEAD.match(after) else None
    before = _SENTENCE_END.split(text[max(0, start - _SENTENCE) : start])[-1]
    if _EN_COMING.search(before) or _EN_COMING.search(after):
        return "coming"
    return "past" if _EN_PAST.search(before) or _EN_PAST.search(after) else None


def read(text: str) -> list[Date]:
    """Dates and times of `text` in reading order, none overlapping, none resolved."""
    dates: list[Date] = []
    for mention in sorted([*_korean(text), *_english(text)], key=lambda d: (d.start, -d.end)):
        if not dates or mention.start >= dates[-1].end:
            dates.append(mention)
    return dates


def _int(text: str | None) -> int | None:
    return int(text) if text else None


def _korean(text: str) -> Iterator[Date]:
    for m in _DOTTED.finditer(text):
        yield Date(m.start(), m.end(), m[0], int(m["year"]), int(m["month"]), int(m["day"]))
    for m in _KO_DECADE.finditer(text):
        yield Date(m.start(), m.end(), m[0], int(m["year"]) + (1900 if len(m["year"]) == 2 else 0), part="decade")
    for m in _KO_YEARS.finditer(text):
        century = m["first"][: 4 - len(m["last"])]
        yield Date(m.start(), m.end("first"), m["first"], int(m["first"]))
        yield Date(m.start("last"), m.end(), text[m.start("last") : m.end()], int(century + m["last"]))
    for m in _KO_DAYS.finditer(text):
        yield Date(m.start(), m.end("day"), text[m.start() : m.end("day")], day=int(m["day"]), relative=m["lean"])
    for m in _KO_MONTHS.finditer(text):
        yield Date(m.start(), m.end("month"), m["month"], month=int(m["month"]))
    for m in _KO_CLOCK.finditer(text):
        hour = int(m["hour"]) + (12 if m["half"] in {"오후", "저녁", "밤"} and int(m["hour"]) < 12 else 0)
        yield Date(m.start(), m.end(), m[0], hour=hour, minute=_int(m["minute"]) or 0)
    for m in _KOREAN.finditer(text):
        said = m[0].rstrip()
        year = _int(m["year"]) or (2000 + int(m["short"]) if m["short"] else None)
        part = _KO_PARTS.get(m["part"] or "")
        calendar = year or m["month"] or m["day"]
        if m["lean"] in _LEANING and not (calendar or part):
            continue
        alone = m["lean"] and said == m["lean"] and not re.compile(_KO_END).match(text, m.start() + len(said))
        if alone or not (calendar or m["lean"] or part in _ALONE):
            continue
        yield Date(
            m.start(), m.start() + len(said), said, year, _int(m["month"]), _int(m["day"]), part, relative=m["lean"]
        )


def _english(text: str) -> Iterator[Date]:
    for m in _EN_MONTH.finditer(text):
        alone = not (m["day"] or m["year"] or m["when"] or m["lean"])
        verb = (
            alone
            and m["month"] in {"May", "March", "Mar"}
            and not _MONTH_CUE.search(text[max(0, m.start() - 8) : m.start()])
        )
        if m["month"][0].isupper() and not verb:
            lean = m["lean"].lower() if m["lean"] else None
            yield replace(_dated(m), part=_part(m), relative=lean)
    for m in _EN_DAY.finditer(text):
        yield _dated(m)
    for m in _EN_YEAR.finditer(text):
        part = _part(m)
        counted = _COUNTED.match(text, m.end()) or _BOUNDED.search(text[max(0, m.start() - 14) : m.start()])
        if m["lean"] or part or not counted:
            yield Date(
                m.start(), m.end(), m[0], _int(m["year"]), part=part, relative=m["lean"].lower() if m["lean"] else None
            )
    for m in _EN_QUARTER.finditer(text):
        yield Date(m.start(), m.end(), m[0], _int(m["year"]), part=_KO_PARTS[f"{m['quarter']}분기"])
    for m in _EN_PIECE.finditer(text):
        part = _KO_PARTS[f"{_ORDER[m['order'].lower()]}분기"] if m["order"] else _HALVES[m["half"].lower()]
        yield Date(m.start(), m.end(), m[0], part=part)
    for m in _EN_DECADE.finditer(text):
        yield Date(m.start(), m.end(), m[0], int(m["year"]), part="decade")
    for m in _EN_WORD.finditer(text):
        yield Date(m.start(), m.end(), m[0], relative=m["word"].lower())
    for m in _EN_NTH.finditer(text):
        yield Date(m.start(), m.end(), m[0], day=int(m["day"]))
    for m in _EN_CLOCK.finditer(text):
        hour, half = int(m["hour"] or m["on_the_hour"]), (m["half"] or "").lower()
        hour = hour % 12 + (12 if half == "p" else 0) if half else hour
        yield Date(m.start(), m.end(), m[0], hour=hour, minute=_int(m["minute"]) or 0)


def _dated(m: re.Match[str]) -> Date:
    return Date(m.start(), m.end(), m[0], _int(m["year"]), _MONTHS[m["month"][:3].lower()], _int(m["day"]))


def _part(m: re.Match[str]) -> Part | None:
    if m["order"]:
        order = m["order"].lower()
        return _KO_PARTS[f"{_ORDER[order]}분기"] if m["piece"].lower() == "quarter" else _HALVES.get(order)
    words = (m["when"] or "").lower().removeprefix("the ").split()
    return _WHEN[words[0]] if words else None
