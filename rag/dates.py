"""Dates and times in Korean and English text, resolved against the day an article was published, and compared."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache

from rag.dates_read import COMING, EN_RELATIVE, KO_RELATIVE, PAST, Date, Part, read
from seeds.article import Precision

__all__ = ["Date", "Part", "find_dates", "same_date"]

_KNOWN_TO = {"year": 0, "month": 1, "day": 2}
_ENDS: dict[str, Part] = {"year-end": "end", "year-early": "early"}
_RELATIVE = KO_RELATIVE | EN_RELATIVE | {"올": ("year", 0)}


def find_dates(text: str, published: date | None = None, precision: Precision = "day") -> list[Date]:
    """Dates and times of `text` in reading order. With `published` (known to `precision`) what leans on it is resolved.

    A bare day (31일) belongs to the month of publication; `지난 5월` is the latest May before it, `오는` the next.
    `이날` is the last full date named before it (지난 30일 is an aside), else the day of publication.
    """
    return list(_found(text, published, precision))


@lru_cache(maxsize=4096)  # the same evidence sentences are read for one question after another
def _found(text: str, published: date | None, precision: Precision) -> tuple[Date, ...]:
    if published is None:
        return tuple(read(text))
    dates: list[Date] = []
    spoken: Date | None = None
    for mention in read(text):
        resolved = _resolve(mention, published, _KNOWN_TO[precision], spoken)
        if resolved.day is not None and mention.relative not in PAST | COMING:
            spoken = resolved
        dates.append(resolved)
    return tuple(dates)


def _resolve(mention: Date, published: date, known: int, spoken: Date | None) -> Date:
    """Fills what `mention` leaves to the reader. `known` is how many of month and day the publication date settles."""
    if mention.year is not None or mention.hour is not None:
        return mention
    lean = mention.relative
    if lean in _RELATIVE:
        return _lean(mention, published, known, spoken)
    if mention.month is not None:
        return replace(mention, year=published.year + _years_away(mention, published, known))
    if mention.day is not None and known >= 1:
        months = 0
        if known == 2 and lean in PAST and mention.day > published.day:
            months = -1
        if known == 2 and lean in COMING and mention.day < published.day:
            months = 1
        year, month = _step_month(published, months)
        return replace(mention, year=year, month=month)
    return replace(mention, year=published.year)


def _years_away(mention: Date, published: date, known: int) -> int:
    """지난 11월 said in October is of the year before, 오는 3월 of the next; a month with no such word of the same."""
    ahead = (mention.month or 0) - published.month
    if known == 0:
        return 0
    if mention.relative in PAST and (ahead > 0 or (ahead == 0 and mention.day is None)):
        return -1
    return 1 if mention.relative in COMING and ahead < 0 else 0


def _lean(mention: Date, published: date, known: int, spoken: Date | None) -> Date:
    """Fills a date that is so many years, months or days from the publication, as far as that is known."""
    unit, steps = _RELATIVE[mention.relative or ""]
    resolved = mention
    if unit in {"year", "year-end", "year-early"}:
        resolved = replace(mention, year=published.year + steps, part=_ENDS.get(unit, mention.part))
    elif unit == "month" and known >= 1:
        year, month = _step_month(published, steps)
        resolved = replace(mention, year=year, month=month)
    elif unit == "same" and spoken is not None:
        resolved = replace(mention, year=spoken.year, month=spoken.month, day=spoken.day)
    elif unit in {"day", "same"} and known == 2:
        day = published + timedelta(days=steps)
        resolved = replace(mention, year=day.year, month=day.month, day=day.day)
    return resolved


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
