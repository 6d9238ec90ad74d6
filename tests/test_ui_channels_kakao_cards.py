"""Answers as KakaoTalk bubbles: numbers, links and Kakao's limits. Needs no model.

Limits and shapes are those of https://kakaobusiness.gitbook.io/main/tool/chatbot/skill_guide/answer_json_format.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from desk import ANSWER, CITATION, GARAM, QUESTION, QUOTE, QUOTED, REFUSAL, TOO_LONG, UNDATED

from rag.types import Answer
from ui.channels import kakao_cards as cards
from ui.service import Answered
from ui.service.errors import QueueFullError

URL = "https://news.example/1"


def reply(answer: Answer) -> dict[str, Any]:
    return cards.answer_reply(Answered("a1", "c1", None, answer))


def outputs(told: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = told["template"]["outputs"]
    return found


def within_limits(told: dict[str, Any]) -> None:
    assert told["version"] == "2.0"
    assert 1 <= len(outputs(told)) <= 3
    assert len(told["template"].get("quickReplies", [])) <= 10
    for output in outputs(told):
        match output:
            case {"simpleText": {"text": text}}:
                assert 1 <= len(text) <= 1000
            case {"textCard": card}:
                assert 1 <= len(card["title"]) <= 50
                assert len(card["title"]) + len(card["description"]) <= 400
                assert len(card.get("buttons", [])) <= 3
            case {"listCard": found}:
                assert found["header"]["title"]
                assert 1 <= len(found["items"]) <= 5
                assert all(item["title"] for item in found["items"])
            case _:
                pytest.fail(f"no such output: {output}")


def test_one_article_is_a_card_with_its_quote() -> None:
    told = outputs(reply(replace(ANSWER, citations=(replace(CITATION, url=URL),))))
    assert told == [
        {
            "simpleText": {
                "text": "Garam will buy 32,000 servers by March 2026 [1].\n\n"
                "Written by some-model, checked against the quoted sentences"
            }
        },
        {
            "textCard": {
                "title": "[1] 가람전자 서버 투자",
                "description": f"“{QUOTE}”\n한빛일보, 2025-10-31",
                "buttons": [{"action": "webLink", "label": "Read", "webLinkUrl": URL}],
            }
        },
    ]


def test_a_quotation_is_shown_once() -> None:
    told = outputs(reply(replace(QUOTED, language="ko")))
    assert told[0]["simpleText"]["text"].endswith("기사에서 그대로 인용, 단정하지 않음")
    assert told[1] == {"textCard": {"title": "[1] 가람전자 서버 투자", "description": "한빛일보, 2025-10-31"}}


def test_several_articles_are_a_list_and_their_quotes_a_text() -> None:
    other = replace(
        CITATION, number=2, title="다른 기사", quote="다른 문장이다.", url=URL, published=None, publisher=None
    )
    told = outputs(reply(replace(QUOTED, language="ko", citations=(CITATION, other))))
    assert told[1] == {"simpleText": {"text": "[2] “다른 문장이다.”"}}
    assert told[2] == {
        "listCard": {
            "header": {"title": "근거"},
            "items": [
                {"title": "[1] 가람전자 서버 투자", "description": "한빛일보, 2025-10-31"},
                {"title": "[2] 다른 기사", "description": "날짜 없음", "link": {"web": URL}},
            ],
        }
    }


def test_a_refusal_lists_the_nearest() -> None:
    told = outputs(reply(replace(REFUSAL, notices=())))
    assert told[0]["simpleText"]["text"] == "The articles do not say that.\n\nNot answered: the articles do not say it"
    assert told[1] == {
        "listCard": {
            "header": {"title": "Nearest articles"},
            "items": [
                {"title": "가람전자 서버 투자", "description": "한빛일보, 2025-10-31"},
                {"title": "Plain notes", "description": "no date"},
            ],
        }
    }
    assert UNDATED.title == "Plain notes"


@pytest.mark.parametrize("text", ["가" * 5000, "가", "a b\n" * 400])
@pytest.mark.parametrize("count", [0, 1, 2, 30])
@pytest.mark.parametrize("near", [0, 30])
def test_kakaos_limits_are_kept(text: str, count: int, near: int) -> None:
    citations = tuple(
        replace(CITATION, number=n, title=text, quote=f"{n}{text}", publisher=text, url=URL) for n in range(count)
    )
    told = reply(
        replace(ANSWER, answer=text, citations=citations, nearest=(replace(GARAM, title=text),) * near, notices=(text,))
    )
    within_limits(told)
    within_limits(cards.line_reply(text))


def test_a_long_answer_still_says_how_it_came_to_be() -> None:
    told = outputs(reply(replace(ANSWER, answer="가" * 5000)))[0]["simpleText"]["text"]
    assert "…" in told
    assert told.endswith("Written by some-model, checked against the quoted sentences")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "tel:1", "https://a b", None, ""])
def test_links_are_web_addresses(url: str | None) -> None:
    near = replace(REFUSAL, nearest=(replace(GARAM, url=url),))
    told = outputs(reply(replace(ANSWER, citations=(replace(CITATION, url=url),)))) + outputs(reply(near))
    assert "buttons" not in told[1]["textCard"]
    assert "link" not in told[3]["listCard"]["items"][0]


def test_errors_offer_to_ask_again_where_that_may_help() -> None:
    told = cards.problem_reply(QueueFullError(5), "ko", QUESTION)
    within_limits(told)
    button = told["template"]["quickReplies"][0]
    assert button == {"action": "message", "label": "다시 물어보기", "messageText": QUESTION}
    assert len(button["label"]) <= 14
    assert "quickReplies" not in cards.problem_reply(TOO_LONG, "ko", QUESTION)["template"]
    assert "quickReplies" not in cards.problem_reply(QueueFullError(5), "ko", "가" * 2000)["template"]


def test_waiting_has_no_template() -> None:
    """ai_chatbot_callback_guide, "SkillResponse"."""
    assert cards.waiting_reply("ko") == {
        "version": "2.0", "useCallback": True, "data": {"text": "기사에서 찾는 중…"},
    }  # fmt: skip
