"""A gisa elsewhere that streams: what happened on the way is kept as a trace, and what is no stream is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_run import Fake
from target_server import ANSWER, HTML, PAUSE, QUESTION, RIGHT, STREAM, Reply, answering, told

from eval.errors import TargetError
from eval.records import Trace
from eval.run import Subject, ask_each
from eval.target import Target

pytestmark = pytest.mark.filterwarnings("error")

HIT = {
    "score": 1.5, "article_id": "korea", "title": "t", "published": "2025-10-31",
    "quote": "GPU 26만장을 들여온다.", "start": 0, "end": 15,
}  # fmt: skip


def stream(*events: tuple[str, object]) -> Reply:
    """Server-sent events, with a comment and a pause before each."""
    told = (f": ping\n\nevent: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n" for name, data in events)
    return 200, STREAM, "".join(f"{PAUSE}{one}" for one in told)


WRITTEN = stream(
    ("evidence", {"hits": [HIT, HIT | {"published": "2025-10", "quote": "둘째 문장."}]}),
    ("judging", {"sentence": 1}),
    ("judging", {"sentence": 2}),
    ("token", {"text": "It is 5"}),
    ("token", {"text": " GPUs."}),
    ("restart", {}),
    ("token", {"text": "It is 260,000 GPUs."}),
    ("answer", ANSWER | {"nearest": [], "answered_by": "llm"}),
)


def test_a_stream_tells_what_happened_on_the_way(tmp_path: Path) -> None:
    with answering(WRITTEN, streams=True) as server, Target(server.url) as target:
        subject = Subject(target, target.numbers, waited_ms=lambda: target.waited_ms)
        (record,) = ask_each(subject, [("s", QUESTION)], tmp_path / "run.jsonl")
    assert record.answer == Fake().ask("How many GPUs?").to_json() | {"answered_by": "llm"}
    trace = record.trace
    assert trace is not None
    assert Trace.model_validate_json(trace.model_dump_json()) == trace
    assert [(one.text, one.score, one.words, one.odds) for one in trace.evidence] == [
        ("GPU 26만장을 들여온다.", 1.5, None, None),
        ("둘째 문장.", 1.5, None, None),
    ]
    assert record.evidence_ms is not None
    times = [record.evidence_ms, *trace.judged_ms, *(draft.begun_ms for draft in trace.drafts), record.elapsed_ms]
    assert 90 < times[0] < times[-1] - 200, "the stream is read as it comes: each event a tenth of a second later"
    assert times == sorted(times)
    assert times[-1] > 750
    assert [draft.text for draft in trace.drafts] == ["It is 5 GPUs.", "It is 260,000 GPUs."]
    assert trace.drafts[0].failed
    assert trace.drafts[1].failed == ()


def test_a_server_without_streams_is_asked_for_answers_alone(tmp_path: Path) -> None:
    with answering(RIGHT) as server, Target(server.url) as target:
        first, second = ask_each(Subject(target, target.numbers), [("s", QUESTION)] * 2, tmp_path / "run.jsonl")
        assert server.streams_asked == 1, "it is not tried again"
    assert first.answer == second.answer == Fake().ask("How many GPUs?").to_json()
    assert first.trace is second.trace is None


@pytest.mark.parametrize(
    ("reply", "en"),
    [
        (HTML, r"POST /v1/ask/stream as gisa does not \(HTTP 200, text/html: no event stream\)"),
        (stream(("evidence", {"hits": [{}]})), "event evidence"),
        (stream(("evidence", {"hits": [HIT | {"published": "soon"}]})), "event evidence"),
        (stream(("evidence", {"hits": [HIT]})), "the stream ended without an answer"),
        (stream(("answer", {"answer": "42"})), "question: Field required"),
        (
            stream(("error", {"code": "out_of_time", "detail": "It took too long.", "status": 504})),
            r"out_of_time \(HTTP 504\): It took too long\.",
        ),
        (told(422, {"code": "question", "detail": "No.", "status": 422}), r"said question \(HTTP 422\)"),
    ],
)
def test_a_stream_that_brings_no_answer_is_told(reply: Reply, en: str) -> None:
    with (
        answering(reply, streams=True) as server,
        Target(server.url) as target,
        pytest.raises(TargetError, match=en),
    ):
        target.ask("q")


def test_what_keeps_a_connection_open_is_no_answer_in_time() -> None:
    waiting = 200, STREAM, f"{PAUSE}: ping\n\n" * 8
    with (
        answering(waiting, streams=True) as server,
        Target(server.url, timeout_s=0.3) as target,
        pytest.raises(TargetError, match=r"did not answer within 0\.3 s"),
    ):
        target.ask("q")
