"""Scoring of one answer: facts, language, article, refusal, and numbers that no quote bears out."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from eval.answers import holds, language_of, missing_facts, score
from eval.datasets import GOLDEN, GoldenQuestion, load_golden
from eval.quantities import read, unsupported, values
from rag.types import Answer, Citation

QUOTE = "한국은 서울과 부산에 GPU 26만장 이상을 들여온다."
QUESTION = GoldenQuestion(
    id="gpus",
    question="How many GPUs?",
    language="en",
    answerable=True,
    kind="how-many",
    facts=(("26만", "260,000"), ("서울", "Seoul")),
    articles=("003",),
)
UNANSWERABLE = GoldenQuestion(
    id="u", question="Who won?", language="en", answerable=False, kind="who", why="No article is about games."
)
CITATION = Citation(1, "korea", "t", None, "2025-10-31", None, QUOTE, 0, len(QUOTE))
RIGHT = Answer(
    question="How many GPUs?",
    language="en",
    answer="More than 260,000 GPUs go to Seoul [1].",
    refused=False,
    answered_by="llm",
    citations=(CITATION,),
    claims=(),
    timings_ms={"total": 1},
    model="m",
    settings="s",
)
REFUSAL = replace(RIGHT, answer="The articles do not say.", refused=True, answered_by="none", citations=(), model=None)
NUMBERS = {"korea": "003", "uk": "000"}


def test_right_answer() -> None:
    scores = score(QUESTION, RIGHT, NUMBERS)
    assert scores.right
    assert (scores.facts_in_answer, scores.facts_in_quotes, scores.right_article) == (True, True, True)


def test_fact_missing_in_answer_only() -> None:
    scores = score(QUESTION, replace(RIGHT, answer="More than 260,000 GPUs [1]."), NUMBERS)
    assert (scores.facts_in_answer, scores.facts_in_quotes, scores.right) == (False, True, False)
    assert scores.missing_in_answer == (("서울", "Seoul"),)


def test_facts_are_looked_for_in_all_quotes_together() -> None:
    parts = (replace(CITATION, quote="GPU 26만장"), replace(CITATION, number=2, quote="서울에 둔다"))
    assert score(QUESTION, replace(RIGHT, citations=parts), NUMBERS).facts_in_quotes
    assert not score(QUESTION, replace(RIGHT, citations=parts[:1]), NUMBERS).facts_in_quotes


def test_refusing_what_can_be_answered_is_wrong_all_over() -> None:
    scores = score(QUESTION, replace(REFUSAL, answer="Not 260,000 GPUs in Seoul, I fear."), NUMBERS)
    assert (scores.right_refusal, scores.facts_in_answer, scores.right_article) == (False, False, False)
    assert scores.unsupported == ()


def test_unanswerable() -> None:
    refused, answered = score(UNANSWERABLE, REFUSAL, NUMBERS), score(UNANSWERABLE, RIGHT, NUMBERS)
    assert refused.right
    assert (refused.facts_in_answer, refused.facts_in_quotes, refused.right_article) == (None, None, None)
    assert not answered.right_refusal
    assert not answered.right


def test_wrong_article() -> None:
    elsewhere = replace(RIGHT, citations=(replace(CITATION, article_id="uk"),))
    assert score(QUESTION, elsewhere, NUMBERS).right_article is False


def test_a_number_of_its_own_is_no_right_answer() -> None:
    scores = score(QUESTION, replace(RIGHT, answer="260,000 GPUs in Seoul for $3 billion [1]."), NUMBERS)
    assert scores.unsupported == ("3 billion",)
    assert not scores.right


def test_missing_facts_keep_the_number_rule() -> None:
    assert missing_facts([["6만"], ["1만 장"]], "26만 장", "11만장") == (("6만",), ("1만 장",))


@pytest.mark.parametrize(
    ("text", "form", "found"),
    [
        ("On October 30, 2025, at night", "October 30", True),
        ("1,000,000 ships", "1000000", True),
        ("36.5 billion", "5 billion", False),
        ("130,2025", "130", False),
    ],
)
def test_numbers_in_a_text(text: str, form: str, found: bool) -> None:
    assert holds(text, form) == found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("More than 260,000 GPUs [1].", "en"),
        ("26만 장 이상입니다 [1].", "ko"),
        ("The minister said “인공지능은 모두의 것이다” in Seoul.", "en"),
        ("그는 \"everyone needs AI infrastructure of their own\"이라고 말했습니다.", "ko"),
        ("NVIDIA, OpenAI, BlackRock 등 세 회사입니다.", "ko"),
        ("It is led by Bae Kyung-hoon (배경훈 과학기술정보통신부 장관).", "en"),
        ("\"한국은 서울에 GPU를 들여온다.\" [1]", "ko"),
        ("Peter Kyle [1]", None),
        ("260,000", None),
        ("", None),
        ("피터 카일", "ko"),
    ],
)  # fmt: skip
def test_language(text: str, expected: str | None) -> None:
    assert language_of(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("26만장", ["260000"]),
        ("2조7000억원", ["2700000000000"]),
        ("9조1천억 원", ["9100000000000"]),
        ("1만8천 개", ["18000"]),
        ("1천5백만", ["15000000"]),
        ("1억1000만 달러", ["110000000"]),
        ("5천만 명", ["50000000"]),
        ("$28 billion and £2.5bn", ["28000000000", "2500000000"]),
        ("90B parameters, 4k", ["90000000000", "4000"]),
        ("1,234.5 and 12", ["1234.5", "12"]),
        ("3 months, 5 members, 10 times", ["3", "5", "10"]),
        ("100MW", ["100"]),
        ("two billion dollars", ["2000000000"]),
        ("H100, GPT-4o and 6G", []),
        ("October 31, 2025", ["10", "31", "2025"]),
        ("on 11 June", ["11", "6"]),
        ("2025-10-31", ["2025", "10", "31"]),
        ("mid-2026", ["2026"]),
        ("26만 2025년", ["260000", "2025"]),
        ("20%, 15배", ["20", "15"]),
        ("Oct 31,2025", ["10", "31", "2025"]),
        ("no number", []),
    ],
)
def test_reads_numbers(text: str, expected: list[str]) -> None:
    assert [number.values[0] for number in read(text)] == [Decimal(value) for value in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("60~70만 명", {"60", "600000", "700000"}),
        ("5 to 10 billion", {"5", "5000000000", "10000000000"}),
        ("1만 8000 대", {"18000", "10000"}),
        ("세 번째 회의, 두 곳, 첫 만남", {"3", "2", "1"}),
        ("처음으로 열었다", {"1"}),
        ("한국과 두바이", set()),
        ("The third of twenty", {"3", "20"}),
        ("H100 GPU", set()),
    ],
)
def test_values_of_a_source(text: str, expected: set[str]) -> None:
    assert values(text) == {Decimal(value) for value in expected}


@pytest.mark.parametrize(
    ("answer", "quote", "expected"),
    [
        ("More than 260,000 GPUs [1].", QUOTE, []),
        ("More than 26,000 GPUs [1].", QUOTE, ["26,000"]),
        ("GPU 26만장(= 260,000)입니다 [1][2].", QUOTE, []),
        ("About 6만 [1].", QUOTE, ["6만"]),
        ("$280 billion", "280억 달러가 넘는다", ["280 billion"]),
        ("$28 billion", "280억 달러가 넘는다", []),
        ("10,000", "1만8천 개", ["10,000"]),
        ("2 places", "두 곳에 짓는다", []),
        ("600,000 to 700,000 people", "60~70만 명", []),
        ("60 to 70 countries", "60~70개국", []),
        ("It uses the H200.", "H100을 쓴다", ["H200"]),
        ("It uses the GPT4o.", "GPT-4o를 쓴다", []),
        ("100 GPUs", "H100 GPU를 쓴다", ["100"]),
        ("7 firms were asked about.", "여러 회사가 있다", []),
        ("On October 31, 2025 [1].", "지난 31일 밝혔다", []),
        ("On September 30, 2025.", "지난달 30일 밝혔다", []),
        ("On September 30, 2025.", "지난 30일 밝혔다", ["September"]),
        ("In 2024.", "지난해 밝혔다", []),
        ("In 2024.", "올해 밝혔다", ["2024"]),
        ("In 2026.", "내년까지", []),
        ("2025 GPUs... 31 GPUs", "올해", ["31"]),
        ("1. Seoul\n2. Busan", "서울과 부산", []),
    ],
)
def test_unsupported(answer: str, quote: str, expected: list[str]) -> None:
    assert unsupported(answer, [quote], ["2025-10-31"], "Which 7 firms?") == expected


def test_a_sentence_quoted_word_for_word_adds_nothing() -> None:
    quote = "수십 곳 가운데 3,14,15번을 골랐다."
    assert unsupported(f"Quoted: {quote} [1]", [quote], [None], "?") == []


def test_publication_known_to_the_month() -> None:
    assert unsupported("In July 2025.", ["이달 밝혔다"], ["2025-07"], "?") == []
    assert unsupported("On July 3, 2025.", ["이달 밝혔다"], ["2025-07"], "?") == ["3"]


@pytest.mark.parametrize("question", [q for q in load_golden(GOLDEN).questions if q.answerable], ids=lambda q: q.id)
def test_every_golden_quantity_is_borne_out_by_its_sentence(question: GoldenQuestion) -> None:
    """Forms and sentences were written by hand in both notations: this is the reader's own examination."""
    for form in (form for forms in question.facts for form in forms if read(form)):
        for sentence in question.sentences:
            assert unsupported(form, [sentence], [None], "") == []
            assert unsupported(f"{form} and 987,654", [sentence], [None], "") == ["987,654"]
