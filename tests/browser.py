"""The chat page in a real Chromium, in front of the real server: the shipped articles, the real embedder, a model that
does as it is told.

Test files name this module as a plugin and import from it too; it asserts nothing, so PYTEST_DONT_REWRITE.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest
from serving import DRAFT, listening, open_service

from index.names import NameBook
from rag.errors import GisaError
from rag.followup import standalone
from rag.question import Question
from rag.types import Drafted, Evidence, Listener
from ui.rest.app import create_app
from ui.service import Service

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from index.sentence_transformer import SentenceTransformerEmbedder

pytest_plugins = ("serving",)

CHROMIUM = os.environ.get("GISA_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
DESKTOP, PHONE = (1280, 800), (390, 844)
PATIENCE_MS = 60_000
"""How long what must come is waited for: machines are busy."""
ASKED, ASKED_KO = "How many GPUs is Korea securing?", "한국은 GPU를 몇 장 확보하나?"
QUOTED = "26만장 이상 확보하기로"


@dataclass
class Told:
    """A model that finds every sentence it judges good, streams `words` and then says `draft`, or `fails`.

    It holds on before its first word until `go` is set; `began` is set when it is asked to write.
    """

    draft: str = DRAFT
    words: Sequence[str] = ()
    model: str = "told"
    made: bool = True
    fails: GisaError | None = None
    go: threading.Event = field(default_factory=threading.Event)
    began: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.draft, self.words, self.fails = DRAFT, (), None
        self.began.clear()
        self.go.set()

    def judge(self, question: Question, item: Evidence, names: NameBook) -> float:
        if self.fails is not None:
            raise self.fails
        return 10.0

    def write(self, question: Question, item: Evidence, names: NameBook, listen: Listener) -> str:
        for word in self.words:
            listen(Drafted(word))
        self.began.set()
        if self.fails is not None:
            raise self.fails
        while not self.go.wait(0.05):
            listen(Drafted(""))  # each event is a chance to stop
        listen(Drafted(self.draft))
        return self.draft

    def close(self) -> None: ...


@dataclass
class Site:
    """A served chat page: its address, the model behind it and the service."""

    url: str
    model: Told
    service: Service


@dataclass
class Seen:
    """What a page did that it must not do, as it happens."""

    own: str
    strangers: list[str] = field(default_factory=list)
    """Addresses of requests to other origins."""
    complaints: list[str] = field(default_factory=list)
    """Errors on the console (violations of the policy among them), and uncaught ones."""

    def watch(self, page: Page) -> None:
        page.on("request", self._request)
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _request(self, request: Any) -> None:
        if urlsplit(request.url).scheme in ("http", "https") and urlsplit(request.url).netloc != self.own:
            self.strangers.append(request.url)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium; tests that need one are skipped where there is none.

    One for each module: while it runs, Playwright's event loop keeps `asyncio.run` of other tests from beginning.
    """
    if CHROMIUM is None:
        pytest.skip("no chromium here (on Debian: apt-get install chromium; or name it in GISA_TEST_CHROMIUM)")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def shared_site(
    shipped_home: Path, embedder: SentenceTransformerEmbedder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("page") / "home"
    model = Told()
    service = open_service(home, shipped_home, embedder, model, standalone, asks_per_minute=1000)
    with listening(create_app(service, service.settings)) as url:
        made(url)
        yield Site(url, model, service)


def made(url: str) -> None:
    """Have the page made: it is when it is first asked for."""
    httpx.get(url, timeout=300).raise_for_status()


@pytest.fixture
def site(shared_site: Site) -> Iterator[Site]:
    """One server for all tests that change nothing in its collection; its model is as new."""
    shared_site.model.reset()
    yield shared_site
    shared_site.model.go.set()


Visit = Callable[..., "Page"]


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Visit]:
    """`visit(path, size, **options of a context)`: the page on a device of its own, watched: `page.seen`.

    After the test: nothing went to other origins, and the browser complained of nothing.
    """
    devices: list[tuple[BrowserContext, Seen]] = []

    def opened(path: str = "/", size: tuple[int, int] = DESKTOP, **told: Any) -> Page:
        given: dict[str, Any] = {"locale": "en-US", "viewport": {"width": size[0], "height": size[1]}, **told}
        context = browser.new_context(**given)
        context.set_default_timeout(PATIENCE_MS)
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.url)
        seen = Seen(urlsplit(site.url).netloc)
        devices.append((context, seen))
        context.on("page", seen.watch)
        page = context.new_page()
        page.goto(site.url + path, wait_until="commit")
        page.locator("#gisa-chat .composer").wait_for()
        return page

    yield opened
    for context, _ in devices:
        context.close()
    if any(seen.strangers or seen.complaints for _, seen in devices):
        raise AssertionError([seen for _, seen in devices])


def ask(page: Page, question: str) -> None:
    """Type a question and press Enter."""
    page.get_by_label("Your question").or_(page.get_by_label("질문", exact=True)).fill(question)
    page.keyboard.press("Enter")


def answered(page: Page, turns: int = 1) -> Any:
    """The last card, once there are so many answers."""
    page.locator(".turn .actions").nth(turns - 1).wait_for()
    return page.locator(".card").nth(turns - 1)


def cited(page: Page) -> str:
    """The highlighted sentence."""
    page.locator("mark.cited").wait_for()
    return page.locator("mark.cited").inner_text()


def serious(page: Page) -> list[Any]:
    """What axe finds serious or critical in the page once it stands still: what fades in is pale on its way."""
    page.wait_for_function(
        """() => document.getAnimations().every(its =>
            its.playState !== 'running' || !isFinite(its.effect.getComputedTiming().endTime))
            && !document.querySelector('.gt-notice.pending, .pending .gt-said')"""
    )
    page.evaluate(resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        (one["id"], [node["html"][:200] for node in one["nodes"]])
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


@contextmanager
def serving_at(service: Service) -> Iterator[str]:
    """The address of a server of the service."""
    with listening(create_app(service, service.settings)) as url:
        yield url
