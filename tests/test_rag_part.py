"""A number of two things together is not that of one of them. The sentences are made up."""

from __future__ import annotations

import pytest
from made_up import evidence, question

from rag.part import of_the_part

BOTH = evidence("서울시는 병원과 도서관에 태블릿 9만대를 보급한다.")
ONE = evidence("병원에는 태블릿 5만대가 돌아간다.")
OTHER = evidence("태블릿 3만대는 구청 몫이다.")


@pytest.mark.parametrize("text", ["병원에 보급하는 태블릿은 몇 대인가?", "How many tablets go to hospitals?"])
def test_the_number_of_both_stands_back_where_there_is_one_of_the_part(text: str) -> None:
    asked = question(text)
    if asked.language == "en":
        assert any("병원" in word for group in asked.translations.values() for word in group), "not in the list"
    assert of_the_part(asked, [BOTH, OTHER, ONE]) == [OTHER, ONE]


def test_the_number_of_both_stays_where_there_is_no_other() -> None:
    asked = question("병원에 보급하는 태블릿은 몇 대인가?")
    assert of_the_part(asked, [BOTH, OTHER]) == [BOTH, OTHER]


def test_who_asks_for_both_gets_the_number_of_both() -> None:
    asked = question("병원과 도서관에 보급하는 태블릿은 몇 대인가?")
    assert of_the_part(asked, [BOTH, ONE]) == [BOTH, ONE]


def test_a_part_is_not_more_than_the_whole() -> None:
    asked = question("병원에 보급하는 태블릿은 몇 대인가?")
    more = evidence("병원에는 이미 태블릿 20만대가 있다.")
    assert of_the_part(asked, [BOTH, more]) == [BOTH, more]


def test_a_sentence_with_a_number_for_each_is_no_whole() -> None:
    asked = question("병원에 보급하는 태블릿은 몇 대인가?")
    each = evidence("병원과 도서관에 태블릿을 각각 5만대와 4만대 보급한다.")
    assert of_the_part(asked, [each, ONE]) == [each, ONE]


def test_whom_something_is_done_with_is_no_part() -> None:
    """함께 joins no second thing that is counted."""
    asked = question("서울시가 보급하는 태블릿은 몇 대인가?")
    together = evidence("서울시는 삼성과 함께 태블릿 9만대를 보급한다.")
    assert of_the_part(asked, [together, evidence("서울시는 지난해 태블릿 5만대를 샀다.")])[0] == together


def test_only_numbers_have_parts() -> None:
    asked = question("병원에 태블릿을 왜 보급하나?")
    assert of_the_part(asked, [BOTH, ONE]) == [BOTH, ONE]
