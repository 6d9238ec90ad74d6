"""The proof in a browser: the very sentence, ticked figures, and evidence before and beside the draft."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from browser import ASKED, ASKED_KO, QUOTED, Site, Visit, answered, ask, cited
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytest_plugins = ("browser",)


def in_view(page: Page, selector: str) -> bool:
    box = page.locator(selector).first.bounding_box()
    size = page.viewport_size
    assert box
    assert size
    return box["y"] >= 0 and box["y"] + box["height"] <= size["height"] and box["x"] + box["width"] <= size["width"]


def test_an_english_question_to_the_very_sentence(site: Site, visit: Visit) -> None:
    page = visit()
    ask(page, ASKED)
    card = answered(page)
    assert "More than 260,000 GPUs [1]." in card.locator(".answer").inner_text()
    card.get_by_role("button", name="Source 1").click()
    quote = card.locator(".evidence .quote").first.inner_text()
    assert QUOTED in quote
    assert cited(page) == quote
    assert in_view(page, "mark.cited")
    reader = page.get_by_role("dialog", name="Article")
    assert "뉴스핌 · 2025-10-31" in reader.inner_text()
    assert "26만장 이상" in reader.get_by_role("heading").inner_text()


def test_a_korean_question_in_a_korean_page(site: Site, visit: Visit) -> None:
    site.model.draft = "26만장 이상 확보한다."
    page = visit(locale="ko-KR")
    assert page.get_by_role("heading", level=1).inner_text() == "기사에 묻고, 근거를 확인하세요."
    ask(page, ASKED_KO)
    card = answered(page)
    assert "26만장" in card.locator(".answer").inner_text()
    card.get_by_role("button", name="근거 1").click()
    assert QUOTED in cited(page)


def test_a_figure_is_ticked_with_what_the_article_writes(site: Site, visit: Visit) -> None:
    page = visit()
    ask(page, ASKED)
    card = answered(page)
    expect(card.locator(".checks li")).to_have_text("260,00026만장")
    figure = card.locator(".answer .figure")
    assert figure.inner_text() == "260,000"
    assert figure.get_by_role("img").get_attribute("aria-label") == "Checked against the article: 26만장"


def test_no_figure_is_ticked_within_a_longer_number(visit: Visit) -> None:
    """The first place of each is in another number, of which nothing was checked."""
    claim = {"kind": "quantity", "supported": True, "citation": None}
    answer = {
        "id": "a",
        "conversation": "c",
        "rewritten": None,
        "language": "ko",
        "answer": "15만장, 1.5만장, 5만3천장, 1,260,000원 가운데 5만장, 260,000원이고 5만은 남는다.",
        "refused": False,
        "answered_by": "llm",
        "citations": [],
        "claims": [{**claim, "text": text} for text in ("5만장", "5만", "260,000원")],
        "timings_ms": {},
        "model": "told",
        "notices": [],
        "nearest": [],
    }
    page = visit()
    told = f"event: answer\ndata: {json.dumps(answer)}\n\n"
    page.route("**/v1/ask/stream", lambda route: route.fulfill(status=200, content_type="text/event-stream", body=told))
    ask(page, ASKED_KO)
    figures = answered(page).locator(".answer .figure")
    assert figures.all_inner_texts() == ["5만장", "260,000원", "5만"]
    before = "all => all.map(one => one.previousSibling.textContent)"
    assert figures.evaluate_all(before) == ["15만장, 1.5만장, 5만3천장, 1,260,000원 가운데 ", ", ", "이고 "]


def test_hover_and_focus_show_the_sentence(site: Site, visit: Visit) -> None:
    page = visit()
    ask(page, ASKED)
    mark = answered(page).get_by_role("button", name="Source 1")
    tip = page.get_by_role("tooltip")
    mark.hover()
    expect(tip).to_contain_text(QUOTED)
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    page.get_by_role("button", name="Link").focus()
    page.keyboard.press("Tab")
    assert mark.evaluate("mark => document.activeElement === mark")
    expect(tip).to_contain_text(QUOTED)


def test_evidence_stays_usable_while_a_slow_model_writes(site: Site, visit: Visit) -> None:
    site.model.words = ("more ", "than ")
    site.model.go.clear()
    page = visit()
    ask(page, ASKED)
    turn = page.locator(".turn")
    expect(turn.locator(".draft")).to_have_text("Draft, being checkedmore than ")
    assert turn.get_attribute("aria-busy") == "true"
    sentence = turn.locator(".sentence").first
    sentence.click()
    assert cited(page) == sentence.locator(".quote").inner_text()
    site.model.go.set()
    assert "260,000" in answered(page).inner_text()
    assert turn.get_attribute("aria-busy") == "false"
    expect(page.locator(".draft")).to_have_count(0)


def test_a_draft_that_is_wrong_is_corrected_in_sight(site: Site, visit: Visit) -> None:
    site.model.draft = "more than 990,000 GPUs"  # no sentence says so
    page = visit()
    ask(page, ASKED)
    card = answered(page)
    assert card.locator(".corrected").inner_text() == "Corrected after checking"
    assert "990,000" not in card.inner_text()
    assert "26만장" in card.inner_text()
    assert "Read in the article, at the words marked below." in card.inner_text()
