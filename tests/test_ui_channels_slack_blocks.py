"""Answers as Slack blocks: numbers, escaping, links and Slack's limits. Needs no model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from desk import ANSWER, CITATION, EVIDENCE, GARAM, QUOTE, QUOTED, REFUSAL, TOO_LONG

from rag.types import Answer, Claim
from ui.channels import slack_blocks as blocks
from ui.service import Answered


def shown(answer: Answer, rewritten: str | None = None) -> blocks.Shown:
    return blocks.answer_shown(Answered("a1", "c1", rewritten, answer))


def lines(told: blocks.Shown) -> list[str]:
    return list(_texts(told.blocks))


def _texts(told: list[dict[str, Any]]) -> Iterator[str]:
    for block in told:
        yield from [block["text"]["text"]] if block["type"] == "section" else [one["text"] for one in block["elements"]]


def within_limits(told: blocks.Shown) -> None:
    """https://docs.slack.dev/reference/block-kit/blocks"""
    assert 1 <= len(told.blocks) < 50  # a command's intro is one more
    for block in told.blocks:
        assert block["type"] != "context" or 1 <= len(block["elements"]) <= 10
    for text in [told.text, *lines(told)]:
        assert 1 <= len(text) <= 3000
        assert not re.search(r"&(?!(?:amp|lt|gt);)", text)


def test_numbers_are_those_of_the_text() -> None:
    told = shown(ANSWER)
    assert told.text == "Garam will buy 32,000 servers by March 2026 [1]."
    marked = QUOTE.replace("내년 3월", "\u200b*내년 3월*\u200b").replace("3만2천대", "\u200b*3만2천대*\u200b")
    assert lines(told) == [
        told.text,
        f"*[1]* 가람전자 서버 투자, 한빛일보, 2025-10-31\n“{marked}”",
        "Written by some-model, checked against the quoted sentences",
    ]


def test_a_quotation_is_shown_once_and_named_one() -> None:
    assert lines(shown(QUOTED))[1:] == [
        "*[1]* 가람전자 서버 투자, 한빛일보, 2025-10-31",
        "Quoted from the articles, nothing asserted",
    ]


def test_a_degraded_answer_says_why() -> None:
    told = shown(replace(QUOTED, notices=("Quoted, not written: the model did not answer.",)))
    assert "Quoted, not written: the model did not answer." in lines(told)


def test_a_refusal_names_the_nearest_in_korean_too() -> None:
    near = (replace(GARAM, url="https://news.example/1?a=1&b=2"), GARAM)
    told = shown(replace(REFUSAL, language="ko", answer="기사에서 답을 찾지 못했습니다.", nearest=near, notices=()))
    assert lines(told)[1:] == [
        "· <https://news.example/1?a=1&amp;b=2|가람전자 서버 투자>, 한빛일보, 2025-10-31",
        "· 가람전자 서버 투자, 한빛일보, 2025-10-31",
        "답하지 않음: 기사에 없는 내용",
    ]


def test_what_a_reader_must_know_stands_below() -> None:
    claims = (Claim("40,000", "quantity", "unknown", None),)
    told = lines(shown(replace(ANSWER, claims=claims), "How many servers will Garam buy?"))
    assert told[-3:-1] == [
        "Understood as: How many servers will Garam buy?",
        "In the sentence, but not checked to be what was asked: 40,000",
    ]


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("https://news.example/가|<b>", "<https://news.example/%EA%B0%80%7C%3Cb%3E|"),
        ("http://news.example/", "<http://news.example/|"),
        ("javascript:alert(1)", "*[1]* &lt;!channel&gt;"),
        ("https://news.example/a b", "*[1]* &lt;!channel&gt;"),
        ("https://news.example/" + "a" * 5000, "*[1]* &lt;!channel&gt;"),
        (None, "*[1]* &lt;!channel&gt;"),
    ],
)
def test_no_article_can_mention_link_or_break_out(url: str | None, line: str) -> None:
    told = shown(replace(ANSWER, citations=(replace(CITATION, url=url, title="<!channel> & co\n>x"),)))
    found = lines(told)[1].splitlines()[0]
    assert line in found
    assert "&lt;!channel&gt; &amp; co &gt;x" in found
    within_limits(told)


@pytest.mark.parametrize("text", ["가" * 7000, "&" * 7000, "<@U1> " * 2000, "a\nb" * 20_000, " "])
@pytest.mark.parametrize("count", [0, 1, 120])
def test_slacks_limits_are_kept(text: str, count: int) -> None:
    citations = tuple(replace(CITATION, number=n, title=text, quote=f"{n}{text}", publisher=text) for n in range(count))
    claims = tuple(Claim(text, "name", "unknown", None) for _ in range(30))
    told = shown(replace(ANSWER, answer=text, citations=citations, claims=claims, nearest=(GARAM,) * count))
    within_limits(told)
    if count == 120:
        assert re.search(r"and \d+ more", "\n".join(lines(told)))
    within_limits(blocks.line_shown(text))
    within_limits(blocks.looking_shown([replace(EVIDENCE, text=text)] * 20, "en"))
    assert len(blocks.intro_block("U1", text)["text"]["text"]) <= 3000


def test_long_answers_lose_nothing_in_between() -> None:
    told = shown(replace(ANSWER, answer="가나다라마바사" * 900 + "&<끝>"))
    pieces = "".join(block["text"]["text"] for block in told.blocks if block["type"] == "section")
    assert pieces == "가나다라마바사" * 900 + "&amp;&lt;끝&gt;"


def test_evidence_while_looking() -> None:
    told = blocks.looking_shown([EVIDENCE], "ko")
    assert lines(told) == ["찾은 문장, 읽는 중:", f"· {QUOTE} (가람전자 서버 투자, 한빛일보, 2025-10-31)"]
    assert lines(blocks.looking_shown([], "en")) == ["Looking in the articles…"]


def test_an_error_is_one_line() -> None:
    assert lines(blocks.problem_shown(TOO_LONG, "ko")) == ["질문이 너무 깁니다. 줄이세요."]
    assert lines(blocks.problem_shown(TOO_LONG, "en")) == ["The question is too long. Shorten it."]


@pytest.mark.parametrize(
    ("written", "question"),
    [
        ("<@U0LAN0Z89> How many?", "How many?"),
        ("What is the hour of the pearl, <@U0LAN0Z89>?", "What is the hour of the pearl,  ?"),
        ("<@U1|steve> A &amp; B &lt;5&gt;", "A & B <5>"),
        (
            "see <https://a.example/x?y=1&amp;z=2|the page> and <https://b.example>",
            "see the page and https://b.example",
        ),
        ("in <#C024BE7LR|general> <!here>", "in general here"),
        ("<@U1>", ""),
    ],
)
def test_what_a_user_wrote_is_read_without_mark_up(written: str, question: str) -> None:
    """https://docs.slack.dev/messaging/formatting-message-text"""
    assert blocks.plain(written) == question


def test_the_manifest_in_the_docs_asks_for_what_is_used_and_no_more() -> None:
    text = (Path(__file__).parent.parent / "docs/slack.md").read_text(encoding="utf-8")
    fenced = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert fenced
    manifest = yaml.safe_load(fenced[1])
    events = manifest["settings"]["event_subscriptions"]
    needs = {
        "app_mention": "app_mentions:read",
        "message.channels": "channels:history",
        "message.groups": "groups:history",
        "message.im": "im:history",
    }
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == {
        *(needs[event] for event in events["bot_events"]), "chat:write", "chat:write.public", "commands",
    }  # fmt: skip
    command = manifest["features"]["slash_commands"][0]
    assert command["url"] == events["request_url"] == "https://gisa.example.com/slack/events"
