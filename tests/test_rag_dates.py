"""Dates and times in both languages, resolved by hand from a calendar."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from timing import growth

from rag.dates import Date, find_dates, same_date

PUBLISHED = date(2025, 10, 31)
FIELDS = ("year", "month", "day", "part", "hour", "minute")


def fields(found: Date) -> dict[str, Any]:
    return {name: getattr(found, name) for name in FIELDS if getattr(found, name) is not None}


def only(text: str, published: date | None = PUBLISHED, precision: Any = "day") -> Date:
    dates = find_dates(text, published, precision)
    assert len(dates) == 1, [d.text for d in dates]
    assert text[dates[0].start : dates[0].end] == dates[0].text
    return dates[0]


@pytest.mark.parametrize(
    ("text", "said", "expected"),
    [
        ("2026년", "2026년", {"year": 2026}),
        ("2026년도 예산", "2026년도", {"year": 2026}),
        ("2013년 이후", "2013년", {"year": 2013}),
        ("2024년까지", "2024년", {"year": 2024}),
        ("2026년 말까지", "2026년 말", {"year": 2026, "part": "end"}),
        ("2026년 초", "2026년 초", {"year": 2026, "part": "early"}),
        ("2027년 하반기에", "2027년 하반기", {"year": 2027, "part": "half2"}),
        ("2025년 3분기 실적", "2025년 3분기", {"year": 2025, "part": "q3"}),
        ("2025년 10월 31일", "2025년 10월 31일", {"year": 2025, "month": 10, "day": 31}),
        ("2025년 9월", "2025년 9월", {"year": 2025, "month": 9}),
        ("2025-10-31", "2025-10-31", {"year": 2025, "month": 10, "day": 31}),
        ("2025.10.31", "2025.10.31", {"year": 2025, "month": 10, "day": 31}),
        ("2010년대", "2010년대", {"year": 2010, "part": "decade"}),
        ("80년대에", "80년대", {"year": 1980, "part": "decade"}),
        ("1392년에", "1392년", {"year": 1392}),
        ("'24.12월", "'24.12월", {"year": 2024, "month": 12}),
        ("’25년 3월", "’25년 3월", {"year": 2025, "month": 3}),
        ("이번 달 25일부터", "이번 달 25일", {"year": 2025, "month": 10, "day": 25}),
        ("10월 중순으로", "10월 중순", {"year": 2025, "month": 10, "part": "mid"}),
        ("3분기부터", "3분기", {"year": 2025, "part": "q3"}),
        ("올 상반기에", "올 상반기", {"year": 2025, "part": "half1"}),
        ("12일 내린 폭우", "12일", {"year": 2025, "month": 10, "day": 12}),
        ("10월 31일에", "10월 31일", {"year": 2025, "month": 10, "day": 31}),
        ("10월 말", "10월 말", {"year": 2025, "month": 10, "part": "end"}),
        ("31일 정부는", "31일", {"year": 2025, "month": 10, "day": 31}),
        ("11일(현지시간) 파리에서", "11일", {"year": 2025, "month": 10, "day": 11}),
        ("지난 30일 저녁", "지난 30일", {"year": 2025, "month": 10, "day": 30}),
        ("지난 5월에는", "지난 5월", {"year": 2025, "month": 5}),
        ("지난 11월", "지난 11월", {"year": 2024, "month": 11}),
        ("지난 10월", "지난 10월", {"year": 2024, "month": 10}),
        ("오는 12월", "오는 12월", {"year": 2025, "month": 12}),
        ("오는 3월", "오는 3월", {"year": 2026, "month": 3}),
        ("오는 5일", "오는 5일", {"year": 2025, "month": 11, "day": 5}),
        ("지난해 11월", "지난해 11월", {"year": 2024, "month": 11}),
        ("올해 2월에도", "올해 2월", {"year": 2025, "month": 2}),
        ("내년 상반기", "내년 상반기", {"year": 2026, "part": "half1"}),
        ("내년에", "내년", {"year": 2026}),
        ("지난해부터", "지난해", {"year": 2024}),
        ("재작년", "재작년", {"year": 2023}),
        ("올해 말", "올해 말", {"year": 2025, "part": "end"}),
        ("지난달", "지난달", {"year": 2025, "month": 9}),
        ("지난 달 열린", "지난 달", {"year": 2025, "month": 9}),
        ("지난달 26일", "지난달 26일", {"year": 2025, "month": 9, "day": 26}),
        ("다음 달", "다음 달", {"year": 2025, "month": 11}),
        ("이달 말", "이달 말", {"year": 2025, "month": 10, "part": "end"}),
        ("어제", "어제", {"year": 2025, "month": 10, "day": 30}),
        ("이날 오전에는", "이날", {"year": 2025, "month": 10, "day": 31}),
        ("연말까지", "연말", {"year": 2025, "part": "end"}),
        ("오전 10시 30분", "오전 10시 30분", {"hour": 10, "minute": 30}),
        ("오후 3시", "오후 3시", {"hour": 15, "minute": 0}),
        ("October 31, 2025", "October 31, 2025", {"year": 2025, "month": 10, "day": 31}),
        ("on 31 October 2025", "31 October 2025", {"year": 2025, "month": 10, "day": 31}),
        ("Oct. 31", "Oct. 31", {"year": 2025, "month": 10, "day": 31}),
        ("in October 2025", "October 2025", {"year": 2025, "month": 10}),
        ("in May", "May", {"year": 2025, "month": 5}),
        ("last May", "last May", {"year": 2025, "month": 5}),
        ("last November", "last November", {"year": 2024, "month": 11}),
        ("in 2013", "2013", {"year": 2013}),
        ("since 2013.", "2013", {"year": 2013}),
        ("the end of 2026", "the end of 2026", {"year": 2026, "part": "end"}),
        ("by end of 2026", "end of 2026", {"year": 2026, "part": "end"}),
        ("late 2026", "late 2026", {"year": 2026, "part": "end"}),
        ("early 2026", "early 2026", {"year": 2026, "part": "early"}),
        ("mid-2026", "mid-2026", {"year": 2026, "part": "mid"}),
        ("the first half of 2026", "the first half of 2026", {"year": 2026, "part": "half1"}),
        ("third-quarter results", "third-quarter", {"year": 2025, "part": "q3"}),
        ("in the second half", "the second half", {"year": 2025, "part": "half2"}),
        ("Q3 2025", "Q3 2025", {"year": 2025, "part": "q3"}),
        ("the 1990s", "1990s", {"year": 1990, "part": "decade"}),
        ("on the 31st", "on the 31st", {"year": 2025, "month": 10, "day": 31}),
        ("last month", "last month", {"year": 2025, "month": 9}),
        ("next year", "next year", {"year": 2026}),
        ("yesterday", "yesterday", {"year": 2025, "month": 10, "day": 30}),
        ("at 9:30 a.m.", "9:30 a.m.", {"hour": 9, "minute": 30}),
        ("at 3 p.m.", "3 p.m.", {"hour": 15, "minute": 0}),
    ],
)
def test_found_and_resolved(text: str, said: str, expected: dict[str, Any]) -> None:
    found = only(text)
    assert (found.text, fields(found)) == (said, expected)


@pytest.mark.parametrize(
    "text",
    ["3년간", "20년 후", "2년 안에", "10일간", "100일", "3개월", "3시간", "30분", "3일 동안", "2000 GPUs",
     "2,025 people", "more than 2000 users", "$2025", "it may happen", "they march on", "2000개", "2000만 명", "제31회",
     "H2025", "매일", "요일", "생일", "일본", "월드컵", "초기", "말한다", "시장", "분야", "전달 사항",
     "1000년 전", "5000년 전", "지난 3년간", "오는 사람", "배달말"],
)  # fmt: skip
def test_not_dates(text: str) -> None:
    assert find_dates(text, PUBLISHED) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1950~53년", [{"year": 1950}, {"year": 1953}]), ("2024~2026년", [{"year": 2024}, {"year": 2026}]),
     ("26~28일 열린다", [{"year": 2025, "month": 10, "day": 26}, {"year": 2025, "month": 10, "day": 28}]),
     ("1~2월", [{"year": 2025, "month": 1}, {"year": 2025, "month": 2}]),
     ("지난 3일과 5일", [{"year": 2025, "month": 10, "day": 3}, {"year": 2025, "month": 10, "day": 5}])],
)  # fmt: skip
def test_ranges_are_two_dates(text: str, expected: list[dict[str, Any]]) -> None:
    assert [fields(found) for found in find_dates(text, PUBLISHED)] == expected


def test_this_day_is_the_day_the_article_speaks_of() -> None:
    published = date(2025, 9, 30)
    dates = find_dates("26일 회의가 열렸다. 이날 정부는", published)
    assert [d.day for d in dates] == [26, 26]
    dates = find_dates("사진은 지난 28일 저녁. 이날 정부는", published)
    assert [d.day for d in dates] == [28, 30]  # what lies behind the day of the article is an aside


@pytest.mark.parametrize(
    ("text", "precision", "expected"),
    [
        ("11일", "month", {"year": 2025, "month": 10, "day": 11}),
        ("지난달", "month", {"year": 2025, "month": 9}),
        ("어제", "month", {}),
        ("이날", "month", {}),
        ("지난 5월", "month", {"year": 2025, "month": 5}),
        ("지난해", "year", {"year": 2024}),
        ("지난달", "year", {}),
    ],
)
def test_only_as_far_as_the_publication_date_is_known(text: str, precision: str, expected: dict[str, Any]) -> None:
    assert fields(only(text, PUBLISHED, precision)) == expected


def test_unresolved_without_a_publication_date() -> None:
    assert fields(only("31일 정부는", None)) == {"day": 31}
    assert fields(only("지난해", None)) == {}


def test_january_looks_back_into_the_year_before() -> None:
    published = date(2026, 1, 2)
    assert fields(only("지난달", published)) == {"year": 2025, "month": 12}
    assert fields(only("지난 30일", published)) == {"year": 2025, "month": 12, "day": 30}
    assert fields(only("어제", date(2026, 1, 1))) == {"year": 2025, "month": 12, "day": 31}


@pytest.mark.parametrize(
    ("claim", "evidence", "same"),
    [
        ("October 31, 2025", "31일", True),
        ("on October 31", "31일", True),
        ("in October 2025", "31일", True),
        ("in 2025", "31일", True),
        ("October 30, 2025", "31일", False),
        ("October 31, 2024", "31일", False),
        ("by the end of 2026", "2026년 말까지", True),
        ("in late 2026", "2026년 말까지", True),
        ("in 2026", "2026년 말까지", True),
        ("early 2026", "2026년 말까지", False),
        ("the end of 2026", "2026년에", False),
        ("December 2026", "2026년에", False),
        ("since 2013", "2013년 이후", True),
        ("since 2014", "2013년 이후", False),
        ("last November", "지난해 11월", True),
        ("in May", "지난 5월", True),
        ("last week", "지난주", True),
        ("next week", "지난주", False),
        ("in the third quarter", "2025년 3분기", True),
        ("in the second half of 2025", "올 하반기", True),
        ("in the first half", "올 하반기", False),
        ("지난주", "지난주", True),
    ],
)
def test_same_date(claim: str, evidence: str, same: bool) -> None:
    assert same_date(only(claim), only(evidence)) == same


@pytest.mark.parametrize(
    "text", ["1" * 10_000, "2025" * 2_500, "2025-" * 2_000, "31일" * 3_000, "May " * 2_500, " " * 10_000]
)
def test_the_time_grows_as_the_text_does(text: str) -> None:
    assert growth(lambda told: find_dates(told, PUBLISHED), text) < 8


ARTICLES = Path(__file__).parents[2] / "shared" / "articles"


@pytest.mark.parametrize(
    ("name", "published", "precision", "expected"),
    [
        ("000", date(2025, 7, 1), "month", ["2025-6", "2024", "2013", "2026 end"]),
        ("001", date(2025, 9, 19), "day", ["2025-9-19", "2025-9-19"]),
        ("002", date(2025, 6, 1), "month", ["2025-6-11", "2025-6-11", "2025-3", "2025-6-22"]),
        ("003", date(2025, 10, 31), "day", ["2025-10-31", "2025-10-31", "2025-10-30", "2026", "2025-10-31"]),
        ("004", date(2024, 9, 30), "month",
         ["2024-9-26", "2024-5", "2023", "2023-11", "2024-2", "", "2024-2", "", ""]),
    ],
)  # fmt: skip
def test_every_date_of_the_articles(name: str, published: date, precision: Any, expected: list[str]) -> None:
    if not ARTICLES.is_dir():
        pytest.skip("the source articles are not beside this repository")
    text = next(ARTICLES.glob(f"{name}_*.txt")).read_text("utf-8")
    said = []
    for found in find_dates(text, published, precision):
        calendar = "-".join(str(value) for value in (found.year, found.month, found.day) if value is not None)
        said.append(f"{calendar} {found.part}" if found.part else calendar)
    assert said == expected
