"""The page of `gisa serve` as it is run: a process of its own with the real local model."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browser import ASKED, ASKED_KO, answered, ask

from seeds.provision import ensure

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytest_plugins = ("browser",)


@pytest.fixture
def process(home: Path, shipped_home: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The server and its address."""
    ensure("qwen2.5-coder-1.5b-instruct", home)
    shutil.copytree(shipped_home, tmp_path, dirs_exist_ok=True)
    (tmp_path / "models").symlink_to(home / "models")
    command = [sys.executable, "-m", "ui.cli", "serve", "--port", "0"]
    environment = os.environ | {"GISA_HOME": str(tmp_path), "GISA_LANG": "en"}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        told = (re.search(r"Serving on (http://\S+?), the chat page", line) for line in running.stderr)
        url = next((found[1] for found in told if found), "")
        try:
            yield running, url
        finally:
            running.kill()


@contextmanager
def opened(browser: Browser, url: str, locale: str) -> Iterator[Page]:
    context = browser.new_context(locale=locale)
    try:
        page = context.new_page()
        page.set_default_timeout(90_000)
        page.goto(url)
        page.locator("#gisa-chat .composer").wait_for()
        yield page
    finally:
        context.close()


def test_the_local_model_answers_and_the_page_proves_it(
    browser: Browser, process: tuple[subprocess.Popen[str], str]
) -> None:
    """In both languages, followed up, and refused."""
    running, url = process
    with opened(browser, url, "en-US") as page:
        ask(page, ASKED)
        page.locator(".found .sentence").first.wait_for()  # before the model has written
        card = answered(page)
        assert "260,000" in card.locator(".answer").inner_text() or "26만" in card.locator(".answer").inner_text()
        card.locator(".mark").first.click()
        assert "26만장" in page.locator("mark.cited").inner_text()
    with opened(browser, url, "ko-KR") as page:
        ask(page, ASKED_KO)
        assert "26만장" in answered(page).locator(".answer").inner_text()
        ask(page, "그럼 민간은?")
        followed = answered(page, 2).locator(".answer").inner_text()
        # The public's 5만장, which the reader takes for the answer, is not asserted.
        assert "20만장" in followed or followed.startswith("기사에 이렇게 나옵니다")
        ask(page, "2018년 월드컵에서 어느 나라가 우승했나?")
        card = answered(page, 3)
        assert "답하지 않았습니다" in card.inner_text()
        assert card.locator(".mark").count() == 0
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=60)
    assert running.returncode == 0
