"""What the evidence cannot answer is refused. Evidence is made up; refusing over the real collection is tested in
test_rag_pipeline."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_up import NAMES, article, evidence, question

from rag.answerable import answerable, in_order, likely

GPUS = evidence("정부는 엔비디아와 함께 GPU 26만장을 들여온다.", article(title="한국, GPU 확보"))
VISIT = evidence("젠슨 황 최고경영자가 서울을 찾았다.", article(title="젠슨 황 방한"))


@pytest.mark.parametrize(
    "text",
    [
        "How many GPUs is Korea securing?",
        "How many NVIDIA GPUs is the government buying?",
        "정부가 들여오는 GPU는 몇 장인가?",
        "엔비디아 GPU는 몇 장 들어오나?",
    ],
)
def test_answerable(text: str) -> None:
    assert answerable(question(text), [GPUS, VISIT], NAMES)


def test_no_evidence() -> None:
    assert not answerable(question("How many GPUs is Korea securing?"), [], NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "How many GPUs is Japan securing?",
        "일본이 들여오는 GPU는 몇 장인가?",
        "How many GPUs does Samsung buy?",
        "카카오가 들여오는 GPU는 몇 장인가?",
    ],
)
def test_a_name_that_is_nowhere(text: str) -> None:
    assert not answerable(question(text), [GPUS, VISIT], NAMES)


def test_evidence_without_the_kind_of_thing_asked_for() -> None:
    """No number in it cannot tell how many."""
    assert not answerable(question("How many people met Jensen Huang?"), [VISIT], NAMES)
    assert not answerable(question("서울을 찾은 사람은 몇 명인가?"), [VISIT], NAMES)


def test_evidence_about_something_else() -> None:
    far = evidence("정부는 GPU 26만장을 들여온다.", words=0.0)
    assert not answerable(question("How many chickens are eaten every day?"), [far], NAMES)


def test_korea_goes_without_saying_in_a_korean_paper() -> None:
    silent = evidence("정부는 GPU 26만장을 들여온다.")
    assert answerable(question("How many GPUs is Korea securing?"), [silent], NAMES)


@pytest.mark.parametrize("text", ["How many GPUs is Korea securing?", "정부가 들여오는 GPU는 몇 장인가?"])
def test_likely_when_any_sentence_is(text: str) -> None:
    assert likely(question(text), [-5.0, 2.0])
    assert likely(question(text), [6.0])
    assert not likely(question(text), [-0.5, -6.0])
    assert not likely(question(text), [])


def test_more_is_asked_for_in_korean() -> None:
    assert likely(question("How many GPUs is Korea securing?"), [0.6])
    assert not likely(question("정부가 들여오는 GPU는 몇 장인가?"), [0.6])


def test_in_order_of_odds_and_ranking() -> None:
    """Made-up evidence has equal scores, so odds alone decide; what was not judged stays behind, in its order."""
    a, b, c, d = (evidence(text) for text in "가나다라")
    assert in_order([a, b, c, d], [-1.0, 3.0]) == [b, a, c, d]
    assert in_order([a, b, c], [1.0, 1.0]) == [a, b, c]
    assert in_order([a, b], []) == [a, b]


def test_ranking_counts_beside_odds() -> None:
    first, second = replace(GPUS, score=5.0), replace(VISIT, score=1.0)
    assert in_order([first, second], [0.0, 1.0]) == [first, second]
    assert in_order([first, second], [0.0, 4.0]) == [second, first]
