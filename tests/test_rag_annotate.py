"""Glosses for the reader's language. Expected texts are written by hand in data/numerals.yaml and here."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from rag.annotate import annotate, annotate_dates, say, say_date
from rag.dates import Date
from rag.numerals import Quantity, find_quantities

TABLE: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "data" / "numerals.yaml").read_text("utf-8"))
PUBLISHED = date(2025, 10, 31)


@pytest.mark.parametrize(("text", "language", "annotated"), TABLE["annotate"])
def test_annotate(text: str, language: Any, annotated: str) -> None:
    assert annotate(text, language) == annotated


@pytest.mark.parametrize(
    ("text", "en", "ko"),
    [
        ("26만장", "260,000", "26만"),
        ("365억 파운드", "£36.5 billion", "365억 파운드"),
        ("2조7000억원", "2.7 trillion won", "2조7000억원"),
        ("$110 million", "$110 million", "1억1000만 달러"),
        ("18,000 chips", "18,000", "1만8000"),
        ("60~70개국", "60–70", "60~70"),
        ("$2-3 billion", "$2 billion–$3 billion", "20억~30억 달러"),
        ("€1bn", "€1 billion", "10억 유로"),
        ("3000억 엔", "300 billion yen", "3000억 엔"),
        ("100억 홍콩달러", "10 billion Hong Kong dollars", "100억 홍콩달러"),
        ("15배", "15 times", "15배"),
        ("절반", "half", "절반"),
        ("5.2%", "5.2%", "5.2%"),
        ("2%포인트", "2 percentage points", "2%p"),
        ("세 번째", "3rd", "3번째"),
        ("21st", "21st", "21번째"),
        ("11th", "11th", "11번째"),
        ("1.5GW", "1.5 GW", "1.5GW"),
        ("수십억 달러", "billions of dollars", "수십억 달러"),
        ("tens of thousands of people", "tens of thousands", "수만"),
        ("hundreds of millions of users", "hundreds of millions", "수억"),
        ("몇 년", "several", "수"),
        ("1,234,567,891 people", "1,234,567,891", "12억3456만7891"),
    ],
)
def test_say(text: str, en: str, ko: str) -> None:
    (quantity,) = find_quantities(text)
    assert say(quantity, "en") == en
    assert say(quantity, "ko") == ko


def test_a_range_over_a_myriad_boundary_is_not_abbreviated() -> None:
    quantity = Quantity(0, 0, "", Decimal(1), Decimal(50_000), "count", "item", "exact", "", 0, 0)
    assert say(quantity, "ko") == "1~50,000"  # 1~5만 would be 10,000 to 50,000


@pytest.mark.parametrize(
    ("text", "language", "annotated"),
    [
        ("31일 발표", "en", "31일 (= October 31, 2025) 발표"),
        ("지난 5월에는", "en", "지난 5월 (= May 2025)에는"),
        ("내년에는", "en", "내년 (= 2026)에는"),
        ("지난달 열린", "en", "지난달 (= September 2025) 열린"),
        ("2026년 말까지", "en", "2026년 말 (= end of 2026)까지"),
        ("지난해 11월", "en", "지난해 11월 (= November 2024)"),
        ("2027년 상반기에", "en", "2027년 상반기 (= first half of 2027)에"),
        ("2026년에", "en", "2026년에"),
        ("지난주 소식", "en", "지난주 소식"),
        ("이날 밝혔다", "en", "이날 (= October 31, 2025) 밝혔다"),
        ("next year", "ko", "next year (= 2026년)"),
        ("on October 31, 2025", "ko", "on October 31, 2025 (= 2025년 10월 31일)"),
        ("by the end of 2026", "ko", "by the end of 2026 (= 2026년 말)"),
        ("31일 발표", "ko", "31일 발표"),
    ],
)
def test_annotate_dates(text: str, language: Any, annotated: str) -> None:
    assert annotate_dates(text, PUBLISHED, "day", language) == annotated


def test_nothing_is_glossed_beyond_what_the_publication_date_tells() -> None:
    assert annotate_dates("31일 발표", None, "day", "en") == "31일 발표"
    assert annotate_dates("어제 발표", PUBLISHED, "month", "en") == "어제 발표"
    assert annotate_dates("지난달 발표", PUBLISHED, "year", "en") == "지난달 발표"


def test_say_date_says_only_what_is_known() -> None:
    assert say_date(Date(0, 0, "", month=10), "en") == "October"
    assert say_date(Date(0, 0, "", day=None), "en") == ""
    assert say_date(Date(0, 0, "", year=2025, month=3), "ko") == "2025년 3월"
