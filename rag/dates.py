"""Dates and times in Korean and English text, resolved against the day an article was published, and compared."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from rag.dates_read import COMING, EN_RELATIVE, KO_RELATIVE, PAST, Date, Part, Tense, read, tense
from seeds.article import Precision

__all__ = ["Date", "Part", "find_dates", "same_date"]

_KNOWN_TO = {"year": 0, "month": 1, "day": 2}
_ENDS: dict[str, Part] = {"year-end": "end", "year-early": "early"}
_RELATIVE = KO_RELATIVE | EN_RELATIVE | {"올": ("year", 0)}
_ASIDE = PAST | COMING | {word for word, (unit, steps) in _RELATIVE.items() if unit == "same" and steps}
_QUARTERS: tuple[Part, ...] = ("q1", "q2", "q3", "q4")
_MONTHS: dict[Part | None, tuple[int, int]] = {
    "half1": (1, 6), "half2": (7, 12), "q1": (1, 3), "q2": (4, 6), "q3": (7, 9), "q4": (10, 12),
}  # fmt: skip
_REACH = range(-4, 5)  # months or years: within four of them there is a 31st, and mostly a 29 February
_EDGE = 7  # days
_JOINED = re.compile(r"\s?(?:\([월화수목금토일]\))?\s?(?:과|와|및|또는|이나|부터|에서|[·ㆍ,~∼–-])?\s?")


@dataclass(frozen=True, slots=True)
class _Published:
    """The first and the last day an article may be of, and how many of month and day that settles."""

    first: date
    last: date
    known: int


def find_dates(text: str, published: date | None = None, precision: Precision = "day") -> list[Date]:
    """Dates and times of `text` in reading order. With `published` (known to `precision`) what leans on it is resolved.

    `지난 5월` is the latest May before it, `오는` the next. A bare day (31일), day of a month, month or quarter is the
    one of the publication's own month or year. If that lies ahead (31일 on 1 April), it is the one before where that is
    within a week, or nearer and the sentence told in the past tense; if behind, the next one where that is nearer and
    the sentence tells of what will be. What no calendar has (31일 of April) is never made up. A day joined to a date
    before it (3월 28~30일, 3일과 5일) is of the same month. `이날` and `다음 날` are counted from the last full date
    before them (지난 30일 is an aside), else from the day of publication.
    """
    return list(_found(text, published, precision))


@lru_cache(maxsize=4096)  # the same evidence sentences are read for one question after another
def _found(text: str, published: date | None, precision: Precision) -> tuple[Date, ...]:
    when = _published(published, precision) if published else None
    dates: list[Date] = []
    spoken: Date | None = None
    for mention in read(text):
        resolved = _joined(text, dates[-1], mention) if dates else mention
        if resolved is mention and when:
            resolved = _resolve(text, mention, when, spoken)
        if when and resolved.day is not None and resolved.relative not in _ASIDE:
            spoken = resolved
        dates.append(resolved)
    return tuple(dates)


def _published(day: date, precision: Precision) -> _Published:
    first = {"day": day, "month": day.replace(day=1), "year": date(day.year, 1, 1)}[precision]
    month = 12 if precision == "year" else day.month
    last = day if precision == "day" else date(day.year, month, monthrange(day.year, month)[1])
    return _Published(first, last, _KNOWN_TO[precision])


def _joined(text: str, before: Date, mention: Date) -> Date:
    """A later day of the month of the date that it is joined to, else the mention itself."""
    bare = (mention.year, mention.month, mention.relative) == (None, None, None) and mention.day is not None
    if not bare or before.month is None or before.part or not _JOINED.fullmatch(text, before.end, mention.start):
        return mention
    joined = replace(mention, year=before.year, month=before.month, relative=before.relative)
    return joined if (mention.day or 0) > (before.day or 0) and _in_calendar(joined) else mention


def _resolve(text: str, mention: Date, published: _Published, spoken: Date | None) -> Date:
    """Fills what `mention` leaves to the reader, as far as the day of publication settles it."""
    if mention.year is not None or mention.hour is not None:
        return mention
    if mention.relative in _RELATIVE:
        resolved = _lean(mention, published, spoken)
        return resolved if _in_calendar(resolved) else mention
    bare_day = mention.month is None and mention.day is not None
    if bare_day and published.known == 0:
        return mention
    reach = _REACH if published.known == 2 or (published.known == 1 and not bare_day) else range(1)
    occurrences = [
        one for steps in reach if _in_calendar(one := _occurrence(mention, published.first, steps, months=bare_day))
    ]
    own = _occurrence(mention, published.first, 0, months=bare_day)
    if len(occurrences) < 2:
        return own if own in occurrences else mention
    return _choose(occurrences, own, published, mention.relative, lambda: tense(text, mention.start, mention.end))


def _occurrence(mention: Date, published: date, steps: int, *, months: bool) -> Date:
    if not months:
        return replace(mention, year=published.year + steps)
    year, month = _step_month(published, steps)
    return replace(mention, year=year, month=month)


def _choose(
    occurrences: list[Date], own: Date, published: _Published, lean: str | None, told: Callable[[], Tense | None]
) -> Date:
    """The occurrence that is meant: by the word before it, else by where it lies and the tense it is told in."""
    past = [one for one in occurrences if _ends(one) < published.first or _ends(one) == _starts(one) == published.last]
    coming = [one for one in occurrences if _ends(one) >= published.first]
    if not past or not coming or lean in PAST | COMING:
        return (past or occurrences)[-1] if lean in PAST else (coming or occurrences)[0] if lean in COMING else own
    before, after = past[-1], coming[0]
    if own not in occurrences:
        spoken_of = told()
        nearer = before if _days_since(before, published) <= _days_until(after, published) else after
        return before if spoken_of == "past" else after if spoken_of == "coming" else nearer
    ahead, behind = _days_until(own, published), _days_since(own, published)
    if ahead > 0:
        since, spoken_of = _days_since(before, published), told()
        back = since <= _EDGE if spoken_of is None else spoken_of == "past" and (since <= _EDGE or since < ahead)
        return before if back else own
    return after if behind > 0 and _days_until(after, published) < behind and told() == "coming" else own


def _starts(one: Date) -> date:
    month, _ = _MONTHS.get(one.part, (1, 12))
    return date(one.year or 1, one.month or month, one.day or 1)


def _ends(one: Date) -> date:
    _, month = _MONTHS.get(one.part, (1, 12))
    year, month = one.year or 1, one.month or month
    return date(year, month, one.day or monthrange(year, month)[1])


def _days_since(one: Date, published: _Published) -> int:
    return (published.first - _ends(one)).days


def _days_until(one: Date, published: _Published) -> int:
    return (_starts(one) - published.last).days


def _lean(mention: Date, published: _Published, spoken: Date | None) -> Date:
    """Fills a date that is so many years, quarters, months or days from the publication, as far as that is known."""
    unit, steps = _RELATIVE[mention.relative or ""]
    first, known = published.first, published.known
    resolved = mention
    if unit in {"year", "year-end", "year-early"}:
        resolved = replace(mention, year=first.year + steps, part=_ENDS.get(unit, mention.part))
    elif unit == "quarter" and known >= 1:
        years, quarter = divmod((first.month - 1) // 3 + steps, 4)
        resolved = replace(mention, year=first.year + years, part=_QUARTERS[quarter])
    elif unit == "month" and known >= 1:
        year, month = _step_month(first, steps)
        resolved = replace(mention, year=year, month=month)
    elif unit == "same" and spoken is not None and spoken.year and spoken.month and _in_calendar(spoken):
        resolved = _on(mention, date(spoken.year, spoken.month, spoken.day or 1) + timedelta(days=steps))
    elif unit in {"day", "same"} and known == 2:
        resolved = _on(mention, first + timedelta(days=steps))
    return resolved


def _on(mention: Date, day: date) -> Date:
    return replace(mention, year=day.year, month=day.month, day=day.day)


def _in_calendar(one: Date) -> bool:
    """Not 30 February; a month and day of no year are taken for a leap year's."""
    if one.day is None or one.month is None:
        return True
    return one.day <= monthrange(one.year or 2000, one.month)[1]


def _step_month(start: date, steps: int) -> tuple[int, int]:
    years, index = divmod(start.month - 1 + steps, 12)
    return start.year + years, index + 1


def same_date(claim: Date, evidence: Date) -> bool:
    """Whether `evidence` bears out `claim`, which may say less than the evidence but never more."""
    fields = ("year", "month", "day", "part", "hour", "minute")
    stated = [name for name in fields if getattr(claim, name) is not None]
    if not stated:  # last week, 지난주
        said, meant = (_RELATIVE.get(mention.relative or "") for mention in (claim, evidence))
        return said is not None and said == meant
    return all(getattr(claim, name) == getattr(evidence, name) for name in stated)
