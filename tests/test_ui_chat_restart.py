"""A server that is killed, told to end and started again while its page is used: `gisa serve` as a process of its own.

The embedder and the articles are real, the language model is a server of the test's.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from browser import ASKED, PATIENCE_MS, answered, ask, made
from playwright.sync_api import expect
from shipped import SURE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytest_plugins = ("browser",)

REMOVED = "'중국에 맞선 연합군'"
"""What the title of one of the shipped articles begins with."""


class Model(ThreadingHTTPServer):
    """An OpenAI server that finds every sentence good, and writes its draft as soon as `go` is set."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Reply)
        self.go, self.began = threading.Event(), threading.Event()
        self.go.set()

    def hold(self) -> None:
        self.go.clear()
        self.began.clear()


class _Reply(BaseHTTPRequestHandler):
    server: Model

    def do_POST(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with suppress(OSError):  # nobody waits any more
            if told.get("stream"):
                self._stream()
            else:
                self._say("application/json", json.dumps(_completion("message", "yes")))

    def _stream(self) -> None:
        self.server.began.set()
        self.server.go.wait(120)
        piece = {**_completion("delta", "yes: more than 260,000 GPUs"), "object": "chat.completion.chunk"}
        self._say("text/event-stream", f"data: {json.dumps(piece)}\n\ndata: [DONE]\n\n")

    def _say(self, kind: str, body: str) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name it has
        """Nothing: pytest's own output is enough."""


def _completion(part: str, text: str) -> dict[str, Any]:
    choice = {"index": 0, part: {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return {"id": "1", "object": "chat.completion", "created": 0, "model": "told", "choices": [choice]}


@dataclass
class Server:
    """`gisa serve` with a GISA_HOME and, once it was started, always the same port."""

    home: Path
    model: Model
    port: int = 0
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        told = {"GISA_HOME": str(self.home), "GISA_LANG": "en", "GISA_LLM__MODEL": "told"}
        told |= {"GISA_ANSWER__SURE_ODDS": str(SURE), "GISA_ANSWER__DRAFTING": "always"}
        told["GISA_LLM__BASE_URL"] = f"http://127.0.0.1:{self.model.server_address[1]}/v1"
        command = [sys.executable, "-m", "ui.cli", "serve", "--port", str(self.port)]
        log = self.home / "serve.log"
        with log.open("w") as stderr:
            self.process = subprocess.Popen(command, env=os.environ | told, stderr=stderr, text=True)
        while self.process.poll() is None:
            if found := re.search(r"Serving on http://127\.0\.0\.1:(\d+),", log.read_text()):
                self.port = int(found[1])
                made(self.url)
                return
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(0.1)
        raise AssertionError(log.read_text())

    def end(self, how: signal.Signals) -> int:
        """The exit code."""
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(60)


@pytest.fixture
def server(home: Path, embedder_folder: Path, shipped_home: Path, tmp_path: Path) -> Iterator[Server]:
    shutil.copytree(shipped_home, tmp_path, dirs_exist_ok=True)
    (tmp_path / "models").symlink_to(home / "models")
    with Model() as model:
        threading.Thread(target=model.serve_forever, daemon=True).start()
        its = Server(tmp_path, model)
        its.start()
        try:
            yield its
        finally:
            model.go.set()
            its.end(signal.SIGKILL)
            model.shutdown()


@contextmanager
def visited(browser: Browser, url: str) -> Iterator[Page]:
    context = browser.new_context(locale="en-US")
    try:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(url, wait_until="commit")
        page.locator("#gisa-chat .composer").wait_for()
        yield page
    finally:
        context.close()


def remove_an_article(page: Page) -> None:
    page.get_by_role("tab", name="Articles").click()
    page.get_by_role("radio", name=REMOVED).check(force=True)
    page.get_by_role("button", name="Remove").click()
    page.locator(".prose.gt-notice", has_text="Removed").wait_for()
    page.get_by_role("tab", name="Ask").click()


def test_a_server_killed_while_asking_loses_nothing(browser: Browser, server: Server) -> None:
    with visited(browser, server.url) as page:
        ask(page, ASKED)
        answered(page)
        remove_an_article(page)
        server.model.hold()
        ask(page, "And the public sector?")
        page.locator(".found .sentence").first.wait_for()
        assert server.model.began.wait(60)

        assert server.end(signal.SIGKILL) == -signal.SIGKILL
        outcome = page.locator(".outcome")
        expect(outcome).to_contain_text("Your question and the evidence are kept.")
        assert page.locator(".found .sentence").count() > 0
        outcome.get_by_role("button", name="Ask again").click()
        expect(outcome).to_contain_text("The server cannot be reached")

        server.start()
        page.reload(wait_until="commit")
        expect(page.locator(".asked")).to_have_text([ASKED, "And the public sector?"])
        assert "260,000" in page.locator(".card").inner_text()
        server.model.go.set()
        page.locator(".outcome").get_by_role("button", name="Ask again").click()
        assert "Korea" in answered(page, 2).locator(".understood").inner_text()

        page.get_by_role("tab", name="Articles").click()
        expect(page.locator(".prose.gt-count")).to_contain_text("4 articles")
        page.get_by_role("button", name="Undo").click()
        page.locator(".prose.gt-notice", has_text="is back").wait_for()
        expect(page.locator(".prose.gt-count")).to_contain_text("5 articles")


def test_a_server_told_to_end_finishes_the_answer_first(browser: Browser, server: Server) -> None:
    with visited(browser, server.url) as page:
        server.model.hold()
        ask(page, ASKED)
        page.locator(".found .sentence").first.wait_for()
        assert server.model.began.wait(60)
        threading.Timer(0.5, server.model.go.set).start()
        assert server.end(signal.SIGTERM) == 0
        assert "260,000" in answered(page).inner_text()
        ask(page, "And the public sector?")
        expect(page.locator(".outcome")).to_contain_text("The server cannot be reached")
        assert page.locator(".asked").all_inner_texts() == [ASKED, "And the public sector?"]
