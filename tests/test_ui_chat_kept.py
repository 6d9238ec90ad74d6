"""What a device keeps of conversations: over reloads, in tabs of their own, and when the server is gone."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from browser import ASKED, Site, Visit, answered, ask
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest_plugins = ("browser",)


def test_reload_keeps_the_conversation_and_the_language(site: Site, visit: Visit) -> None:
    page = visit()
    ask(page, ASKED)
    answered(page)
    page.get_by_role("button", name="한국어").click()
    page.locator("html[lang=ko] #gisa-chat .actions").wait_for()
    assert page.locator(".asked").all_inner_texts() == [ASKED]
    assert page.get_by_role("tab").all_inner_texts() == ["질문", "기사", "품질"]
    ask(page, "And the public sector?")
    assert "Korea" in answered(page, 2).locator(".understood").inner_text()
    page.reload()
    assert answered(page, 2).is_visible()


def test_two_tabs_do_not_disturb_each_other(site: Site, visit: Visit) -> None:
    one = visit()
    two = one.context.new_page()
    two.goto(site.url, wait_until="commit")
    two.locator("#gisa-chat .composer").wait_for()
    ask(one, ASKED)
    ask(two, "Who won the 2018 World Cup?")
    answered(one)
    answered(two)
    for page in (one, two):
        page.reload()
        answered(page)
    assert one.locator(".asked").all_inner_texts() == [ASKED]
    assert two.locator(".asked").all_inner_texts() == ["Who won the 2018 World Cup?"]
    one.get_by_role("button", name="Earlier conversations").click()
    listed = one.get_by_role("list", name="Earlier conversations").get_by_role("button")
    assert listed.count() == 2
    listed.filter(has_text="World Cup").click()
    assert one.locator(".asked").all_inner_texts() == ["Who won the 2018 World Cup?"]


def test_a_reload_while_asking_keeps_the_question(site: Site, visit: Visit) -> None:
    site.model.go.clear()
    page = visit()
    ask(page, ASKED)
    assert site.model.began.wait(10)
    page.reload()
    expect(page.locator(".outcome")).to_contain_text("This question was interrupted before its answer.")
    site.model.go.set()
    page.get_by_role("button", name="Ask again").click()
    assert "260,000" in answered(page).inner_text()


class Line:
    """A line to the server that can be cut, and mended: what a browser sees of a server that restarts."""

    def __init__(self, port: int) -> None:
        self._server = port
        self._open: list[socket.socket] = []
        self._listening: socket.socket | None = None
        self.port = 0
        self.mend()

    def mend(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listening,)).start()

    def cut(self) -> None:
        assert self._listening
        for one in (self._listening, *self._open):
            with suppress(OSError):  # the other end was quicker
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._open.clear()

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):  # cut
            while True:
                near, _ = listening.accept()
                far = socket.create_connection(("127.0.0.1", self._server))
                self._open += [near, far]
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=ends).start()

    def _pass_on(self, source: socket.socket, to: socket.socket) -> None:
        with suppress(OSError):  # cut
            while data := source.recv(65536):
                to.sendall(data)
        for one in (source, to):
            one.close()


def test_a_server_that_restarts_while_asking_loses_nothing(browser: Browser, site: Site) -> None:
    line = Line(urlsplit(site.url).port or 0)
    context = browser.new_context(locale="en-US")
    try:
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{line.port}/")
        page.locator("#gisa-chat .composer").wait_for()
        ask(page, ASKED)
        answered(page)
        site.model.go.clear()
        ask(page, "And the public sector?")
        page.locator(".found .sentence").first.wait_for()
        line.cut()
        outcome = page.locator(".outcome")
        expect(outcome).to_contain_text("Your question and the evidence are kept.")
        assert page.locator(".found .sentence").count() > 0
        outcome.get_by_role("button", name="Ask again").click()
        expect(outcome).to_contain_text("The server cannot be reached")
        site.model.go.set()
        line.mend()
        outcome.get_by_role("button", name="Ask again").click()
        assert "Korea" in answered(page, 2).locator(".understood").inner_text()
        assert page.locator(".asked").all_inner_texts() == [ASKED, "And the public sector?"]
    finally:
        context.close()
        line.cut()
