"""Whether an answer is of the kind asked for. Answers are made up; which kind they are is told by reading them."""

from __future__ import annotations

import pytest
from made_up import NAMES, question

from rag.kinds import new_names, says_number


@pytest.mark.parametrize(
    ("asked", "answer", "right"),
    [
        ("How many startups were supported?", "110 million dollars", False),
        ("How many startups were supported?", "27 startups", True),
        ("How many startups were supported?", "27", True),
        ("지원받은 스타트업은 몇 곳인가?", "1억1000만달러", False),
        ("지원받은 스타트업은 몇 곳인가?", "27곳", True),
        ("GPU를 몇 배로 늘리나?", "15배", True),
        ("GPU를 몇 배로 늘리나?", "1000장", False),
        ("모형의 매개변수 수는 각각 몇인가?", "11B, 90B", True),
        ("모형의 매개변수는 몇입니까?", "110억 개", True),
        ("공장의 GPU 규모는?", "15배", False),
        ("공장의 GPU 규모는?", "1000장", True),
        ("By what factor will the budget grow?", "15 times", True),
        ("How much does the plant cost?", "300 ships", False),
        ("How much does the plant cost?", "1.2 trillion won", True),
        ("How many of the 30 people came?", "30 people", False),
        ("How many of the 30 people came?", "12 people", True),
    ],
)
def test_numbers(asked: str, answer: str, right: bool) -> None:
    assert says_number(question(asked), answer) == right


@pytest.mark.parametrize(
    ("asked", "answer", "found"),
    [
        ("Who is the CEO of Nvidia?", "Nvidia's CEO is a global leader.", []),
        ("Who is the CEO of Nvidia?", "Jensen Huang is.", ["Jensen Huang"]),
        ("엔비디아의 최고경영자는 누구인가?", "젠슨 황", ["젠슨 황"]),
        ("Who is the new rival?", "China.", ["China"]),
        ("Where in Britain is the plant?", "In Britain.", []),
        ("Where in Britain is the plant?", "In London.", ["London"]),
        ("공장은 어느 지역에 서나?", "국내", []),
        ("공장은 어느 지역에 서나?", "부산", ["부산"]),
    ],
)
def test_persons_and_places_that_the_question_did_not_name(asked: str, answer: str, found: list[str]) -> None:
    assert new_names(question(asked), answer, NAMES) == found
