"""The conversation in a browser: follow-ups, what can be done with an answer, and all of it by keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from browser import ASKED, ASKED_KO, PHONE, QUOTED, Site, Visit, answered, ask, cited
from playwright.sync_api import expect

from rag.errors import GisaError, ModelServerError
from ui.service.errors import OutOfTimeError

if TYPE_CHECKING:
    pass

pytest_plugins = ("browser",)


def test_a_follow_up_is_understood_in_context(site: Site, visit: Visit) -> None:
    page = visit()
    ask(page, ASKED)
    answered(page)
    ask(page, "And the public sector?")
    assert answered(page, 2).locator(".understood").inner_text() == (
        "Understood as: How many GPUs is Korea securing for the public sector?"
    )


def test_a_refusal_offers_the_nearest_articles(site: Site, visit: Visit) -> None:
    page = visit()
    ask(page, "Who won the 2018 World Cup?")
    card = answered(page)
    assert "Not answered: the articles do not say it." in card.inner_text()
    assert card.locator(".mark").count() == 0
    nearest = card.locator(".evidence .sentence").first
    title = nearest.locator(".from").inner_text()
    nearest.click()
    expect(page.get_by_role("dialog", name="Article").get_by_role("heading")).to_have_text(title)


def test_stop_then_ask_again(site: Site, visit: Visit) -> None:
    site.model.go.clear()
    page = visit()
    ask(page, ASKED)
    assert site.model.began.wait(10)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".outcome")).to_contain_text("Stopped.")
    assert page.locator(".sentence").count() > 0  # the evidence is still there
    site.model.go.set()
    page.get_by_role("button", name="Ask again").click()
    assert "260,000" in answered(page).inner_text()
    assert page.locator(".turn").count() == 1


def test_retry_and_edit_take_the_place_of_the_answer(site: Site, visit: Visit) -> None:
    page = visit()
    ask(page, ASKED)
    answered(page)
    page.locator(".actions").get_by_role("button", name="Ask again").click()
    answered(page)
    page.get_by_role("button", name="Edit").click()
    box = page.get_by_label("Edit the question")
    assert box.input_value() == ASKED
    page.keyboard.press("Escape")
    assert page.locator(".asked").inner_text() == ASKED
    page.get_by_role("button", name="Edit").click()
    box.fill("Who won the 2018 World Cup?")
    box.press("Enter")
    expect(page.locator(".card.refused")).to_be_visible()
    assert page.locator(".asked").all_inner_texts() == ["Who won the 2018 World Cup?"]


def test_an_edited_follow_up_follows_what_stands_before_it(site: Site, visit: Visit) -> None:
    """Not its own old version, nor what was asked after it; and what is asked next follows what stands last."""
    page = visit()
    ask(page, ASKED)
    answered(page)
    ask(page, "And the public sector?")
    answered(page, 2)
    ask(page, "What did the United States and the United Kingdom agree on?")
    answered(page, 3)
    kept = "SELECT id FROM answers WHERE conversation=(SELECT conversation FROM answers ORDER BY number DESC LIMIT 1)"
    first, _, third = [str(row[0]) for row in site.service.database.rows(f"{kept} ORDER BY number", ())]
    second = page.locator(".turn").nth(1)

    second.get_by_role("button", name="Edit").click()
    page.get_by_label("Edit the question").fill("And the private sector?")
    with page.expect_request("**/v1/ask/stream") as edited:
        page.keyboard.press("Enter")
    assert edited.value.post_data_json["after"] == first
    expect(second.locator(".understood")).to_have_text(
        "Understood as: How many GPUs is Korea securing for the private sector?"
    )
    second.locator(".actions").wait_for()
    with page.expect_request("**/v1/ask/stream") as again:
        second.locator(".actions").get_by_role("button", name="Ask again").click()
    assert again.value.post_data_json["after"] == first
    answered(page, 3)

    with page.expect_request("**/v1/ask/stream") as more:
        ask(page, "And in October?")
    assert more.value.post_data_json["after"] == third
    answered(page, 4)
    assert page.locator(".asked").nth(1).inner_text() == "And the private sector?"


def test_who_asks_while_an_answer_is_written_is_told_so(site: Site, visit: Visit) -> None:
    page = visit()
    ask(page, ASKED_KO)
    answered(page)
    site.model.began.clear()
    site.model.go.clear()
    ask(page, ASKED)
    assert site.model.began.wait(10)
    notice = page.locator(".composer .note")
    expect(notice).to_be_hidden()
    page.locator(".actions").get_by_role("button", name="Ask again").click()
    expect(notice).to_have_text("Another answer is being written. Ask when it is there, or stop it.")
    expect(notice).to_be_visible()
    ask(page, "And the public sector?")
    assert page.get_by_label("Your question").input_value() == "And the public sector?"  # not lost
    page.get_by_role("button", name="Stop").click()
    expect(notice).to_be_hidden()
    assert page.locator(".asked").all_inner_texts() == [ASKED_KO, ASKED]


def test_feedback_is_kept_with_its_comment(site: Site, visit: Visit) -> None:
    page = visit()
    ask(page, ASKED)
    answered(page)
    with page.expect_response("**/v1/feedback") as told:
        page.get_by_role("button", name="Helpful", exact=True).click()
    identity = told.value.request.post_data_json["answer"]
    rows = "SELECT thumb, comment FROM feedback WHERE answer=?"
    assert site.service.database.rows(rows, (identity,)) == [("up", None)]
    with page.expect_response("**/v1/feedback"):  # the card is drawn anew when it is there
        page.get_by_role("button", name="Not helpful").click()
    expect(page.get_by_role("button", name="Not helpful")).to_have_attribute("aria-pressed", "true")
    page.get_by_label("What was right or wrong?").fill("Counts the wrong thing")
    with page.expect_response(lambda told: "Counts" in (told.request.post_data or "")):
        page.get_by_role("button", name="Send").click()
    page.get_by_text("Thank you.").first.wait_for()
    assert site.service.database.rows(rows, (identity,)) == [("down", "Counts the wrong thing")]
    assert page.get_by_role("button", name="Not helpful").get_attribute("aria-pressed") == "true"


def test_copy_has_the_citations_and_the_link_asks_again(site: Site, visit: Visit) -> None:
    page = visit()
    ask(page, ASKED)
    answered(page)
    page.get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Copied").wait_for()
    text = page.evaluate("navigator.clipboard.readText()")
    assert text.startswith("More than 260,000 GPUs [1].\n\n[1] ")
    assert QUOTED in text
    assert "뉴스핌, 2025-10-31" in text
    page.get_by_role("button", name="Link", exact=True).click()
    page.get_by_role("button", name="Link copied").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == f"{site.url}/?q=How%20many%20GPUs%20is%20Korea%20securing%3F"
    other = visit(link.removeprefix(site.url))
    assert "260,000" in answered(other).inner_text()
    assert other.url == f"{site.url}/"


def test_filters_are_sent_and_shown(site: Site, visit: Visit) -> None:
    page = visit()
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("애플경제").check()
    page.get_by_label("From", exact=True).fill("2025-09-01")
    expect(page.locator(".only")).to_have_text("Only 애플경제, from 2025-09-01")
    with page.expect_request("**/v1/ask/stream") as told:
        ask(page, "What did the United States and the United Kingdom agree on?")
    assert told.value.post_data_json["filter"] == {"publishers": ["애플경제"], "since": "2025-09-01"}
    answered(page)
    assert {one.split(" · ")[0] for one in page.locator(".evidence .when").all_inner_texts()} <= {"애플경제"}


def test_what_a_filter_left_out_can_be_asked_without_it(site: Site, visit: Visit) -> None:
    page = visit()
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("From", exact=True).fill("2030-01-01")
    ask(page, ASKED)
    card = answered(page)
    assert card.locator(".answer").inner_text() == "Not answered: the articles do not say it."
    assert page.locator(".turn .filter").inner_text() == "Only from 2030-01-01"
    page.get_by_role("button", name="Ask all articles").click()
    expect(page.locator(".card .answer")).to_contain_text("260,000")
    expect(page.locator(".turn .filter")).to_have_count(0)


DOWN = ModelServerError("The model is out of reach.", "모델에 연결할 수 없습니다.")


@pytest.mark.parametrize(
    ("fails", "why"),
    [(DOWN, "The model is out of reach."), (OutOfTimeError(55), "within 55 seconds")],
    ids=["no model", "out of time"],
)
def test_what_went_less_than_well_is_told_in_plain_words(site: Site, visit: Visit, fails: GisaError, why: str) -> None:
    """What was read is the answer all the same, and on demand the reason why the model wrote nothing."""
    site.model.fails = fails
    page = visit(locale="en-US")
    ask(page, ASKED)
    card = answered(page)
    assert "26만장 이상" in card.locator(".answer").inner_text()
    expect(card.locator(".how .note")).to_contain_text("Read in the article, at the words marked below.")
    reason = card.locator(".why p")
    expect(reason).to_be_hidden()
    card.locator(".why summary", has_text="Why").click()
    expect(reason).to_contain_text(why)


@pytest.mark.parametrize(
    ("locale", "question", "plain", "opener", "doubt", "down"),
    [
        (
            "en-US", ASKED, "Quoted from the article as it stands: it is not sure enough that this answers.", "Why",
            "Quoted only: it is not sure enough that this is the answer.", "The model is out of reach.",
        ),
        (
            "ko-KR", ASKED_KO, "답인지 충분히 확실하지 않아, 기사 문장을 그대로 옮겼습니다.", "이유",
            "답인지 충분히 확실하지 않아 문장만 인용합니다.", "모델에 연결할 수 없습니다.",
        ),
    ],
    ids=["en", "ko"],
)  # fmt: skip
@pytest.mark.parametrize("fails", [None, DOWN], ids=["judged", "no model"])
def test_what_is_not_sure_is_quoted_and_says_why(
    site: Site,
    visit: Visit,
    monkeypatch: pytest.MonkeyPatch,
    locale: str,
    question: str,
    plain: str,
    opener: str,
    doubt: str,
    down: str,
    fails: GisaError | None,
) -> None:
    gisa = site.service._gisa
    never_sure = gisa.settings.answer.model_copy(update={"sure_odds": 1000.0})
    monkeypatch.setattr(gisa, "settings", gisa.settings.model_copy(update={"answer": never_sure}))
    site.model.fails = fails
    page = visit(locale=locale)
    ask(page, question)
    card = answered(page)
    assert QUOTED in card.locator(".answer").inner_text()
    expect(card.locator(".how .note")).to_contain_text(plain)
    expect(card.locator(".why p").first).to_be_hidden()
    card.locator(".why summary", has_text=opener).click()
    expect(card.locator(".why p").first).to_have_text(doubt)
    expect(card.locator(".why")).to_contain_text(down) if fails else expect(card.locator(".why p")).to_have_count(1)


def test_a_draft_that_says_something_else_leaves_what_was_read(site: Site, visit: Visit) -> None:
    site.model.draft = "990,000 GPUs"
    page = visit(locale="en-US")
    ask(page, ASKED)
    card = answered(page)
    assert "26만장 이상" in card.locator(".answer").inner_text()
    assert "990,000" not in card.inner_text()
    expect(card.locator(".why")).to_have_count(0)


def test_focus_is_kept_when_the_answer_takes_the_place_of_the_draft(site: Site, visit: Visit) -> None:
    site.model.go.clear()
    page = visit()
    ask(page, ASKED)
    found = page.locator(".found .sentence")
    found.first.wait_for()
    assert site.model.began.wait(10)
    found.first.focus()
    page.keyboard.press("Enter")
    cited(page)
    site.model.go.set()
    answered(page)
    page.keyboard.press("Escape")  # what had opened the article is gone; what shows the same sentence has the focus
    assert QUOTED in page.evaluate("document.activeElement.textContent")
    page.locator(".actions").get_by_role("button", name="Ask again").press("Enter")
    answered(page)
    expect(page.get_by_label("Your question")).to_be_focused()


def test_a_finger_on_the_screen_leaves_the_answer_in_sight(site: Site, visit: Visit) -> None:
    page = visit("/", PHONE, has_touch=True, is_mobile=True)
    ask(page, ASKED)
    answered(page)
    assert page.evaluate("document.activeElement === document.body")  # no keyboard over half of the page


def test_everything_by_keyboard(site: Site, visit: Visit) -> None:
    page = visit()
    page.keyboard.type(ASKED)  # the question has the focus
    page.keyboard.press("Enter")
    answered(page)

    def go(label: str, key: str = "Shift+Tab") -> None:
        for _ in range(40):
            page.keyboard.press(key)
            at = page.evaluate(
                "(document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent).trim()"
            )
            if at.startswith(label):
                return
        raise AssertionError(f"{label} cannot be reached")

    go("Source 1")
    page.keyboard.press("Enter")
    assert QUOTED in cited(page)
    assert page.evaluate("document.activeElement.className") == "cited"
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Article")).to_be_hidden()
    assert page.evaluate("document.activeElement.className") == "mark"
    go("Helpful", "Tab")
    page.keyboard.press("Enter")
    page.get_by_label("What was right or wrong?").wait_for()
    go("Edit")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.textContent") == "Edit"
    go("Articles")
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="Articles")).to_have_attribute("aria-selected", "true")


def test_progress_and_answer_are_told_to_who_listens(site: Site, visit: Visit) -> None:
    page = visit()
    ask(page, ASKED)
    answered(page)
    live = page.locator("p[aria-live=polite].gisa-hidden")
    expect(live).to_have_text("More than 260,000 GPUs [1].")
