"""Which articles are listed, in which order, on which page."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from articles_desk import run
from made_up import article

from index.types import Filter
from ui.chat.article_list import NotADayError, matching, ordered, page_of, within

INFOS = [
    article("b", date(2025, 3, 1), title="나라의 GPU"),
    article("a", None, title="가람전자"),
    article("c", date(2025, 10, 31), title="Plain ＡＩ news"),
]


TEXTS = {"a": "서버 3만2천대", "b": "울산에 짓는다", "c": "Nscale brings servers"}


def found(wanted: str) -> list[str]:
    asked: list[str] = []

    async def text_of(article_id: str) -> str:
        asked.append(article_id)
        return TEXTS[article_id]

    return [one.id for one in run(matching(INFOS, wanted, text_of))]


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ("", ["b", "a", "c"]),
        ("가람", ["a"]),
        ("서버", ["a"]),
        ("NSCALE plain ai", ["c"]),  # text and title together; NFKC: full-width letters are letters
        ("한빛일보", ["b", "a", "c"]),
        ("울산 가람", []),
    ],
)
def test_every_word_must_stand_somewhere_in_an_article(wanted: str, ids: list[str]) -> None:
    assert found(wanted) == ids


@pytest.mark.parametrize(
    ("sort", "ids"),
    [
        ("newest", ["c", "b", "a"]),
        ("oldest", ["b", "c", "a"]),
        ("title", ["c", "a", "b"]),
        ("publisher", ["c", "b", "a"]),
    ],
)
def test_orders(sort: Any, ids: list[str]) -> None:
    assert [one.id for one in ordered(INFOS, sort)] == ids


def test_pages_are_the_nearest_there_are() -> None:
    many = [article(f"{number:02}") for number in range(21)]
    last = page_of(many, 99)
    assert ([one.id for one in last.articles], last.number, last.pages, last.total) == (["20"], 3, 3, 21)
    assert page_of(many, 0).number == 1
    assert (page_of([], 1).number, page_of([], 1).pages) == (1, 1)


def test_filters_are_those_typed() -> None:
    assert within("", "", " ") is None
    assert within("한빛일보", "2025", "2025-10") == Filter(("한빛일보",), (), date(2025, 1, 1), date(2025, 10, 31))
    for wrong in ("yesterday", "2025-13", "2025-02-30", "25"):
        with pytest.raises(NotADayError, match=wrong):
            within(None, wrong, "")
