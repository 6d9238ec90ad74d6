"""Quantities: found, compared across notations, and given their bounds back. The table is written by hand."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from timing import growth

from rag.annotate import say
from rag.numerals import Quantity, agrees, find_quantities, restore_bound

TABLE: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "data" / "numerals.yaml").read_text("utf-8"))


def only(text: str) -> Quantity:
    found = find_quantities(text)
    assert len(found) == 1, [q.text for q in found]
    return found[0]


def test_table_is_large_enough() -> None:
    assert len(TABLE["pairs"]) >= 350


@pytest.mark.parametrize(("a", "a_language", "b", "b_language", "equal"), TABLE["pairs"])
def test_pairs(a: str, a_language: str, b: str, b_language: str, equal: bool) -> None:
    verdict = agrees(only(a), only(b))
    assert (verdict not in {"different", "unit"}) == equal, verdict


@pytest.mark.parametrize(("claim", "evidence", "verdict"), TABLE["agreements"])
def test_agreements(claim: str, evidence: str, verdict: str) -> None:
    assert agrees(only(claim), only(evidence)) == verdict


@pytest.mark.parametrize(("text", "expected"), TABLE["find"])
def test_find(text: str, expected: list[list[Any]]) -> None:
    found = [[q.text, float(q.low), float(q.high), q.unit, q.bound] for q in find_quantities(text)]
    assert found == [[t, float(low), float(high), *rest] for t, low, high, *rest in expected]


@pytest.mark.parametrize(("answer", "evidence", "language", "restored"), TABLE["restore"])
def test_restore(answer: str, evidence: str, language: Any, restored: str) -> None:
    assert restore_bound(answer, find_quantities(answer)[0], only(evidence), language) == restored


@pytest.mark.parametrize("text", [row[0] for row in TABLE["pairs"] + TABLE["find"] + TABLE["restore"]])
def test_offsets(text: str) -> None:
    for quantity in find_quantities(text):
        assert text[quantity.start : quantity.end] == quantity.text
        assert 0 <= quantity.outer_start <= quantity.start <= quantity.end <= quantity.outer_end <= len(text)


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("10,000 NVIDIA Blackwell GPUs", "NVIDIA Blackwell GPUs"),
        ("20 AI data centers", "AI data centers"),
        ("GPU 26만장", "GPU"),
        ("AI 데이터센터 20곳", "데이터센터"),
        ("1만개의 GPU를 산다", "GPU"),
        ("60 to 70 countries", "countries"),
        ("20개 이상의 AI 데이터센터", "AI 데이터센터"),
        ("최대 6만 대의 GPU가", "GPU"),
        ("26만장 이상을", ""),
        ("1만8000개의 신형 블랙웰 칩을", "신형 블랙웰 칩"),
        ("그래픽처리장치(GPU) 26만장", "GPU"),
        ("5만장이 들어간다", ""),
    ],
)
def test_counted(text: str, counted: str) -> None:
    assert only(text).counted == counted


UNITS = [("item", "count"), ("KRW", "money"), ("USD", "money"), ("GBP", "money"), ("EUR", "money"), ("JPY", "money"),
         ("%", "percent"), ("%p", "percent"), ("x", "multiple"), ("GW", "measure")]  # fmt: skip


@given(
    value=st.integers(min_value=1, max_value=10**15),
    unit=st.sampled_from(UNITS),
    language=st.sampled_from(["ko", "en"]),
    thousandths=st.integers(min_value=0, max_value=999),
)
def test_what_is_said_is_read_back(value: int, unit: Any, language: Any, thousandths: int) -> None:
    # A decimal part below one is only written where people write one: percents, multiples and measures.
    value = max(value, 100) if unit[0] == "KRW" else value  # below that, won is a verb: a team of 11 won
    exact = Decimal(value) + (Decimal(thousandths) / 1000 if unit[1] in {"percent", "multiple", "measure"} else 0)
    quantity = Quantity(0, 0, "", exact, exact, unit[1], unit[0], "exact", "", 0, 0)
    said = f"값은 {say(quantity, language)} 이다" if language == "ko" else f"it is {say(quantity, language)} now"
    assert agrees(only(said), quantity) == "equal", said


@given(low=st.integers(1, 10**12), width=st.integers(1, 10**12), language=st.sampled_from(["ko", "en"]))
def test_a_range_is_read_back(low: int, width: int, language: Any) -> None:
    quantity = Quantity(0, 0, "", Decimal(low), Decimal(low + width), "money", "USD", "exact", "", 0, 0)
    said = f"it is {say(quantity, language)} now"
    assert agrees(only(said), quantity) == "equal", said


@example("0m2조0")  # the digit of a unit that begins another amount
@given(st.text(alphabet="0123456789,.만억조천백십 약이상최대~-%$£개명년월일한두세수의GPUabmk\n", max_size=80))
def test_any_text_is_read_without_error(text: str) -> None:
    found = find_quantities(text)
    assert all(text[q.start : q.end] == q.text and q.low <= q.high for q in found)
    assert all(a.end <= b.start for a, b in pairwise(found))


@pytest.mark.parametrize(
    "text",
    ["1" * 10_000, "1," * 5_000, "1만" * 5_000, "만" * 10_000, "한 " * 5_000, "1~" * 5_000, "one " * 2_500,
     "about " * 1_700, " " * 10_000, "a" * 10_000, "Ab-1" * 2_500, "일" * 10_000, "$" * 10_000, "1 " * 5_000],
)  # fmt: skip
def test_the_time_grows_as_the_text_does(text: str) -> None:
    assert growth(find_quantities, text) < 8


ARTICLES = Path(__file__).parents[2] / "shared" / "articles"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("000", "1 1 28000000000 5000000000 2 36500000000 10000 1 4000 20"),
        ("001", "2 2 2 1000000000 2 2 42000000000 300000 60000 11000000000 15000000000 1000000 3 2500000000 2"),
        ("002", "2 10 20 18000 10000 1 1 20 18000 1000000000"),
        ("003", "50000 200000 1 3 3 260000 50000 200000 3 1 6 3 3"),
        ("004", "1 2000000000000 15 1000 100000 2000000000000 100000 2000000000 2700000000000 60 110000000 15 1 1 "
                "11000000000 90000000000"),
    ],
)  # fmt: skip
def test_every_number_of_the_articles(name: str, expected: str) -> None:
    if not ARTICLES.is_dir():
        pytest.skip("the source articles are not beside this repository")
    text = next(ARTICLES.glob(f"{name}_*.txt")).read_text("utf-8")
    assert [int(q.low) for q in find_quantities(text)] == [int(value) for value in expected.split()]
