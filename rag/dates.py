"""Dates and clock times in Korean and English text, resolved against the day an article was published."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from seeds.article import Precision

Part = Literal["early", "mid", "end", "half1", "half2", "q1", "q2", "q3", "q4", "decade"]


@dataclass(frozen=True, slots=True)
class Date:
    """A date as it stands in a text: `source[start:end] == text`. Unknown fields are None.

    `relative` is how it was said when it leans on another day ('last month'); resolved, its fields are filled as well.
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

    @property
    def known(self) -> bool:
        """Whether any field of the calendar or the clock is filled."""
        return any(field is not None for field in (self.year, self.month, self.day, self.hour))


_MONTHS = {
    name: number
    for number, names in enumerate(
        ("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
         "september sept sep", "october oct", "november nov", "december dec"), 1)
    for name in names.split()
}  # fmt: skip
_MONTH = r"(?:Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?|Aug(?:ust|\.)?|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)(?![a-z])"
_YEAR = r"(?:1[89]|20)\d\d"
_DAY = r"(?:[0-2]?\d|3[01])"

_KO_PARTS: dict[str, Part] = {
    "상반기": "half1", "하반기": "half2", "초반": "early", "초순": "early", "초": "early", "중반": "mid", "중순": "mid",
    "하순": "end", "말": "end", "1분기": "q1", "2분기": "q2", "3분기": "q3", "4분기": "q4",
}  # fmt: skip
_EN_PARTS: dict[str, Part] = {
    "early": "early", "the beginning of": "early", "beginning of": "early", "the start of": "early", "start of": "early",
    "mid": "mid", "the middle of": "mid", "middle of": "mid", "late": "end", "the end of": "end", "end of": "end", "year-end": "end",
    "the first half of": "half1", "first half of": "half1", "the second half of": "half2", "second half of": "half2",
    "the first quarter of": "q1", "first quarter of": "q1", "the second quarter of": "q2", "second quarter of": "q2",
    "the third quarter of": "q3", "third quarter of": "q3", "the fourth quarter of": "q4", "fourth quarter of": "q4",
    "q1": "q1", "q2": "q2", "q3": "q3", "q4": "q4",
}  # fmt: skip

# word: (unit, steps from the publication)
_KO_RELATIVE: dict[str, tuple[str, int]] = {
    "재작년": ("year", -2), "지난해": ("year", -1), "지난 해": ("year", -1), "작년": ("year", -1), "올해": ("year", 0),
    "올 한해": ("year", 0), "금년": ("year", 0), "내년": ("year", 1), "내후년": ("year", 2), "지지난달": ("month", -2),
    "지난달": ("month", -1), "지난 달": ("month", -1), "전달": ("month", -1), "이달": ("month", 0), "이번 달": ("month", 0),
    "이번달": ("month", 0), "다음 달": ("month", 1), "다음달": ("month", 1), "내달": ("month", 1), "지난주": ("week", -1),
    "지난 주": ("week", -1), "이번 주": ("week", 0), "이번주": ("week", 0), "다음 주": ("week", 1), "다음주": ("week", 1),
    "그제": ("day", -2), "어제": ("day", -1), "전날": ("day", -1), "오늘": ("day", 0), "이날": ("same", 0),
    "같은 날": ("same", 0), "당일": ("same", 0), "내일": ("day", 1), "모레": ("day", 2), "연말": ("year-end", 0),
    "연초": ("year-early", 0),
}  # fmt: skip
_EN_RELATIVE: dict[str, tuple[str, int]] = {
    "the year before last": ("year", -2), "last year": ("year", -1), "this year": ("year", 0), "next year": ("year", 1),
    "last month": ("month", -1), "this month": ("month", 0), "next month": ("month", 1), "last week": ("week", -1),
    "this week": ("week", 0), "next week": ("week", 1), "yesterday": ("day", -1), "today": ("day", 0),
    "tomorrow": ("day", 1), "the same day": ("same", 0), "that day": ("same", 0), "that same day": ("same", 0),
}  # fmt: skip


def _any(words: dict[str, object]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_KO_PART = rf"(?:{_any(dict(_KO_PARTS))})"
_KO_LEAN = (
    "지난해|지난 해|작년|재작년|올해|금년|올|내년|내후년|지난달|지난 달|이달|이번 달|다음 달|내달|지난|오는|다가오는"
)
_CLOCK_KO = r"(?:(?P<ko_half>오전|오후|새벽|아침|저녁|밤|낮)\s?)?(?P<ko_hour>[01]?\d|2[0-4])시(?!간|[가-힣]*즌|리)(?:\s?(?P<ko_minute>[0-5]?\d)분)?"
_KOREAN = re.compile(
    rf"""
    (?:
        (?P<iso>(?P<iso_year>{_YEAR})(?P<separator>[-./])\s?(?P<iso_month>0?[1-9]|1[0-2])(?:(?P=separator)\s?(?P<iso_day>{_DAY}))(?![\d]))
      | (?<![\d,.])(?:(?P<century>{_YEAR})년대)
      | (?<![가-힣])(?P<lean>{_KO_LEAN})\s?(?=\d|[상하]반기|초|말|중반)(?:(?P<lean_part>{_KO_PART})(?![가-힣]*기에\b)|
            (?:(?P<lean_month>1[0-2]|0?[1-9])월)?\s?(?:(?P<lean_day>{_DAY})일(?!간|째|\s?만에|\s?동안))?(?:\s?(?P<lean_tail>{_KO_PART})(?=[가-힣]?[^가-힣]|까지|부터|에|$))?)
      | (?<![\d,.])(?:(?P<year>{_YEAR})\s?년도?|['‘’](?P<short>\d\d)년)
            (?:\s?(?P<month>1[0-2]|0?[1-9])월)?(?:\s?(?P<day>{_DAY})일)?(?:\s?(?P<part>{_KO_PART})(?=까지|부터|에|의|이|로|쯤|께|[^가-힣]|$))?
      | (?<![\d,.가-힣])(?P<only_month>1[0-2]|0?[1-9])월(?:\s?(?P<month_day>{_DAY})일)?(?:\s?(?P<month_part>{_KO_PART})(?=까지|부터|에|의|이|로|쯤|께|[^가-힣]|$))?
      | (?<![\d,.])(?P<only_day>{_DAY})일(?!간|째|\s?만에|\s?동안|\s?연속|\s?이내|\s?안에|\s?이상|정|\s?내|\s?전\b|\s?후\b)(?=\(|[^가-힣\d]|에|부터|까지|을|은|이|의|자|$)
      | (?<![가-힣])(?P<quarter>[1-4])분기
      | (?<![가-힣])(?P<relative>{_any(dict(_KO_RELATIVE))})(?=\s?(?:{_KO_PART})?(?:[^가-힣]|에|은|는|의|부터|까지|도|이|로|와|과|들어|$))(?:\s?(?P<relative_part>{_KO_PART})(?=까지|부터|에|의|이|로|[^가-힣]|$))?
      | {_CLOCK_KO}
    )
    """,
    re.VERBOSE,
)
_ENGLISH = re.compile(
    rf"""
    \b(?:
        (?P<month_first>(?:(?P<part_m>{_any(dict(_EN_PARTS))})[\s-])?(?P<month>{_MONTH})(?:\s(?P<day>{_DAY})(?:st|nd|rd|th)?(?![\d,]\d|\d|\s?(?:million|billion|percent|%)))?(?:,?\s(?:of\s)?(?P<year>{_YEAR})(?!\d|,\d))?)
      | (?P<day_first>(?:the\s)?(?P<day2>{_DAY})(?:st|nd|rd|th)?\s(?:of\s)?(?P<month2>{_MONTH})(?:,?\s(?P<year2>{_YEAR}))?)
      | (?P<quarter_year>[Qq](?P<quarter>[1-4])(?:\s(?:of\s)?(?P<year4>{_YEAR}))?)
      | (?P<part_year>(?:(?P<part>{_any(dict(_EN_PARTS))})[\s-])?(?:(?P<year3>{_YEAR})(?![\w%]|[,.]\d)|(?P<part_relative>(?:last|this|next)\s(?:year|month))))
      | (?P<decade>(?:1[89]|20)\d0)s
      | (?P<relative>{_any(dict(_EN_RELATIVE))})
      | (?:on|On|by|until|from|since)\sthe\s(?P<only_day>{_DAY})(?:st|nd|rd|th)(?!\s[a-z]+(?:ary|ury)\b)
      | (?P<clock>(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)|(?P<hour2>1[0-2]|[1-9])(?=\s?[ap]\.?m\b))(?:\s?(?P<half>[aApP])\.?[mM]\b\.?)?
    )
    """,
    re.VERBOSE,
)
# "may" and "march" are also verbs: capitalised and alone they need one of these before them, or a day or a year behind.
_MONTH_CUE = re.compile(
    r"(?:\b(?:in|by|of|since|until|last|next|this|from|early|late|mid|during|before|after|and|to)[\s-])$", re.IGNORECASE
)
_LAST = re.compile(r"\b(?P<word>last|next|this)\s$", re.IGNORECASE)
_COUNT_AFTER = re.compile(
    r"[ -](?:(?:[A-Z][\w-]*|AI|new|more|data) ){0,3}(?:GPUs?|chips|units|people|users|employees|workers|companies|countries|nations|"
    r"sites|places|dollars|pounds|euros|won|yen|yuan|percent|times|megawatts|gigawatts|MW|GW|kW|km|kg|tons|tonnes|years|months|"
    r"days|hours|minutes|jobs|servers|startups|universities|cities|data cent(?:er|re)s|개|명|장|대|원|달러)\b"
)
_BOUND_BEFORE = re.compile(
    r"(?:[$£€₩]|\b(?:more than|over|about|around|nearly|up to|at least|some|roughly|almost|fewer than|less than|another)\s)$",
    re.IGNORECASE,
)


def find_dates(text: str, published: date | None = None, precision: Precision = "day") -> list[Date]:
    """Dates and times of `text` in reading order. With `published` (known to `precision`) what leans on it is resolved.

    A bare day (31일) belongs to the month of publication; `지난 5월` is the latest May before it, `오는` the next.
    `이날` is the last full date named before it (지난 30일 is an aside), else the day of publication.
    """
    found = sorted([*_korean(text), *_english(text)], key=lambda d: (d.start, -d.end))
    dates: list[Date] = []
    end = 0
    spoken: Date | None = None
    for mention in found:
        if mention.start < end:
            continue
        end = mention.end
        resolved = _resolve(mention, published, precision, spoken) if published is not None else mention
        if resolved.day is not None and mention.relative not in _PAST | _COMING:
            spoken = resolved
        dates.append(resolved)
    return dates


def _int(text: str | None) -> int | None:
    return int(text) if text else None


def _korean(text: str) -> Iterator[Date]:
    for m in _KOREAN.finditer(text):
        blank = Date(m.start(), m.end(), m[0])
        if m["iso"]:
            yield replace(blank, year=int(m["iso_year"]), month=int(m["iso_month"]), day=_int(m["iso_day"]))
        elif m["century"]:
            yield replace(blank, year=int(m["century"]), part="decade")
        elif m["lean"]:
            part = _KO_PARTS.get(m["lean_part"] or m["lean_tail"] or "")
            month, day = _int(m["lean_month"]), _int(m["lean_day"])
            if month or day or part:
                cut = m[0].rstrip()
                yield replace(
                    blank, end=m.start() + len(cut), text=cut, month=month, day=day, part=part, relative=m["lean"]
                )
        elif m["year"] or m["short"]:
            year = int(m["year"]) if m["year"] else 2000 + int(m["short"])
            yield replace(
                blank, year=year, month=_int(m["month"]), day=_int(m["day"]), part=_KO_PARTS.get(m["part"] or "")
            )
        elif m["only_month"]:
            yield replace(
                blank, month=int(m["only_month"]), day=_int(m["month_day"]), part=_KO_PARTS.get(m["month_part"] or "")
            )
        elif m["only_day"]:
            if int(m["only_day"]):
                yield replace(blank, day=int(m["only_day"]))
        elif m["quarter"]:
            yield replace(blank, part=_KO_PARTS[f"{m['quarter']}분기"])
        elif m["relative"]:
            yield replace(blank, relative=m["relative"], part=_KO_PARTS.get(m["relative_part"] or ""))
        elif m["ko_hour"]:
            hour, half = int(m["ko_hour"]), m["ko_half"]
            later = half in {"오후", "저녁", "밤"} and hour < 12
            yield replace(blank, hour=hour + 12 if later else hour, minute=_int(m["ko_minute"]) or 0)


def _english(text: str) -> Iterator[Date]:
    for m in _ENGLISH.finditer(text):
        blank = Date(m.start(), m.end(), m[0])
        if m["month_first"]:
            yield from _english_month(text, m, blank)
        elif m["day_first"]:
            yield replace(
                blank, year=_int(m["year2"]), month=_MONTHS[m["month2"].lower().rstrip(".")], day=int(m["day2"])
            )
        elif m["quarter_year"]:
            yield replace(blank, year=_int(m["year4"]), part=_EN_PARTS[f"q{m['quarter']}"])
        elif m["part_year"]:
            part = _EN_PARTS.get((m["part"] or "").lower())
            if m["part_relative"]:
                yield replace(blank, part=part, relative=m["part_relative"].lower())
            elif part or not (
                _COUNT_AFTER.match(text, m.end()) or _BOUND_BEFORE.search(text[max(0, m.start() - 14) : m.start()])
            ):
                yield replace(blank, year=int(m["year3"]), part=part)
        elif m["decade"]:
            yield replace(blank, year=int(m["decade"]), part="decade")
        elif m["relative"]:
            yield replace(blank, relative=m["relative"].lower())
        elif m["only_day"]:
            yield replace(blank, day=int(m["only_day"]))
        elif m["clock"]:
            hour = int(m["hour"] or m["hour2"])
            half = (m["half"] or "").lower()
            hour = hour % 12 + (12 if half == "p" else 0) if half else hour
            yield replace(blank, hour=hour, minute=_int(m["minute"]) or 0)


def _english_month(text: str, m: re.Match[str], blank: Date) -> Iterator[Date]:
    before = text[max(0, m.start() - 12) : m.start()]
    lonely = not (m["day"] or m["year"] or m["part_m"])
    if lonely and m["month"] in {"May", "March", "Mar", "Jan", "Dec"} and not _MONTH_CUE.search(before):
        return
    lean = _LAST.search(before)
    start = blank.start - len(lean[0]) if lean else blank.start
    yield Date(
        start, blank.end, text[start : blank.end], _int(m["year"]), _MONTHS[m["month"].lower().rstrip(".")], _int(m["day"]),
        _EN_PARTS.get((m["part_m"] or "").lower()), relative=lean["word"].lower() if lean else None,
    )  # fmt: skip


_PAST, _COMING = {"지난", "last"}, {"오는", "다가오는", "next"}
_YEARS = {"지난해": -1, "지난 해": -1, "작년": -1, "재작년": -2, "올해": 0, "금년": 0, "올": 0, "내년": 1, "내후년": 2}
_MONTH_STEPS = {"지난달": -1, "지난 달": -1, "이달": 0, "이번 달": 0, "다음 달": 1, "내달": 1}
_KNOWN_TO = {"year": 0, "month": 1, "day": 2}


def _step_month(year: int, month: int, steps: int) -> tuple[int, int]:
    years, index = divmod(month - 1 + steps, 12)
    return year + years, index + 1


def _resolve(mention: Date, published: date, precision: Precision, spoken: Date | None) -> Date:
    """Fills what `mention` leaves to the reader, as far as the publication date is known."""
    known = _KNOWN_TO[precision]
    lean = mention.relative
    year, month = published.year, published.month
    if lean in _YEARS:
        return replace(mention, year=year + _YEARS[lean])
    if mention.year is not None or mention.hour is not None:
        return mention
    if lean in _MONTH_STEPS and known >= 1:
        year, month = _step_month(year, month, _MONTH_STEPS[lean])
        return replace(mention, year=year, month=month)
    if mention.month is not None:
        if lean in _PAST and (mention.month > month or (mention.month == month and mention.day is None)) and known >= 1:
            return replace(mention, year=year - 1)
        if lean in _COMING and mention.month < month and known >= 1:
            return replace(mention, year=year + 1)
        return replace(mention, year=year)
    if mention.day is not None:
        if known == 0:
            return replace(mention, year=year)
        if known == 2 and lean in _PAST and mention.day > published.day:
            year, month = _step_month(year, month, -1)
        if known == 2 and lean in _COMING and mention.day < published.day:
            year, month = _step_month(year, month, 1)
        return replace(mention, year=year, month=month)
    if lean is None or lean in _PAST | _COMING:
        return replace(mention, year=year) if mention.part else mention
    return _resolve_word(mention, published, known, spoken)


def _resolve_word(mention: Date, published: date, known: int, spoken: Date | None) -> Date:
    unit, steps = (_KO_RELATIVE | _EN_RELATIVE)[mention.relative or ""]
    if unit == "year":
        return replace(mention, year=published.year + steps)
    if unit in {"year-end", "year-early"}:
        return replace(mention, year=published.year, part="end" if unit == "year-end" else "early")
    if unit == "month" and known >= 1:
        year, month = _step_month(published.year, published.month, steps)
        return replace(mention, year=year, month=month)
    if unit == "same" and spoken is not None:
        return replace(mention, year=spoken.year, month=spoken.month, day=spoken.day)
    if unit in {"day", "same"} and known == 2:
        day = published + timedelta(days=steps)
        return replace(mention, year=day.year, month=day.month, day=day.day)
    return mention


def same_date(claim: Date, evidence: Date) -> bool:
    """Whether `evidence` bears out `claim`, which may say less than the evidence but never more."""
    fields = ("year", "month", "day", "part", "hour", "minute")
    stated = [name for name in fields if getattr(claim, name) is not None]
    if not stated:
        return claim.relative is not None and claim.relative == evidence.relative
    return all(getattr(claim, name) == getattr(evidence, name) for name in stated)
