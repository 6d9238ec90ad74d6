"""The web widget in a real browser, on a page of another origin: over the real API, and over a hostile server."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from serving import ASKED, Drafting, Served, Slow, listening
from starlette.middleware.cors import CORSMiddleware

from ui.channels import widget

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytest_plugins = ("browser",)

MARKUP = '<img src=x onerror="window.hacked=1"><b>bold</b>'
ANSWER = {
    "id": "a",
    "conversation": "c",
    "rewritten": f"What about the UK? {MARKUP}",
    "question": "And the UK?",
    "language": "en",
    "answer": f"It is 60,000 [1]. {MARKUP}",
    "refused": False,
    "answered_by": "extract",
    "citations": [
        {
            "number": 1,
            "article_id": "x",
            "title": f"Title {MARKUP}",
            "publisher": f"Paper {MARKUP}",
            "published": "2025-09-19",
            "url": "javascript:window.hacked=1",
            "quote": f"Quote {MARKUP}",
            "start": 0,
            "end": 5,
        }
    ],
    "claims": [],
    "timings_ms": {},
    "model": None,
    "settings": "s",
    "notices": [f"Notice {MARKUP}"],
    "nearest": [],
}


@contextmanager
def hosting() -> Iterator[tuple[str, Callable[[str], None]]]:
    """A page of another origin, and how to say what is in it."""
    told = {"page": ""}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = told["page"].encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", lambda page: told.update(page=page)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def embedded(browser: Browser, serve: Callable[[str], AbstractContextManager[Any]], attributes: str) -> Iterator[Page]:
    """The widget on a page that has a button and a style of its own."""
    with hosting() as (origin, put), serve(origin) as server:
        url = str(server.base_url).rstrip("/") if isinstance(server, httpx.Client) else server
        put(
            "<!doctype html><html lang=en><title>News</title><style>p{display:none!important}</style>"
            f'<button id=before>before</button><script src="{url}/widget.js" {attributes}></script>'
        )
        context = browser.new_context()
        page = context.new_page()
        page.goto(origin)
        try:
            yield page
        finally:
            context.close()


def replying(reply: Callable[[Request], Response]) -> Callable[[str], AbstractContextManager[str]]:
    """A server that has the widget, and this for an answer."""

    def serve(origin: str) -> AbstractContextManager[str]:
        app = FastAPI()
        app.include_router(widget.router)
        app.add_middleware(
            CORSMiddleware,
            allow_origins=[origin],
            allow_methods=["POST"],
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["Retry-After"],
        )

        @app.post("/v1/ask/stream")
        def stream(request: Request) -> Response:
            return reply(request)

        return listening(app)

    return serve


def streamed(*events: tuple[str, Any]) -> Response:
    text = "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events)
    return Response(": begins\n\n" + text, media_type="text/event-stream")


def focused(page: Page) -> str:
    """The text or tag of what has the focus inside the widget."""
    return str(
        page.evaluate(
            "() => { const at = document.querySelector('#gisa-widget').shadowRoot.activeElement;"
            " return at ? (at.tagName === 'BUTTON' ? at.textContent : at.tagName) : '' }"
        )
    )


def ask_by_keyboard(page: Page, question: str) -> None:
    page.locator("#before").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert focused(page) == "TEXTAREA"
    page.keyboard.type(question)
    page.keyboard.press("Enter")


def test_the_script_is_served_and_kept(serving: Served) -> None:
    with serving(Drafting(), require_keys=True) as client:
        told = client.get("/widget.js")
        again = client.get("/widget.js", headers={"if-none-match": told.headers["etag"]})
        schema = client.get("/openapi.json").json()
    assert (told.status_code, told.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert told.headers["cache-control"] == "public, max-age=3600"
    assert told.headers["x-content-type-options"] == "nosniff"
    assert (again.status_code, again.content) == (304, b"")
    assert "/widget.js" not in schema["paths"]


def test_the_script_makes_no_markup_of_text() -> None:
    script = resources.files("ui.channels").joinpath("static/widget.js").read_text(encoding="utf-8")
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "createContextualFragment"):
        assert way not in script


def test_a_question_by_keyboard_over_the_real_api(browser: Browser, serving: Served) -> None:
    with embedded(browser, lambda origin: serving(Drafting(), allowed_origins=[origin]), 'data-language="en"') as page:
        ask_by_keyboard(page, ASKED)
        page.get_by_text("The answer is there.").wait_for()
        dialog = page.get_by_role("dialog", name="Ask the news")
        assert dialog.get_by_role("log").get_by_text("260,000").first.is_visible()
        source = dialog.locator("details").first
        assert source.get_attribute("open") is None
        dialog.get_by_role("button", name="Source 1").first.press("Enter")
        assert focused(page) == "SUMMARY"
        quote = source.locator("blockquote")
        assert quote.is_visible()
        assert "26만장" in quote.inner_text()
        assert "2025-10-31" in source.inner_text()
        page.keyboard.press("Escape")
        assert not dialog.is_visible()
        assert focused(page) == "Ask the news"


def test_focus_stays_within_the_dialog(browser: Browser) -> None:
    with embedded(browser, replying(lambda _: streamed(("answer", ANSWER))), 'data-language="ko"') as page:
        page.get_by_role("button", name="기사에 묻기").press("Enter")
        assert page.get_by_label("질문").is_visible()
        visited = []
        for _ in range(9):
            page.keyboard.press("Tab")
            visited.append(focused(page))
        assert set(visited) == {"묻기", "닫기", "DIV", "TEXTAREA"}
        page.get_by_label("질문").focus()
        for _ in range(9):
            page.keyboard.press("Shift+Tab")
            assert focused(page) in {"묻기", "닫기", "DIV", "TEXTAREA"}


def test_the_draft_is_shown_as_it_is_written_and_can_be_stopped(browser: Browser, serving: Served) -> None:
    model = Slow(words=600)
    with embedded(browser, lambda origin: serving(model, allowed_origins=[origin]), 'data-language="en"') as page:
        ask_by_keyboard(page, ASKED)
        page.get_by_text("Draft, not yet checked: word word").wait_for()
        assert page.locator(".draft").get_attribute("aria-hidden") == "true"
        page.get_by_role("button", name="Stop").click()
        page.get_by_text("Stopped.").wait_for()
        assert model.ended.wait(5)
        assert page.get_by_label("Your question").input_value() == ASKED


def test_what_articles_say_stays_text(browser: Browser) -> None:
    sent: list[bytes] = []

    def reply(request: Request) -> Response:
        sent.append(request.headers.get("authorization", "").encode())
        return streamed(("evidence", {"hits": []}), ("token", {"text": MARKUP}), ("answer", ANSWER))

    with embedded(browser, replying(reply), 'data-language="en" data-key="gisa_publishable"') as page:
        ask_by_keyboard(page, "And the UK?")
        page.get_by_text("The answer is there.").wait_for()
        page.get_by_role("button", name="Source 1").click()
        shown = page.locator("dialog").inner_text()
        for said in (
            "It is 60,000",
            "Understood as: What about the UK?",
            "Quote",
            "Paper",
            "Title",
            "Notice",
            "not sure enough",
        ):
            assert said in shown
        assert shown.count(MARKUP) == 6
        assert page.locator("dialog img, dialog b, dialog a").count() == 0
        assert page.evaluate("window.hacked") is None
    assert sent == [b"Bearer gisa_publishable"]


def test_a_refusal_names_the_nearest_articles(browser: Browser) -> None:
    info = {"id": "n", "title": "Nearest", "publisher": "Paper", "published": "2025", "url": "https://news.example/1"}
    refusal = {**ANSWER, "answer": "The articles do not say.", "refused": True, "citations": [], "nearest": [info]}
    with embedded(browser, replying(lambda _: streamed(("answer", refusal))), 'data-language="en"') as page:
        ask_by_keyboard(page, "Who?")
        page.get_by_text("The articles do not answer this.").wait_for()
        link = page.get_by_role("link", name="Open the article")
        assert link.get_attribute("href") == "https://news.example/1"
        assert "noopener" in (link.get_attribute("rel") or "")


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (
            lambda _: Response(
                json.dumps({"code": "queue_full", "detail": "Too many questions wait."}),
                429,
                {"Retry-After": "7"},
                "application/problem+json",
            ),
            "Too many questions wait. Try again in 7 seconds.",
        ),
        (lambda _: Response("<h1>bad gateway</h1>", 502), "The server could not answer (502). Try again later."),
        (lambda _: streamed(("evidence", {"hits": []})), "The connection broke off before the answer was there."),
        (lambda _: streamed(("error", {"detail": "No answer in 55 seconds."})), "No answer in 55 seconds."),
    ],
)
def test_what_goes_wrong_is_told_and_the_question_kept(
    browser: Browser, reply: Callable[[Request], Response], told: str
) -> None:
    with embedded(browser, replying(reply), 'data-language="en"') as page:
        ask_by_keyboard(page, "Who?")
        page.get_by_text(told).wait_for()
        assert page.get_by_label("Your question").input_value() == "Who?"


def test_offline_is_told(browser: Browser) -> None:
    with embedded(browser, replying(lambda _: streamed(("answer", ANSWER))), 'data-language="ko"') as page:
        page.context.set_offline(True)
        page.get_by_role("button", name="기사에 묻기").click()
        page.get_by_label("질문").fill("누가?")
        page.get_by_label("질문").press("Enter")
        page.get_by_text("인터넷에 연결되어 있지 않습니다.").wait_for()


def test_a_page_that_is_not_allowed_gets_nothing(browser: Browser, serving: Served) -> None:
    with embedded(browser, lambda _: serving(Drafting()), 'data-language="en"') as page:
        ask_by_keyboard(page, ASKED)
        page.get_by_text("The server cannot be reached.").wait_for()


def test_a_forgotten_conversation_begins_anew(browser: Browser) -> None:
    asked: list[dict[str, Any]] = []

    def serve(origin: str) -> AbstractContextManager[str]:
        app = FastAPI()
        app.include_router(widget.router)
        app.add_middleware(
            CORSMiddleware, allow_origins=[origin], allow_methods=["POST"], allow_headers=["Content-Type"]
        )

        @app.post("/v1/ask/stream")
        async def stream(request: Request) -> Response:
            asked.append(await request.json())
            if "conversation" in asked[-1]:
                problem = {"code": "conversation_not_found", "detail": "No such conversation."}
                return Response(json.dumps(problem), 404, media_type="application/problem+json")
            return streamed(("answer", ANSWER))

        return listening(app)

    with embedded(browser, serve, 'data-language="en"') as page:
        ask_by_keyboard(page, "first")
        page.get_by_text("The answer is there.").wait_for()
        page.get_by_label("Your question").fill("second")
        page.get_by_label("Your question").press("Enter")
        page.locator(".turn").nth(1).locator("details").wait_for()
    assert asked == [{"question": "first"}, {"question": "second", "conversation": "c"}, {"question": "second"}]
