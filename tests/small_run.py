"""A small golden set, and a stand-in for gisa that answers it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, ChatResponseGen
from llama_index.core.llms import MockLLM
from llama_index.core.llms.callbacks import llm_chat_callback

from eval.datasets import GoldenQuestion
from eval.records import QuestionRecord, RunRecord
from eval.run import Subject, ask_each
from eval.run_file import begin
from index.types import ArticleInfo
from rag.errors import ModelServerError
from rag.pipeline import ignore
from rag.types import Answer, Citation, Evidence, Found, Listener

if TYPE_CHECKING:
    pass


INFO = ArticleInfo("korea", "t", None, None, None, "day", "ko", None, "/somewhere/003_ab.txt")
NUMBERS = {"korea": "003"}
QUESTIONS = tuple(
    GoldenQuestion(
        id=name,
        question=text,
        language="ko" if name.startswith("ko") else "en",
        answerable=answerable,
        kind="how-many",
        facts=(("26만", "260,000"),) if answerable else (),
        articles=("003",) if answerable else (),
    )
    for name, text, answerable in [
        ("en-right", "How many GPUs?", True),
        ("en-wrong", "How many chips?", True),
        ("ko-refused", "몇 장인가?", True),
        ("en-unsaid", "Who won the match?", False),
        ("ko-down", "누가 이겼나?", False),
    ]
)
ASKED = [("small", question) for question in QUESTIONS]
RUN = RunRecord(
    sets={"small": "0" * 64},
    articles="shipped",
    collection="c",
    llm=True,
    settings="s",
    revision="r",
    machine="m",
    time="t",
)


class Model(MockLLM):
    """Tells what llama.cpp tells with its last message: how many tokens it read, and how many it still had."""

    @llm_chat_callback()
    def stream_chat(self, messages: Sequence[ChatMessage], **_: Any) -> ChatResponseGen:
        def stream() -> ChatResponseGen:
            for raw in (
                None,
                SimpleNamespace(usage=None, timings={"prompt_n": 40, "cache_n": len(str(messages[0].content))}),
            ):
                yield ChatResponse(message=ChatMessage("x", role="assistant"), delta="x", raw=raw)

        return stream()


class Fake:
    """Answers as told above: right, wrong, refusing, answering what nobody said, and not at all."""

    def __init__(self, stop_at: str = "") -> None:
        self.asked: list[str] = []
        self.stop_at = stop_at
        self.model = Model()

    def ask(self, question: str, *, listen: Listener = ignore) -> Answer:
        if question == self.stop_at:
            raise KeyboardInterrupt
        self.asked.append(question)
        if question == "누가 이겼나?":
            raise ModelServerError("The server is away. Start it.", "서버가 없습니다. 시작하세요.")
        quote = "GPU 26만장을 들여온다."
        list(self.model.stream_chat([ChatMessage(question)]))
        listen(Found((Evidence(INFO, "c", 0, len(quote), quote, quote, 1.0, 0.5),)))
        time.sleep(0.02)
        answer = Answer(
            question=question,
            language="en",
            answer="It is 260,000 GPUs [1].",
            refused=False,
            answered_by="llm",
            citations=(Citation(1, "korea", "t", None, "2025-10-31", None, quote, 0, len(quote)),),
            claims=(),
            timings_ms={"total": 20},
            model="m",
            settings="s",
        )
        return {
            "How many chips?": replace(answer, answer="It is 26,000 chips [1]."),
            "몇 장인가?": replace(
                answer, language="ko", answer="기사에 없습니다.", refused=True, answered_by="none", citations=()
            ),
        }.get(question, answer)


def asked(out: Path, gisa: Fake | None = None) -> list[QuestionRecord]:
    begin(out, RUN, resume=False)
    return list(ask_each(Subject(gisa or Fake(), NUMBERS), ASKED, out))
