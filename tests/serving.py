"""The REST API as it is served: the real app over real HTTP, the shipped articles, the real embedder, a fake model.

Test files name this module as a plugin and import from it too; it asserts nothing, so PYTEST_DONT_REWRITE.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from shipped import SURE, reader_of

from index.build import ingest
from index.local_store import LocalStore
from index.names import NameBook
from rag.assemble import Collection, Gisa
from rag.generate import Writer
from rag.question import Question
from rag.settings import Settings
from rag.testing import FakeLLM
from rag.types import Drafted, Evidence, Listener
from seeds.loaders import shipped_articles
from ui.rest.app import create_app
from ui.service import Service

if TYPE_CHECKING:
    from index.sentence_transformer import SentenceTransformerEmbedder

ASKED = "How many GPUs is Korea securing?"
DRAFT = "more than 260,000 GPUs"


class Drafting(Writer):
    """Takes the first sentence it judges and writes the same draft from it each time."""

    made = True

    def __init__(self, draft: str = DRAFT, times: int = 50) -> None:
        super().__init__(FakeLLM([f"yes: {draft}"] * times))

    def judge(self, question: Question, item: Evidence, names: NameBook) -> float:
        return 10.0

    def close(self) -> None: ...


@dataclass
class Slow:
    """A model that writes a word each `pause_s` seconds and says what became of it."""

    words: int = 200
    pause_s: float = 0.02
    model: str = "slow"
    made: bool = True
    began: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    order: list[str] = field(default_factory=list)

    def judge(self, question: Question, item: Evidence, names: NameBook) -> float:
        return 10.0

    def write(self, question: Question, item: Evidence, names: NameBook, listen: Listener) -> str:
        self.order.append(question.text)
        self.began.set()
        try:
            for _ in range(self.words):
                time.sleep(self.pause_s)
                listen(Drafted("word "))
        finally:
            self.ended.set()
        return DRAFT

    def close(self) -> None: ...


@dataclass
class Stuck:
    """A model that is asked, and says nothing until it is let go."""

    model: str = "stuck"
    made: bool = True
    let_go: threading.Event = field(default_factory=threading.Event)

    def judge(self, question: Question, item: Evidence, names: NameBook) -> float:
        return 10.0

    def write(self, question: Question, item: Evidence, names: NameBook, listen: Listener) -> str:
        self.let_go.wait(60)
        return DRAFT

    def close(self) -> None: ...


@pytest.fixture(scope="session")
def shipped_home(embedder: SentenceTransformerEmbedder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GISA_HOME with the shipped articles, closed: to be copied."""
    home = tmp_path_factory.mktemp("serving")
    with LocalStore(Settings(home=home).index_folder, embedder=embedder.name, dimension=embedder.dimension) as store:
        ingest(store, embedder, shipped_articles())
    return home


Open = Callable[..., Service]


def open_service(
    home: Path,
    shipped_home: Path,
    embedder: SentenceTransformerEmbedder,
    model: Any = None,
    standalone: Any = None,
    **serve: Any,
) -> Service:
    """A service on a copy of the shipped collection in `home`, with settings of `serve`."""
    if not home.exists():
        shutil.copytree(shipped_home, home)
    settings = Settings(home=home, serve=serve, answer={"drafting": "always", "sure_odds": SURE})  # type: ignore[arg-type]  # groups
    store = LocalStore(settings.index_folder, embedder=embedder.name, dimension=embedder.dimension)
    gisa = Gisa(settings, Collection(store, embedder), model or Drafting(), reader_of(embedder))
    return Service(gisa, settings, standalone=standalone) if standalone else Service(gisa, settings)


@pytest.fixture
def opened(shipped_home: Path, embedder: SentenceTransformerEmbedder, tmp_path: Path) -> Open:
    """`opened(model, standalone, **settings of serve)`: on a collection of the test's own."""
    return lambda *told, **serve: open_service(tmp_path / "home", shipped_home, embedder, *told, **serve)


@contextmanager
def listening(app: FastAPI) -> Iterator[str]:
    """Serve `app` on a free port of loopback; its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, http="h11", ws="none", log_config=None, lifespan="on"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    host, port = server.servers[0].sockets[0].getsockname()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def served(service: Service) -> Iterator[httpx.Client]:
    """A client of the service over HTTP."""
    with listening(create_app(service, service.settings)) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


Served = Callable[..., AbstractContextManager[httpx.Client]]


@pytest.fixture
def serving(opened: Open) -> Served:
    """`with serving(model, **settings of serve) as client`."""
    return lambda *told, **serve: served(opened(*told, **serve))


def events(text: str) -> list[tuple[str, str]]:
    """(event, data) of each server-sent event."""
    blocks = [dict(line.split(": ", 1) for line in block.splitlines()) for block in text.strip().split("\n\n")]
    return [(block["event"], block["data"]) for block in blocks if "event" in block]
