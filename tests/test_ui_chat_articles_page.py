"""The Articles and Quality tabs in a real Chromium: an upload is answered from, a removal is not, an undo is again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from articles_desk import GARAM
from browser import PHONE, Site, Told, Visit, answered, ask, made, serious, serving_at
from playwright.sync_api import expect
from serving import open_service

from rag.followup import standalone
from ui.chat.drafts import FOLDER

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytest_plugins = ("browser",)
QUESTION = "가람전자는 서버를 몇 대 들여오나?"


@pytest.fixture(scope="module")
def site(shipped_home: Path, embedder: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server of the module's own, whose collection may change: each test leaves it as it was."""
    model = Told()
    model.draft = "3만2천대"
    home = tmp_path_factory.mktemp("articles") / "home"
    service = open_service(home, shipped_home, embedder, model, standalone, asks_per_minute=1000)
    with serving_at(service) as url:
        made(url)
        yield Site(url, model, service)


@pytest.fixture(autouse=True)
def left_as_it_was(site: Site) -> Iterator[None]:
    yield
    with httpx.Client(base_url=site.url, timeout=60) as client:
        client.delete("/v1/articles/garam")


def opened(page: Page, tab: str) -> None:
    page.get_by_role("tab", name=tab).click()


def test_an_upload_is_answered_from_until_it_is_removed_and_again_once_it_is_back(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    good, bad = tmp_path / "garam.md", tmp_path / "empty.txt"
    good.write_text(GARAM, encoding="utf-8")
    bad.touch()

    opened(page, "Articles")
    page.get_by_role("button", name="Add articles").click()
    page.locator(".gt-add input[type=file]").set_input_files([good, bad])
    table = page.locator(".gt-results table")
    table.wait_for()
    expect(page.locator(".gt-results [role=status]")).to_have_text("1 added · 1 not added")
    assert serious(page) == []
    rows = {
        row.locator("th").inner_text().split("\n")[0]: row.locator(".gt-tag").inner_text()
        for row in table.locator("tbody tr").all()
    }
    assert rows == {"garam.md": "added", "empty.txt": "not added"}
    page.locator(".gt-count", has_text="6 articles").first.wait_for()

    opened(page, "Ask")
    ask(page, QUESTION)
    assert "3만2천대" in answered(page).inner_text()

    opened(page, "Articles")
    page.get_by_role("radio", name="가람전자 서버 투자").check(force=True)
    page.locator(".gt-reader article", has_text="울산에 둔다").wait_for()
    page.get_by_role("button", name="Remove").click()
    page.locator(".prose.gt-notice", has_text="Removed").first.wait_for()
    page.locator(".gt-count", has_text="5 articles").first.wait_for()
    assert serious(page) == []

    opened(page, "Ask")
    ask(page, QUESTION)
    assert "3만2천대" not in answered(page, 2).inner_text()

    opened(page, "Articles")
    page.get_by_role("button", name="Undo").click()
    page.locator(".prose.gt-notice", has_text="is back").first.wait_for()

    opened(page, "Ask")
    ask(page, QUESTION)
    assert "3만2천대" in answered(page, 3).inner_text()


def test_articles_by_keyboard(visit: Visit, tmp_path: Path) -> None:
    """Added, read, removed and put back, and nowhere is the focus lost."""
    page = visit()
    file = tmp_path / "garam.md"
    file.write_text(GARAM, encoding="utf-8")
    # Choosers are caught from here on: to begin with it just before the key races the key.
    page.on("filechooser", lambda chooser: chooser.set_files(file))

    def on(wanted: Locator, *keys: str) -> None:
        """The keys lead there."""
        for key in keys:
            page.keyboard.press(key)
        expect(wanted).to_be_focused()

    page.get_by_role("tab", name="Ask").focus()
    on(page.get_by_role("tab", name="Articles"), "ArrowRight")
    page.keyboard.press("Enter")
    page.locator(".prose.gt-count", has_text="5 articles").wait_for()
    on(page.get_by_role("button", name="Add articles"), "Tab", "Tab")
    page.keyboard.press("Enter")
    upload = page.get_by_role("button", name="Click to upload")
    upload.wait_for()
    on(upload, "Tab")
    page.keyboard.press("Enter")
    page.locator(".gt-results .gt-added").wait_for()
    page.locator(".prose.gt-count", has_text="6 articles").wait_for()

    page.get_by_role("button", name="Filters").last.focus()
    entries = page.locator(".gt-list").get_by_role("radio")
    on(entries.nth(0), "Tab")
    on(entries.nth(1), "ArrowDown")
    on(entries.nth(0), "ArrowUp")
    on(entries.nth(5), "ArrowUp")
    page.get_by_role("radio", name="가람전자").focus()
    page.keyboard.press("Enter")
    page.locator(".gt-reader article", has_text="울산에 둔다").wait_for()
    expect(page.get_by_role("radio", name="가람전자")).to_be_focused()
    page.get_by_role("button", name="Replace with a file").focus()
    on(page.get_by_role("button", name="Remove"), "Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    page.keyboard.press("Enter")
    page.locator(".prose.gt-notice", has_text="is back").wait_for()
    expect(entries.first).to_be_focused()


def test_what_was_chosen_is_in_sight(visit: Visit) -> None:
    """Beside the list, however far down it was chosen; on a phone below it, with a way back."""
    for size in ((1280, 500), PHONE):
        page = visit("/", size)
        opened(page, "Articles")
        last = page.locator(".gt-list label").last
        last.scroll_into_view_if_needed()
        last.click()
        heading = page.locator(".gt-reader h2")
        heading.wait_for()
        expect(heading).to_be_in_viewport()
        back = page.get_by_role("button", name="Back to the list")
        if size != PHONE:
            expect(back).to_be_hidden()
            continue
        back.click()
        expect(last).to_be_in_viewport()
        expect(page.get_by_role("radio").last).to_be_focused()


def test_without_a_run_the_quality_tab_says_how_to_make_one(visit: Visit) -> None:
    page = visit(locale="ko-KR")
    opened(page, "품질")
    page.locator(".gt-empty", has_text="gisa eval run").wait_for()


def test_feedback_becomes_a_draft_at_a_press_of_a_button(visit: Visit, site: Site) -> None:
    page = visit()
    told = page.request.post(
        f"{site.url}/v1/ask", data=json.dumps({"question": QUESTION}), headers={"content-type": "application/json"}
    )
    page.request.post(
        f"{site.url}/v1/feedback",
        data=json.dumps({"answer": told.json()["id"], "thumb": "down", "comment": "<b>It is</b> 32,000."}),
        headers={"content-type": "application/json"},
    )
    opened(page, "Quality")
    page.get_by_role("radio", name=QUESTION).check(force=True)
    page.locator(".gt-reader dd", has_text="<b>It is</b> 32,000.").wait_for()
    page.get_by_role("button", name="Draft a golden question").click()
    page.locator(".gt-drafted", has_text=str(site.service.settings.home / FOLDER)).first.wait_for()
    assert len(list((site.service.settings.home / FOLDER).glob("draft-*.yaml"))) == 1
