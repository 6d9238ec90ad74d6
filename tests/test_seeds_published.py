"""Days of publication: forms times zones times moments. What is expected is worked out by zoneinfo from the moment that
was written, never by the reader of it; RFC 2822 is written by email.utils."""

from __future__ import annotations

import calendar
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rag.errors import SettingsError
from rag.settings import load_settings
from seeds.article import SEOUL
from seeds.byline import find_byline
from seeds.errors import ArticleFileError
from seeds.loaders import article_from_text, load_bytes
from seeds.published import published_day

ZONES = ("Asia/Seoul", "UTC", "America/New_York", "Pacific/Auckland")
MOMENTS = tuple(
    datetime.fromisoformat(text)
    for text in (
        "2025-03-31T16:10:05+00:00",  # 01:10 on 1 April in Seoul
        "2025-03-31T15:00:00+00:00",  # midnight in Seoul
        "2025-01-01T03:30:00+00:00",  # half past noon in Seoul, the year before in New York
        "2024-02-29T23:59:59+00:00",
        "2025-11-02T05:20:09+00:00",  # summer time ends in New York
    )
)
MONTHS = calendar.month_name
NTH = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}
HALVES = ("오전", "오후")
Write = Callable[[datetime], Any]


def twelve(t: datetime) -> int:
    return t.hour % 12 or 12


def month(t: datetime) -> str:
    return MONTHS[t.month]


def nth(t: datetime) -> str:
    return f"{t.day}{NTH.get(t.day, 'th')}"


# Written in local time, with no zone: the day is the one that stands there.
LOCAL: dict[str, Write] = {
    "iso": lambda t: f"{t:%Y-%m-%d}",
    "iso date": lambda t: t.date(),
    "iso datetime": lambda t: t.replace(tzinfo=None),
    "iso T minutes": lambda t: f"{t:%Y-%m-%dT%H:%M}",
    "iso T seconds": lambda t: f"{t:%Y-%m-%dT%H:%M:%S}",
    "iso T fraction": lambda t: f"{t:%Y-%m-%dT%H:%M:%S}.123",
    "iso blank": lambda t: f"{t:%Y-%m-%d %H:%M:%S}",
    "iso comma fraction": lambda t: f"{t:%Y-%m-%d %H:%M:%S},123",
    "iso week": lambda t: t.strftime("%G-W%V-%u"),
    "iso unpadded": lambda t: f"{t.year}-{t.month}-{t.day}",
    "iso unpadded time": lambda t: f"{t.year}-{t.month}-{t.day} {t.hour}:{t:%M}",
    "compact": lambda t: f"{t:%Y%m%d}",
    "compact number": lambda t: int(f"{t:%Y%m%d}"),
    "compact minutes": lambda t: f"{t:%Y%m%d%H%M}",
    "compact seconds": lambda t: f"{t:%Y%m%d%H%M%S}",
    "compact seconds number": lambda t: int(f"{t:%Y%m%d%H%M%S}"),
    "compact milliseconds": lambda t: f"{t:%Y%m%d%H%M%S}123",
    "compact T": lambda t: f"{t:%Y%m%dT%H%M%S}",
    "compact blank": lambda t: f"{t:%Y%m%d %H:%M}",
    "compact underscore": lambda t: f"{t:%Y%m%d_%H%M%S}",
    "dotted": lambda t: f"{t:%Y.%m.%d}",
    "dotted end": lambda t: f"{t:%Y.%m.%d.}",
    "dotted blanks": lambda t: f"{t.year}. {t.month}. {t.day}.",
    "dotted time": lambda t: f"{t:%Y.%m.%d %H:%M}",
    "dotted seconds": lambda t: f"{t:%Y.%m.%d. %H:%M:%S}",
    "dotted weekday": lambda t: f"{t:%Y.%m.%d}({'월화수목금토일'[t.weekday()]}) {t:%H:%M}",
    "dotted 오전": lambda t: f"{t:%Y.%m.%d}. {HALVES[t.hour // 12]} {twelve(t)}:{t:%M}",
    "dotted AM": lambda t: f"{t:%Y.%m.%d} {t:%p} {twelve(t):02}:{t:%M}",
    "dotted short year": lambda t: f"{t:%y.%m.%d}",
    "dotted short year time": lambda t: f"'{t:%y}.{t.month}.{t.day}. {t:%H:%M}",
    "dotted full width": lambda t: f"{t:%Y.%m.%d %H:%M}".translate({c: c + 0xFEE0 for c in range(0x2E, 0x3B)}),
    "slashes": lambda t: f"{t:%Y/%m/%d}",
    "slashes time": lambda t: f"{t:%Y/%m/%d %H:%M}",
    "slashes unpadded": lambda t: f"{t.year}/{t.month}/{t.day} {twelve(t)}:{t:%M} {t:%p}",
    "blanks": lambda t: f"{t:%Y %m %d}",
    "korean": lambda t: f"{t.year}년 {t.month}월 {t.day}일",
    "korean tight": lambda t: f"{t:%Y}년{t:%m}월{t:%d}일",
    "korean loose": lambda t: f"{t.year} 년 {t.month} 월 {t.day} 일",
    "korean weekday": lambda t: f"{t.year}년 {t.month}월 {t.day}일 {'월화수목금토일'[t.weekday()]}요일",
    "korean weekday time": lambda t: f"{t.year}년 {t.month}월 {t.day}일({'월화수목금토일'[t.weekday()]}) {t:%H:%M}",
    "korean 오전": lambda t: f"{t.year}년 {t.month}월 {t.day}일 {HALVES[t.hour // 12]} {twelve(t)}시 {t.minute}분",
    "korean hour": lambda t: f"{t.year}년 {t.month}월 {t.day}일 {t.hour}시",
    "korean seconds": lambda t: f"{t.year}년 {t.month}월 {t.day}일 {t.hour}시 {t.minute}분 {t.second}초",
    "korean short year": lambda t: f"{t:%y}년 {t.month}월 {t.day}일",
    "han characters": lambda t: f"{t.year}年{t.month}月{t.day}日",
    "label": lambda t: f"입력 {t:%Y.%m.%d %H:%M}",
    "label colon": lambda t: f"기사입력: {t:%Y-%m-%d %H:%M:%S}",
    "label behind": lambda t: f"{t:%Y.%m.%d %H:%M} 송고",
    "label and change": lambda t: f"입력 {t:%Y.%m.%d %H:%M} | 수정 2031.01.02 10:00",
    "change and label": lambda t: f"최종수정 2031.01.02 10:00 입력 {t:%Y.%m.%d %H:%M}",
    "english label": lambda t: f"Published: {t:%Y-%m-%d %H:%M} Updated: 2031-01-02 10:00",
    "month first": lambda t: f"{month(t)} {t.day}, {t.year}",
    "month first no comma": lambda t: f"{month(t)} {t.day} {t.year}",
    "month first nth": lambda t: f"{month(t)} {nth(t)}, {t.year}",
    "month first short": lambda t: f"{month(t)[:3]}. {t.day}, {t.year}",
    "month first upper": lambda t: f"{month(t)[:3].upper()} {t.day}, {t.year}",
    "month first weekday": lambda t: f"{t:%A}, {month(t)} {t.day}, {t.year}",
    "month first time": lambda t: f"{month(t)} {t.day}, {t.year} at {twelve(t)}:{t:%M} {t:%p}",
    "month first p.m.": lambda t: f"{month(t)} {t.day}, {t.year}, "
    f"{twelve(t)}:{t:%M} {('a.m.', 'p.m.')[t.hour // 12]}",
    "month first hour": lambda t: f"{month(t)[:3]} {t.day}, {t.year} {twelve(t)}{t:%p}",
    "time first": lambda t: f"{t:%H:%M}, {month(t)} {t.day}, {t.year}",
    "day first": lambda t: f"{t.day} {month(t)} {t.year}",
    "day first nth": lambda t: f"{nth(t)} of {month(t)}, {t.year}",
    "day first short": lambda t: f"{t:%d} {month(t)[:3]} {t.year} {t:%H:%M}",
    "day first hyphens": lambda t: f"{t:%d}-{month(t)[:3]}-{t.year}",
    "day first weekday": lambda t: f"{t:%a} {t.day} {month(t)[:3]} {t.year} {t:%H:%M}",
    "year and month name": lambda t: f"{t.year}-{month(t)[:3]}-{t:%d}",
    "asctime": lambda t: t.ctime(),
}  # fmt: skip


def seoul(t: datetime) -> datetime:
    return t.astimezone(SEOUL)


def new_york(t: datetime) -> datetime:
    return t.astimezone(ZoneInfo("America/New_York"))


# Written with a zone: the day is that of the moment in the collection's zone.
ZONED: dict[str, Write] = {
    "datetime": seoul,
    "datetime utc": lambda t: t,
    "Z": lambda t: f"{t:%Y-%m-%dT%H:%M:%SZ}",
    "Z minutes": lambda t: f"{t:%Y-%m-%dT%H:%MZ}",
    "Z milliseconds": lambda t: f"{t:%Y-%m-%dT%H:%M:%S}.000Z",
    "Z nanoseconds": lambda t: f"{t:%Y-%m-%dT%H:%M:%S}.123456789Z",
    "+00:00": lambda t: t.isoformat(),
    "+09:00": lambda t: seoul(t).isoformat(),
    "+0900": lambda t: f"{seoul(t):%Y-%m-%dT%H:%M:%S%z}",
    "+09": lambda t: f"{seoul(t):%Y-%m-%d %H:%M}+09",
    "blank +0900": lambda t: f"{seoul(t):%Y-%m-%d %H:%M:%S} +0900",
    "-04:00": lambda t: t.astimezone(timezone(timedelta(hours=-4))).isoformat(),
    "+05:30": lambda t: t.astimezone(timezone(timedelta(hours=5, minutes=30))).isoformat(),
    "unpadded +9": lambda t: f"{seoul(t).year}-{seoul(t).month}-{seoul(t).day} {seoul(t):%H:%M} UTC+9",
    "compact Z": lambda t: f"{t:%Y%m%dT%H%M%SZ}",
    "UTC": lambda t: f"{t:%Y-%m-%d %H:%M:%S} UTC",
    "(UTC)": lambda t: f"{t:%Y-%m-%d %H:%M} (UTC)",
    "KST": lambda t: f"{seoul(t):%Y-%m-%d %H:%M} KST",
    "dotted KST": lambda t: f"{seoul(t):%Y.%m.%d. %H:%M} (KST)",
    "korean KST": lambda t: f"{seoul(t).year}년 {seoul(t).month}월 {seoul(t).day}일 {seoul(t):%H:%M} 한국시간",
    "korean 오전 KST": lambda t: f"{seoul(t).year}년 {seoul(t).month}월 {seoul(t).day}일 "
    f"{HALVES[seoul(t).hour // 12]} {twelve(seoul(t))}시 {seoul(t).minute}분 (KST)",
    "labelled UTC": lambda t: f"등록 {t:%Y-%m-%d %H:%M} UTC",
    "bracketed place": lambda t: f"{seoul(t).isoformat()}[Asia/Seoul]",
    "place": lambda t: f"{new_york(t):%Y-%m-%d %H:%M} America/New_York",
    "rfc 2822": lambda t: format_datetime(seoul(t)),
    "rfc 2822 gmt": lambda t: format_datetime(t.astimezone(UTC), usegmt=True),
    "rfc 2822 name": lambda t: f"{new_york(t):%a, %d %b %Y %H:%M:%S %Z}",
    "rfc 2822 no weekday": lambda t: f"{seoul(t).day} {seoul(t):%b %Y %H:%M} +0900",
    "rfc 850": lambda t: f"{t:%A, %d-%b-%y %H:%M:%S GMT}",
    "asctime zone": lambda t: f"{t:%a %b %d %H:%M:%S} UTC {t:%Y}",
    "git": lambda t: f"{seoul(t):%a %b %d %H:%M:%S %Y %z}",
    "go": lambda t: f"{seoul(t):%Y-%m-%d %H:%M:%S}.000 +0900 KST",
    "javascript": lambda t: f"{seoul(t):%a %b %d %Y %H:%M:%S} GMT+0900 (한국 표준시)",
    "month first zone": lambda t: f"{month(new_york(t))} {new_york(t).day}, {new_york(t).year} "
    f"{twelve(new_york(t))}:{t:%M} {'p.m.' if new_york(t).hour > 11 else 'a.m.'} {new_york(t):%Z}",
    "time first zone": lambda t: f"{t:%H:%M} GMT, {t.day} {month(t)} {t.year}",
    "seconds": lambda t: int(t.timestamp()),
    "seconds text": lambda t: str(int(t.timestamp())),
    "seconds fraction": lambda t: t.timestamp() + 0.25,
    "seconds fraction text": lambda t: f"{t.timestamp():.3f}",
    "milliseconds": lambda t: int(t.timestamp()) * 1000,
    "milliseconds text": lambda t: f"{int(t.timestamp())}000",
    "microseconds": lambda t: int(t.timestamp()) * 10**6,
    "nanoseconds": lambda t: int(t.timestamp()) * 10**9,
}  # fmt: skip


def test_there_are_forms_enough() -> None:
    assert len(LOCAL) + len(ZONED) >= 60


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("form", LOCAL)
def test_without_a_zone_the_day_is_the_one_written(form: str, zone: str) -> None:
    for moment in map(seoul, MOMENTS):
        written = LOCAL[form](moment)
        assert published_day(written, ZoneInfo(zone)) == (moment.date(), "day"), written


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("form", ZONED)
def test_with_a_zone_the_day_is_that_of_the_collection(form: str, zone: str) -> None:
    for moment in MOMENTS:
        written = ZONED[form](moment)
        assert published_day(written, ZoneInfo(zone)) == (moment.astimezone(ZoneInfo(zone)).date(), "day"), written


@pytest.mark.parametrize(
    ("written", "day", "precision"),
    [
        ("2025", date(2025, 1, 1), "year"),
        (2025, date(2025, 1, 1), "year"),
        ("2025년", date(2025, 1, 1), "year"),
        ("2025-04", date(2025, 4, 1), "month"),
        ("2025.04", date(2025, 4, 1), "month"),
        (2025.04, date(2025, 4, 1), "month"),
        (2025.12, date(2025, 12, 1), "month"),
        ("202504", date(2025, 4, 1), "month"),
        ("04/2025", date(2025, 4, 1), "month"),
        ("2025년 4월", date(2025, 4, 1), "month"),
        ("April 2025", date(2025, 4, 1), "month"),
        ("250401", date(2025, 4, 1), "day"),
        ("'98.12.3", date(1998, 12, 3), "day"),
        ("13/02/2025", date(2025, 2, 13), "day"),
        ("02/13/2025", date(2025, 2, 13), "day"),
        ("03.03.2025", date(2025, 3, 3), "day"),
        ("2025-03-31 24:00", date(2025, 4, 1), "day"),
        ("2025-03-31 오후 14:20", date(2025, 3, 31), "day"),
        ("2025-04-01 KST", date(2025, 4, 1), "day"),
    ],
)
def test_as_precise_as_it_is_written(written: object, day: date, precision: str) -> None:
    assert published_day(written) == (day, precision)


@pytest.mark.parametrize(
    "written",
    ["01/02/2025", "1.2.2025", "01-02-2025", "04/01/25", "201204", "2025040109", 2025.1, 2025.0, True, None, [1], "",
     "어제", "yesterday", "3시간 전", "31일", "4월 1일", "April 1", "2025-02-30", "2025-13-01", "2025.04.31",
     "2025-04-01 25:00",
     "2025-04-01 오전 14:20", "2025-04 14:20", "2025-04-01 09:10 Mars/Base", "14:20", "KST",
     "2025-04-01 09:10 America/Argentina", "12", 12, -1, "20251301",
     10**400, float("nan"), float("inf"), "0" * 10_000, "2025-04-01 and more", "9999-12-31T23:00:00-09:00",
     "입력", "입력 어제"],
)  # fmt: skip
def test_no_day_or_more_than_one(written: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        published_day(written, ZoneInfo("Asia/Seoul"))


TEXT = "강변시는 새 다리를 놓는다고 밝혔다."


def test_the_loaders_read_days_of_their_zone() -> None:
    lines = [json.dumps({"text": TEXT, "id": form, "published": ZONED[form](MOMENTS[0])}) for form in ("Z", "seconds")]
    data = "\n".join(lines).encode()
    assert {article.published for article in load_bytes("a.jsonl", data)} == {date(2025, 4, 1)}
    london = ZoneInfo("Europe/London")
    assert {article.published for article in load_bytes("a.jsonl", data, zone=london)} == {date(2025, 3, 31)}
    assert article_from_text(TEXT, published="2025-03-31T16:10Z").published == date(2025, 4, 1)
    front = f"---\npublished: 2025-03-31T16:10:00Z\n---\n{TEXT}".encode()
    assert load_bytes("a.md", front)[0].published == date(2025, 4, 1)
    with pytest.raises(ArticleFileError, match="published"):
        article_from_text(TEXT, published="01/02/2025")


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ('<meta property="article:published_time" content="{}">', ""),
        ('<meta name="pubdate" content="{}">', ""),
        ('<script type="application/ld+json">{{"@graph": [{{"@type": ["NewsArticle"], "datePublished": "{}",'
         '"dateModified": "2025-04-09T00:00:00Z"}}]}}</script>', ""),
        ("", '<span itemprop="datePublished" content="{}"></span>'),
        ("", '<time datetime="{}">방금</time>'),
        ("", '<span class="date">{}</span>'),
        ("", '<p class="info_date">입력 {}</p>'),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["Z", "rfc 2822 gmt", "+0900", "korean 오전 KST"])
def test_pages_state_their_day(head: str, body: str, form: str) -> None:
    stated = ZONED[form](MOMENTS[0])
    page = (
        f"<html><head><title>새 다리</title>{head.format(stated)}</head><body><article><h1>새 다리</h1>"
        f"{body.format(stated)}<p>{TEXT} 다리는 내년에 열린다.</p></article></body></html>"
    )
    assert load_bytes("a.html", page.encode())[0].published == date(2025, 4, 1)


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("입력 2025.03.31 23:10", date(2025, 3, 31)),
        ("입력 2025-03-31 16:10 UTC", date(2025, 4, 1)),
        ("Published 2025-03-31T16:10:00Z", date(2025, 4, 1)),
        ("등록 2025.04.01 (화) 00:10 KST", date(2025, 4, 1)),
    ],
)
def test_date_lines(line: str, day: date) -> None:
    assert find_byline(f"새 다리\n{line}\n{TEXT}", SEOUL).published == day


def test_the_zone_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().articles.time_zone == SEOUL
    monkeypatch.setenv("GISA_ARTICLES__TIME_ZONE", "Europe/London")
    assert load_settings().articles.time_zone == ZoneInfo("Europe/London")
    monkeypatch.setenv("GISA_ARTICLES__TIME_ZONE", "Moon/Base")
    with pytest.raises(SettingsError, match="time_zone"):
        load_settings()


@pytest.mark.parametrize("text", ["2025." * 40, "1 " * 100, "(월)" * 60, "입력" * 100, "12:" * 60, "+09" * 60])
def test_long_nonsense_is_refused_at_once(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        published_day(text)
