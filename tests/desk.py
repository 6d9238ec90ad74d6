"""A stand-in for what `rag.assemble` opens, and fixtures that run command lines against it in this process.

Test files name this module as a plugin and import from it too; it asserts nothing, so PYTEST_DONT_REWRITE.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import ModuleType, SimpleNamespace, TracebackType
from typing import Any

import pytest

from index.errors import ArticleNotFoundError
from index.store import Damage
from index.types import ArticleInfo, Filter
from rag.errors import QuestionError
from rag.types import Answer, Citation, Claim, Event, Evidence, SearchResult
from ui import cli

QUESTION = "How many servers will Garam buy?"
KOREAN = "가람전자는 서버를 몇 대 들여오나?"
QUOTE = "가람전자는 내년 3월까지 서버 3만2천대를 들여온다고 밝혔다."
GARAM = ArticleInfo("garam", "가람전자 서버 투자", "한빛일보", None, date(2025, 10, 31), "day", "ko", None, "g.md")
UNDATED = ArticleInfo("old", "Plain notes", None, None, None, "day", "en", None, "old.md")
CITATION = Citation(1, "garam", GARAM.title, GARAM.publisher, "2025-10-31", None, QUOTE, 0, len(QUOTE))
ANSWER = Answer(
    question=QUESTION,
    language="en",
    answer="Garam will buy 32,000 servers by March 2026 [1].",
    refused=False,
    answered_by="llm",
    citations=(CITATION,),
    claims=(Claim("32,000 servers", "quantity", "supported", 1), Claim("March 2026", "date", "supported", 1)),
    timings_ms={"retrieve": 31, "generate": 5210, "verify": 3, "total": 5244},
    model="some-model",
    settings="0123456789ab",
)
REFUSAL = replace(
    ANSWER,
    answer="The articles do not say that.",
    refused=True,
    answered_by="none",
    citations=(),
    claims=(),
    model=None,
    nearest=(GARAM, UNDATED),
    notices=("The model did not answer in time.",),
)
QUOTED = replace(ANSWER, answer=f"{QUOTE} [1]", answered_by="extract", model=None)
EVIDENCE = Evidence(
    article=GARAM, chunk_id="c1", start=0, end=len(QUOTE), text=QUOTE, context=QUOTE, score=1.2345, words=0.9
)
TOO_LONG = QuestionError("The question is too long. Shorten it.", "질문이 너무 깁니다. 줄이세요.")
EMPTY = QuestionError("There is no question. Write one.", "질문이 없습니다. 적어 주세요.")

Reply = Answer | Exception


@dataclass
class Store:
    """A collection as far as commands look at one."""

    infos: list[ArticleInfo] = field(default_factory=list)
    damage: list[Damage] = field(default_factory=list)
    asked: list[Filter | None] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    def articles(self, where: Filter | None = None) -> list[ArticleInfo]:
        self.asked.append(where)
        wanted = where.publishers if where else ()
        return [one for one in self.infos if not wanted or one.publisher in wanted]

    def remove(self, article_id: str) -> None:
        if article_id not in [one.id for one in self.infos]:
            raise ArticleNotFoundError(f"There is no article {article_id!r}.", f"{article_id!r} 기사가 없습니다.")
        self.done.append(f"remove {article_id}")

    def verify(self) -> list[Damage]:
        return self.damage

    def flush(self) -> None:
        self.done.append("flush")

    def rebuild(self) -> None:
        self.done.append("rebuild")

    def close(self) -> None:
        self.done.append("close")


@dataclass
class Gisa:
    """Answers as it was told, question by question."""

    replies: dict[str, Reply]
    hits: tuple[Evidence, ...] = ()
    store: Store = field(default_factory=lambda: Store([GARAM]))
    events: tuple[Event, ...] = ()
    asked: list[tuple[str, str, Filter | None]] = field(default_factory=list)

    def __enter__(self) -> Gisa:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.store.close()

    def ask(
        self,
        question: str,
        *,
        language: str = "auto",
        where: Filter | None = None,
        listen: Callable[[Event], None] = lambda event: None,
    ) -> Answer:
        self.asked.append((question, language, where))
        for event in self.events:
            listen(event)
        reply = self.replies[question]
        if isinstance(reply, Answer):
            return reply
        raise reply

    def search(
        self, question: str, *, language: str = "auto", limit: int = 5, where: Filter | None = None
    ) -> SearchResult:
        self.asked.append((question, language, where))
        return SearchResult(question, "en", self.hits[:limit])


@dataclass
class Run:
    """What one command line did."""

    code: int
    out: str
    err: str


class Desk:
    """Runs command lines against the stand-ins."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.gisa = Gisa({QUESTION: ANSWER, KOREAN: replace(ANSWER, language="ko", answer="3만2천대입니다 [1].")})
        self.store = Store([GARAM, UNDATED])
        self.opened: list[dict[str, Any]] = []
        self.failing: Exception | None = None
        self.first_build: int | None = None
        self._capsys = capsys

    def open_gisa(self, settings: object, *, on_first_build: Callable[[int], None], **told: Any) -> Gisa:
        self.opened.append(told)
        if self.failing:
            raise self.failing
        if self.first_build:
            on_first_build(self.first_build)
        return self.gisa

    def open_store(self, settings: object) -> Store:
        if self.failing:
            raise self.failing
        return self.store

    def open_collection(self, settings: object, **told: Any) -> SimpleNamespace:
        self.opened.append(told)
        return SimpleNamespace(store=self.store, embedder=None)

    def __call__(self, *arguments: str | Path) -> Run:
        code = cli.main([str(argument) for argument in arguments])
        shown = self._capsys.readouterr()
        return Run(code, shown.out, shown.err)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Desk:
    desk = Desk(capsys)
    assemble = ModuleType("rag.assemble")
    assemble.open_gisa = desk.open_gisa  # type: ignore[attr-defined]
    assemble.open_collection = desk.open_collection  # type: ignore[attr-defined]
    assemble.open_store = desk.open_store  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "rag.assemble", assemble)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    for name in ("GISA_LANG", "GISA_DEBUG", "LC_ALL", "LC_MESSAGES", "FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("GISA_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "80")
    return desk


@pytest.fixture
def terminal(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    return desk


def visible(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\].*?\x1b\\", "", text)
