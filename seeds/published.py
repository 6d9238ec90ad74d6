"""The day an article was published, out of whatever a feed, an export, a page or a person writes.

A time with a zone of its own is a day of the collection's zone: 18:00 UTC on 31 March is 1 April in Seoul. Days and
times without one are the collection's already. What could be two days is refused, never guessed: 01/02/2025 (but not
13/02/2025), six digits that are both a month and a day, a bare 2025.1 that YAML or JSON read as a number (January, or
October with its zero lost). A year of two digits stands first, as Korean news writes it (25.04.01), or last behind a
month's name (01-Apr-25); 69 to 99 are of the century before, as in POSIX. Names of zones mean what RFC 2822 says (CST
is -0600), else what they mean everywhere.

Strict by design: parsers such as dateutil's fill in what is missing and choose an order where there are two.
"""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from seeds.article import SEOUL, Precision

Day = tuple[date, Precision]

_LONGEST = 200
_CENTURIES = frozenset({"18", "19", "20"})  # of compact forms
_HOURS = {
    "UTC": 0, "GMT": 0, "UT": 0, "Z": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8,
    "PDT": -7, "KST": 9, "JST": 9, "HKT": 8, "SGT": 8, "AEST": 10, "AEDT": 11, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3,
}  # fmt: skip
_PLACES = {"ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver", "PT": "America/Los_Angeles"}
_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11,
    "dec": 12,
}  # fmt: skip
_MONTH = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR = r"(?P<y>[12]\d{3})"
_M, _D = r"(?P<m>\d\d?)", r"(?P<d>\d\d?)"
_NTH = r"(?:st|nd|rd|th)?"
_SIGN = r"\s?(?P<sign>[-–./·]|(?<=\d)\s(?=\d))\s?"
_AGAIN = r"\s?(?P=sign)\s?"

_DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_YEAR}(?:{_SIGN}{_M}(?:{_AGAIN}{_D})?\s?\.?)?",  # 2025-04-01, 2025. 4. 1., 2025/04, 2025
        rf"{_YEAR}(?P<m>\d\d)(?P<d>\d\d)",  # 20250401
        rf"(?:{_YEAR}|['‘’]?(?P<short>\d\d))\s?[년年](?:\s?{_M}\s?[월月](?:\s?{_D}\s?[일日])?)?",
        rf"['‘’]?(?P<short>\d\d)\s?(?P<sign>[-.])\s?{_M}{_AGAIN}{_D}\.?",  # 25.04.01
        rf"{_MONTH}(?:[\s-]?{_D}{_NTH}(?:\s?,\s?|[\s-]))?[\s,-]*{_YEAR}",  # April 1st, 2025; Apr 2025
        rf"(?:the\s)?{_D}{_NTH}[\s-]?(?:of\s)?{_MONTH}[\s,-]*(?:{_YEAR}|['‘’]?(?P<short>\d\d))",  # 1 April 2025
        rf"{_YEAR}[\s,-]*{_MONTH}[\s-]?{_D}{_NTH}",  # 2025-Apr-01
        rf"(?P<one>\d\d?)\s?(?P<sign>[-./])\s?(?P<two>\d\d?){_AGAIN}{_YEAR}\.?",  # 13/02/2025
        rf"{_M}[-./]{_YEAR}",  # 04/2025
    )
)
_HALF = r"오전|오후|午前|午後|[ap]\.?m\b\.?"
_NAMED_ZONE = rf"(?:{'|'.join(sorted({*_HOURS, *_PLACES}, key=len, reverse=True))})\b|[a-z]+/[a-z_]+(?:/[a-z_]+)?"
_ZONE = (
    r"\s*(?:(?:UTC|GMT|Z)?\s?(?P<offset>[-+−]\d\d?(?::?\d\d)?)(?!\d)(?:\s?(?:[a-z]{2,5}\b|\([^()]*\)|\[[^\[\]]*\]))?"
    rf"|[(\[]?(?P<zone>{_NAMED_ZONE}|한국\s?(?:표준시|시간))[)\]]?)"
)
_CLOCK = re.compile(
    rf"""(?:(?<=\d)T)?(?<!\d)(?:(?P<before>{_HALF})\s*)?
    (?P<hour>\d\d?)(?:\s?:\s?(?P<minute>\d\d)(?:\s?:\s?(?P<second>\d\d)(?:[.,]\d+)?)?(?![\d:])
        |시(?:\s?(?P<minutes>\d\d?)분(?:\s?\d\d?초)?)?|(?=\s?[ap]\.?m\b(?!\.?\s?\d)))
    (?:\s?(?P<after>{_HALF}))?(?:{_ZONE.replace(" ", "[ ]")})?""",
    re.VERBOSE | re.IGNORECASE,
)
_WEEKDAY = re.compile(
    r"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b\.?,?"
    r"|[월화수목금토일]요일|\((?:[월화수목금토일月火水木金土日](?:요일|曜日)?|[a-z]{3,9})\)",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"(?P<changed>(?:최종\s?)?수정|업데이트|변경|(?:last\s)?(?:updated|modified))?(?(changed)|(?:(?:기사)?\s?(?:입력|등록|승인|발행|게재|"
    r"송고|작성|보도|배포)|(?:first\s)?(?:posted|published|issued|date)))(?:\s?(?:일시|일자|시간|시각|일))?(?:\s?(?:on|at|:|=))*",
    re.IGNORECASE,
)
_YEAR_AND_OFFSET = re.compile(r"(?<=:\d\d) (\d{4}) ([-+]\d{4})$")  # Tue Apr 1 09:10:00 2025 +0900
_EPOCH = re.compile(r"\d{9,10}\.\d+")


def published_day(value: object, zone: tzinfo = SEOUL) -> Day:
    """The day in `zone` that `value` (text, a number, a date or a time) names, and how much of it is known.

    Raises ValueError for what is no date, names none by itself (yesterday), or could be two.
    """
    if isinstance(value, datetime):
        return _in_zone(value, zone), "day"
    if isinstance(value, date):
        return value, "day"
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("no date")
    if isinstance(value, int):
        return _of_digits(f"{value:d}" if value.bit_length() <= 64 else "", zone)
    if isinstance(value, float):
        if 1000 < value < 10_000:  # 2025.04 of YAML
            return _of_text("" if len(str(value)) == len("2025.1") and str(value).endswith(".1") else str(value), zone)
        return _in_zone(_since_1970(value), zone), "day"
    return _of_text(value, zone)


def in_zone(day: date, after: str, zone: tzinfo) -> date:
    """`day`, or the day beside it that a clock time with a zone of its own, first in `after`, makes it in `zone`."""
    weekday = _WEEKDAY.match(after.lstrip())
    clock = _CLOCK.match(after.lstrip()[weekday.end() if weekday else 0 :].lstrip(" \tT,"))
    return _at(day, clock, zone) if clock else day


def _of_text(text: str, zone: tzinfo) -> Day:
    if len(text) > _LONGEST:
        raise ValueError("no date")
    text = " ".join(unicodedata.normalize("NFKC", text).split())
    if text.isdecimal():
        return _of_digits(text, zone)
    if _EPOCH.fullmatch(text):
        return _in_zone(_since_1970(float(text)), zone), "day"
    with suppress(ValueError):  # ISO 8601, the quick way
        return _in_zone(datetime.fromisoformat(text), zone), "day"
    text = _YEAR_AND_OFFSET.sub(r" \2 \1", _first_stated(text))
    clock = _CLOCK.search(text)
    rest = f"{text[: clock.start()]} {text[clock.end() :]}" if clock else text
    rest = re.sub(rf"[(\[]?\b(?:{_NAMED_ZONE})[)\]]?$", "", _WEEKDAY.sub(" ", rest).strip(), flags=re.IGNORECASE)
    day, precision = _calendar_day(
        re.sub(r"\s+", " ", re.sub(r"\bat\b\s*$", "", rest.strip(" ,|/()[]T-–"))).strip(" ,|")
    )
    if clock and precision != "day":
        raise ValueError("a time of no day")
    return (_at(day, clock, zone) if clock else day), precision


def _first_stated(text: str) -> str:
    """The part of a date line that tells of the publication: `입력 2025.04.01 14:20 | 수정 2025.04.01 16:20`."""
    labels = [label for label in _LABEL.finditer(text) if label[0]]
    starts = [0, *(label.end() for label in labels)]
    ends = [*(label.start() for label in labels), len(text)]
    changed = [False, *(bool(label["changed"]) for label in labels)]
    parts = [(late, text[i:j].strip(" |/,·")) for late, i, j in zip(changed, starts, ends, strict=True)]
    return min((part for part in parts if part[1]), key=lambda part: part[0], default=(False, ""))[1]


def _calendar_day(text: str) -> Day:
    for pattern in _DATES:
        if match := pattern.fullmatch(text):
            found = match.groupdict()
            year = int(found.get("y") or found["short"] or 0)
            if year < 100:
                year += 2000 if year < 69 else 1900
            if found.get("one"):
                return _either_order(year, int(found["one"]), int(found["two"])), "day"
            month = _MONTHS[found["name"][:3].lower()] if found.get("name") else int(found.get("m") or 0)
            day = int(found.get("d") or 0)
            given = (found.get("m") or found.get("name"), found.get("d"))
            precision: Precision = "day" if given[1] else "month" if given[0] else "year"
            return date(year, month if given[0] else 1, day if given[1] else 1), precision
    raise ValueError("no date")


def _either_order(year: int, one: int, two: int) -> date:
    """Day and month as they must be, for one of them is no month; or are the same."""
    days = set()
    for month, day in ((one, two), (two, one)):
        with suppress(ValueError):
            days.add(date(year, month, day))
    if len(days) != 1:
        raise ValueError("day or month first")
    return days.pop()


def _of_digits(digits: str, zone: tzinfo) -> Day:
    """Compact forms from YYYY to YYYYMMDDhhmmssfff, and the epoch in seconds, milli-, micro- and nanoseconds."""
    compact = _compact(digits)
    match len(digits):
        case 4:
            return _calendar_day(digits)
        case 6:
            written = [f"{digits[:2]}.{digits[2:4]}.{digits[4:]}"]
            if digits[:2] in _CENTURIES:
                written.append(f"{digits[:4]}-{digits[4:]}")
            found: list[Day] = []
            for text in written:
                with suppress(ValueError):
                    found.append(_calendar_day(text))
            if len(found) == 1:
                return found[0]
        case 8 | 12 | 14 | 17 if compact:
            return compact, "day"
        case 9 | 10 | 12 | 13 | 16 | 19 if (
            not compact
        ):  # ten digits that are both, a time of 2030 or later, are refused
            return _in_zone(_since_1970(int(digits) / 10 ** max(0, (len(digits) - 9) // 3 * 3)), zone), "day"
    raise ValueError("no date")


def _compact(digits: str) -> date | None:
    if len(digits) not in {8, 10, 12, 14, 17} or digits[:2] not in _CENTURIES:
        return None
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
        time(int(digits[8:10] or 0), int(digits[10:12] or 0), int(digits[12:14] or 0))
    except ValueError:
        return None
    return day


def _since_1970(seconds: float) -> datetime:
    if not 1e8 <= seconds < 1e10:
        raise ValueError("no time of an article")
    return datetime.fromtimestamp(seconds, UTC)


def _at(day: date, clock: re.Match[str], zone: tzinfo) -> date:
    hour, minute = int(clock["hour"]), int(clock["minute"] or clock["minutes"] or 0)
    half = (clock["before"] or clock["after"] or "").lower()
    afternoon = half.startswith(("오후", "午後", "p"))
    if half and hour <= 12:
        hour = hour % 12 + (12 if afternoon else 0)
    elif half and not afternoon:  # 오후 14:20 is written, and clear
        raise ValueError("no hour of a morning")
    days, hour = (1, 0) if (hour, minute) == (24, 0) else (0, hour)
    moment = datetime.combine(day + timedelta(days=days), time(hour, minute, int(clock["second"] or 0)))
    return _in_zone(moment.replace(tzinfo=_zone_of(clock)), zone)


def _zone_of(clock: re.Match[str]) -> tzinfo | None:
    if clock["offset"]:
        digits = clock["offset"][1:].replace(":", "")
        hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
        ahead = timedelta(hours=hours, minutes=minutes)
        return timezone(ahead if clock["offset"][0] == "+" else -ahead)
    name = clock["zone"]
    if not name:
        return None
    if name.startswith("한국"):
        return SEOUL
    if name.upper() in _HOURS:
        return timezone(timedelta(hours=_HOURS[name.upper()]))
    try:
        return ZoneInfo(_PLACES.get(name.upper(), name))
    except (ZoneInfoNotFoundError, OSError) as error:  # OSError: a folder of zones, America/Argentina
        raise ValueError("no zone") from error


def _in_zone(moment: datetime, zone: tzinfo) -> date:
    try:
        return moment.date() if moment.tzinfo is None else moment.astimezone(zone).date()
    except OverflowError as error:
        raise ValueError("no day of the calendar") from error
