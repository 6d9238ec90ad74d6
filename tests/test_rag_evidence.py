"""Which sentences are picked, over the shipped articles with the real embedder; what kind of thing they hold."""

from __future__ import annotations

from datetime import date

import pytest
from made_up import article, question
from shipped import KOREAN_TRAP, SECURED, TRAP, Newsroom

from rag.kinds import asked_unit, kind_match
from rag.question import read
from rag.types import Evidence

pytest_plugins = ["shipped"]


def best(newsroom: Newsroom, text: str, limit: int = 5) -> list[Evidence]:
    asked = read(text, newsroom.retriever.names)
    return newsroom.retriever.sentences(asked, newsroom.retriever.hits(asked), limit)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (TRAP, SECURED),
        (KOREAN_TRAP, SECURED),
        ("How many Blackwell GPUs will Nebius bring to the UK?", "4,000개"),
        ("네비우스가 영국에 들여오는 GPU는 몇 개인가?", "4,000개"),
        ("Who leads the JADE consortium?", "옥스퍼드 대학이 이끌고"),
        ("What is the name of supercomputer number 6?", "'한강'"),
        ("소버린 AI에 집중하는 나라는 몇 개국인가?", "60~70개국"),
    ],
)
def test_the_sentence_that_answers_is_among_the_first_three(newsroom: Newsroom, text: str, part: str) -> None:
    assert any(part in item.text for item in best(newsroom, text, 3))


def test_stands_in_its_article_and_chunk(newsroom: Newsroom) -> None:
    found = best(newsroom, TRAP)
    assert len(found) == 5
    for item in found:
        whole = newsroom.retriever.store.article(item.article.id).text
        assert whole[item.start : item.end] == item.text
        assert item.text in item.context


def test_best_first_and_none_twice(newsroom: Newsroom) -> None:
    found = best(newsroom, TRAP, 20)
    scores = [item.score for item in found]
    assert scores == sorted(scores, reverse=True)
    assert len({(item.article.id, item.start) for item in found}) == len(found)
    assert best(newsroom, TRAP, 3) == found[:3]


def test_words_tell_the_point_from_what_is_beside_it(newsroom: Newsroom) -> None:
    near = max(item.words for item in best(newsroom, TRAP))
    far = max(item.words for item in best(newsroom, "What should I cook for dinner on a rainy evening?"))
    assert 0 < far < near <= 1


def test_no_hits_no_sentences(newsroom: Newsroom) -> None:
    assert newsroom.retriever.sentences(read(TRAP, newsroom.retriever.names), [], 5) == []


class TestKind:
    @pytest.mark.parametrize(
        ("asked", "text", "match"),
        [
            ("How many people came?", "행사에 30명이 왔다.", 1),
            ("How many people came?", "행사에 사람들이 왔다.", -1),
            ("몇 명이 왔나?", "행사에 30명이 왔다.", 1),
            ("몇 명이 왔나?", "행사에 사람들이 왔다.", -1),
            ("How much does it cost?", "값은 3억원이다.", 1),
            ("How much does it cost?", "값은 비싸다.", -1),
            ("When did it open?", "도서관은 31일 문을 열었다.", 1),
            ("When did it open?", "도서관이 문을 열었다.", -1),
            ("언제 열었나?", "도서관은 2024년 문을 열었다.", 1),
            ("What is it?", "도서관이 문을 열었다.", 0),
        ],
    )
    def test_match(self, asked: str, text: str, match: int) -> None:
        assert kind_match(question(asked), text, article(published=date(2025, 3, 20))) == match

    def test_the_question_s_own_number_is_no_answer(self) -> None:
        assert kind_match(question("How many of the 30 people came?"), "30명이 초대됐다.", article()) < 1

    def test_another_unit_is_less_than_the_unit_asked_for(self) -> None:
        asked = question("How many countries joined?")
        right = kind_match(asked, "60개국이 참여했다.", article())
        wrong = kind_match(asked, "60%가 참여했다.", article())
        assert right > wrong


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("How many countries focus on sovereign AI?", "country"),
        ("소버린 AI에 집중하는 나라는 몇 개국인가?", "country"),
        ("How many people came?", "person"),
        ("몇 명이 왔나?", "person"),
    ],
)
def test_asked_unit(text: str, unit: str) -> None:
    found = asked_unit(question(text))
    assert found is not None
    assert found.unit == unit


@pytest.mark.parametrize("text", ["Who came?", "How much is it?", "언제 왔나?"])
def test_nothing_is_counted(text: str) -> None:
    assert asked_unit(question(text)) is None
