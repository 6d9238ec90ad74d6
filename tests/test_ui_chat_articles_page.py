"""The Articles and Quality tabs in a real Chromium: an upload is answered from, a removal is not, an undo is again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from browser import Site, Told, Visit, answered, ask, serving_at
from serving import open_service

from rag.followup import standalone
from ui.chat.drafts import FOLDER

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytest_plugins = ("browser",)
WAIT_MS = 30_000
GARAM = """---
id: garam
title: 가람전자 서버 투자
publisher: 한빛일보
published: 2025-10-31
---

가람전자는 내년 3월까지 서버 3만2천대를 들여온다고 밝혔다. 서버는 모두 울산에 둔다.
"""
QUESTION = "가람전자는 서버를 몇 대 들여오나?"


@pytest.fixture
def site(shipped_home: Path, embedder: Any, tmp_path: Path) -> Iterator[Site]:
    """A server of the test's own, whose collection may change."""
    model = Told(draft="3만2천대")
    service = open_service(tmp_path / "home", shipped_home, embedder, model, standalone, asks_per_minute=1000)
    with serving_at(service) as url:
        yield Site(url, model, service)


def opened(page: Page, tab: str) -> None:
    page.get_by_role("tab", name=tab).click()


def test_an_upload_is_answered_from_until_it_is_removed_and_again_once_it_is_back(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    page.set_default_timeout(WAIT_MS)
    good, bad = tmp_path / "garam.md", tmp_path / "empty.txt"
    good.write_text(GARAM, encoding="utf-8")
    bad.touch()

    opened(page, "Articles")
    page.get_by_role("button", name="Add articles").click()
    page.locator(".gt-add input[type=file]").set_input_files([good, bad])
    table = page.locator(".gt-results table")
    table.wait_for()
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
    page.locator(".gt-notice", has_text="Removed").first.wait_for()
    page.locator(".gt-count", has_text="5 articles").first.wait_for()

    opened(page, "Ask")
    ask(page, QUESTION)
    assert "3만2천대" not in answered(page, 2).inner_text()

    opened(page, "Articles")
    page.get_by_role("button", name="Undo").click()
    page.locator(".gt-notice", has_text="is back").first.wait_for()

    opened(page, "Ask")
    ask(page, QUESTION)
    assert "3만2천대" in answered(page, 3).inner_text()


def test_without_a_run_the_quality_tab_says_how_to_make_one(visit: Visit) -> None:
    page = visit(locale="ko-KR")
    opened(page, "품질")
    page.locator(".gt-empty", has_text="gisa eval run").wait_for(timeout=WAIT_MS)


def test_feedback_becomes_a_draft_at_a_press_of_a_button(visit: Visit, site: Site) -> None:
    page = visit()
    page.set_default_timeout(WAIT_MS)
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
