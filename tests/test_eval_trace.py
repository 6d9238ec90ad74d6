"""What a question's record tells of the way to its answer, from the events of a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_run import ASKED, INFO, Fake
from test_eval_citations import NAMES, answered

from eval.records import QuestionRecord, Trace
from eval.run import Subject, ask_each
from eval.trace import BROKEN_OFF, KIND, LANGUAGE, NOTHING_READ, Tracer
from rag.errors import ModelServerError
from rag.pipeline import ignore
from rag.types import Answer, Drafted, Event, Evidence, Found, Judging, Listener, Restarted

QUOTE = "정부는 GPU 26만장을 들여온다고 밝혔다."
EVIDENCE = (
    Evidence(INFO, "c", 3, 3 + len(QUOTE), QUOTE, QUOTE, 1.23456, 0.98765),
    Evidence(INFO, "d", 50, 60, "그는 웃었다.", "그는 웃었다.", 0.5, 0.1),
)
QUESTION = "How many GPUs does the government buy?"


def traced(*events: Event, answer: Answer | None = None, question: str = QUESTION) -> Trace | None:
    tracer = Tracer()
    for event in (Found(EVIDENCE), Judging(1), Judging(2), *events):
        tracer(event)
    return tracer.trace(question, answer, NAMES)


def written(by: str = "llm") -> Answer:
    return replace(answered("260,000 GPUs [1].", QUOTE, question=QUESTION), answered_by=by)  # type: ignore[arg-type]


def test_evidence_is_kept_in_order() -> None:
    trace = traced(answer=written())
    assert trace is not None
    first, second = trace.evidence
    assert (first.article_id, first.start, first.end, first.text) == ("korea", 3, 3 + len(QUOTE), QUOTE)
    assert (first.score, first.words) == (1.2346, 0.9877)
    assert second.text == "그는 웃었다."
    assert len(trace.judged_ms) == 2
    assert trace.judged_ms[0] <= trace.judged_ms[1]


@pytest.mark.parametrize(
    ("draft", "failed"),
    [
        ("It buys 31,000 GPUs and 7,000 chips.", (": 31,000 (quantity)", ": 7,000 (quantity)")),
        ("It opens in March 2031.", ("March 2031 (date)",)),
        ("26만장입니다", (LANGUAGE,)),
        ("Many GPUs.", (KIND,)),
        ("", (NOTHING_READ,)),
    ],
)
def test_why_a_draft_was_thrown_away(draft: str, failed: tuple[str, ...]) -> None:
    """A draft that the verifier would not let pass, then the one that was shown."""
    pieces = [Drafted(word) for word in draft.split(" ") if word]
    spaced = [Drafted(f"{piece.text} ") for piece in pieces]
    trace = traced(*spaced, Restarted(), Drafted("260,000 "), Drafted("GPUs."), answer=written())
    assert trace is not None
    thrown, shown = trace.drafts
    assert thrown.text == draft
    assert len(thrown.failed) == len(failed)
    assert all(told.endswith(expected) for told, expected in zip(thrown.failed, failed, strict=True))
    assert (shown.text, shown.failed) == ("260,000 GPUs.", ())
    assert 0 <= thrown.begun_ms <= thrown.ended_ms <= shown.begun_ms <= shown.ended_ms


def test_a_draft_that_no_answer_came_of() -> None:
    for answer in (None, written("extract")):
        trace = traced(Drafted("260,000"), answer=answer)
        assert trace is not None
        assert [draft.failed for draft in trace.drafts] == [(BROKEN_OFF,)]


def test_nothing_heard_is_no_trace() -> None:
    assert Tracer().trace(QUESTION, written(), NAMES) is None


def test_a_run_keeps_traces(tmp_path: Path) -> None:
    """Of a question that failed too: what was found and drafted until then."""

    class Failing(Fake):
        def ask(self, question: str, *, listen: Listener = ignore) -> Any:
            super().ask("How many GPUs?", listen=listen)
            listen(Drafted("It is"))
            raise ModelServerError("Away. Start it.", "없습니다. 시작하세요.")

    (record,) = ask_each(Subject(Failing(), {}), ASKED[:1], tmp_path / "run.jsonl")
    assert record.error is not None
    assert record.trace is not None
    assert [found.text for found in record.trace.evidence] == ["GPU 26만장을 들여온다."]
    assert [draft.failed for draft in record.trace.drafts] == [(BROKEN_OFF,)]
    assert QuestionRecord.model_validate_json((tmp_path / "run.jsonl").read_text(encoding="utf-8")) == record
